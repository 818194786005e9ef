#include "base/clock.h"
#include "db/internal.h"
#include <stdlib.h>
#include <string.h>

enum {
    WATCH_MS = 1000,
    OVERDUE_US = 5000000,     /* past its deadline: the server does not keep its word, or the link is dead */
    CLOCK_EVERY_US = 5000000
};

/* ---- choosing ---- */

static saas_db_class class_of(const saas_db *db, saas_db_class class)
{
    return db->unsegregated && class == SAAS_DB_SLOW ? SAAS_DB_SHARED : class;
}

static bool any_ready(const saas_db *db, saas_db_class class)
{
    for (size_t i = 0; i < db->lane_count; i++)
        if (db->lanes[i].class == class && db->lanes[i].state == SAAS_DB_READY)
            return true;
    return false;
}

/* A class without a connection is worth waiting for while its first attempt runs and the server is there. */
bool saas_db_available(saas_db *db, saas_db_class class)
{
    if (any_ready(db, class))
        return true;
    if (class == SAAS_DB_SHARED || !any_ready(db, SAAS_DB_SHARED))
        return false;
    for (size_t i = 0; i < db->lane_count; i++)
        if (db->lanes[i].class == class && !db->lanes[i].attempts)
            return true;
    return false;
}

static bool has_room(const saas_db_lane *lane)
{
    if (lane->state != SAAS_DB_READY || lane->failing || lane->taken)
        return false;
    return lane->depth < (lane->class == SAAS_DB_SHARED ? lane->db->depth_max : 1);
}

saas_db_lane *saas_db_lane_pick(saas_db *db, saas_db_class class)
{
    saas_db_lane *best = NULL;
    for (size_t i = 0; i < db->lane_count; i++) {
        saas_db_lane *lane = &db->lanes[i];
        if (lane->class == class_of(db, class) && has_room(lane) && (!best || lane->depth < best->depth))
            best = lane;
    }
    return best;
}

/* ---- sending ---- */

void saas_db_lane_fail(saas_db_lane *lane)
{
    lane->failing = true;
    saas_db_kick_off(lane->db);
}

static void on_watch(void *user)
{
    saas_db_lane_overdue(user);
}

static void push(saas_db_lane *lane, saas_db_op *op)
{
    op->lane = lane;
    saas_list_insert(&lane->flight, &op->link);
    lane->depth++;
    op->sent_us = saas_clock_mono_us();
    int left = PQflush(lane->conn);
    if (left < 0)
        saas_db_lane_fail(lane);
    saas_db_lane_watch(lane, SAAS_READ | (left > 0 ? SAAS_WRITE : 0U));
    if (lane->state == SAAS_DB_READY && !lane->timer.slot &&
        saas_timer_start(lane->db->loop, &lane->timer, WATCH_MS, on_watch, lane))
        saas_db_lane_fail(lane);
}

static saas_err send_clock(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_builtin(lane, op, SAAS_DB_CLOCK) || !saas_db_wire_sync(lane, op))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static void finish_clock(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    (void)op;
    if (lane && e)
        saas_db_lane_fail(lane);
}

static const saas_db_op_kind clock_kind = {send_clock, finish_clock};

/* What a lane sends for itself: one at a time. Not counted in its depth, so that it takes nobody's room. */
static void send_own(saas_db_lane *lane, const saas_db_op_kind *kind)
{
    saas_db_op *op = &lane->own;
    op->kind = kind;
    saas_db_wire_start(op);
    (void)kind->send(lane, op);
    push(lane, op);
    lane->depth--;
}

/* The server's clock may be set while we are connected. */
static void refresh_clock(saas_db_lane *lane)
{
    if (lane->own.lane || saas_clock_mono_us() - lane->clock_at_us < CLOCK_EVERY_US)
        return;
    send_own(lane, &clock_kind);
}

saas_err saas_db_lane_send(saas_db_lane *lane, saas_db_op *op)
{
    if (op->deadline_us && !lane->taken)
        refresh_clock(lane);
    saas_db_wire_start(op);
    SAAS_TRY(op->kind->send(lane, op));
    push(lane, op);
    return SAAS_OK;
}

/* ---- answers ---- */

/* The server read its clock between our sending and our receiving. A value inside what this allows stays; another is
 * replaced by the least that it can be, so that a deadline is never later than we mean. */
static void learn_clock(saas_db_lane *lane, const saas_db_op *op, const PGresult *r)
{
    uint64_t now = saas_clock_mono_us();
    int64_t server = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    int64_t least = server - (int64_t)now, most = server - (int64_t)op->sent_us;
    if (!lane->clock_known || lane->clock_us < least || lane->clock_us > most)
        lane->clock_us = least;
    if (!lane->clock_known || now - op->sent_us < lane->rtt_us)
        lane->rtt_us = now - op->sent_us;
    lane->clock_known = true;
    lane->clock_at_us = now;
}

static void succeeded(saas_db_lane *lane, saas_db_op *op, const saas_db_step *step, PGresult *r)
{
    if (step->kind == SAAS_DB_EXECUTE && op->unit) {
        PQclear(op->results[step->at]);
        op->results[step->at] = r;
        return;
    }
    if (step->kind == SAAS_DB_DESCRIBE && saas_db_stmt_describe(op->stmts[step->at], r))
        op->err = op->err ? op->err : SAAS_ERR_NO_MEMORY;
    if (step->kind == SAAS_DB_BUILTIN && step->at == SAAS_DB_CLOCK)
        learn_clock(lane, op, r);
    if (step->kind == SAAS_DB_BUILTIN && step->at == SAAS_DB_COMMIT)
        op->committed = !strcmp(PQcmdStatus(r), "COMMIT");
    PQclear(r);
}

