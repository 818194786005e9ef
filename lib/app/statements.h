/* app/statements.h: the program's statements against the database, before any of them runs. */
#ifndef SAAS_APP_STATEMENTS_H
#define SAAS_APP_STATEMENTS_H

#include "app/pg.h"
#include <saas/app.h>

typedef struct saas_statements {
    const saas_statement *list;
    size_t count, size; /* size: of one element */
} saas_statements;

/* Prepares each on the connection, in its transaction. ERR_BUG: a line in e for each that does not parse, whose
 * parameters are not the kinds it names, or whose columns do not fit its table. ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_statements_check(PGconn *conn, const saas_statements *statements, saas_error *e);

#endif
