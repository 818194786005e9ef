/* http/lookout.h: the loops of an app, for who looks at them from another thread: one of its own, which names a route
 * that holds its loop up while it does, and whoever asks what they are at. */
#ifndef SAAS_HTTP_LOOKOUT_H
#define SAAS_HTTP_LOOKOUT_H

#include <saas/log.h>
#include <stdatomic.h>

typedef struct saas_shard saas_shard;
typedef struct saas_lookout saas_lookout;

/* What others hold of a shard: it outlives it. */
typedef struct saas_desk {
    atomic_uint refs;
    saas_shard *shard; /* NULL once it is gone; of its loop's thread */
} saas_desk;
void saas_desk_put(saas_desk *desk);

/* after_us: how long a handler may run before it is told; 0: it is never, and there is no thread. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_lookout_new(saas_lookout **out, saas_log *log, uint64_t after_us);
void saas_lookout_free(saas_lookout *w); /* after its shards; NULL is allowed */

/* On the shard's thread, when it is made and before it is freed. ERR_NO_MEMORY, ERR_UNAVAILABLE (no thread). */
SAAS_MUST_CHECK saas_err saas_lookout_add(saas_lookout *w, saas_shard *shard);
void saas_lookout_remove(saas_lookout *w, saas_shard *shard); /* also when it was not added */
/* fn(shard, user) for each, under a lock: it must not wait, and touches only what is anybody's: the loop, to post to
 * it, the desk, and the atomics of the pulse. Any thread. */
void saas_lookout_each(saas_lookout *w, void (*fn)(saas_shard *shard, void *user), void *user);

#endif
