#include "base/clock.h"
#include "db/internal.h"
#include <string.h>

enum { RERUNS_MAX = 3, STATEMENTS_MAX = 4096 };

/* ---- making ---- */

static saas_log *log_of(const saas_db *db, const saas_db_unit *unit)
{
    return unit->log ? unit->log : db->log;
}

/* A connection says when the types it prepared for are no more (0A000); a pooler's has not prepared. So what seems not
 * to fit any more is described anew before it is refused. */
static saas_err check_known(const saas_db_op *op, const saas_db_statement *s, saas_db_stmt *stmt, saas_log *log)
{
    saas_err e = saas_db_args_check(&s->args, stmt, log);
    if (!e)
        e = saas_db_stmt_check(stmt, s->columns, log);
    if (e != SAAS_ERR_BUG || !op->db->pooled || !stmt->shape)
        return e;
    saas_db_stmt_changed(&op->db->stmts, stmt);
    return SAAS_OK;
}

static saas_err take_statements(saas_db_op *op, saas_db_unit *unit)
{
    saas_log *log = log_of(op->db, unit);
    for (size_t i = 0; i < unit->count; i++) {
        const char *sql = unit->statements[i].sql;
        unit->error.statement = i;
        saas_err e = saas_db_stmt_get(&op->db->stmts, sql, &op->stmts[i]);
        if (e == SAAS_ERR_BUG)
            SAAS_LOG(log, SAAS_LOG_ERROR, "a statement may not change the transaction or the session",
                     {"statement", saas_v_z(sql)});
        SAAS_TRY(e);
        op->count = i + 1;
        SAAS_TRY(check_known(op, &unit->statements[i], op->stmts[i], log));
    }
    unit->error = (saas_db_error){0};
    return SAAS_OK;
}

saas_err saas_db_unit_op(saas_db_op **out, saas_db *db, saas_db_unit *unit, const saas_db_op_kind *kind)
{
    if (!unit->count || unit->count > STATEMENTS_MAX || !unit->done || (unit->rows && unit->count > 1))
        return SAAS_ERR_BUG;
    saas_db_op *op = saas_db_op_new(db, kind, unit->count);
    if (!op)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = take_statements(op, unit);
    if (e) {
        unit->error.of_statement = true;
        saas_db_op_free(op);
        return e;
    }
    op->unit = unit;
    op->org = unit->org;
    op->has_org = unit->has_org;
    op->read_only = unit->read_only;
    op->schema = unit->schema;
    op->streams = unit->rows;
    op->deadline_us = unit->deadline_us;
    *out = op;
    return SAAS_OK;
}

/* ---- sending ---- */

saas_err saas_db_unit_check(saas_db_op *op)
{
    saas_log *log = log_of(op->db, op->unit);
    for (size_t i = 0; i < op->count; i++) {
        const saas_db_statement *s = &op->unit->statements[i];
        op->error = (saas_db_error){.statement = i, .of_statement = true};
        SAAS_TRY(saas_db_args_check(&s->args, op->stmts[i], log));
        SAAS_TRY(saas_db_stmt_check(op->stmts[i], s->columns, log));
    }
    op->error = (saas_db_error){0};
    return SAAS_OK;
}

static bool all_described(const saas_db_op *op)
{
    for (size_t i = 0; i < op->count; i++)
        if (!op->stmts[i]->shape)
            return false;
    return true;
}

static saas_err encode(const char *const ***out, const saas_db_op *op)
{
    saas_arena *a = op->db->scratch;
    saas_arena_reset(a);
    const char *const **params = saas_arena_calloc(a, op->count, sizeof *params);
    if (!params)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < op->count; i++)
        SAAS_TRY(saas_db_args_encode(&params[i], a, &op->unit->statements[i].args, op->stmts[i]));
    *out = params;
    return SAAS_OK;
}

/* Each statement's limit starts with the statement: those behind the first get what is left by then. */
static bool send_statements(saas_db_lane *lane, saas_db_op *op, const char *const **params)
{
    for (size_t i = 0; i < op->count; i++) {
        if (i && !saas_db_wire_limit(lane, op))
            return false;
        if (!saas_db_wire_execute(lane, op, i, params[i]))
            return false;
    }
    return true;
}

/* A statement never seen before is only prepared and described, so that its arguments are checked before it runs. */
saas_err saas_db_unit_send(saas_db_lane *lane, saas_db_op *op)
{
    const char *const **params = NULL;
    op->probing = !all_described(op);
    if (!op->probing) {
        SAAS_TRY(saas_db_unit_check(op));
        SAAS_TRY(encode(&params, op));
    }
    bool in_tx = lane->tier == SAAS_DB_EXCLUSIVE;
    bool sent = (in_tx ? saas_db_wire_limit(lane, op) : saas_db_wire_first(lane, op)) &&
                saas_db_wire_prepare(lane, op) &&
                (op->probing ? saas_db_wire_describe(lane, op) : send_statements(lane, op, params)) &&
                saas_db_wire_sync(lane, op);
    if (!sent)
        saas_db_lane_fail(lane);
    if (!op->sent_us)
        op->unit->wait_us = (uint32_t)(saas_clock_mono_us() - op->queued_us);
    return SAAS_OK;
}