/* What did not happen to the connection's prepared statements. A deallocate that did not is followed by a prepare that
 * did not either, and the old name is still there. */
static void take_back(saas_db_lane *lane, const saas_db_step *step)
{
    if (step->kind == SAAS_DB_PREPARE && lane->prepared[step->at] == step->gen)
        lane->prepared[step->at] = 0;
    if (step->kind == SAAS_DB_DEALLOCATE)
        lane->prepared[step->at] = step->gen;
}

static void failed(saas_db_lane *lane, saas_db_op *op, const saas_db_step *step, PGresult *r)
{
    take_back(lane, step);
    if (PQresultStatus(r) != PGRES_PIPELINE_ABORTED && !op->err) {
        bool ours = step->kind == SAAS_DB_DESCRIBE || step->kind == SAAS_DB_EXECUTE;
        op->failed = op->step_at;
        op->err = saas_db_error_take(&op->error, r, ours ? step->at : 0);
        if (step->kind == SAAS_DB_BUILTIN && !strcmp(op->error.sqlstate, "22023"))
            op->err = SAAS_ERR_DEADLINE;
    }
    PQclear(r);
}

static void answered(saas_db_lane *lane, saas_db_op *op)
{
    uint64_t now = saas_clock_mono_us(), from = op->sent_us + lane->rtt_us;
    if (from < lane->answered_us)
        from = lane->answered_us;
    op->took_us = now > from ? now - from : 0;
    lane->answered_us = now;
    saas_list_remove(&op->link);
    if (op != &lane->own)
        lane->depth--;
    op->lane = NULL;
    if (saas_list_empty(&lane->flight) && !lane->taken && PQtransactionStatus(lane->conn) != PQTRANS_IDLE)
        saas_db_lane_fail(lane);
    op->kind->finish(op, lane, op->err);
}

/* Each step gives a result, then NULL; the Sync gives one and no NULL. An error at a Sync (a constraint checked at the
 * commit) comes in front of it. */
static void take(saas_db_lane *lane, saas_db_op *op, PGresult *r)
{
    const saas_db_step *step = &op->steps[op->step_at];
    ExecStatusType status = PQresultStatus(r);
    if (!r) {
        if (!op->answered)
            saas_db_lane_fail(lane);
        op->answered = false;
        op->step_at += step->kind != SAAS_DB_SYNC;
        return;
    }
    op->answered = true;
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(r);
        if (step->kind == SAAS_DB_SYNC)
            answered(lane, op);
        else
            saas_db_lane_fail(lane);
    } else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        succeeded(lane, op, step, r);
    } else {
        failed(lane, op, step, r);
    }
}

static void drain(saas_db_lane *lane)
{
    while (lane->conn && !lane->failing && !saas_list_empty(&lane->flight) && !PQisBusy(lane->conn)) {
        saas_db_op *op = SAAS_CONTAINER(lane->flight.next, saas_db_op, link);
        take(lane, op, PQgetResult(lane->conn));
    }
}

void saas_db_lane_readable(saas_db_lane *lane)
{
    saas_db *db = lane->db;
    int ok = PQconsumeInput(lane->conn);
    drain(lane);
    if (!ok || PQstatus(lane->conn) == CONNECTION_BAD)
        saas_db_lane_lose(lane, PQerrorMessage(lane->conn));
    else if (lane->failing)
        saas_db_lane_lose(lane, "out of step");
    saas_db_dispatch(db);
}

void saas_db_lane_overdue(saas_db_lane *lane)
{
    if (saas_list_empty(&lane->flight))
        return;
    const saas_db_op *op = SAAS_CONTAINER(lane->flight.next, saas_db_op, link);
    if (op->deadline_us && saas_clock_mono_us() > op->deadline_us + OVERDUE_US)
        saas_db_lane_lose(lane, "no answer");
    else if (saas_timer_start(lane->db->loop, &lane->timer, WATCH_MS, on_watch, lane))
        saas_db_lane_lose(lane, "no memory");
    saas_db_dispatch(lane->db);
}

/* ---- setting up, cleaning up ---- */

static saas_err send_set_up(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_prepare_builtins(lane, op) || !saas_db_wire_builtin(lane, op, SAAS_DB_SESSION) ||
        !saas_db_wire_builtin(lane, op, SAAS_DB_CLOCK) || !saas_db_wire_sync(lane, op))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static void finish_set_up(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    if (!lane)
        return;
    if (e) {
        SAAS_LOG(lane->db->log, SAAS_LOG_ERROR, "setting up a database connection failed",
                 {"reason", saas_v_z(op->error.message)});
        saas_db_lane_fail(lane);
        return;
    }
    saas_timer_stop(lane->db->loop, &lane->timer);
    if (lane->attempts)
        SAAS_LOG(lane->db->log, SAAS_LOG_INFO, "connected to the database");
    lane->attempts = 0;
    lane->state = SAAS_DB_READY;
}

static const saas_db_op_kind set_up_kind = {send_set_up, finish_set_up};

void saas_db_lane_set_up(saas_db_lane *lane)
{
    send_own(lane, &set_up_kind);
}

static saas_err send_clean_up(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_end(lane, op, SAAS_DB_ROLLBACK))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static void finish_clean_up(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    (void)op;
    if (!lane)
        return;
    lane->taken = false;
    if (e || PQtransactionStatus(lane->conn) != PQTRANS_IDLE)
        saas_db_lane_fail(lane);
}

static const saas_db_op_kind clean_up_kind = {send_clean_up, finish_clean_up};

void saas_db_lane_settle(saas_db_lane *lane)
{
    if (lane->taken && !lane->tx && !lane->failing && saas_list_empty(&lane->flight))
        send_own(lane, &clean_up_kind);
}
