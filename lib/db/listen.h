/* db/listen.h: NOTIFYs, heard by one connection of the process and told on the loops that subscribed.
 *
 * The connection has a thread of its own, which starts with the first subscription and reconnects for ever. One on
 * which nothing comes is asked something after 200 ms, and counts as lost 700 ms later; it is given up after 3 s, unless
 * it answers before: then it has been regained. A connection pooler can't carry it: give the
 * connection string of the server itself.
 *
 * What is notified while nobody listens is lost. So a subscriber loads in regained() what notifications tell it changes
 * of, and in lost() does without until then.
 *
 * Callbacks: on the subscriber's loop, never before the starting call returns, never after saas_unsubscribe. */
#ifndef SAAS_DB_LISTEN_H
#define SAAS_DB_LISTEN_H

#include <saas/log.h>
#include <saas/loop.h>

typedef struct saas_listener saas_listener;
typedef struct saas_subscription saas_subscription;

/* Does not connect yet. dsn is copied, log (NULL: none) borrowed. ERR_NO_MEMORY, ERR_UNAVAILABLE (no descriptor). */
SAAS_MUST_CHECK saas_err saas_listener_new(saas_listener **out, const char *dsn, saas_log *log);
/* After all its subscriptions are; waits for the thread. NULL is allowed. */
void saas_listener_free(saas_listener *l);

typedef struct saas_subscriber {
    void (*heard)(void *user, saas_text payload); /* the payload is borrowed for the call */
    /* From now on everything is heard; before, anything may have been missed. Also the first time; also, without
     * lost(), when there was no memory to tell a notification. */
    void (*regained)(void *user);
    void (*lost)(void *user); /* until regained() nothing is heard */
    void *user;
} saas_subscriber;

/* On the loop's thread, any number for one channel. channel (1 to 63 bytes, taken literally) and who are copied.
 * ERR_BUG (no such name), ERR_NO_MEMORY, ERR_UNAVAILABLE (no thread). */
SAAS_MUST_CHECK saas_err saas_subscribe(saas_subscription **out, saas_listener *l, saas_loop *loop, const char *channel,
                                        const saas_subscriber *who);
void saas_unsubscribe(saas_subscription *s); /* on the loop's thread, also from its callbacks; NULL is allowed */

#endif
