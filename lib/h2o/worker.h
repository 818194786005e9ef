/* h2o/worker.h: an app on one h2o context: loop, shard, and the requests between them.
 *
 * A request is a block in h2o's request pool. While the exchange holds it and while its answer is written it is in the
 * worker's list; when h2o drops its request, sent or not, the pool's dispose hook releases the exchange. h2o neither
 * notices a client that leaves while a handler waits nor limits how long a write takes: a sweep over the list does. */
#ifndef SAAS_H2O_WORKER_H
#define SAAS_H2O_WORKER_H

#include "h2o/guard.h"
#include "h2o/loop.h"
#include <saas/h2o.h>

enum {
    SAAS_H2O_SWEEP_MS = 50,    /* also: how long a handler waits before its client is watched */
    SAAS_H2O_WRITE_MS = 30000, /* for writing an answer, and as long again for each SAAS_H2O_WRITE_BYTES */
    SAAS_H2O_WRITE_BYTES = 2 << 20,
    SAAS_H2O_SLOW_MS = 1000,    /* of writing, before an answer may be cut to admit somebody else */
    SAAS_H2O_BODY_SLACK = 65536 /* what h2o takes above the app's limit, so that the app can answer 413 itself */
};

typedef struct saas_h2o_worker {
    saas_h2o_loop loop;
    h2o_context_t *context;
    saas_app *app;
    saas_shard *shard;
    h2o_linklist_t requests; /* oldest first */
    saas_timer sweep;
    uint32_t write_ms;
    int leavers;          /* epoll of clients whose handlers wait */
    h2o_socket_t *leaver; /* watches it, and owns it */
    bool stopping;        /* answers end their connections */
    unsigned uses;        /* handlers in this context that point here */
} saas_h2o_worker;

SAAS_MUST_CHECK saas_err saas_h2o_worker_new(saas_h2o_worker **out, saas_app *app, h2o_context_t *context);
/* Makes a worker and points each mounted handler of the app in this context at it; the last of them disposed frees it.
 * ERR_BUG: the app is not mounted here. ERR_NO_MEMORY, ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_h2o_worker_attach(saas_h2o_worker **out, saas_app *app, h2o_context_t *context);

/* Takes a request of h2o's; prefix_len bytes at the front of its target are the mount's. */
void saas_h2o_worker_take(saas_h2o_worker *w, h2o_req_t *req, size_t prefix_len);

/* Ends the connection whose client takes longest to read its answer, if one does. */
void saas_h2o_worker_cut_slowest(saas_h2o_worker *w);

/* Sends a reply that no exchange has made. */
void saas_h2o_refuse(h2o_req_t *req, saas_err e);

/* Fills h2o's response from a reply, whose memory must live as long as the request. */
void saas_h2o_fill(h2o_req_t *req, const saas_host_reply *reply);

/* Frees what is left once no handler points here. */
void saas_h2o_worker_free(saas_h2o_worker *w);

#endif
