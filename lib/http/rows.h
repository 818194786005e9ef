/* http/rows.h: results of statements, as long-lived as their context. */
#ifndef SAAS_HTTP_ROWS_H
#define SAAS_HTTP_ROWS_H

#include "http/ctx.h"
#include "json/write.h"
#include <saas/db.h>

struct saas_rows {
    saas_defer_item item; /* clears the result when the request is over */
    PGresult *result;
    const char *sql;                    /* for the log */
    saas_arena *arena;                  /* what is read of it lies here */
    const saas_schema **fits, *fitting; /* the last table its columns were found to fit */
};

/* Zeroed ones in the caller's memory. false: no memory. */
bool saas_rows_init(saas_rows *rows, saas_ctx *c, const char *sql);
/* Without a result yet, so that nothing can fail once there is one. NULL without memory. */
saas_rows *saas_rows_new(saas_ctx *c, const char *sql);
/* Takes the result over. */
void saas_rows_take(saas_rows *rows, saas_ctx *c, PGresult *result);
/* The first `most` rows as an array of objects of the schema. ERR_BUG: a column is missing or does not read as its
 * field; logged. */
SAAS_MUST_CHECK saas_err saas_rows_write(saas_json *j, saas_ctx *c, const saas_rows *rows, const saas_schema *schema,
                                         size_t most);

#endif
