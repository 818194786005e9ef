#include "base/clock.h"
#include "db/internal.h"

enum {
    WATCH_MS = 1000,
    OVERDUE_US = 5000000 /* past its deadline: the server does not keep its word, or the link is dead */
};

/* ---- choosing ---- */

static saas_db_tier tier_of(const saas_db *db, saas_db_tier tier)
{
    return db->unsegregated && tier == SAAS_DB_SLOW ? SAAS_DB_SHARED : tier;
}

static bool any_ready(const saas_db *db, saas_db_tier tier)
{
    for (size_t i = 0; i < db->lane_count; i++)
        if (db->lanes[i].tier == tier && db->lanes[i].state == SAAS_DB_READY)
            return true;
    return false;
}

/* A tier without a connection is worth waiting for while its first attempt runs and the server is there. The one that
 * those that are held wait for runs on a shared lane. */
bool saas_db_available(saas_db *db, saas_db_tier tier)
{
    if (any_ready(db, tier == SAAS_DB_HELD ? SAAS_DB_SHARED : tier))
        return true;
    if (tier == SAAS_DB_SHARED || tier == SAAS_DB_HELD || !any_ready(db, SAAS_DB_SHARED))
        return false;
    for (size_t i = 0; i < db->lane_count; i++)
        if (db->lanes[i].tier == tier && !db->lanes[i].attempts)
            return true;
    return false;
}

static bool has_room(const saas_db_lane *lane)
{
    if (lane->state != SAAS_DB_READY || lane->failing || lane->demoted || lane->taken)
        return false;
    return lane->depth < (lane->tier == SAAS_DB_SHARED ? lane->db->depth_max : 1);
}

saas_db_lane *saas_db_lane_pick(saas_db *db, saas_db_tier tier)
{
    saas_db_lane *best = NULL;
    for (size_t i = 0; i < db->lane_count; i++) {
        saas_db_lane *lane = &db->lanes[i];
        if (lane->tier == tier_of(db, tier) && has_room(lane) && (!best || lane->depth < best->depth))
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
    saas_db_lane *lane = user;
    if (saas_list_empty(&lane->flight))
        return;
    const saas_db_op *op = SAAS_CONTAINER(lane->flight.next, saas_db_op, link);
    if (op->deadline_us && saas_clock_mono_us() > op->deadline_us + OVERDUE_US)
        saas_db_lane_lose(lane, "no answer");
    else if (saas_timer_start(lane->db->loop, &lane->timer, WATCH_MS, on_watch, lane))
        saas_db_lane_lose(lane, "no memory");
    saas_db_dispatch(lane->db);
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

/* What a lane sends for itself: one at a time. Not counted in its depth, so that it takes nobody's room. */
void saas_db_lane_send_own(saas_db_lane *lane, const saas_db_op_kind *kind)
{
    saas_db_op *op = &lane->own;
    op->kind = kind;
    saas_db_wire_start(op);
    (void)kind->send(lane, op);
    push(lane, op);
    lane->depth--;
}

saas_err saas_db_lane_send(saas_db_lane *lane, saas_db_op *op)
{
    if (op->deadline_us && !lane->taken)
        saas_db_lane_refresh_clock(lane);
    saas_db_wire_start(op);
    SAAS_TRY(op->kind->send(lane, op));
    push(lane, op);
    return SAAS_OK;
}
