#include "db/listener.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CHANNEL_MAX = 63 };

/* ---- telling ---- */

void saas_subscription_put(saas_subscription *s)
{
    if (atomic_fetch_sub(&s->refs, 1) == 1)
        free(s);
}

/* A subscription that is over may have outlived its listener. */
static void tell_state(void *user)
{
    saas_subscription *s = user;
    if (!s->over) {
        pthread_mutex_lock(&s->listener->lock);
        bool active = s->active, regained = s->regained;
        s->queued = s->regained = false;
        pthread_mutex_unlock(&s->listener->lock);
        if (!active)
            s->who.lost(s->who.user);
        else if (regained)
            s->who.regained(s->who.user);
    }
    saas_subscription_put(s);
}

/* Under the lock. A post that is on its way already will find the state as it is then. */
static void post_state(saas_subscription *s)
{
    if (s->queued)
        return;
    s->queued = true;
    atomic_fetch_add(&s->refs, 1);
    s->posted.fn = tell_state;
    s->posted.user = s;
    saas_loop_post(s->loop, &s->posted);
}

typedef struct message {
    saas_subscription *subscription;
    size_t len;
    char text[];
} message;

static void tell_message(void *user)
{
    message *m = user;
    saas_subscription *s = m->subscription;
    if (!s->over)
        s->who.heard(s->who.user, (saas_text){m->text, m->len});
    saas_subscription_put(s);
    free(m);
}

static bool post_message(saas_subscription *s, const char *payload)
{
    size_t len = strlen(payload);
    message *m = malloc(sizeof *m + len + 1);
    if (!m)
        return false;
    m->subscription = s;
    m->len = len;
    memcpy(m->text, payload, len + 1);
    atomic_fetch_add(&s->refs, 1);
    if (saas_post(s->loop, tell_message, m) == SAAS_OK)
        return true;
    atomic_fetch_sub(&s->refs, 1);
    free(m);
    return false;
}

/* ---- for the thread ---- */

static saas_subscription *at(saas_list *item)
{
    return SAAS_CONTAINER(item, saas_subscription, link);
}

saas_subscription *saas_listener_pending(saas_listener *l)
{
    saas_subscription *found = NULL;
    pthread_mutex_lock(&l->lock);
    for (saas_list *i = l->subscriptions.next; i != &l->subscriptions && !found; i = i->next)
        if (!at(i)->active)
            found = at(i);
    if (found)
        atomic_fetch_add(&found->refs, 1);
    pthread_mutex_unlock(&l->lock);
    return found;
}

void saas_listener_activate(saas_subscription *s)
{
    saas_listener *l = s->listener;
    pthread_mutex_lock(&l->lock);
    if (!saas_list_empty(&s->link)) {
        s->active = s->regained = true;
        post_state(s);
    }
    pthread_mutex_unlock(&l->lock);
    saas_subscription_put(s);
}

void saas_listener_heard(saas_listener *l, const char *channel, const char *payload)
{
    pthread_mutex_lock(&l->lock);
    for (saas_list *i = l->subscriptions.next; i != &l->subscriptions; i = i->next) {
        saas_subscription *s = at(i);
        if (!s->active || strcmp(s->channel, channel) != 0 || post_message(s, payload))
            continue;
        s->regained = true;
        post_state(s);
    }
    pthread_mutex_unlock(&l->lock);
}

void saas_listener_lost(saas_listener *l)
{
    pthread_mutex_lock(&l->lock);
    for (saas_list *i = l->subscriptions.next; i != &l->subscriptions; i = i->next) {
        if (!at(i)->active)
            continue;
        at(i)->active = false;
        post_state(at(i));
    }
    pthread_mutex_unlock(&l->lock);
}

bool saas_listener_stopping(saas_listener *l)
{
    pthread_mutex_lock(&l->lock);
    bool stopping = l->stopping;
    pthread_mutex_unlock(&l->lock);
    return stopping;
}

/* ---- the face ---- */

static void wake(saas_listener *l)
{
    (void)eventfd_write(l->wake, 1);
}

saas_err saas_listener_new(saas_listener **out, const char *dsn, saas_log *log)
{
    saas_listener *l = calloc(1, sizeof *l);
    if (!l)
        return SAAS_ERR_NO_MEMORY;
    l->log = log;
    l->dsn = strdup(dsn);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&l->lock, NULL);
    saas_list_init(&l->subscriptions);
    if (!l->dsn || l->wake < 0) {
        saas_err e = l->dsn ? SAAS_ERR_UNAVAILABLE : SAAS_ERR_NO_MEMORY;
        saas_listener_free(l);
        return e;
    }
    *out = l;
    return SAAS_OK;
}

void saas_listener_free(saas_listener *l)
{
    if (!l)
        return;
    if (l->started) {
        pthread_mutex_lock(&l->lock);
        l->stopping = true;
        pthread_mutex_unlock(&l->lock);
        wake(l);
        pthread_join(l->thread, NULL);
    }
    pthread_mutex_destroy(&l->lock);
    if (l->wake >= 0)
        close(l->wake);
    free(l->dsn);
    free(l);
}

/* Under the lock. Signals of the program are for its own threads. */
static bool start_thread(saas_listener *l)
{
    pthread_attr_t attr;
    sigset_t all;
    if (l->started)
        return true;
    sigfillset(&all);
    if (pthread_attr_init(&attr))
        return false;
    l->started = !pthread_attr_setsigmask_np(&attr, &all) && !pthread_create(&l->thread, &attr, saas_listener_run, l);
    pthread_attr_destroy(&attr);
    return l->started;
}

saas_err saas_subscribe(saas_subscription **out, saas_listener *l, saas_loop *loop, const char *channel,
                        const saas_subscriber *who)
{
    size_t len = strlen(channel);
    if (!len || len > CHANNEL_MAX || !who->heard || !who->regained || !who->lost)
        return SAAS_ERR_BUG;
    saas_subscription *s = calloc(1, sizeof *s + len + 1);
    if (!s)
        return SAAS_ERR_NO_MEMORY;
    s->listener = l;
    s->loop = loop;
    s->who = *who;
    atomic_init(&s->refs, 1);
    memcpy(s->channel, channel, len + 1);
    pthread_mutex_lock(&l->lock);
    bool running = start_thread(l);
    if (running)
        saas_list_insert(&l->subscriptions, &s->link);
    pthread_mutex_unlock(&l->lock);
    if (!running) {
        free(s);
        return SAAS_ERR_UNAVAILABLE;
    }
    wake(l);
    *out = s;
    return SAAS_OK;
}

void saas_unsubscribe(saas_subscription *s)
{
    if (!s)
        return;
    s->over = true;
    pthread_mutex_lock(&s->listener->lock);
    saas_list_remove(&s->link);
    pthread_mutex_unlock(&s->listener->lock);
    saas_subscription_put(s);
}