/* ---- finishing ---- */

void saas_db_unit_complete(saas_db_op *op, saas_err e)
{
    saas_db_unit *unit = op->unit;
    if (unit) {
        unit->op = NULL;
        unit->error = op->error;
        for (size_t i = 0; !e && i < op->count; i++) {
            unit->statements[i].result = op->results[i];
            op->results[i] = NULL;
        }
    }
    saas_db_op_free(op);
    if (unit)
        unit->done(unit, e);
}

static bool send_again(saas_db_op *op, saas_db_lane *lane)
{
    saas_err e = saas_db_lane_send(lane, op);
    if (e)
        saas_db_unit_complete(op, e);
    return true;
}

/* The statement's result changed its shape since it was prepared (0A000), or an earlier unit's failure took its prepare
 * along (26000). Either way this unit was rolled back as a whole. */
static bool plan_lost(saas_db_op *op)
{
    const saas_db_step *step = &op->steps[op->failed];
    if ((step->kind != SAAS_DB_EXECUTE && step->kind != SAAS_DB_DESCRIBE) || op->reruns++ >= RERUNS_MAX)
        return false;
    if (!strcmp(op->error.sqlstate, "26000"))
        return true;
    if (strcmp(op->error.sqlstate, "0A000") != 0 || op->replanned)
        return false;
    op->replanned = true;
    if (op->stmts[step->at]->gen == step->gen)
        saas_db_stmt_changed(&op->db->stmts, op->stmts[step->at]);
    return true;
}

/* 57014 on a shared lane, known to be rolled back: not as fast as it was taken for. */
static bool overran(saas_db_op *op)
{
    saas_db *db = op->db;
    if (op->tier != SAAS_DB_SHARED || db->unsegregated || strcmp(op->error.sqlstate, "57014") != 0)
        return false;
    saas_db_stmt_overran(op->stmts[op->error.statement], db->shared_timeout_ms * 1e3);
    saas_db_op_tried(op);
    return !op->deadline_us || op->deadline_us > saas_clock_mono_us();
}

static bool again(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    if (!op->unit || !lane || op->handed)
        return false;
    if (!e && op->probing)
        return send_again(op, lane);
    if (e && plan_lost(op))
        return send_again(op, lane);
    if (e && overran(op)) {
        saas_db_op_move(op, SAAS_DB_SLOW);
        return true;
    }
    return false;
}

static void finish(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    if (!e && lane && !op->probing && !op->streams)
        saas_db_stmts_ran(&op->db->stmts, op->stmts, op->count, (double)op->took_us, op->tier == SAAS_DB_SHARED);
    if (e && *op->error.sqlstate && e != SAAS_ERR_DEADLINE && !op->probing)
        saas_db_stmt_failed(op->stmts[op->error.statement]);
    if (!again(op, lane, e))
        saas_db_unit_complete(op, e);
}

static const saas_db_op_kind unit_kind = {saas_db_unit_send, finish};

/* ---- the pool's face ---- */

/* Forty clients that start the same slow statement before anyone knows that it is one would fill the shared lanes with
 * it for seconds: the first one finds out, the others wait for that. */
saas_db_tier saas_db_unit_tier(const saas_db_op *op)
{
    const saas_db *db = op->db;
    if (db->unsegregated && !op->streams)
        return SAAS_DB_SHARED;
    if (op->streams || op->unit->slow || saas_db_stmts_slow(&db->stmts, op->stmts, op->count))
        return SAAS_DB_SLOW;
    return saas_db_stmts_try(op->stmts, op->count, op) ? SAAS_DB_SHARED : SAAS_DB_HELD;
}

saas_err saas_db_submit(saas_db *db, saas_db_unit *unit)
{
    saas_db_op *op;
    SAAS_TRY(saas_db_unit_op(&op, db, unit, &unit_kind));
    op->tier = saas_db_unit_tier(op);
    saas_err e = saas_db_op_start(op);
    if (e)
        saas_db_op_free(op);
    else
        unit->op = op;
    return e;
}

void saas_db_cancel(saas_db_unit *unit)
{
    saas_db_op *op = unit->op;
    if (!op)
        return;
    unit->op = NULL;
    op->unit = NULL;
    saas_db_stream_leave(op);
    if (op->queued.queue)
        saas_db_op_free(op);
}
