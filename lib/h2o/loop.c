#include "h2o/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* ---- descriptors ---- */

typedef struct watch {
    h2o_socket_t *sock; /* owns a duplicate: an h2o socket closes its descriptor */
    void (*ready)(void *user, unsigned events);
    void *user;
    unsigned events;
    bool write_armed; /* h2o tells of writing once and can't be told to forget it */
} watch;

static void *hook_watch(void *host, int fd, void (*ready)(void *user, unsigned events), void *user)
{
    saas_h2o_loop *l = host;
    watch *w = malloc(sizeof *w);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (!w || copy < 0) {
        free(w);
        if (copy >= 0)
            close(copy);
        return NULL;
    }
    *w = (watch){h2o_evloop_socket_create(l->h2o, copy, H2O_SOCKET_FLAG_DONT_READ), ready, user, 0, false};
    w->sock->data = w;
    return w;
}

static void on_readable(h2o_socket_t *sock, const char *err)
{
    (void)err;
    watch *w = sock->data;
    w->ready(w->user, SAAS_READ);
}

/* Armed again before the callback, which may unwatch. */
static void on_writable(h2o_socket_t *sock, const char *err)
{
    (void)err;
    watch *w = sock->data;
    w->write_armed = w->events & SAAS_WRITE;
    if (!w->write_armed)
        return;
    h2o_socket_notify_write(sock, on_writable);
    w->ready(w->user, SAAS_WRITE);
}

static void hook_watch_set(void *host, void *item, unsigned events)
{
    (void)host;
    watch *w = item;
    unsigned changed = w->events ^ events;
    w->events = events;
    if (changed & SAAS_READ) {
        if (events & SAAS_READ)
            h2o_socket_read_start(w->sock, on_readable);
        else
            h2o_socket_read_stop(w->sock);
    }
    if (events & SAAS_WRITE && !w->write_armed) {
        w->write_armed = true;
        h2o_socket_notify_write(w->sock, on_writable);
    }
}

static void hook_unwatch(void *host, void *item)
{
    (void)host;
    watch *w = item;
    h2o_socket_close(w->sock);
    free(w);
}

/* ---- the timer ---- */

static void hook_wake(void *host)
{
    const saas_h2o_loop *l = host;
    ssize_t n = write(l->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)n; /* a full counter is a wake on its way already */
}

/* While h2o runs a list it goes by the duration the list had before: an entry linked again in a list of no duration
 * would run for ever in the same turn. So no delay goes round through the waker. */
static void hook_timer(void *host, uint64_t delay_ms)
{
    saas_h2o_loop *l = host;
    h2o_timeout_unlink(&l->entry);
    l->tick_soon = delay_ms == 0;
    if (l->tick_soon) {
        hook_wake(l);
    } else if (delay_ms != UINT64_MAX) {
        l->timeout.timeout = delay_ms < INT32_MAX ? delay_ms : INT32_MAX;
        h2o_timeout_link(l->h2o, &l->timeout, &l->entry);
    }
}

static void on_timeout(h2o_timeout_entry_t *entry)
{
    saas_loop_tick(H2O_STRUCT_FROM_MEMBER(saas_h2o_loop, entry, entry)->loop);
}

static void on_wake(h2o_socket_t *sock, const char *err)
{
    (void)err;
    saas_h2o_loop *l = sock->data;
    uint64_t count;
    ssize_t n = read(l->wake_fd, &count, sizeof count);
    (void)n;
    if (l->tick_soon) {
        l->tick_soon = false;
        saas_loop_tick(l->loop);
    }
    saas_loop_drain(l->loop);
}

/* h2o's clock is the wall's, so it only says when to look at the monotonic one again. */
static uint64_t hook_now_ms(void *host)
{
    saas_h2o_loop *l = host;
    if (l->seen_ms != h2o_now(l->h2o)) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        l->now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
        l->seen_ms = h2o_now(l->h2o);
    }
    return l->now_ms;
}

saas_err saas_h2o_loop_init(saas_h2o_loop *l, h2o_loop_t *h2o)
{
    const saas_loop_hooks hooks = {.size = sizeof hooks,
                                   .watch = hook_watch,
                                   .watch_set = hook_watch_set,
                                   .unwatch = hook_unwatch,
                                   .timer = hook_timer,
                                   .wake = hook_wake,
                                   .now_ms = hook_now_ms};
    *l = (saas_h2o_loop){.h2o = h2o, .entry = {.cb = on_timeout}};
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        return SAAS_ERR_UNAVAILABLE;
    saas_err e = saas_loop_new(&l->loop, &hooks, l);
    if (e) {
        close(l->wake_fd);
        return e;
    }
    h2o_timeout_init(h2o, &l->timeout, 0);
    l->waker = h2o_evloop_socket_create(h2o, l->wake_fd, H2O_SOCKET_FLAG_DONT_READ);
    l->waker->data = l;
    h2o_socket_read_start(l->waker, on_wake);
    return SAAS_OK;
}

void saas_h2o_loop_done(saas_h2o_loop *l)
{
    saas_loop_free(l->loop);
    h2o_timeout_unlink(&l->entry);
    h2o_timeout_dispose(l->h2o, &l->timeout);
    h2o_socket_close(l->waker);
}
