/* db/queue.h: what waits for a lane: bounded, and one operation of each organization in turn. The bound is a number,
 * and with wait_us also a time: when what waits has taken longer than that to work off for patience_us, only so many
 * more are taken in as will not. A burst that is worked off meanwhile is none of its business. */
#ifndef SAAS_DB_QUEUE_H
#define SAAS_DB_QUEUE_H

#include "base/list.h"
#include <saas/text.h>

enum { SAAS_DB_QUEUE_BUCKETS = 64 };

typedef struct saas_db_tenant {
    saas_list turn; /* in the queue's ring */
    saas_list items;
    struct saas_db_tenant *next; /* of the same bucket */
    saas_uuid org;
    uint32_t count;
} saas_db_tenant;

typedef struct saas_db_queue_limits {
    uint32_t max, least; /* as many may always wait */
    uint64_t wait_us;    /* 0: any time */
    uint64_t patience_us;
} saas_db_queue_limits;

typedef struct saas_db_queue {
    saas_list turns;
    saas_db_tenant *buckets[SAAS_DB_QUEUE_BUCKETS];
    uint32_t count;
    saas_db_queue_limits limits;
    uint64_t moved_us; /* when the last left, or came into the empty queue */
    uint64_t late_us;  /* since when they take too long; 0: they don't */
    double gap_us;     /* from one that leaves to the next, about */
} saas_db_queue;

typedef struct saas_db_queued {
    saas_list link;
    saas_db_queue *queue; /* NULL: not waiting */
    saas_db_tenant *tenant;
} saas_db_queued;

void saas_db_queue_init(saas_db_queue *q, const saas_db_queue_limits *limits);
/* How many may wait now. */
uint32_t saas_db_queue_room(saas_db_queue *q, uint64_t now_us);
/* One came; one left for a lane. */
void saas_db_queue_joined(saas_db_queue *q, uint64_t now_us);
void saas_db_queue_served(saas_db_queue *q, uint64_t now_us);
/* ERR_BUSY: full; ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_db_queue_add(saas_db_queue *q, saas_db_queued *item, saas_uuid org);
/* For a full queue: takes out the newest of the organization that has the most waiting, if that is not this one. NULL:
 * it is. So one that floods the queue can't keep the others out. */
saas_db_queued *saas_db_queue_yield(saas_db_queue *q, saas_uuid org);
/* The newest of the organization that has the most waiting. NULL: empty. */
saas_db_queued *saas_db_queue_shed(saas_db_queue *q);
/* However full it is: it has waited before. In front of its organization's others, or behind. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_db_queue_return(saas_db_queue *q, saas_db_queued *item, saas_uuid org, bool front);
saas_db_queued *saas_db_queue_take(saas_db_queue *q); /* NULL: empty */
void saas_db_queue_remove(saas_db_queued *item);      /* also when not waiting */

#endif
