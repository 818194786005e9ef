#include "base/clock.h"
#include "db/internal.h"
#include <stdlib.h>

enum { STEPS_PER_STATEMENT = 5, STEPS_OTHER = 6 };

saas_db_op *saas_db_op_new(saas_db *db, const saas_db_op_kind *kind, size_t count)
{
    size_t steps = count * STEPS_PER_STATEMENT + STEPS_OTHER;
    saas_db_op *op =
        calloc(1, sizeof *op + count * (sizeof *op->stmts + sizeof *op->results) + steps * sizeof *op->steps);
    if (!op)
        return NULL;
    op->db = db;
    op->kind = kind;
    op->stmts = (saas_db_stmt **)(void *)(op + 1);
    op->results = (PGresult **)(void *)(op->stmts + count);
    op->steps = (saas_db_step *)(void *)(op->results + count);
    saas_list_init(&op->link);
    saas_list_init(&op->queued.link);
    return op;
}

void saas_db_op_tried(saas_db_op *op)
{
    if (!saas_db_stmts_tried(op->stmts, op->count, op))
        return;
    op->db->tried = true;
    if (op->db->queues[SAAS_DB_HELD].count)
        saas_db_kick_off(op->db);
}

void saas_db_op_free(saas_db_op *op)
{
    saas_db_op_tried(op);
    saas_timer_stop(op->db->loop, &op->timer);
    saas_db_queue_remove(&op->queued);
    saas_list_remove(&op->link);
    PQclear(op->batch);
    for (size_t i = 0; i < op->count; i++) {
        PQclear(op->results[i]);
        saas_db_stmt_put(&op->db->stmts, op->stmts[i]);
    }
    free(op);
}

/* ---- waiting ---- */

static void leave_queue(saas_db_op *op)
{
    saas_timer_stop(op->db->loop, &op->timer);
    saas_db_queue_remove(&op->queued);
}

static saas_err expect_deadline(saas_db_op *op);

static void on_deadline(void *user)
{
    saas_db_op *op = user;
    if (op->deadline_us > saas_clock_mono_us() && !expect_deadline(op))
        return;
    leave_queue(op);
    op->kind->finish(op, NULL, SAAS_ERR_DEADLINE);
}

static saas_err expect_deadline(saas_db_op *op)
{
    uint64_t now = saas_clock_mono_us();
    if (!op->deadline_us)
        return SAAS_OK;
    uint64_t left = op->deadline_us > now ? op->deadline_us - now : 0;
    return saas_timer_start(op->db->loop, &op->timer, left / 1000 + 1, on_deadline, op);
}

static void turn_away(saas_db_queued *item)
{
    saas_db_op *op = (saas_db_op *)(void *)item;
    if (!op)
        return;
    saas_timer_stop(op->db->loop, &op->timer);
    saas_db_op_later(op, SAAS_ERR_BUSY);
}

/* What has piled up before they were found to wait too long goes a few at a time: each costs a look at all. What is a
 * little more than the room, which is an estimate, stays. */
static bool has_room(saas_db_op *op)
{
    enum { AT_ONCE = 8 };
    saas_db_queue *q = &op->db->queues[op->tier];
    const uint32_t room = saas_db_queue_room(q, op->queued_us);
    for (int i = 0; q->count / 2 > room && i < AT_ONCE; i++)
        turn_away(saas_db_queue_shed(q));
    if (q->count >= room)
        turn_away(saas_db_queue_yield(q, op->org));
    return q->count < room;
}

typedef enum wait { FIRST, ONCE_MORE, HELD_BEFORE } wait;

static saas_err wait_in_line(saas_db_op *op, wait how)
{
    saas_db_queue *q = &op->db->queues[op->tier];
    if (how == FIRST && !has_room(op))
        return SAAS_ERR_BUSY;
    SAAS_TRY(how == FIRST ? saas_db_queue_add(q, &op->queued, op->org)
                          : saas_db_queue_return(q, &op->queued, op->org, how == ONCE_MORE));
    saas_db_queue_joined(q, how == FIRST ? op->queued_us : saas_clock_mono_us());
    saas_err e = expect_deadline(op);
    if (e)
        leave_queue(op);
    return e;
}

static saas_err send_or_wait(saas_db_op *op, wait how)
{
    saas_db *db = op->db;
    if (db->closing || !saas_db_available(db, op->tier)) {
        saas_db_revive(db);
        return SAAS_ERR_UNAVAILABLE;
    }
    saas_db_lane *lane = saas_db_lane_pick(db, op->tier);
    return lane ? saas_db_lane_send(lane, op) : wait_in_line(op, how);
}

saas_err saas_db_op_start(saas_db_op *op)
{
    op->queued_us = saas_clock_mono_us();
    if (op->deadline_us && op->deadline_us <= op->queued_us)
        return SAAS_ERR_DEADLINE;
    return send_or_wait(op, FIRST);
}

void saas_db_op_move(saas_db_op *op, saas_db_tier tier)
{
    op->tier = tier;
    saas_err e = send_or_wait(op, ONCE_MORE);
    if (e)
        op->kind->finish(op, NULL, e);
}

/* lane NULL: it was held, and finds its tier anew. */
static void send_next(saas_db_lane *lane, saas_db_op *op)
{
    saas_timer_stop(op->db->loop, &op->timer);
    bool passed = op->deadline_us && op->deadline_us <= saas_clock_mono_us();
    if (!lane)
        op->tier = saas_db_unit_tier(op);
    saas_err e = passed ? SAAS_ERR_DEADLINE : lane ? saas_db_lane_send(lane, op) : send_or_wait(op, HELD_BEFORE);
    if (e)
        op->kind->finish(op, NULL, e);
}

static void look_at_held(saas_db *db)
{
    saas_db_queued *item;
    if (!db->tried)
        return;
    db->tried = false;
    for (uint32_t n = db->queues[SAAS_DB_HELD].count; n && (item = saas_db_queue_take(&db->queues[SAAS_DB_HELD])); n--)
        send_next(NULL, (saas_db_op *)(void *)item);
}

static saas_db_op *next_of(saas_db_queue *q)
{
    saas_db_op *op = (saas_db_op *)(void *)saas_db_queue_take(q);
    saas_db_queue_served(q, saas_clock_mono_us());
    return op;
}

void saas_db_dispatch(saas_db *db)
{
    look_at_held(db);
    for (int tier = 0; tier < SAAS_DB_TIERS && !db->closing; tier++) {
        saas_db_lane *lane;
        while (db->queues[tier].count && (lane = saas_db_lane_pick(db, (saas_db_tier)tier)))
            send_next(lane, next_of(&db->queues[tier]));
    }
}

void saas_db_queue_fail(saas_db *db, saas_db_tier tier, saas_err e)
{
    for (saas_db_queued *item; (item = saas_db_queue_take(&db->queues[tier]));) {
        saas_db_op *op = (saas_db_op *)(void *)item;
        leave_queue(op);
        op->kind->finish(op, NULL, e);
    }
}

void saas_db_op_later(saas_db_op *op, saas_err e)
{
    op->err = e;
    saas_list_insert(&op->db->later, &op->link);
    saas_db_kick_off(op->db);
}
