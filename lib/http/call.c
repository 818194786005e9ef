#include "http/call.h"
#include "http/tx.h"

/* Messages of data exceptions (class 22) quote the value, which may be anything: those stay out of the log. */
static saas_value safe_message(const saas_db_error *error)
{
    return saas_v_z(strncmp(error->sqlstate, "22", 2) ? error->message : NULL);
}

static saas_log_level level_of(saas_err e)
{
    switch (e) {
    case SAAS_ERR_UNIQUE:
    case SAAS_ERR_FOREIGN_KEY:
    case SAAS_ERR_CHECK:
        return SAAS_LOG_INFO;
    case SAAS_ERR_SQL:
    case SAAS_ERR_BUG:
    case SAAS_ERR_READ_ONLY:
        return SAAS_LOG_ERROR;
    default:
        return SAAS_LOG_WARN;
    }
}

saas_err saas_ctx_db_failed(saas_ctx *c, const saas_db_error *error, const char *sql, saas_err e)
{
    c->db_error = *error;
    if (e == SAAS_ERR_BUSY)
        saas_pulse_count(c->shard, SAAS_SHED_DATABASE);
    if (!error->sqlstate[0] && e != SAAS_ERR_BUG)
        return e;
    SAAS_LOG(saas_ctx_log(c), level_of(e), "statement failed", {"error", saas_v_z(saas_err_symbol(e))},
             {"sqlstate", saas_v_z(error->sqlstate)}, {"constraint", saas_v_z(error->constraint)},
             {"message", safe_message(error)}, {"route", saas_v_z(c->match.route->path)}, {"statement", saas_v_z(sql)});
    return e;
}

/* What is bound to it stays out of the log. */
saas_err saas_call_failed(const saas_call *k, saas_err e)
{
    const saas_db_error *error = &k->unit.error;
    bool one = error->of_statement && error->statement < k->unit.count;
    return saas_ctx_db_failed(k->c, error, one ? k->unit.statements[error->statement].sql : NULL, e);
}

static saas_err without_org(saas_ctx *c)
{
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a query without an organization",
             {"route", saas_v_z(c->match.route->path)});
    return saas_ctx_refuse(c, SAAS_ERR_TENANT);
}

/* A result lies in memory whole: a query without a limit must not take it all once its table has grown. */
static saas_err check_sizes(saas_call *k)
{
    saas_ctx *c = k->c;
    const saas_db_statement *statements = k->unit.statements;
    size_t i = 0;
    while (i < k->unit.count && PQntuples(statements[i].result) <= SAAS_RESULT_ROWS_MAX &&
           PQresultMemorySize(statements[i].result) <= SAAS_RESULT_BYTES_MAX)
        i++;
    if (i == k->unit.count)
        return SAAS_OK;
    saas_call_forget(k);
    k->unit.error = (saas_db_error){.statement = i, .of_statement = true};
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a result is too large", {"statement", saas_v_z(statements[i].sql)},
             {"route", saas_v_z(c->match.route->path)});
    return SAAS_ERR_TOO_MANY_ROWS;
}

/* ---- on its way ---- */

static void unit_done(saas_db_unit *unit, saas_err e)
{
    saas_call *k = unit->user;
    saas_ctx *c = k->c;
    c->db_wait_us += unit->wait_us;
    if (c->tx_call == k)
        c->tx_call = NULL;
    k->over = true;
    k->err = e;
    saas_ctx_wake(c, &k->wait, e);
}

static saas_err submit(saas_call *k, saas_scope scope)
{
    saas_ctx *c = k->c;
    const saas_placement place = saas_placement_of(c->shard, scope, c->org);
    if (!place.db)
        return SAAS_ERR_UNAVAILABLE;
    if (!c->tx || scope == SAAS_SCOPE_SYSTEM) {
        k->unit.schema = place.schema;
        return saas_db_submit(place.db, &k->unit);
    }
    SAAS_TRY(saas_db_tx_submit(c->tx, &k->unit));
    k->tx = c->tx;
    c->tx_call = k;
    return SAAS_OK;
}

static saas_err start(saas_call *k, saas_ctx *c, saas_db_unit unit, saas_scope scope)
{
    if (scope == SAAS_SCOPE_TENANT && !c->has_org)
        return without_org(c);
    SAAS_TRY(saas_ctx_may_wait(c));
    if (scope != SAAS_SCOPE_SYSTEM)
        SAAS_TRY(saas_call_flush(c));
    if (c->idempotency && c->idempotency->open)
        c->idempotency->used = true;
    *k = (saas_call){.c = c, .wait = {.fiber = c->fiber}, .unit = unit};
    k->unit.org = c->org;
    k->unit.has_org = scope == SAAS_SCOPE_TENANT;
    k->unit.read_only = saas_ctx_reads(c);
    k->unit.slow = c->match.route->slow;
    k->unit.deadline_us = c->deadline_us;
    k->unit.tag = saas_ctx_tag(c);
    k->unit.log = saas_ctx_log(c);
    k->unit.done = unit_done;
    k->unit.user = k;
    saas_err e = submit(k, scope);
    if (e)
        return saas_ctx_refuse(c, saas_call_failed(k, e));
    c->round_trips++;
    return SAAS_OK;
}

saas_err saas_call_start(saas_call *k, saas_ctx *c, saas_db_statement *statements, size_t count, saas_scope scope)
{
    return start(k, c, (saas_db_unit){.statements = statements, .count = count}, scope);
}

saas_err saas_call_stream(saas_call *k, saas_ctx *c, saas_db_statement *statement,
                          void (*rows)(saas_db_unit *unit, PGresult *rows))
{
    return start(k, c, (saas_db_unit){.statements = statement, .count = 1, .rows = rows}, SAAS_SCOPE_TENANT);
}

/* ---- to its end ---- */

void saas_call_give_up(saas_call *k, saas_err why)
{
    saas_ctx *c = k->c;
    if (k->tx) {
        saas_ctx_tx_drop(c);
        c->tx_lost = why;
    } else {
        saas_call_forget(k);
    }
    k->err = why;
}

static bool let_go(void *op)
{
    saas_call *k = op;
    saas_call_give_up(k, k->c->over);
    return true;
}

/* k may lie on the stack: whatever happens, nobody knows of it afterwards. */
void saas_call_await(saas_call *k)
{
    if (k->over)
        return;
    saas_err e = saas_ctx_may_wait(k->c);
    if (e)
        saas_call_give_up(k, e);
    else
        (void)!saas_ctx_wait(k->c, "database", &k->wait, let_go, k);
}

saas_err saas_call_end(saas_call *k)
{
    saas_call_await(k);
    return k->err ? saas_call_failed(k, k->err) : check_sizes(k);
}

saas_err saas_call_flush(saas_ctx *c)
{
    if (c->tx_call && c->tx_call->unit.rows)
        return saas_ctx_bug(c, "a transaction goes on before its stream has ended");
    if (c->tx_call)
        saas_call_await(c->tx_call);
    return c->over;
}

void saas_call_forget(saas_call *k)
{
    if (!k->over && !k->tx)
        saas_db_cancel(&k->unit);
    k->over = true;
    k->err = SAAS_ERR_CANCELLED;
    for (size_t i = 0; i < k->unit.count; i++) {
        PQclear(k->unit.statements[i].result);
        k->unit.statements[i].result = NULL;
    }
}

void saas_call_lost(saas_ctx *c)
{
    saas_call *k = c->tx_call;
    c->tx_call = NULL;
    if (!k)
        return;
    k->over = true;
    k->err = SAAS_ERR_CANCELLED;
}
