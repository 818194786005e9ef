/* http/unit.h: statements of a context and their results, one round trip. */
#ifndef SAAS_HTTP_UNIT_H
#define SAAS_HTTP_UNIT_H

#include "http/call.h"
#include "http/rows.h"

/* Runs the statements and waits. SAAS_OK: each has its result, the caller's to take. Errors as
 * saas_call_start. */
SAAS_MUST_CHECK saas_err saas_ctx_unit(saas_ctx *c, saas_db_statement *statements, size_t count, saas_scope scope);
/* Arguments in today's form, with room for more of them. NULL without memory. */
saas_value *saas_args_copy(saas_arena *a, saas_args args, size_t more);

#endif
