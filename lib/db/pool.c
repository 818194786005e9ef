#include "db/internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES_SHARED = 2, LANES_SLOW = 4, LANES_EXCLUSIVE = 4 };
enum { SCRATCH_MAX = 64 << 20, DEPTH = 16, QUEUE = 1024, SHARED_TIMEOUT_MS = 250, SLOW_WAITS = 10 };

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static void finish_later(saas_db *db)
{
    saas_list over;
    saas_list_init(&over);
    for (saas_list *item; (item = saas_list_pop(&db->later));)
        saas_list_insert(&over, item);
    for (saas_list *item; (item = saas_list_pop(&over));) {
        saas_db_op *op = SAAS_CONTAINER(item, saas_db_op, link);
        op->kind->finish(op, NULL, op->err);
    }
}

static void on_kick(void *user)
{
    saas_db_kick *kick = user;
    saas_db *db = kick->db;
    kick->queued = false;
    if (!db) {
        free(kick);
        return;
    }
    for (size_t i = 0; i < db->lane_count; i++) {
        saas_db_lane *lane = &db->lanes[i];
        if (lane->failing)
            saas_db_lane_lose(lane, PQerrorMessage(lane->conn));
        else if (lane->resuming)
            saas_db_lane_resume(lane);
    }
    finish_later(db);
    saas_db_dispatch(db);
}

void saas_db_kick_off(saas_db *db)
{
    saas_db_kick *kick = db->kick;
    if (kick->queued)
        return;
    kick->queued = true;
    kick->posted.fn = on_kick;
    kick->posted.user = kick;
    saas_loop_post(db->loop, &kick->posted);
}

static void init_lane(saas_db *db, saas_db_lane *lane, saas_db_tier tier)
{
    lane->db = db;
    lane->tier = tier;
    lane->fd = -1;
    lane->own.db = db;
    lane->own.steps = lane->own_steps;
    saas_list_init(&lane->flight);
    saas_list_init(&lane->own.link);
    saas_list_init(&lane->own.queued.link);
}

static void init_lanes(saas_db *db, const uint32_t counts[SAAS_DB_TIERS])
{
    for (int tier = 0; tier < SAAS_DB_TIERS; tier++)
        for (uint32_t i = 0; i < counts[tier]; i++)
            init_lane(db, &db->lanes[db->lane_count++], (saas_db_tier)tier);
}

/* What is held waits for no lane. */
static void init_queues(saas_db *db, const saas_db_options *o)
{
    const uint64_t wait_us = o->wait_ms * UINT64_C(1000);
    const saas_db_queue_limits limits[SAAS_DB_QUEUES] = {
        [SAAS_DB_SHARED] = {.wait_us = wait_us, .least = or_default(o->lanes_shared, LANES_SHARED)},
        [SAAS_DB_SLOW] = {.wait_us = wait_us * SLOW_WAITS, .least = or_default(o->lanes_slow, LANES_SLOW)},
        [SAAS_DB_EXCLUSIVE] = {.wait_us = wait_us * SLOW_WAITS,
                               .least = or_default(o->lanes_exclusive, LANES_EXCLUSIVE)},
    };
    for (int tier = 0; tier < SAAS_DB_QUEUES; tier++) {
        saas_db_queue_limits l = limits[tier];
        l.max = or_default(o->queue_max, QUEUE);
        l.patience_us = wait_us;
        saas_db_queue_init(&db->queues[tier], &l);
    }
}

static saas_err init(saas_db *db, saas_loop *loop, const saas_db_options *o)
{
    db->loop = loop;
    db->log = o->log;
    db->depth_max = or_default(o->depth_max, DEPTH);
    db->shared_timeout_ms = or_default(o->shared_timeout_ms, SHARED_TIMEOUT_MS);
    snprintf(db->shared_timeout, sizeof db->shared_timeout, "%u", (unsigned)db->shared_timeout_ms);
    db->pooled = o->pooled;
    db->unsegregated = o->unsegregated;
    saas_list_init(&db->later);
    saas_db_stmts_init(&db->stmts);
    init_queues(db, o);
    db->dsn = strdup(o->dsn);
    db->scratch = saas_arena_new(SCRATCH_MAX);
    db->kick = calloc(1, sizeof *db->kick);
    if (!db->dsn || !db->scratch || !db->kick)
        return SAAS_ERR_NO_MEMORY;
    db->kick->db = db;
    return SAAS_OK;
}

static void release(saas_db *db)
{
    if (db->kick && db->kick->queued)
        db->kick->db = NULL;
    else
        free(db->kick);
    saas_db_stmts_done(&db->stmts);
    saas_arena_free(db->scratch);
    free(db->dsn);
    free(db);
}

saas_err saas_db_new(saas_db **out, saas_loop *loop, const saas_db_options *o)
{
    const uint32_t counts[SAAS_DB_TIERS] = {or_default(o->lanes_shared, LANES_SHARED),
                                            or_default(o->lanes_slow, LANES_SLOW),
                                            or_default(o->lanes_exclusive, LANES_EXCLUSIVE)};
    size_t lanes = (size_t)counts[0] + counts[1] + counts[2];
    saas_db *db = calloc(1, sizeof *db + lanes * sizeof *db->lanes);
    if (!db)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = init(db, loop, o);
    if (e) {
        release(db);
        return e;
    }
    init_lanes(db, counts);
    for (size_t i = 0; i < lanes; i++)
        saas_db_lane_connect(&db->lanes[i]);
    *out = db;
    return SAAS_OK;
}

/* Everyone is told before anything goes: what they call meanwhile finds a pool that takes nothing more. */
void saas_db_free(saas_db *db)
{
    if (!db)
        return;
    db->closing = true;
    for (size_t i = 0; i < db->lane_count; i++) {
        saas_db_lane *lane = &db->lanes[i];
        saas_db_lane_close(lane);
        if (lane->tx)
            lane->tx->lane = NULL;
        for (saas_list *item; (item = saas_list_pop(&lane->flight));) {
            saas_db_op *op = SAAS_CONTAINER(item, saas_db_op, link);
            op->lane = NULL;
            op->kind->finish(op, NULL, SAAS_ERR_CANCELLED);
        }
    }
    for (int tier = 0; tier < SAAS_DB_QUEUES; tier++)
        saas_db_queue_fail(db, (saas_db_tier)tier, SAAS_ERR_CANCELLED);
    while (!saas_list_empty(&db->later))
        finish_later(db);
    release(db);
}

bool saas_db_ready(const saas_db *db)
{
    for (size_t i = 0; i < db->lane_count; i++)
        if (db->lanes[i].tier == SAAS_DB_SHARED && db->lanes[i].state == SAAS_DB_READY)
            return true;
    return false;
}
