#include "base/clock.h"
#include "db/internal.h"
#include <stdlib.h>

/* What a lane does for itself. */

enum { CLOCK_EVERY_US = 5000000 };

/* ---- the server's clock ---- */

/* The server read its clock between our sending and our receiving. A value inside what this allows stays; another is
 * replaced by the least that it can be, so that a deadline is never later than we mean. */
void saas_db_lane_learn_clock(saas_db_lane *lane, const saas_db_op *op, const PGresult *r)
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

/* The server's clock may be set while we are connected. */
void saas_db_lane_refresh_clock(saas_db_lane *lane)
{
    if (lane->own.lane || saas_clock_mono_us() - lane->clock_at_us < CLOCK_EVERY_US)
        return;
    saas_db_lane_send_own(lane, &clock_kind);
}

/* ---- setting up, cleaning up ---- */

static saas_err send_set_up(saas_db_lane *lane, saas_db_op *op)
{
    if (!saas_db_wire_session(lane, op) || !saas_db_wire_builtin(lane, op, SAAS_DB_CLOCK) ||
        !saas_db_wire_sync(lane, op))
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
    saas_db_lane_send_own(lane, &set_up_kind);
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
        saas_db_lane_send_own(lane, &clean_up_kind);
}
