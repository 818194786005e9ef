/* http/chore.h: work of the library's own that needs what a handler has (a fiber, queries, the work pool, a deadline)
 * but has no request. It counts as a live context: stopping the shard waits for it, or cuts it short. */
#ifndef SAAS_HTTP_CHORE_H
#define SAAS_HTTP_CHORE_H

#include "http/shard.h"

typedef struct saas_chore {
    const saas_route *route; /* in no router; its handler, timeout and path, which names it in the log; open */
    void (*ended)(struct saas_chore *chore); /* on the loop, its context is as good as gone */
    void *user;
    saas_exchange *exchange; /* the chore's own */
} saas_chore;

/* On the loop's stack. The chore stays where it is until ended(), which comes once, possibly before this returns. The
 * handler has to make a reply (saas_reply_null).
 * ERR_UNAVAILABLE (the shard is being stopped), ERR_NO_MEMORY: ended() is not called. */
SAAS_MUST_CHECK saas_err saas_chore_start(saas_shard *shard, saas_chore *chore);

#endif
