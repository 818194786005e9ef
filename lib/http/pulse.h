/* http/pulse.h: how a loop fares, and what it takes in. While it has requests, its beat says how late it comes: the
 * loop's lag. One that has been late for some time because of its own handlers runs no more of them in a turn than it
 * has time for, and refuses the rest; on time again it takes all. */
#ifndef SAAS_HTTP_PULSE_H
#define SAAS_HTTP_PULSE_H

#include "base/clock.h"
#include "loop/loop.h"
#include <saas/route.h>
#include <stdatomic.h>

typedef struct saas_shard saas_shard;

/* Why a request is refused before its handler runs, or by what it waits for. */
typedef enum saas_shed {
    SAAS_SHED_NONE,
    SAAS_SHED_REQUESTS, /* requests_max */
    SAAS_SHED_ROUTE,    /* at_once_max of its route */
    SAAS_SHED_LAG,
    SAAS_SHED_DATABASE, /* its queues */
    SAAS_SHED_WORK,     /* the work pool's */
    SAAS_SHEDS
} saas_shed;

enum { SAAS_BEAT_MS = 10 };

typedef struct saas_pulse {
    saas_timer beat;
    uint64_t began_us, due_us; /* of the beat to come */
    uint64_t lag_us;           /* of the last one */
    uint64_t busy_us;          /* in handlers since it: sampled by a clock of 4 ms, so true in the long run */
    uint32_t taken;            /* requests since it */
    uint64_t late_us;          /* since when it has been late without a break; 0: it is on time */
    uint64_t refused_us;       /* the last time for being late */
    uint32_t shed, quiet;      /* refused since told_us; of those without a line of their own */
    uint64_t told_us;
    uint32_t *at_once; /* handlers at work, by route; those that are parked are not */
    /* For the watch, on another thread. */
    _Atomic(const saas_route *) inside; /* NULL: no handler runs */
    atomic_uint_least64_t since_us;
} saas_pulse;

SAAS_MUST_CHECK saas_err saas_pulse_init(saas_shard *shard); /* ERR_NO_MEMORY */
void saas_pulse_done(saas_shard *shard);

/* A request has come. */
void saas_pulse_take(saas_shard *shard);
/* Whether it may go to its handler. NONE: yes; saas_pulse_leave when that has ended. */
saas_shed saas_pulse_admit(saas_shard *shard, const saas_route *route);
void saas_pulse_leave(saas_shard *shard, const saas_route *route);
/* Counts one that was refused, by the pulse or elsewhere. */
void saas_pulse_count(saas_shard *shard, saas_shed why);
/* Whether one that the pulse refused gets a line of its own in the log: a few in a second do, the others one together.
 */
bool saas_pulse_tells(saas_shard *shard);

/* ---- who holds the loop up ---- */

/* Around whatever runs a request's fiber. What `entered` gave goes to `left`, which logs the route that kept the loop
 * for longer than the app allows. The context must still be there. */
static inline uint64_t saas_pulse_entered(saas_pulse *p, const saas_route *route)
{
    const uint64_t now = saas_clock_coarse_us();
    atomic_store_explicit(&p->inside, route, memory_order_relaxed);
    atomic_store_explicit(&p->since_us, now, memory_order_release);
    return now;
}
void saas_pulse_left(saas_ctx *c, uint64_t entered_us);
/* Once it is known. */
static inline void saas_pulse_inside(saas_pulse *p, const saas_route *route)
{
    atomic_store_explicit(&p->inside, route, memory_order_relaxed);
}

#endif
