/* saas/host.h: the border to any transport. lib/h2o and the in-process client of libsaas-test use this and nothing else.
 *
 *   transport                                   library
 *   saas_exchange_new(&x, shard, &req, ops, t)  copies the request, takes a context from the pool
 *   saas_exchange_start(x)                      runs the handler until it first waits
 *                                               ops->reply(t, reply)  at most once, on the loop's stack
 *   saas_exchange_release(x)                    the transport's request is gone: sent, or its client left
 *
 * An exchange has two owners, the transport and the handler; the last one frees it. The transport releases exactly once,
 * whenever its own request ends. Before the reply that means "the client is gone": pending waits of the handler complete
 * with ERR_CANCELLED, and ops is never called again. The reply's memory lives until the release.
 *
 * Thread: the loop's. Since 0.1. */
#ifndef SAAS_HOST_H
#define SAAS_HOST_H

#include <saas/loop.h>

SAAS_BEGIN_DECLS

typedef struct saas_app saas_app;
typedef struct saas_shard saas_shard;
typedef struct saas_exchange saas_exchange;

typedef struct saas_header {
    saas_text name; /* lower case in requests */
    saas_text value;
} saas_header;

/* A request; everything is borrowed until saas_exchange_new returns. */
typedef struct saas_host_request {
    size_t size;
    saas_text method;       /* as sent: methods are case-sensitive */
    saas_text target;       /* origin form: /path?query, not decoded */
    saas_text body;         /* whole, after transfer coding; ptr NULL: none was sent */
    saas_text content_type; /* ptr NULL: none */
    saas_text remote;       /* peer address as text, without port */
    const saas_header *headers;
    size_t header_count;
    size_t header_size; /* stride */
    /* What the transport found wrong already (ERR_BAD_REQUEST, ERR_PAYLOAD_TOO_LARGE, …): the request gets its request
     * id, log line and envelope, but reaches no handler. */
    saas_err refused;
} saas_host_request;

typedef struct saas_host_reply {
    size_t size;
    int status;
    const saas_header *headers; /* content-type is among them; content-length and date are the transport's */
    size_t header_count;
    size_t header_size;
    saas_text body;  /* for HEAD the transport sends its length only */
    bool close;      /* close the connection behind this answer */
} saas_host_reply;

typedef struct saas_host_ops {
    size_t size;
    void (*reply)(void *transport, const saas_host_reply *reply);
} saas_host_ops;

/* ---- one app on one loop ---- */

/* Puts an app on a loop: its lanes, fibers and contexts. The app must outlive it. Connecting to the database goes on
 * in the background; until it is there, requests that need it get 503. ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_shard_new(saas_shard **out, saas_app *app, saas_loop *loop);
/* Stops taking requests (503), cancels what runs when grace_ms have passed, then calls done(user) once. */
SAAS_API void saas_shard_stop(saas_shard *shard, uint64_t grace_ms, void (*done)(void *user), void *user);
/* After done() only. NULL is allowed. */
SAAS_API void saas_shard_free(saas_shard *shard);

/* ---- one request ---- */

/* ops must live as long as the exchange. ERR_NO_MEMORY, ERR_BUSY (too many at once), ERR_UNAVAILABLE (the shard is being
 * stopped, or there is no randomness): answer 503 yourself with saas_host_refusal. */
SAAS_API SAAS_MUST_CHECK saas_err saas_exchange_new(saas_exchange **out, saas_shard *shard,
                                                    const saas_host_request *request, const saas_host_ops *ops,
                                                    void *transport);
/* Runs it. The reply may come before this returns: store the exchange first. */
SAAS_API void saas_exchange_start(saas_exchange *x);
SAAS_API void saas_exchange_release(saas_exchange *x);

/* The largest body any route of the app takes, in bytes; a transport sets its own limit a little above. */
SAAS_API size_t saas_app_body_max_bytes(const saas_app *app);
/* A static reply for an error, for when there is no exchange: envelope, headers, close. It has no x-request-id:
 * that is the transport's to add. */
SAAS_API const saas_host_reply *saas_host_refusal(saas_err e);

SAAS_END_DECLS
#endif
