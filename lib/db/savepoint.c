#include "db/internal.h"

/* A savepoint's step has an operation of its own on the transaction's lane, without the limit that units start with: a
 * failed transaction takes nothing but the way back. One name for all: a later one hides an earlier, which is nesting.
 */

static saas_err send(saas_db_lane *lane, saas_db_op *op, saas_db_builtin first, saas_db_builtin then)
{
    bool sent = saas_db_wire_builtin(lane, op, first) &&
                (then == SAAS_DB_BUILTINS || saas_db_wire_builtin(lane, op, then)) && saas_db_wire_sync(lane, op);
    if (!sent)
        saas_db_lane_fail(lane);
    return SAAS_OK;
}

static saas_err send_set(saas_db_lane *lane, saas_db_op *op)
{
    return send(lane, op, SAAS_DB_SAVEPOINT, SAAS_DB_BUILTINS);
}

static saas_err send_release(saas_db_lane *lane, saas_db_op *op)
{
    return send(lane, op, SAAS_DB_RELEASE, SAAS_DB_BUILTINS);
}

static saas_err send_back(saas_db_lane *lane, saas_db_op *op)
{
    return send(lane, op, SAAS_DB_ROLLBACK_TO, SAAS_DB_RELEASE);
}

static void finish(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    saas_db_tx *tx = op->tx;
    if (tx && e) {
        tx->error = op->error;
        if (tx->op && !((saas_db_op *)tx->op)->doomed)
            ((saas_db_op *)tx->op)->doomed = e;
    }
    saas_db_op_free(op);
    if (tx)
        tx->done(tx, e);
    if (lane)
        saas_db_lane_settle(lane);
}

/* Back where it stood, whatever had failed since: it can be committed again. */
static void finish_back(saas_db_op *op, saas_db_lane *lane, saas_err e)
{
    saas_db_op *whole = op->tx ? op->tx->op : NULL;
    if (!e && lane && whole && PQtransactionStatus(lane->conn) == PQTRANS_INTRANS)
        whole->doomed = SAAS_OK;
    finish(op, lane, e);
}

static const saas_db_op_kind kinds[] = {
    [SAAS_DB_MARK_SET] = {send_set, finish},
    [SAAS_DB_MARK_RELEASE] = {send_release, finish},
    [SAAS_DB_MARK_BACK] = {send_back, finish_back},
};

saas_err saas_db_tx_mark(saas_db_tx *tx, saas_db_mark what)
{
    saas_db_lane *lane = tx->lane;
    if (!tx->op || (lane && lane->depth))
        return SAAS_ERR_BUG;
    if (!lane || lane->failing)
        return SAAS_ERR_UNAVAILABLE;
    saas_db_op *op = saas_db_op_new(tx->db, &kinds[what], 0);
    if (!op)
        return SAAS_ERR_NO_MEMORY;
    op->tier = SAAS_DB_EXCLUSIVE;
    op->deadline_us = tx->deadline_us;
    op->tx = tx;
    saas_err e = saas_db_lane_send(lane, op);
    if (e)
        saas_db_op_free(op);
    return e;
}
