#include "http/unit.h"
#include "http/tx.h"

/* A unit under way, on the fiber's stack. */
typedef struct call {
    saas_ctx *c;
    saas_db *db; /* NULL: in the context's transaction */
    saas_wait wait;
    saas_db_unit unit;
} call;

static void unit_done(saas_db_unit *unit, saas_err e)
{
    call *k = unit->user;
    k->c->db_wait_us += unit->wait_us;
    saas_ctx_wake(k->c, &k->wait, e);
}

static bool let_go(void *op)
{
    call *k = op;
    saas_ctx *c = k->c;
    if (k->db) {
        saas_db_cancel(k->db, &k->unit);
        return true;
    }
    saas_ctx_tx_drop(c);
    c->tx_lost = c->over;
    return true;
}

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

saas_err saas_ctx_db_failed(saas_ctx *c, const saas_db_error *error, saas_err e)
{
    c->db_error = *error;
    if (!error->sqlstate[0] && e != SAAS_ERR_BUG)
        return e;
    SAAS_LOG(saas_ctx_log(c), level_of(e), "statement failed", {"error", saas_v_z(saas_err_symbol(e))},
             {"sqlstate", saas_v_z(error->sqlstate)}, {"constraint", saas_v_z(error->constraint)},
             {"message", safe_message(error)}, {"statement", SAAS_ARG(error->statement)},
             {"route", saas_v_z(c->match.route->path)});
    return e;
}

static saas_err without_org(saas_ctx *c)
{
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a query without an organization",
             {"route", saas_v_z(c->match.route->path)});
    return saas_ctx_refuse(c, SAAS_ERR_TENANT);
}

/* A result lies in memory whole: a query without a limit must not take it all once its table has grown. */
static saas_err check_sizes(saas_ctx *c, saas_db_statement *statements, size_t count)
{
    const char *too_big = NULL;
    for (size_t i = 0; i < count && !too_big; i++)
        if (PQntuples(statements[i].result) > SAAS_RESULT_ROWS_MAX ||
            PQresultMemorySize(statements[i].result) > SAAS_RESULT_BYTES_MAX)
            too_big = statements[i].sql;
    if (!too_big)
        return SAAS_OK;
    for (size_t i = 0; i < count; i++) {
        PQclear(statements[i].result);
        statements[i].result = NULL;
    }
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a result is too large", {"statement", saas_v_z(too_big)},
             {"route", saas_v_z(c->match.route->path)});
    return SAAS_ERR_TOO_MANY_ROWS;
}

saas_err saas_ctx_unit(saas_ctx *c, saas_db_statement *statements, size_t count, saas_scope scope)
{
    saas_db *db = scope == SAAS_SCOPE_SYSTEM ? c->shard->system : c->shard->db;
    if (!db)
        return saas_ctx_refuse(c, SAAS_ERR_UNAVAILABLE);
    if (scope == SAAS_SCOPE_TENANT && !c->has_org)
        return without_org(c);
    if (c->tx && scope != SAAS_SCOPE_SYSTEM)
        db = NULL;
    SAAS_TRY(saas_ctx_may_wait(c));
    if (c->idempotency && c->idempotency->open)
        c->idempotency->used = true;
    call k = {.c = c, .db = db, .wait = {.fiber = c->fiber}};
    k.unit = (saas_db_unit){.org = c->org,
                            .has_org = scope == SAAS_SCOPE_TENANT,
                            .read_only = saas_ctx_reads(c),
                            .slow = c->match.route->slow,
                            .deadline_us = c->deadline_us,
                            .tag = saas_ctx_tag(c),
                            .log = saas_ctx_log(c),
                            .statements = statements,
                            .count = count,
                            .done = unit_done,
                            .user = &k};
    saas_err e = db ? saas_db_submit(db, &k.unit) : saas_db_tx_submit(c->tx, &k.unit);
    if (e)
        return saas_ctx_refuse(c, saas_ctx_db_failed(c, &k.unit.error, e));
    c->round_trips++;
    e = saas_ctx_wait(c, &k.wait, let_go, &k);
    return e ? saas_ctx_db_failed(c, &k.unit.error, e) : check_sizes(c, statements, count);
}

/* ---- several statements ---- */

struct saas_unit {
    saas_ctx *c;
    saas_db_statement *statements;
    saas_rows ***wanted; /* where the caller wants each one's rows; NULL: nowhere */
    saas_rows **rows;
    size_t count, cap;
    bool ran;
};

saas_err saas_unit_new(saas_unit **out, saas_ctx *c)
{
    saas_unit *unit = saas_arena_calloc(&c->arena, 1, sizeof *unit);
    if (!unit)
        return SAAS_ERR_NO_MEMORY;
    unit->c = c;
    *out = unit;
    return SAAS_OK;
}

static saas_err grow(saas_unit *unit)
{
    saas_arena *a = &unit->c->arena;
    size_t cap = unit->cap ? unit->cap * 2 : 4, n = unit->count;
    saas_db_statement *statements = saas_arena_calloc(a, cap, sizeof *statements);
    saas_rows ***wanted = saas_arena_calloc(a, cap, sizeof *wanted);
    saas_rows **rows = saas_arena_calloc(a, cap, sizeof *rows);
    if (!statements || !wanted || !rows)
        return SAAS_ERR_NO_MEMORY;
    if (n) {
        memcpy(statements, unit->statements, n * sizeof *statements);
        memcpy(wanted, unit->wanted, n * sizeof *wanted);
        memcpy(rows, unit->rows, n * sizeof *rows);
    }
    unit->statements = statements;
    unit->wanted = wanted;
    unit->rows = rows;
    unit->cap = cap;
    return SAAS_OK;
}

saas_err saas_unit_add(saas_unit *unit, saas_rows **rows, const char *sql, saas_args args)
{
    saas_ctx *c = unit->c;
    if (unit->ran)
        return saas_ctx_bug(c, "a statement added to a unit that has run");
    if (unit->count == unit->cap)
        SAAS_TRY(grow(unit));
    saas_value *values = saas_args_copy(&c->arena, args, 0);
    saas_rows *made = saas_rows_new(c, sql);
    if (!values || !made)
        return SAAS_ERR_NO_MEMORY;
    size_t i = unit->count++;
    unit->statements[i] = (saas_db_statement){.sql = sql, .args = {values, args.n, sizeof *values}};
    unit->wanted[i] = rows;
    unit->rows[i] = made;
    return SAAS_OK;
}

saas_err saas_unit_run(saas_unit *unit)
{
    saas_ctx *c = unit->c;
    if (unit->ran)
        return saas_ctx_bug(c, "a unit that is run twice");
    unit->ran = true;
    if (!unit->count)
        return SAAS_OK;
    SAAS_TRY(saas_ctx_unit(c, unit->statements, unit->count, SAAS_SCOPE_TENANT));
    for (size_t i = 0; i < unit->count; i++) {
        saas_rows_take(unit->rows[i], c, unit->statements[i].result);
        if (unit->wanted[i])
            *unit->wanted[i] = unit->rows[i];
    }
    return SAAS_OK;
}
