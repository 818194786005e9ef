/* db/listener.h: the listener between its two files: subscriptions (any loop) and link (its thread). */
#ifndef SAAS_DB_LISTENER_H
#define SAAS_DB_LISTENER_H

#include "base/list.h"
#include "db/listen.h"
#include "loop/loop.h"
#include <libpq-fe.h>
#include <stdatomic.h>

struct saas_listener {
    char *dsn;
    saas_log *log;
    int wake;     /* an eventfd: look at what is under the lock */
    PGconn *conn; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    /* under the lock */
    saas_list subscriptions;
    bool started, stopping;
};

struct saas_subscription {
    saas_listener *listener; /* not after saas_unsubscribe */
    saas_loop *loop;
    saas_subscriber who;
    atomic_uint refs; /* the subscriber, each post on its way, the thread while it works on it */
    bool over;        /* the loop's thread: nothing is told any more */
    saas_posted posted;
    /* under the listener's lock */
    saas_list link; /* empty: unsubscribed */
    bool active;    /* the server knows */
    bool regained;  /* to be told */
    bool queued;    /* posted is on its way */
    char channel[];
};

/* ---- subscriptions, for the thread ---- */

/* The next that the server does not know yet, held; NULL: none. */
saas_subscription *saas_listener_pending(saas_listener *l);
void saas_listener_activate(saas_subscription *s); /* it does now; lets go of it */
void saas_subscription_put(saas_subscription *s);
void saas_listener_heard(saas_listener *l, const char *channel, const char *payload);
void saas_listener_lost(saas_listener *l);
bool saas_listener_stopping(saas_listener *l);

/* ---- the thread ---- */

void *saas_listener_run(void *listener);

#endif
