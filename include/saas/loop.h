/* saas/loop.h: what the library needs of an event loop. Six hooks are all; lib/h2o gives them on libh2o's loop, the
 * poll loop below on poll(2).
 *
 * A loop belongs to the thread that runs it. Only saas_post may be called from elsewhere. Every callback fires exactly
 * once per arming and never before the call that started it returns. Since 0.1. */
#ifndef SAAS_LOOP_H
#define SAAS_LOOP_H

#include <saas/text.h>

SAAS_BEGIN_DECLS

typedef struct saas_loop saas_loop;

enum { SAAS_READ = 1, SAAS_WRITE = 2 };

typedef struct saas_loop_hooks {
    size_t size;
    /* Starts watching fd (not owned) with no events yet; ready() is level-triggered and may unwatch. NULL: no memory. */
    void *(*watch)(void *host, int fd, void (*ready)(void *user, unsigned events), void *user);
    void (*watch_set)(void *host, void *watch, unsigned events); /* which of SAAS_READ, SAAS_WRITE; 0: none */
    void (*unwatch)(void *host, void *watch);                    /* no ready() after it returns */
    /* Arms the loop's one timer: call saas_loop_tick in delay_ms (0: as soon as the loop turns). A new call replaces
     * the old one; UINT64_MAX disarms. */
    void (*timer)(void *host, uint64_t delay_ms);
    /* Any thread: makes the loop's thread call saas_loop_drain soon. Several wakes may be one drain. Must not call back. */
    void (*wake)(void *host);
    /* Monotonic milliseconds. NULL: CLOCK_MONOTONIC. */
    uint64_t (*now_ms)(void *host);
} saas_loop_hooks;

/* A loop over a host's. hooks are copied, host is borrowed until saas_loop_free. ERR_NO_MEMORY, ERR_BUG (a hook is
 * missing). */
SAAS_API SAAS_MUST_CHECK saas_err saas_loop_new(saas_loop **out, const saas_loop_hooks *hooks, void *host);
/* Frees it; posted work that has not run is run first; armed timers never fire. Not from a callback. NULL is allowed. */
SAAS_API void saas_loop_free(saas_loop *loop);

SAAS_API void saas_loop_tick(saas_loop *loop);  /* the host's timer fired */
SAAS_API void saas_loop_drain(saas_loop *loop); /* the host was woken */
/* Milliseconds on the loop's clock: the host's now_ms, which may stand still for a turn (the poll loop's does). */
SAAS_API uint64_t saas_loop_now_ms(const saas_loop *loop);

/* Any thread: runs fn(user) once on the loop's thread. ERR_NO_MEMORY, ERR_CANCELLED (the loop is being freed). */
SAAS_API SAAS_MUST_CHECK saas_err saas_post(saas_loop *loop, void (*fn)(void *user), void *user);

/* A timer in the caller's storage. Zero it once; it must not move or go while armed. */
typedef struct saas_timer {
    void (*fn)(void *user);
    void *user;
    uint64_t at_ms;
    uint64_t order; /* among those due in the same millisecond: first started, first fired */
    size_t slot;    /* place in the heap + 1; 0: not armed */
} saas_timer;

/* Arms (or re-arms) t for delay_ms from now. ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_timer_start(saas_loop *loop, saas_timer *t, uint64_t delay_ms,
                                                   void (*fn)(void *user), void *user);
SAAS_API void saas_timer_stop(saas_loop *loop, saas_timer *t); /* also when not armed */

/* ---- the poll loop: for tests, tools and hosts without a loop of their own ---- */

/* ERR_NO_MEMORY, ERR_UNAVAILABLE (no descriptor for waking). Free with saas_loop_free. */
SAAS_API SAAS_MUST_CHECK saas_err saas_poll_loop_new(saas_loop **out);
/* One turn: waits at most timeout_ms (-1: until something happens), then runs what is due. */
SAAS_API void saas_poll_loop_turn(saas_loop *loop, int timeout_ms);
/* Turns until saas_poll_loop_stop (any thread). */
SAAS_API void saas_poll_loop_run(saas_loop *loop);
SAAS_API void saas_poll_loop_stop(saas_loop *loop);

SAAS_END_DECLS
#endif
