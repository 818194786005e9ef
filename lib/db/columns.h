/* db/columns.h: whether what a statement gives reads as the fields of a table: names and types, before any value. */
#ifndef SAAS_DB_COLUMNS_H
#define SAAS_DB_COLUMNS_H

#include <libpq-fe.h>
#include <saas/log.h>
#include <saas/schema.h>

/* Where a result has the column; `likely` is tried first, as most have them in the order of the table. -1: none. */
int saas_db_column(const PGresult *r, const char *name, int likely);

typedef struct saas_db_misfit {
    const saas_field *field;
    const char *type; /* what the column has; NULL: there is no such column */
} saas_db_misfit;

/* r: a result with columns, or the description of a statement. every: a field without a column is a misfit. */
bool saas_db_columns_fit(saas_db_misfit *out, const saas_schema *schema, const PGresult *r, bool every);
/* The same, for a statement that runs: ERR_BUG, and a line in the log that names statement, table, column and type. */
SAAS_MUST_CHECK saas_err saas_db_columns_check(const saas_schema *schema, const PGresult *r, bool every,
                                               const char *sql, saas_log *log);

#endif
