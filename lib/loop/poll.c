#include "base/clock.h"
#include "loop/loop.h"
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct watch {
    int fd;
    size_t at; /* in the host's arrays */
    void (*ready)(void *user, unsigned events);
    void *user;
} watch;

/* Slot 0 is the descriptor that wakes the loop. A watch that goes while the arrays are walked leaves its slot empty
 * until the walk is over. */
typedef struct poll_host {
    saas_loop *loop;
    int wake_fd; /* apart from the array, which may grow while another thread wakes the loop */
    struct pollfd *fds;
    watch **watches;
    size_t count, cap;
    unsigned walking;
    bool holes;
    bool stop; /* under the loop's lock */
    uint64_t timer_at;
    uint64_t now_ms; /* of the turn; 0: outside */
} poll_host;

static uint64_t clock_ms(void)
{
    return saas_clock_mono_us() / 1000;
}

static uint64_t host_now(void *arg)
{
    const poll_host *h = arg;
    return h->now_ms ? h->now_ms : clock_ms();
}

static void host_timer(void *arg, uint64_t delay_ms)
{
    poll_host *h = arg;
    uint64_t now = host_now(h);
    h->timer_at = delay_ms < UINT64_MAX - now ? now + delay_ms : UINT64_MAX;
}

/* A full counter is a wake on its way already: nothing to do about EAGAIN. */
static void host_wake(void *arg)
{
    const poll_host *h = arg;
    ssize_t n = write(h->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)n;
}

static bool grow(poll_host *h)
{
    if (h->count < h->cap)
        return true;
    size_t cap = h->cap ? h->cap * 2 : 16;
    struct pollfd *fds = realloc(h->fds, cap * sizeof *fds);
    if (!fds)
        return false;
    h->fds = fds;
    watch **watches = realloc(h->watches, cap * sizeof *watches);
    if (!watches)
        return false;
    h->watches = watches;
    h->cap = cap;
    return true;
}

static void append(poll_host *h, watch *w, struct pollfd fd)
{
    h->fds[h->count] = fd;
    h->watches[h->count++] = w;
}

static void *host_watch(void *arg, int fd, void (*ready)(void *user, unsigned events), void *user)
{
    poll_host *h = arg;
    watch *w = malloc(sizeof *w);
    if (!w || !grow(h)) {
        free(w);
        return NULL;
    }
    *w = (watch){fd, h->count, ready, user};
    append(h, w, (struct pollfd){.fd = -1});
    return w;
}

/* poll(2) tells of a hang-up even when asked for nothing: a watch without events is hidden from it. */
static void host_watch_set(void *arg, void *item, unsigned events)
{
    poll_host *h = arg;
    const watch *w = item;
    short wanted = (short)((events & SAAS_READ ? POLLIN : 0) | (events & SAAS_WRITE ? POLLOUT : 0));
    h->fds[w->at].fd = wanted ? w->fd : -1;
    h->fds[w->at].events = wanted;
}

static void close_holes(poll_host *h)
{
    size_t to = 1;
    for (size_t i = 1; i < h->count; i++) {
        if (!h->watches[i])
            continue;
        h->fds[to] = h->fds[i];
        h->watches[to] = h->watches[i];
        h->watches[to]->at = to;
        to++;
    }
    h->count = to;
    h->holes = false;
}

static void host_unwatch(void *arg, void *item)
{
    poll_host *h = arg;
    watch *w = item;
    h->fds[w->at] = (struct pollfd){.fd = -1};
    h->watches[w->at] = NULL;
    h->holes = true;
    free(w);
    if (!h->walking)
        close_holes(h);
}

static void host_free(void *arg)
{
    poll_host *h = arg;
    if (h->count)
        close(h->wake_fd);
    for (size_t i = 1; i < h->count; i++)
        free(h->watches[i]);
    free(h->fds);
    free(h->watches);
    free(h);
}

static const saas_loop_hooks hooks = {sizeof hooks, host_watch, host_watch_set, host_unwatch,
                                      host_timer,   host_wake,  host_now};

saas_err saas_poll_loop_new(saas_loop **out)
{
    poll_host *h = calloc(1, sizeof *h);
    if (!h)
        return SAAS_ERR_NO_MEMORY;
    h->timer_at = UINT64_MAX;
    if (!grow(h)) {
        host_free(h);
        return SAAS_ERR_NO_MEMORY;
    }
    h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->wake_fd < 0) {
        host_free(h);
        return SAAS_ERR_UNAVAILABLE;
    }
    append(h, NULL, (struct pollfd){.fd = h->wake_fd, .events = POLLIN});
    saas_err e = saas_loop_new(&h->loop, &hooks, h);
    if (e) {
        host_free(h);
        return e;
    }
    h->loop->host_free = host_free;
    *out = h->loop;
    return SAAS_OK;
}

/* An error or a hang-up comes as what the watcher waits for: its next read or write meets it. An earlier callback may
 * have changed what that is. */
static unsigned events_of(struct pollfd fd)
{
    int got = fd.revents & (POLLERR | POLLHUP | POLLNVAL) ? POLLIN | POLLOUT : fd.revents;
    got = fd.fd < 0 ? 0 : got & fd.events;
    return (got & POLLIN ? (unsigned)SAAS_READ : 0U) | (got & POLLOUT ? (unsigned)SAAS_WRITE : 0U);
}

static void run_ready(poll_host *h, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const watch *w = h->watches[i];
        unsigned events = events_of(h->fds[i]);
        h->fds[i].revents = 0;
        if (w && events)
            w->ready(w->user, events);
    }
}

static int wait_ms(const poll_host *h, int timeout_ms)
{
    if (h->timer_at == UINT64_MAX)
        return timeout_ms;
    uint64_t now = clock_ms(), left = h->timer_at > now ? h->timer_at - now : 0;
    if (left > INT32_MAX)
        left = INT32_MAX;
    return timeout_ms >= 0 && (uint64_t)timeout_ms < left ? timeout_ms : (int)left;
}

static void run_woken(const poll_host *h)
{
    uint64_t wakes;
    if (h->fds[0].revents && read(h->wake_fd, &wakes, sizeof wakes) > 0)
        saas_loop_drain(h->loop);
}

/* Descriptors before timers: an answer that came in time beats its deadline. */
void saas_poll_loop_turn(saas_loop *loop, int timeout_ms)
{
    poll_host *h = loop->host;
    size_t count = h->count;
    int n = poll(h->fds, count, wait_ms(h, timeout_ms));
    h->now_ms = clock_ms();
    h->walking++;
    if (n > 0) {
        run_woken(h);
        run_ready(h, count);
    }
    if (!--h->walking && h->holes)
        close_holes(h);
    if (h->timer_at <= h->now_ms) {
        h->timer_at = UINT64_MAX;
        saas_loop_tick(loop);
    }
    h->now_ms = 0;
}

static bool stop_wanted(saas_loop *loop)
{
    poll_host *h = loop->host;
    pthread_mutex_lock(&loop->lock);
    bool stop = h->stop;
    h->stop = false;
    pthread_mutex_unlock(&loop->lock);
    return stop;
}

void saas_poll_loop_run(saas_loop *loop)
{
    while (!stop_wanted(loop))
        saas_poll_loop_turn(loop, -1);
}

void saas_poll_loop_stop(saas_loop *loop)
{
    poll_host *h = loop->host;
    pthread_mutex_lock(&loop->lock);
    h->stop = true;
    host_wake(h);
    pthread_mutex_unlock(&loop->lock);
}
