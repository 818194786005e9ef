/* http/unit.h: statements of a context on their way to the database: one round trip in the context's transaction if one
 * is open, else as a unit of its own. */
#ifndef SAAS_HTTP_UNIT_H
#define SAAS_HTTP_UNIT_H

#include "http/rows.h"

typedef enum saas_scope {
    SAAS_SCOPE_OUTSIDE, /* no organization is set */
    SAAS_SCOPE_TENANT,  /* the context's */
    SAAS_SCOPE_SYSTEM   /* none, as the role of SYSTEM_DATABASE_URL and never in the context's transaction */
} saas_scope;

/* Runs the statements and waits. SAAS_OK: each has its result, the caller's to take. Failures are logged and remembered
 * in c->db_error. Without an organization where one is needed: ERR_TENANT. */
SAAS_MUST_CHECK saas_err saas_ctx_unit(saas_ctx *c, saas_db_statement *statements, size_t count, saas_scope scope);
/* Arguments in today's form, with room for more of them. NULL without memory. */
saas_value *saas_args_copy(saas_arena *a, saas_args args, size_t more);
/* Remembers what Postgres said and logs it; returns e. */
saas_err saas_ctx_db_failed(saas_ctx *c, const saas_db_error *error, saas_err e);

#endif
