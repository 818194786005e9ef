#include "base/clock.h"
#include "db/internal.h"

/* A transaction has one operation of its own (tx->op), from open until end: BEGIN, then COMMIT or ROLLBACK. Its units
 * have theirs. The lane is given back when nobody holds it (lane->tx) and nothing is in flight. */

static void give_back(saas_db_lane *lane, bool clean)
{
    if (!lane)
        return;
    lane->tx = NULL;
    lane->taken = !clean || PQtransactionStatus(lane->conn) != PQTRANS_IDLE;
    saas_db_lane_settle(lane);
}

static void over(saas_db_op *op, saas_err e)
{
    saas_db_tx *tx = op->tx;
    if (tx) {
        tx->op = tx->lane = NULL;
        if (*op->error.sqlstate)
            tx->error = op->error;
    }
    saas_db_op_free(op);
    if (tx)
        tx->done(tx, e);
}

/* ---- open ---- */

static saas_err send_open(saas_db_lane *lane, saas_db_op *op)
{
    lane->taken = true;
    lane->tx = op->tx;
    lane->read_only = op->read_only;
    saas_db_builtin begin = op->tx && op->tx->serializable ? SAAS_DB_BEGIN_SERIALIZABLE : SAAS_DB_BEGIN;
    if (!saas_db_wire_builtin(lane, op, begin) || !saas_db_wire_first(lane, op) || !saas_db_wire_sync(lane, op))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static void finish_open(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    if (!e && op->tx) {
        op->tx->lane = lane;
        op->tx->done(op->tx, SAAS_OK);
        return;
    }
    give_back(lane, false);
    over(op, e);
}

static const saas_db_op_kind open_kind = {send_open, finish_open};

saas_err saas_db_tx_open(saas_db *db, saas_db_tx *tx)
{
    if (!tx->done)
        return SAAS_ERR_BUG;
    saas_db_op *op = saas_db_op_new(db, &open_kind, 0);
    if (!op)
        return SAAS_ERR_NO_MEMORY;
    op->tier = SAAS_DB_EXCLUSIVE;
    op->tx = tx;
    op->org = tx->org;
    op->has_org = tx->has_org;
    op->read_only = tx->read_only;
    op->schema = tx->schema;
    op->deadline_us = tx->deadline_us;
    tx->lane = NULL;
    saas_err e = saas_db_op_start(op);
    if (e) {
        saas_db_op_free(op);
        return e;
    }
    tx->db = db;
    tx->op = op;
    return SAAS_OK;
}

/* ---- units inside ---- */

/* The first error of the server's is why it can't be committed; those after it only repeat that. */
static void doom(const saas_db_lane *lane, const saas_db_op *unit, saas_err e)
{
    saas_db_tx *tx = lane->tx;
    saas_db_op *op = tx ? tx->op : NULL;
    if (!e || !op || op->doomed || PQtransactionStatus(lane->conn) == PQTRANS_INTRANS)
        return;
    op->doomed = e;
    tx->error = unit->error;
}

static void finish_unit(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    if (lane && !e && op->probing && op->unit) {
        e = saas_db_lane_send(lane, op);
        if (!e)
            return;
    }
    if (lane)
        doom(lane, op, e);
    saas_db_unit_complete(op, e);
    if (lane)
        saas_db_lane_settle(lane);
}

static const saas_db_op_kind unit_kind = {saas_db_unit_send, finish_unit};

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

saas_err saas_db_tx_submit(saas_db_tx *tx, saas_db_unit *unit)
{
    saas_db_lane *lane = tx->lane;
    saas_db_op *op;
    if (!tx->op || (lane && lane->depth))
        return SAAS_ERR_BUG;
    if (!lane || lane->failing)
        return SAAS_ERR_UNAVAILABLE;
    SAAS_TRY(saas_db_unit_op(&op, tx->db, unit, &unit_kind));
    op->tier = SAAS_DB_EXCLUSIVE;
    op->deadline_us = earlier(unit->deadline_us, tx->deadline_us);
    op->queued_us = saas_clock_mono_us();
    saas_err e = saas_db_lane_send(lane, op);
    if (e)
        saas_db_op_free(op);
    else
        unit->op = op;
    return e;
}

/* ---- end ---- */

/* A deadline that has passed stops the COMMIT behind it. */
static saas_err send_commit(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_limit(lane, op) || !saas_db_wire_end(lane, op, SAAS_DB_COMMIT))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static saas_err send_rollback(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_end(lane, op, SAAS_DB_ROLLBACK))
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

/* Committed only when COMMIT said so. A link that broke, or a server that went down, before it could: nobody knows. */
static saas_err outcome(const saas_db_op *op, saas_err e)
{
    if (op->committed)
        return SAAS_OK;
    if (!e)
        return SAAS_ERR_SQL;
    return e == SAAS_ERR_UNAVAILABLE || e == SAAS_ERR_CANCELLED ? SAAS_ERR_OUTCOME_UNKNOWN : e;
}

static void finish_commit(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    give_back(lane, !e);
    over(op, outcome(op, e));
}

/* Whatever became of the ROLLBACK: it is rolled back. */
static void finish_rollback(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    give_back(lane, !e);
    over(op, op->doomed);
}

static const saas_db_op_kind commit_kind = {send_commit, finish_commit},
                             rollback_kind = {send_rollback, finish_rollback};

void saas_db_tx_end(saas_db_tx *tx, bool commit)
{
    saas_db_op *op = tx->op;
    saas_db_lane *lane = tx->lane;
    bool alive = lane && !lane->failing;
    if (!commit)
        op->doomed = SAAS_OK;
    else if (!alive && !op->doomed)
        op->doomed = SAAS_ERR_UNAVAILABLE;
    op->kind = commit && !op->doomed ? &commit_kind : &rollback_kind;
    if (!alive || saas_db_lane_send(lane, op))
        saas_db_op_later(op, SAAS_OK);
}

/* ---- letting go ---- */

static void let_go_of_units(const saas_db_lane *lane)
{
    for (saas_list *at = lane->flight.next; at != &lane->flight; at = at->next) {
        saas_db_op *op = SAAS_CONTAINER(at, saas_db_op, link);
        if (op->unit)
            op->unit->op = NULL;
        op->unit = NULL;
        op->tx = NULL;
        saas_db_stream_leave(op);
    }
}

void saas_db_tx_abandon(saas_db_tx *tx)
{
    saas_db_op *op = tx->op;
    saas_db_lane *lane = tx->lane;
    if (!op)
        return;
    tx->op = tx->lane = NULL;
    op->tx = NULL;
    if (op->lane)
        op->lane->tx = NULL;
    else
        saas_db_op_free(op);
    if (!lane)
        return;
    lane->tx = NULL;
    let_go_of_units(lane);
    saas_db_lane_settle(lane);
}
