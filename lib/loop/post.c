#include "loop/loop.h"
#include <stdlib.h>

/* The wake happens under the lock: once it is released this thread touches the loop no more, so that the posted work
 * may be what frees it. */
static bool enqueue(saas_loop *loop, saas_posted *item)
{
    item->next = NULL;
    pthread_mutex_lock(&loop->lock);
    bool taken = !item->heap || !loop->closing;
    if (taken) {
        bool first = !loop->queue;
        *loop->queue_end = item;
        loop->queue_end = &item->next;
        if (first)
            loop->hooks.wake(loop->host);
    }
    pthread_mutex_unlock(&loop->lock);
    return taken;
}

void saas_loop_post(saas_loop *loop, saas_posted *item)
{
    item->heap = false;
    enqueue(loop, item);
}

saas_err saas_post(saas_loop *loop, void (*fn)(void *user), void *user)
{
    saas_posted *item = malloc(sizeof *item);
    if (!item)
        return SAAS_ERR_NO_MEMORY;
    *item = (saas_posted){.fn = fn, .user = user, .heap = true};
    if (enqueue(loop, item))
        return SAAS_OK;
    free(item);
    return SAAS_ERR_CANCELLED;
}

/* Behind what is due already: a drain inside a drain (a callback that turns its loop) keeps the order. */
static void take_queue(saas_loop *loop)
{
    saas_posted **end = &loop->due;
    while (*end)
        end = &(*end)->next;
    pthread_mutex_lock(&loop->lock);
    *end = loop->queue;
    loop->queue = NULL;
    loop->queue_end = &loop->queue;
    pthread_mutex_unlock(&loop->lock);
}

static void run(saas_posted *item)
{
    void (*fn)(void *user) = item->fn;
    void *user = item->user;
    if (item->heap)
        free(item);
    fn(user);
}

/* What is posted meanwhile waits for the next drain, so that a callback which posts itself lets the loop turn. */
void saas_loop_drain(saas_loop *loop)
{
    take_queue(loop);
    while (loop->due) {
        saas_posted *item = loop->due;
        loop->due = item->next;
        run(item);
    }
}
