#include "http/lookout.h"
#include "http/shard.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_EVERY_MS = 250 };

struct saas_lookout {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    /* under the lock */
    saas_list shards;
    uint32_t made; /* shards so far */
    bool running, stopping;

    pthread_t thread;
    saas_log *log;
    uint64_t after_us;
};

void saas_desk_put(saas_desk *desk)
{
    if (desk && atomic_fetch_sub(&desk->refs, 1) == 1)
        free(desk);
}

/* ---- the thread ---- */

/* Once for each time it is held up. */
static void judge(const saas_lookout *w, saas_shard *shard)
{
    saas_pulse *p = &shard->pulse;
    const uint64_t since = atomic_load_explicit(&p->since_us, memory_order_acquire), now = saas_clock_coarse_us();
    if (!since || since == shard->told_since_us || now < since + w->after_us)
        return;
    const saas_route *route = atomic_load_explicit(&p->inside, memory_order_relaxed);
    shard->told_since_us = since;
    SAAS_LOG(w->log, SAAS_LOG_ERROR, "a handler holds its loop up", {"method", saas_v_z(route ? route->method : NULL)},
             {"route", saas_v_z(route ? route->path : NULL)}, {"loop", SAAS_ARG((uint64_t)shard->number)},
             {"for_ms", SAAS_ARG((now - since) / 1000)});
}

static struct timespec soon(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += LOOK_EVERY_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

static void *look(void *arg)
{
    saas_lookout *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        const struct timespec until = soon();
        pthread_cond_timedwait(&w->wanted, &w->lock, &until);
        for (saas_list *at = w->shards.next; at != &w->shards; at = at->next)
            judge(w, SAAS_CONTAINER(at, saas_shard, watched));
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals of the program are for its own threads. */
static bool start(saas_lookout *w)
{
    pthread_attr_t attr;
    sigset_t all;
    sigfillset(&all);
    if (pthread_attr_init(&attr))
        return false;
    w->running = !pthread_attr_setsigmask_np(&attr, &all) && !pthread_create(&w->thread, &attr, look, w);
    pthread_attr_destroy(&attr);
    return w->running;
}

/* ---- shards ---- */

saas_err saas_lookout_new(saas_lookout **out, saas_log *log, uint64_t after_us)
{
    saas_lookout *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;
    if (!w)
        return SAAS_ERR_NO_MEMORY;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wanted, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&w->lock, NULL);
    saas_list_init(&w->shards);
    w->log = log;
    w->after_us = after_us;
    *out = w;
    return SAAS_OK;
}

void saas_lookout_free(saas_lookout *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
    if (w->running)
        pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wanted);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

saas_err saas_lookout_add(saas_lookout *w, saas_shard *shard)
{
    saas_desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return SAAS_ERR_NO_MEMORY;
    desk->shard = shard;
    atomic_init(&desk->refs, 1);
    pthread_mutex_lock(&w->lock);
    const bool ready = !w->after_us || w->running || start(w);
    if (ready) {
        shard->desk = desk;
        shard->number = w->made++;
        saas_list_insert(&w->shards, &shard->watched);
    }
    pthread_mutex_unlock(&w->lock);
    if (ready)
        return SAAS_OK;
    free(desk);
    return SAAS_ERR_UNAVAILABLE;
}

void saas_lookout_remove(saas_lookout *w, saas_shard *shard)
{
    if (!shard->desk)
        return;
    pthread_mutex_lock(&w->lock);
    saas_list_remove(&shard->watched);
    pthread_mutex_unlock(&w->lock);
    shard->desk->shard = NULL;
    saas_desk_put(shard->desk);
    shard->desk = NULL;
}

void saas_lookout_each(saas_lookout *w, void (*fn)(saas_shard *shard, void *user), void *user)
{
    pthread_mutex_lock(&w->lock);
    for (saas_list *at = w->shards.next; at != &w->shards; at = at->next)
        fn(SAAS_CONTAINER(at, saas_shard, watched), user);
    pthread_mutex_unlock(&w->lock);
}
