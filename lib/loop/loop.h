/* loop/loop.h: a loop from inside the library: its descriptors, and posts that can't fail. */
#ifndef SAAS_LOOP_PRIVATE_H
#define SAAS_LOOP_PRIVATE_H

#include <pthread.h>
#include <saas/loop.h>

/* Watching a descriptor; the same words as in saas_loop_hooks. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_loop_watch(void **out, saas_loop *loop, int fd,
                                         void (*ready)(void *user, unsigned events), void *user);
void saas_loop_watch_set(saas_loop *loop, void *watch, unsigned events);
void saas_loop_unwatch(saas_loop *loop, void *watch);

/* A post in the caller's storage, which is the caller's again when fn starts. */
typedef struct saas_posted {
    struct saas_posted *next;
    void (*fn)(void *user);
    void *user;
    bool heap; /* made by saas_post */
} saas_posted;

/* Any thread, with fn and user set: in order with the others of saas_post. Never fails; the loop must live until fn. */
void saas_loop_post(saas_loop *loop, saas_posted *item);

typedef struct saas_timers {
    saas_timer **heap;
    size_t count, cap;
    uint64_t started;  /* timers ever started: orders those due in the same millisecond */
    uint64_t armed_at; /* when the host's timer fires; UINT64_MAX: never */
} saas_timers;

struct saas_loop {
    saas_loop_hooks hooks;
    void *host;
    void (*host_free)(void *host); /* NULL: the host is not ours */
    saas_timers timers;

    saas_posted *due; /* taken off the queue, the loop's thread only */
    pthread_mutex_t lock;
    /* under the lock */
    saas_posted *queue, **queue_end;
    bool closing;
};

void saas_timers_tick(saas_loop *loop);

#endif
