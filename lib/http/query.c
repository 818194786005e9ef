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
    SAAS_TRY(saas_ctx_unit(c, &statement, 1, true));
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

/* ---- outside the tenant ---- */

static const char set_org_sql[] = "select set_config('app.current_org_id', $1, true)";

/* In a transaction that has an organization: taken away for this one statement. The value must outlive the unit. */
static saas_err run_beside_org(saas_ctx *c, saas_db_statement *statement)
{
    char org[SAAS_UUID_CHARS + 1];
    saas_uuid_format(org, c->org);
    saas_db_statement all[3] = {
        {.sql = set_org_sql, .args = SAAS_ARGS("")},
        *statement,
        {.sql = set_org_sql, .args = SAAS_ARGS(org)},
    };
    SAAS_TRY(saas_ctx_unit(c, all, 3, false));
    PQclear(all[0].result);
    PQclear(all[2].result);
    statement->result = all[1].result;
    return SAAS_OK;
}

saas_err saas_system_query(saas_ctx *c, saas_rows **rows, const char *why, const char *sql, saas_args args)
{
    saas_db_statement statement = {.sql = sql, .args = args};
    saas_rows *made = saas_rows_new(c, sql);
    if (!made)
        return SAAS_ERR_NO_MEMORY;
    SAAS_LOG(c->shard->site->log, c->chore ? SAAS_LOG_DEBUG : SAAS_LOG_INFO, "query outside the tenant", {"why", saas_v_z(why)},
             {"route", saas_v_z(c->match.route->path)}, {"request_id", SAAS_ARG(c->request_id)});
    if (c->tx && c->has_org)
        SAAS_TRY(run_beside_org(c, &statement));
    else
        SAAS_TRY(saas_ctx_unit(c, &statement, 1, false));
    saas_rows_take(made, c, statement.result);
    *rows = made;
    return SAAS_OK;
}

static saas_err set_org_in_tx(saas_ctx *c, saas_uuid org_id)
{
    char org[SAAS_UUID_CHARS + 1];
    saas_uuid_format(org, org_id);
    saas_db_statement statement = {.sql = set_org_sql, .args = SAAS_ARGS(org)};
    SAAS_TRY(saas_ctx_unit(c, &statement, 1, false));
    PQclear(statement.result);
    return SAAS_OK;
}

saas_err saas_set_org(saas_ctx *c, saas_uuid org_id, const char *why)
{
    if (saas_uuid_is_nil(org_id))
        return saas_ctx_bug(c, "saas_set_org with no organization");
    SAAS_LOG(c->shard->site->log, SAAS_LOG_INFO, "organization set", {"why", saas_v_z(why)}, {"org", SAAS_ARG(org_id)},
             {"route", saas_v_z(c->match.route->path)}, {"request_id", SAAS_ARG(c->request_id)});
    if (c->tx)
        SAAS_TRY(set_org_in_tx(c, org_id));
    c->org = org_id;
    c->has_org = true;
    return SAAS_OK;
}
