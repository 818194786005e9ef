/* db/encode.h: values to text parameters. */
#ifndef SAAS_DB_ENCODE_H
#define SAAS_DB_ENCODE_H

#include "db/statement.h"
#include <saas/arena.h>

/* Whether the values fit: no BAD, no NUL in a text, and, once the statement is described, number and kinds as its
 * parameters have them. ERR_BUG, with a line in the log that names the parameter. */
SAAS_MUST_CHECK saas_err saas_db_args_check(const saas_args *args, const saas_db_stmt *stmt, saas_log *log);
/* One NUL-terminated text, or NULL, for each; the texts lie in the arena or are the values' own. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_db_args_encode(const char *const **out, saas_arena *a, const saas_args *args,
                                             const saas_db_stmt *stmt);

#endif
