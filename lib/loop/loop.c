#include "loop/loop.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

static bool complete(const saas_loop_hooks *h)
{
    return h->watch && h->watch_set && h->unwatch && h->timer && h->wake;
}

saas_err saas_loop_new(saas_loop **out, const saas_loop_hooks *hooks, void *host)
{
    saas_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return SAAS_ERR_NO_MEMORY;
    memcpy(&loop->hooks, hooks, hooks->size < sizeof *hooks ? hooks->size : sizeof *hooks);
    if (!complete(&loop->hooks)) {
        free(loop);
        return SAAS_ERR_BUG;
    }
    loop->host = host;
    loop->timers.armed_at = UINT64_MAX;
    loop->queue_end = &loop->queue;
    pthread_mutex_init(&loop->lock, NULL);
    *out = loop;
    return SAAS_OK;
}

static bool close_queue(saas_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->closing = true;
    bool empty = !loop->queue;
    pthread_mutex_unlock(&loop->lock);
    return empty;
}

void saas_loop_free(saas_loop *loop)
{
    if (!loop)
        return;
    do
        saas_loop_drain(loop);
    while (!close_queue(loop));
    loop->hooks.timer(loop->host, UINT64_MAX);
    if (loop->host_free)
        loop->host_free(loop->host);
    pthread_mutex_destroy(&loop->lock);
    free(loop->timers.heap);
    free(loop);
}

uint64_t saas_loop_now_ms(const saas_loop *loop)
{
    return loop->hooks.now_ms ? loop->hooks.now_ms(loop->host) : saas_clock_mono_us() / 1000;
}

void saas_loop_tick(saas_loop *loop)
{
    saas_timers_tick(loop);
}

saas_err saas_loop_watch(void **out, saas_loop *loop, int fd, void (*ready)(void *user, unsigned events), void *user)
{
    void *watch = loop->hooks.watch(loop->host, fd, ready, user);
    if (!watch)
        return SAAS_ERR_NO_MEMORY;
    *out = watch;
    return SAAS_OK;
}

void saas_loop_watch_set(saas_loop *loop, void *watch, unsigned events)
{
    loop->hooks.watch_set(loop->host, watch, events);
}

void saas_loop_unwatch(saas_loop *loop, void *watch)
{
    loop->hooks.unwatch(loop->host, watch);
}
