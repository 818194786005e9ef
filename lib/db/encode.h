/* db/encode.h: values to text parameters. */
#ifndef SAAS_DB_ENCODE_H
#define SAAS_DB_ENCODE_H

#include "base/buf.h"
#include "db/statement.h"
#include <saas/arena.h>

/* Whether the values fit: no BAD, no NUL in a text, and, once the statement is described, number and kinds as its
 * parameters have them. ERR_BUG, with a line in the log that names the parameter. */
SAAS_MUST_CHECK saas_err saas_db_args_check(const saas_args *args, const saas_db_stmt *stmt, saas_log *log);
/* NULL: values of the kind may go to parameters of the type; else the type's name. */
const char *saas_db_kind_misfit(saas_value_kind kind, Oid oid);
/* One NUL-terminated text, or NULL, for each; the texts lie in the arena or are the values' own. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_db_args_encode(const char *const **out, saas_arena *a, const saas_args *args,
                                             const saas_db_stmt *stmt);

/* An array value: its elements are texts without NUL, and there if it says so. */
bool saas_db_is_array(saas_value_kind kind);
bool saas_db_array_is_well_formed(const saas_value *v);
/* As Postgres has it: with NaN and infinities. */
void saas_db_add_f64(saas_buf *b, double x);
/* As '{…}', or as a JSON array. NULL without memory. */
const char *saas_db_encode_array(saas_arena *a, const saas_value *v, bool json);

#endif
