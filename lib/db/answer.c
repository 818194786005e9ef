#include "base/clock.h"
#include "db/internal.h"
#include <string.h>

static void succeeded(saas_db_lane *lane, saas_db_op *op, const saas_db_step *step, PGresult *r)
{
    if (op->streams && step->kind == SAAS_DB_EXECUTE) {
        saas_db_stream_end(lane, op, r);
        return;
    }
    if (step->kind == SAAS_DB_EXECUTE && op->unit) {
        PQclear(op->results[step->at]);
        op->results[step->at] = r;
        return;
    }
    if (step->kind == SAAS_DB_DESCRIBE) {
        saas_db_stmt_describe(op->stmts[step->at], r);
        return;
    }
    if (step->kind == SAAS_DB_BUILTIN && step->at == SAAS_DB_CLOCK)
        saas_db_lane_learn_clock(lane, op, r);
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

/* Which statement of the operation a step is for. */
static bool statement_of(size_t *out, const saas_db_op *op, const saas_db_step *step)
{
    *out = step->at;
    if (step->kind != SAAS_DB_PREPARE)
        return step->kind == SAAS_DB_DESCRIBE || step->kind == SAAS_DB_EXECUTE;
    for (size_t i = 0; i < op->count; i++) {
        *out = i;
        if (op->stmts[i]->slot == step->at)
            return true;
    }
    return false;
}

static void failed(saas_db_lane *lane, saas_db_op *op, const saas_db_step *step, PGresult *r)
{
    take_back(lane, step);
    if (PQresultStatus(r) != PGRES_PIPELINE_ABORTED && !op->err) {
        size_t at;
        const bool ours = statement_of(&at, op, step);
        op->failed = op->step_at;
        op->err = saas_db_error_take(&op->error, r, ours ? at : 0);
        op->error.of_statement = ours;
        if (step->kind == SAAS_DB_BUILTIN && !strcmp(op->error.sqlstate, "22023"))
            op->err = SAAS_ERR_DEADLINE;
        if (op->err == SAAS_ERR_READ_ONLY && !op->read_only && !lane->read_only) {
            op->err = SAAS_ERR_UNAVAILABLE;
            lane->demoted = true;
        }
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
    if (lane->demoted && !lane->taken && saas_list_empty(&lane->flight))
        saas_db_lane_fail(lane);
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
    } else if (status == PGRES_SINGLE_TUPLE) {
        saas_db_stream_row(lane, op, r);
    } else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        succeeded(lane, op, step, r);
    } else {
        failed(lane, op, step, r);
    }
}

static void drain(saas_db_lane *lane)
{
    while (lane->conn && !lane->failing && !lane->held && !saas_list_empty(&lane->flight)) {
        saas_db_op *op = SAAS_CONTAINER(lane->flight.next, saas_db_op, link);
        saas_db_stream_begin(lane, op);
        if (PQisBusy(lane->conn))
            return;
        take(lane, op, PQgetResult(lane->conn));
    }
}

static void take_what_came(saas_db_lane *lane, bool ok)
{
    saas_db *db = lane->db;
    drain(lane);
    if (!ok || PQstatus(lane->conn) == CONNECTION_BAD)
        saas_db_lane_lose(lane, PQerrorMessage(lane->conn));
    else if (lane->failing)
        saas_db_lane_lose(lane, "out of step");
    saas_db_dispatch(db);
}

void saas_db_lane_readable(saas_db_lane *lane)
{
    take_what_came(lane, PQconsumeInput(lane->conn));
}

void saas_db_lane_resume(saas_db_lane *lane)
{
    lane->held = lane->resuming = false;
    take_what_came(lane, true);
    if (lane->conn)
        saas_db_lane_watch(lane, lane->events | SAAS_READ);
}
