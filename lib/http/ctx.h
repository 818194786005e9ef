/* http/ctx.h: a request's context: its memory, its two owners (transport and handler), its waits, its answer. */
#ifndef SAAS_HTTP_CTX_H
#define SAAS_HTTP_CTX_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/router.h"
#include "http/shard.h"
#include <saas/ctx.h>
#include <saas/host.h>

enum { SAAS_REFUSED_WAITS_MAX = 1000, SAAS_CTX_BLOCK = 8192, SAAS_REPLY_HEADERS_MAX = 24 };

typedef struct saas_defer_item {
    struct saas_defer_item *next;
    void (*fn)(void *arg);
    void *arg;
} saas_defer_item;

struct saas_ctx {
    saas_list link; /* in the shard's list */
    saas_shard *shard;
    const saas_host_ops *ops;
    void *transport;
    unsigned owners;  /* transport, handler */
    bool gone;        /* the transport has released it */
    saas_arena arena; /* first block: the rest of this allocation */

    /* request, copied into the arena */
    saas_text method, target, path, url_query, content_type, remote, request_id;
    saas_text body; /* writable, one byte behind it */
    bool body_sent;
    const saas_header *headers;
    size_t header_count;
    saas_err refused; /* by the transport */

    /* routing and validation */
    saas_match match;   /* match.route NULL: none matched; its values decoded by the validate step */
    saas_err route_err; /* NOT_FOUND, METHOD_NOT_ALLOWED */
    const void *body_in, *query_in;
    saas_principal me;
    bool signed_in;

    /* waiting */
    saas_fiber *fiber;
    saas_err over; /* sticky ERR_CANCELLED or ERR_DEADLINE; SAAS_OK while alive */
    unsigned refused_waits;
    void (*cancel)(void *op); /* lets go of the pending operation; NULL: none, or it can't be let go */
    void *cancel_op;
    saas_wait *pending;
    uint64_t started_us, deadline_us;
    saas_timer deadline;

    /* database */
    saas_uuid org;
    bool has_org;
    saas_db_tx *tx; /* open transaction, NULL without */
    saas_db_error db_error; /* of the last failure: constraint name for .conflicts */
    uint32_t round_trips, db_wait_us;

    /* answer */
    saas_defer_item *deferred;
    bool replied; /* the answer is built */
    bool sent;
    bool bug;     /* sticky 500 */
    int status;
    saas_buf out;
    saas_text fail_code, fail_message; /* of saas_fail */
    saas_issues issues;
    saas_header reply_headers[SAAS_REPLY_HEADERS_MAX];
    size_t reply_header_count;
    saas_host_reply reply;
};

/* Before starting an operation that waits: SAAS_OK, or the sticky error. The thousandth refusal parks the fiber: its
 * client gets a 500, the route is counted and logged, and the call never returns. */
SAAS_MUST_CHECK saas_err saas_ctx_may_wait(saas_ctx *c);
/* Waits for w. When the client leaves or the deadline passes meanwhile, cancel(op) is called on the loop (it must leave
 * no callback behind) and the sticky error returned; cancel NULL: the wait goes on to its end. */
saas_err saas_ctx_wait(saas_ctx *c, saas_wait *w, void (*cancel)(void *op), void *op);

#endif
