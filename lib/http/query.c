#include "http/unit.h"
#include <stdlib.h>

saas_value *saas_args_copy(saas_arena *a, saas_args args, size_t more)
{
    saas_value *values = saas_arena_calloc(a, args.n + more, sizeof *values);
    if (!values)
        return NULL;
    size_t size = args.size < sizeof *values ? args.size : sizeof *values;
    for (size_t i = 0; i < args.n; i++)
        memcpy(&values[i], (const char *)args.v + i * args.size, size);
    return values;
}

static saas_err run(saas_ctx *c, saas_rows **rows, const char *sql, saas_args args, const saas_schema *columns)
{
    saas_db_statement statement = {.sql = sql, .args = args, .columns = columns};
    saas_rows *made = saas_rows_new(c, sql);
    if (!made)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_ctx_unit(c, &statement, 1, SAAS_SCOPE_TENANT));
    saas_rows_take(made, c, statement.result);
    *rows = made;
    return SAAS_OK;
}

saas_err saas_query(saas_ctx *c, saas_rows **rows, const char *sql, saas_args args)
{
    return run(c, rows, sql, args, NULL);
}

static saas_err run_opt(saas_ctx *c, saas_rows **row, const char *sql, saas_args args, const saas_schema *columns)
{
    saas_rows *rows;
    SAAS_TRY(run(c, &rows, sql, args, columns));
    if (saas_rows_count(rows) > 1)
        return SAAS_ERR_TOO_MANY_ROWS;
    *row = saas_rows_count(rows) ? rows : NULL;
    return SAAS_OK;
}

static saas_err run_one(saas_ctx *c, saas_rows **row, const char *sql, saas_args args, const saas_schema *columns)
{
    saas_rows *rows;
    SAAS_TRY(run_opt(c, &rows, sql, args, columns));
    if (!rows)
        return SAAS_ERR_NOT_FOUND;
    *row = rows;
    return SAAS_OK;
}

saas_err saas_query_opt(saas_ctx *c, saas_rows **row, const char *sql, saas_args args)
{
    return run_opt(c, row, sql, args, NULL);
}

saas_err saas_query_one(saas_ctx *c, saas_rows **row, const char *sql, saas_args args)
{
    return run_one(c, row, sql, args, NULL);
}

saas_err saas_exec(saas_ctx *c, uint64_t *affected, const char *sql, saas_args args)
{
    saas_rows *rows;
    SAAS_TRY(run(c, &rows, sql, args, NULL));
    if (affected)
        *affected = strtoull(PQcmdTuples(rows->result), NULL, 10);
    return SAAS_OK;
}

saas_err saas_exec_one(saas_ctx *c, const char *sql, saas_args args)
{
    uint64_t affected;
    SAAS_TRY(saas_exec(c, &affected, sql, args));
    if (affected > 1)
        return SAAS_ERR_TOO_MANY_ROWS;
    return affected ? SAAS_OK : SAAS_ERR_NOT_FOUND;
}

saas_err saas_reply_one(saas_ctx *c, int status, const saas_schema *schema, const char *sql, saas_args args)
{
    saas_rows *row;
    SAAS_TRY(run_one(c, &row, sql, args, schema));
    return saas_reply_row(c, status, row, schema);
}
