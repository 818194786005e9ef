#include "base/clock.h"
#include "http/ctx.h"
#include "http/tx.h"
#include <saas/db.h>

static void deadline_passed(void *user)
{
    saas_ctx_cut(user, SAAS_ERR_DEADLINE);
}

/* Only a request that waits needs the timer: one that doesn't can't be interrupted either. */
static saas_err arm_deadline(saas_ctx *c)
{
    uint64_t left = saas_time_left_ms(c);
    if (!left) {
        c->over = SAAS_ERR_DEADLINE;
        return SAAS_OK;
    }
    return saas_timer_start(c->shard->loop, &c->deadline, left, deadline_passed, c);
}

uint64_t saas_time_left_ms(const saas_ctx *c)
{
    uint64_t now = saas_clock_mono_us();
    return now < c->deadline_us ? (c->deadline_us - now + 999) / 1000 : 0;
}

_Noreturn void saas_ctx_park(saas_ctx *c)
{
    const saas_route *route = c->match.route;
    saas_shard_parked(c->shard, route);
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "handler parked: it goes on although its request is over",
             {"method", SAAS_ARG(c->method)}, {"route", saas_v_z(route ? route->path : NULL)}, {"parked", SAAS_ARG(c->shard->parked)});
    if (c->tx)
        saas_ctx_tx_drop(c);
    saas_ctx_conclude(c, SAAS_ERR_BUG);
    saas_fiber_park(c->fiber);
}

saas_err saas_ctx_refuse(saas_ctx *c, saas_err e)
{
    if (++c->refused_waits >= SAAS_REFUSED_WAITS_MAX)
        saas_ctx_park(c);
    return e;
}

saas_err saas_ctx_may_wait(saas_ctx *c)
{
    saas_err e = SAAS_OK;
    if (!c->over && !c->deadline.slot)
        e = arm_deadline(c);
    if (c->over)
        e = c->over;
    return e ? saas_ctx_refuse(c, e) : SAAS_OK;
}

saas_err saas_ctx_wait(saas_ctx *c, const char *what, saas_wait *w, bool (*cancel)(void *op), void *op)
{
    c->pending = w;
    c->awaits = what;
    c->cancel = cancel;
    c->cancel_op = op;
    saas_err e = saas_wait_for(w);
    c->pending = NULL;
    if (!c->over)
        c->refused_waits = 0;
    return e;
}

void saas_ctx_wake(saas_ctx *c, saas_wait *w, saas_err e)
{
    const uint64_t entered = saas_pulse_entered(&c->shard->pulse, c->match.route);
    saas_wait_done(w, e);
    saas_pulse_left(c, entered);
    saas_ctx_settle(c);
}

void saas_ctx_cut(saas_ctx *c, saas_err why)
{
    if (c->over)
        return;
    c->over = why;
    if (c->pending && c->cancel && c->cancel(c->cancel_op))
        saas_ctx_wake(c, c->pending, why);
}

/* ---- time and work ---- */

typedef struct nap {
    saas_ctx *c;
    saas_wait wait;
    saas_timer timer;
} nap;

static void wake_up(void *user)
{
    nap *n = user;
    saas_ctx_wake(n->c, &n->wait, SAAS_OK);
}

static bool end_nap(void *op)
{
    nap *n = op;
    saas_timer_stop(n->c->shard->loop, &n->timer);
    return true;
}

saas_err saas_sleep(saas_ctx *c, uint64_t ms)
{
    SAAS_TRY(saas_ctx_may_wait(c));
    nap n = {.c = c, .wait = {.fiber = c->fiber}};
    saas_err e = saas_timer_start(c->shard->loop, &n.timer, ms, wake_up, &n);
    if (e)
        return saas_ctx_refuse(c, e);
    return saas_ctx_wait(c, "sleep", &n.wait, end_nap, &n);
}

typedef struct task {
    saas_ctx *c;
    saas_wait wait;
    saas_job job;
    saas_work_pool *pool;
} task;

static void work_done(saas_job *job, saas_err e)
{
    task *t = SAAS_CONTAINER(job, task, job);
    saas_ctx_wake(t->c, &t->wait, e);
}

static bool take_back(void *op)
{
    task *t = op;
    return saas_work_cancel(t->pool, &t->job);
}

saas_err saas_ctx_work(saas_ctx *c, saas_work_pool *pool, bool modest, void (*fn)(void *arg), void *arg)
{
    SAAS_TRY(saas_ctx_may_wait(c));
    task t = {.c = c,
              .wait = {.fiber = c->fiber},
              .job = {.fn = fn, .arg = arg, .loop = c->shard->loop, .done = work_done, .modest = modest},
              .pool = pool};
    saas_err e = saas_work_submit(pool, &t.job);
    if (e == SAAS_ERR_BUSY)
        saas_pulse_count(c->shard, SAAS_SHED_WORK);
    if (e)
        return saas_ctx_refuse(c, e);
    return saas_ctx_wait(c, "work", &t.wait, take_back, &t);
}

saas_err saas_work(saas_ctx *c, void (*fn)(void *arg), void *arg)
{
    return saas_ctx_work(c, c->shard->site->work, false, fn, arg);
}
