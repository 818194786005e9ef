#include "http/pulse.h"
#include "http/meter.h"
#include <stdlib.h>

enum {
    PATIENCE_US = 200000, /* a pause of the process, or a burst, is over by then */
    MEMORY_US = 1000000,  /* one that has refused of late has shown that it is neither */
    TAKEN_MIN = 4,        /* with fewer in a beat there is nothing to choose from */
    LINES = 10,
    SECOND_US = 1000000
};

saas_err saas_pulse_init(saas_shard *shard)
{
    saas_pulse *p = &shard->pulse;
    p->at_once = calloc(saas_router_count(shard->site->router) + 1, sizeof *p->at_once);
    return p->at_once ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

void saas_pulse_done(saas_shard *shard)
{
    saas_timer_stop(shard->loop, &shard->pulse.beat);
    free(shard->pulse.at_once);
}

/* ---- the beat ---- */

static void beat(void *user);

/* Without memory there is none until the next request. */
static void arm(saas_shard *shard, uint64_t now)
{
    saas_pulse *p = &shard->pulse;
    p->began_us = now;
    p->due_us = now + SAAS_BEAT_MS * UINT64_C(1000);
    p->busy_us = 0;
    p->taken = 0;
    if (saas_timer_start(shard->loop, &p->beat, SAAS_BEAT_MS, beat, shard))
        p->beat.slot = 0;
}

/* Late for other reasons than its handlers, a loop gains nothing by refusing them. */
static bool is_late(const saas_shard *shard, uint64_t now)
{
    const saas_pulse *p = &shard->pulse;
    const uint64_t limit = shard->site->overload_lag_us;
    return limit && now > p->due_us + limit && p->taken >= TAKEN_MIN && p->busy_us * 2 > now - p->began_us;
}

static void tell(saas_shard *shard, uint64_t now)
{
    saas_pulse *p = &shard->pulse;
    if (now - p->told_us < SECOND_US)
        return;
    if (p->quiet)
        SAAS_LOG(shard->site->log, SAAS_LOG_WARN, "overloaded: requests are refused",
                 {"refused", SAAS_ARG((uint64_t)p->shed)}, {"without_a_line", SAAS_ARG((uint64_t)p->quiet)},
                 {"lag_us", SAAS_ARG(p->lag_us)}, {"live", SAAS_ARG((uint64_t)shard->live)});
    p->told_us = now;
    p->shed = p->quiet = 0;
}

static void beat(void *user)
{
    saas_shard *shard = user;
    saas_pulse *p = &shard->pulse;
    const uint64_t now = saas_clock_mono_us();
    p->lag_us = now > p->due_us ? now - p->due_us : 0;
    if (shard->meter) {
        saas_histogram_add(shard->meter, SAAS_METER_LAG, p->lag_us);
        saas_meter_set(shard->meter, SAAS_METER_LAG_NOW, p->lag_us);
    }
    if (!is_late(shard, now))
        p->late_us = 0;
    else if (!p->late_us)
        p->late_us = now;
    tell(shard, now);
    if (shard->live || p->quiet) {
        arm(shard, now);
        return;
    }
    p->lag_us = 0;
    if (shard->meter)
        saas_meter_set(shard->meter, SAAS_METER_LAG_NOW, 0);
}

/* ---- who holds the loop up ---- */

static void blocked(saas_ctx *c, uint64_t took_us)
{
    saas_shard *shard = c->shard;
    const saas_route *route = c->match.route;
    if (shard->meter && route && !c->chore)
        saas_meter_add(shard->meter, saas_meter_route(saas_route_index(route)) + SAAS_METER_BLOCKED, 1);
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "a handler blocked its loop", {"method", SAAS_ARG(c->method)},
             {"route", saas_v_z(route ? route->path : NULL)}, {"blocked_ms", SAAS_ARG(took_us / 1000)});
}

void saas_pulse_left(saas_ctx *c, uint64_t entered_us)
{
    saas_pulse *p = &c->shard->pulse;
    const uint64_t took = saas_clock_coarse_us() - entered_us, limit = c->shard->site->blocked_us;
    atomic_store_explicit(&p->since_us, 0, memory_order_release);
    p->busy_us += took;
    if (limit && took >= limit)
        blocked(c, took);
}

/* ---- requests ---- */

void saas_pulse_take(saas_shard *shard)
{
    saas_pulse *p = &shard->pulse;
    if (!p->beat.slot && !shard->stopping)
        arm(shard, saas_clock_mono_us());
    p->taken++;
}

/* In the midst of a turn, before the beat can tell. */
static bool is_overdue(saas_shard *shard)
{
    saas_pulse *p = &shard->pulse;
    const uint64_t now = saas_clock_coarse_us();
    if (!is_late(shard, now))
        return false;
    if (!p->late_us)
        p->late_us = now;
    if (now - p->late_us < PATIENCE_US && now - p->refused_us >= MEMORY_US)
        return false;
    p->refused_us = now;
    return true;
}

saas_shed saas_pulse_admit(saas_shard *shard, const saas_route *route)
{
    saas_pulse *p = &shard->pulse;
    uint32_t *at_once = &p->at_once[saas_route_index(route)];
    if (!route->vital) {
        if (shard->live > shard->requests_max)
            return SAAS_SHED_REQUESTS;
        if (route->at_once_max && *at_once >= route->at_once_max)
            return SAAS_SHED_ROUTE;
        if (is_overdue(shard))
            return SAAS_SHED_LAG;
    }
    ++*at_once;
    return SAAS_SHED_NONE;
}

void saas_pulse_leave(saas_shard *shard, const saas_route *route)
{
    shard->pulse.at_once[saas_route_index(route)]--;
}

void saas_pulse_count(saas_shard *shard, saas_shed why)
{
    if (shard->meter)
        saas_meter_add(shard->meter, SAAS_METER_SHED + (size_t)why - 1, 1);
}

bool saas_pulse_tells(saas_shard *shard)
{
    saas_pulse *p = &shard->pulse;
    const bool tells = p->shed++ < LINES;
    p->quiet += !tells;
    return tells;
}
