#include "h2o/server.h"
#include <h2o/version.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- the end ---- */

static void finish_if_done(saas_h2o_thread *t)
{
    if (t->phase == SAAS_H2O_ENDING && t->shard_stopped && saas_h2o_door_empty(&t->door))
        t->phase = SAAS_H2O_ENDED;
}

static void on_shard_stopped(void *user)
{
    saas_h2o_thread *t = user;
    t->shard_stopped = true;
    finish_if_done(t);
}

static void later(saas_h2o_thread *t, uint64_t ms, void (*fn)(void *user))
{
    if (saas_timer_start(t->worker->loop.loop, &t->timer, ms, fn, t))
        fn(t);
}

/* Whoever is still here has had its time. Again and again, as an answer may only now have been made. */
static void force(void *user)
{
    saas_h2o_thread *t = user;
    saas_h2o_door_clear(&t->door, true);
    if (t->phase == SAAS_H2O_ENDING && !saas_timer_start(t->worker->loop.loop, &t->timer, SAAS_H2O_FORCE_MS, force, t))
        return;
}

static uint64_t last_call_ms(const saas_h2o_thread *t)
{
    uint64_t quarter = t->server->options.grace_ms / 4;
    return quarter < SAAS_H2O_LAST_CALL_MS ? quarter : SAAS_H2O_LAST_CALL_MS;
}

static uint64_t settle_ms(const saas_h2o_thread *t)
{
    uint64_t all = last_call_ms(t);
    return all < SAAS_H2O_SETTLE_MS ? all : SAAS_H2O_SETTLE_MS;
}

static void end(void *user)
{
    saas_h2o_thread *t = user;
    uint64_t left = t->server->options.grace_ms - last_call_ms(t);
    t->phase = SAAS_H2O_ENDING;
    saas_h2o_door_clear(&t->door, false);
    later(t, left + SAAS_H2O_FORCE_MS, force);
    saas_shard_stop(t->worker->shard, left, on_shard_stopped, t);
}

static void close_door(void *user)
{
    saas_h2o_thread *t = user;
    saas_h2o_door_close(&t->door);
    if (saas_h2o_door_empty(&t->door))
        end(t);
    else
        later(t, last_call_ms(t) - settle_ms(t), end);
}

/* Sockets that others listen on too stay open, with all that waits for them. */
static void last_call(void *user)
{
    saas_h2o_thread *t = user;
    t->phase = SAAS_H2O_LAST_CALL;
    t->worker->stopping = true;
    t->context.shutdown_requested = 1; /* h2o_context_request_shutdown leaves a timer of HTTP/2's behind */
    if (t->door.shared) {
        close_door(t);
        return;
    }
    saas_h2o_door_bar(&t->door);
    later(t, settle_ms(t), close_door);
}

static void on_emptied(void *user)
{
    saas_h2o_thread *t = user;
    if (t->phase == SAAS_H2O_LAST_CALL && !t->door.listener_count)
        later(t, 0, end); /* not from inside what closed the connection */
    finish_if_done(t);
}

static void on_crowded(void *user)
{
    const saas_h2o_thread *t = user;
    saas_h2o_worker_cut_slowest(t->worker);
}

void saas_h2o_thread_stop(saas_h2o_thread *t)
{
    while (saas_post(t->worker->loop.loop, last_call, t) == SAAS_ERR_NO_MEMORY)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- alive ---- */

static void turn(void *user)
{
    saas_h2o_thread *t = user;
    t->turned = true;
}

/* One that did not get to the last post has it before it still. */
bool saas_h2o_server_turns(saas_h2o_server *s)
{
    bool all = true;
    for (uint32_t i = 0; i < s->running; i++) {
        saas_h2o_thread *t = &s->threads[i];
        bool turned = atomic_exchange(&t->turned, false);
        if (turned && saas_post(t->worker->loop.loop, turn, t)) {
            t->turned = true; /* asked again next time */
            turned = false;
        }
        all &= turned;
    }
    return all;
}

/* ---- the beginning ---- */

static saas_err set_up(saas_h2o_thread *t)
{
    saas_h2o_server *s = t->server;
    t->loop = h2o_evloop_create();
    h2o_context_init(&t->context, t->loop, &s->config);
    SAAS_TRY(saas_h2o_worker_attach(&t->worker, s->app, &t->context));
    t->worker->write_ms = s->options.write_ms;
    t->door = (saas_h2o_door){.crowd = &s->crowd,
                              .loop = t->worker->loop.loop,
                              .shared = s->options.fd_count > 0,
                              .accept = {.ctx = &t->context, .hosts = s->config.hosts},
                              .emptied = on_emptied,
                              .crowded = on_crowded,
                              .user = t};
    saas_h2o_door_open(&t->door, t->fds, t->fd_count);
    t->fd_count = 0;
    return SAAS_OK;
}

/* ---- what libh2o 0.13 forgets ---- */

_Static_assert(H2O_LIBRARY_VERSION_MAJOR == 0 && H2O_LIBRARY_VERSION_MINOR == 13,
               "look whether this libh2o still leaves its queue, its epoll descriptor and its recycled memory behind");

static void destroy_context(h2o_context_t *context)
{
    h2o_multithread_queue_t *queue = context->queue;
    h2o_context_dispose(context);
    free(queue);
}

/* The epoll descriptor is the int behind the public part. */
static void destroy_loop(h2o_evloop_t *loop)
{
    struct {
        h2o_evloop_t super;
        int ep;
    } *whole = (void *)loop;
    int fd = whole->ep;
    char link[64], what[32] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, what, sizeof what - 1);
    h2o_evloop_destroy(loop);
    if (n > 0 && !strcmp(what, "anon_inode:[eventpoll]"))
        close(fd);
}

/* A thread's caches of chunks for pools (16 of them) and for input. */
static void free_recycled(void)
{
    h2o_mem_recycle_t *input = &h2o_socket_buffer_prototype.allocator;
    h2o_mem_pool_t pool;
    for (int i = 0; i < 16; i++) {
        h2o_mem_init_pool(&pool);
        h2o_mem_alloc_pool(&pool, 1);
        free(pool.chunks);
    }
    while (input->cnt)
        free(h2o_mem_alloc_recycle(input, 1));
}

/* ---- a thread ---- */

static void tear_down(saas_h2o_thread *t)
{
    if (t->worker) {
        saas_timer_stop(t->door.loop, &t->timer);
        saas_timer_stop(t->door.loop, &t->door.linger);
        saas_shard_free(t->worker->shard);
    }
    for (unsigned i = 0; i < t->fd_count; i++)
        close(t->fds[i]);
    destroy_context(&t->context);
    destroy_loop(t->loop);
    free_recycled();
}

/* Signals are for the host's threads; and h2o's writes to a closed connection raise SIGPIPE. */
static void block_signals(void)
{
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void *saas_h2o_thread_main(void *arg)
{
    saas_h2o_thread *t = arg;
    block_signals();
    t->err = set_up(t);
    saas_err e = t->err;
    sem_post(&t->server->started);
    while (!e && t->phase != SAAS_H2O_ENDED)
        h2o_evloop_run(t->loop, INT32_MAX);
    tear_down(t);
    return NULL;
}
