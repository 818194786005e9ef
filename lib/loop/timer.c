#include "loop/loop.h"
#include <stdlib.h>

static bool before(const saas_timer *a, const saas_timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void put(saas_timers *t, size_t at, saas_timer *timer)
{
    t->heap[at] = timer;
    timer->slot = at + 1;
}

static void sift_up(saas_timers *t, size_t at, saas_timer *timer)
{
    while (at && before(timer, t->heap[(at - 1) / 2])) {
        put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(t, at, timer);
}

static void sift_down(saas_timers *t, size_t at, saas_timer *timer)
{
    for (;;) {
        size_t child = at * 2 + 1;
        if (child + 1 < t->count && before(t->heap[child + 1], t->heap[child]))
            child++;
        if (child >= t->count || !before(t->heap[child], timer))
            break;
        put(t, at, t->heap[child]);
        at = child;
    }
    put(t, at, timer);
}

static bool grow(saas_timers *t)
{
    if (t->count < t->cap)
        return true;
    size_t cap = t->cap ? t->cap * 2 : 64;
    saas_timer **heap = realloc(t->heap, cap * sizeof *heap);
    if (!heap)
        return false;
    t->heap = heap;
    t->cap = cap;
    return true;
}

static void arm(saas_loop *loop, uint64_t at_ms, uint64_t now)
{
    loop->timers.armed_at = at_ms;
    loop->hooks.timer(loop->host, at_ms > now ? at_ms - now : 0);
}

saas_err saas_timer_start(saas_loop *loop, saas_timer *timer, uint64_t delay_ms, void (*fn)(void *user), void *user)
{
    saas_timers *t = &loop->timers;
    if (!timer->slot && !grow(t))
        return SAAS_ERR_NO_MEMORY;
    saas_timer_stop(loop, timer);
    uint64_t now = saas_loop_now_ms(loop);
    timer->fn = fn;
    timer->user = user;
    timer->at_ms = delay_ms < UINT64_MAX - now ? now + delay_ms : UINT64_MAX - 1;
    timer->order = t->started++;
    sift_up(t, t->count++, timer);
    if (timer->at_ms < t->armed_at)
        arm(loop, timer->at_ms, now);
    return SAAS_OK;
}

/* The host's timer stays armed: most timers are stopped before they fire, and a tick that finds nothing due costs less
 * than telling the host each time. */
void saas_timer_stop(saas_loop *loop, saas_timer *timer)
{
    saas_timers *t = &loop->timers;
    if (!timer->slot)
        return;
    size_t at = timer->slot - 1;
    timer->slot = 0;
    saas_timer *last = t->heap[--t->count];
    if (last == timer)
        return;
    if (at && before(last, t->heap[(at - 1) / 2]))
        sift_up(t, at, last);
    else
        sift_down(t, at, last);
}

/* A timer started by a callback waits for the next tick, even with no delay. */
void saas_timers_tick(saas_loop *loop)
{
    saas_timers *t = &loop->timers;
    uint64_t now = saas_loop_now_ms(loop), fresh = t->started;
    t->armed_at = UINT64_MAX;
    while (t->count && t->heap[0]->at_ms <= now && t->heap[0]->order < fresh) {
        saas_timer *timer = t->heap[0];
        saas_timer_stop(loop, timer);
        timer->fn(timer->user);
    }
    if (t->count && t->heap[0]->at_ms < t->armed_at)
        arm(loop, t->heap[0]->at_ms, saas_loop_now_ms(loop));
}
