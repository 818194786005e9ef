/* h2o/loop.h: the six hooks of saas/loop.h on libh2o's event loop. */
#ifndef SAAS_H2O_LOOP_H
#define SAAS_H2O_LOOP_H

#include <h2o.h>
#include <saas/loop.h>

typedef struct saas_h2o_loop {
    h2o_loop_t *h2o;
    saas_loop *loop;
    h2o_timeout_t timeout; /* of one entry, so its duration may change with each arming */
    h2o_timeout_entry_t entry;
    bool tick_soon;      /* at the next wake */
    h2o_socket_t *waker; /* owns wake_fd */
    int wake_fd;
    uint64_t seen_ms, now_ms; /* h2o's clock when now_ms was read, and the monotonic one */
} saas_h2o_loop;

/* Puts l->loop on h2o's loop. l must not move. ERR_NO_MEMORY, ERR_UNAVAILABLE (no descriptor for waking). */
SAAS_MUST_CHECK saas_err saas_h2o_loop_init(saas_h2o_loop *l, h2o_loop_t *h2o);
/* On the loop's thread, outside of its callbacks, before h2o's loop is destroyed. */
void saas_h2o_loop_done(saas_h2o_loop *l);

#endif
