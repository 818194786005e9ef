#include "http/meter.h"
#include "http/unit.h"

static const char set_org_sql[] = "select set_config('app.current_org_id', $1, true)";

/* Each is told: what leaves the tenant can be found by its reason, in the text, in the log and in the metrics. */
static saas_err tell(saas_ctx *c, const char *scope, const char *what, const char *why, saas_value org)
{
    const saas_site *site = c->shard->site;
    if (!why || !*why)
        return saas_ctx_bug(c, "outside the tenant without a reason");
    if (c->shard->meter && site->places)
        saas_meter_add(c->shard->meter, SAAS_METER_PLACES + saas_place_index(site->places, scope, why), 1);
    SAAS_LOG(saas_ctx_log(c), c->chore ? SAAS_LOG_DEBUG : SAAS_LOG_INFO, what, {"why", saas_v_z(why)}, {"org", org},
             {"route", saas_v_z(c->match.route->path)});
    return SAAS_OK;
}

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
    SAAS_TRY(saas_ctx_unit(c, all, 3, SAAS_SCOPE_OUTSIDE));
    PQclear(all[0].result);
    PQclear(all[2].result);
    statement->result = all[1].result;
    return SAAS_OK;
}

static saas_err run(saas_ctx *c, saas_rows **rows, saas_scope scope, const char *sql, saas_args args)
{
    saas_db_statement statement = {.sql = sql, .args = args};
    saas_rows *made = saas_rows_new(c, sql);
    if (!made)
        return SAAS_ERR_NO_MEMORY;
    if (scope == SAAS_SCOPE_OUTSIDE && c->tx && c->has_org)
        SAAS_TRY(run_beside_org(c, &statement));
    else
        SAAS_TRY(saas_ctx_unit(c, &statement, 1, scope));
    saas_rows_take(made, c, statement.result);
    *rows = made;
    return SAAS_OK;
}

saas_err saas_outside_query(saas_ctx *c, saas_rows **rows, const char *why, const char *sql, saas_args args)
{
    SAAS_TRY(tell(c, "outside", "query outside the tenant", why, saas_v_z(NULL)));
    return run(c, rows, SAAS_SCOPE_OUTSIDE, sql, args);
}

saas_err saas_system_query(saas_ctx *c, saas_rows **rows, const char *why, const char *sql, saas_args args)
{
    SAAS_TRY(tell(c, "system", "query of the system scope", why, saas_v_z(NULL)));
    if (c->shard->site->database_url && !c->shard->site->system_url) {
        SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "the system scope needs SYSTEM_DATABASE_URL",
                 {"why", saas_v_z(why)}, {"route", saas_v_z(c->match.route->path)});
        return saas_ctx_refuse(c, SAAS_ERR_CONFIG);
    }
    return run(c, rows, SAAS_SCOPE_SYSTEM, sql, args);
}

static saas_err set_org_in_tx(saas_ctx *c, saas_uuid org_id)
{
    char org[SAAS_UUID_CHARS + 1];
    saas_uuid_format(org, org_id);
    saas_db_statement statement = {.sql = set_org_sql, .args = SAAS_ARGS(org)};
    SAAS_TRY(saas_ctx_unit(c, &statement, 1, SAAS_SCOPE_OUTSIDE));
    PQclear(statement.result);
    return SAAS_OK;
}

saas_err saas_set_org(saas_ctx *c, saas_uuid org_id, const char *why)
{
    if (saas_uuid_is_nil(org_id))
        return saas_ctx_bug(c, "saas_set_org with no organization");
    SAAS_TRY(tell(c, "organization", "organization set", why, SAAS_ARG(org_id)));
    if (c->tx)
        SAAS_TRY(set_org_in_tx(c, org_id));
    c->org = org_id;
    c->has_org = true;
    return SAAS_OK;
}
