#include "db/queue.h"
#include <stdlib.h>
#include <string.h>

void saas_db_queue_init(saas_db_queue *q, const saas_db_queue_limits *limits)
{
    memset(q, 0, sizeof *q);
    saas_list_init(&q->turns);
    q->limits = *limits;
}

/* ---- how long they wait ---- */

enum { GAPS = 16 /* that the mean is of */ };

/* When nothing has left for far longer than usual, that says more than the mean. They leave several at once. */
static double gap_of(const saas_db_queue *q, uint64_t now)
{
    const double stuck = now > q->moved_us ? (double)(now - q->moved_us) : 0;
    return stuck > q->gap_us * GAPS ? stuck : q->gap_us;
}

uint32_t saas_db_queue_room(saas_db_queue *q, uint64_t now)
{
    const saas_db_queue_limits *l = &q->limits;
    if (!l->wait_us || !q->count)
        return l->max;
    const double gap = gap_of(q, now), wait = (double)l->wait_us;
    if (!q->late_us && q->count * gap > wait)
        q->late_us = now;
    if (!q->late_us || now - q->late_us < l->patience_us || gap <= 0)
        return l->max;
    const double room = wait / gap;
    return room < l->least ? l->least : room < l->max ? (uint32_t)room : l->max;
}

void saas_db_queue_joined(saas_db_queue *q, uint64_t now)
{
    if (q->count == 1)
        q->moved_us = now;
}

/* They wait in turn by organization, so one that waited little says nothing of the others: it is over when all that are
 * left would be gone in half the time. */
void saas_db_queue_served(saas_db_queue *q, uint64_t now)
{
    q->gap_us += ((double)(now - q->moved_us) - q->gap_us) / GAPS;
    q->moved_us = now;
    if (q->count * q->gap_us < (double)q->limits.wait_us / 2)
        q->late_us = 0;
}

/* ---- by organization ---- */

/* The last bytes of a UUID are its random ones, in version 4 and in version 7. */
static saas_db_tenant **bucket(saas_db_queue *q, saas_uuid org)
{
    return &q->buckets[org.b[15] % SAAS_DB_QUEUE_BUCKETS];
}

static saas_db_tenant *tenant_of(saas_db_queue *q, saas_uuid org)
{
    saas_db_tenant *t = *bucket(q, org);
    while (t && !saas_uuid_equal(t->org, org))
        t = t->next;
    if (t)
        return t;
    t = malloc(sizeof *t);
    if (!t)
        return NULL;
    t->org = org;
    t->count = 0;
    t->next = *bucket(q, org);
    *bucket(q, org) = t;
    saas_list_init(&t->items);
    saas_list_insert(&q->turns, &t->turn);
    return t;
}

static void free_tenant(saas_db_queue *q, saas_db_tenant *t)
{
    saas_db_tenant **at = bucket(q, t->org);
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    saas_list_remove(&t->turn);
    free(t);
}

static saas_err insert(saas_db_queue *q, saas_db_queued *item, saas_uuid org, bool first)
{
    saas_db_tenant *t = tenant_of(q, org);
    if (!t)
        return SAAS_ERR_NO_MEMORY;
    saas_list_insert(first ? t->items.next : &t->items, &item->link);
    item->queue = q;
    item->tenant = t;
    t->count++;
    q->count++;
    return SAAS_OK;
}

saas_err saas_db_queue_add(saas_db_queue *q, saas_db_queued *item, saas_uuid org)
{
    return q->count < q->limits.max ? insert(q, item, org, false) : SAAS_ERR_BUSY;
}

saas_err saas_db_queue_return(saas_db_queue *q, saas_db_queued *item, saas_uuid org, bool front)
{
    return insert(q, item, org, front);
}

void saas_db_queue_remove(saas_db_queued *item)
{
    saas_db_queue *q = item->queue;
    if (!q)
        return;
    saas_list_remove(&item->link);
    item->queue = NULL;
    item->tenant->count--;
    q->count--;
    if (saas_list_empty(&item->tenant->items))
        free_tenant(q, item->tenant);
}

static saas_db_tenant *busiest(const saas_db_queue *q)
{
    saas_db_tenant *most = NULL;
    for (saas_list *at = q->turns.next; at != &q->turns; at = at->next) {
        saas_db_tenant *t = SAAS_CONTAINER(at, saas_db_tenant, turn);
        if (!most || t->count > most->count)
            most = t;
    }
    return most;
}

static uint32_t waiting_of(saas_db_queue *q, saas_uuid org)
{
    const saas_db_tenant *t = *bucket(q, org);
    while (t && !saas_uuid_equal(t->org, org))
        t = t->next;
    return t ? t->count : 0;
}

static saas_db_queued *newest_of(const saas_db_tenant *t)
{
    saas_db_queued *newest = SAAS_CONTAINER(t->items.prev, saas_db_queued, link);
    saas_db_queue_remove(newest);
    return newest;
}

saas_db_queued *saas_db_queue_yield(saas_db_queue *q, saas_uuid org)
{
    const saas_db_tenant *most = busiest(q);
    return most && most->count >= waiting_of(q, org) + 2 ? newest_of(most) : NULL;
}

saas_db_queued *saas_db_queue_shed(saas_db_queue *q)
{
    const saas_db_tenant *most = busiest(q);
    return most ? newest_of(most) : NULL;
}

saas_db_queued *saas_db_queue_take(saas_db_queue *q)
{
    if (saas_list_empty(&q->turns))
        return NULL;
    saas_db_tenant *t = SAAS_CONTAINER(q->turns.next, saas_db_tenant, turn);
    saas_list_remove(&t->turn);
    saas_list_insert(&q->turns, &t->turn);
    saas_db_queued *item = SAAS_CONTAINER(t->items.next, saas_db_queued, link);
    saas_db_queue_remove(item);
    return item;
}
