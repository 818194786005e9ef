/* http/ctx.h: a request's context: its memory, its two owners (transport and handler), its waits, its answer. */
#ifndef SAAS_HTTP_CTX_H
#define SAAS_HTTP_CTX_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/idempotency.h"
#include "http/router.h"
#include "http/shard.h"
#include "http/trace.h"
#include <saas/ctx.h>
#include <saas/host.h>

enum { SAAS_REFUSED_WAITS_MAX = 1000, SAAS_CTX_BLOCK = 8192, SAAS_REPLY_HEADERS_MAX = 48 };

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
    bool chore;       /* no request: http/chore.h */
    saas_arena arena; /* first block: the rest of this allocation */

    /* request, copied into the arena */
    saas_text method, path, url_query, content_type, request_id;
    saas_text peer, remote;  /* of the connection; of the client */
    bool secure;             /* it came to a proxy by HTTPS */
    saas_text authorization; /* of the headers */
    saas_text body;          /* writable, one byte behind it */
    bool body_sent;
    const saas_header *headers;
    size_t header_count;
    saas_err refused;                  /* by the transport */
    saas_text traceparent, tracestate; /* of the headers; the state only if it is passed on */
    unsigned traceparents, tracestates;
    saas_trace trace;
    const char *trace_id; /* as text; NULL: not made */
    saas_log *log;        /* the app's, with the ids; NULL: not made */

    /* routing and validation */
    saas_err route_err; /* NOT_FOUND, METHOD_NOT_ALLOWED */
    const void *body_in, *query_in, *params_in;
    saas_principal me;
    bool signed_in;
    struct saas_state_item *state; /* of hooks and handler */

    /* waiting */
    saas_fiber *fiber;
    saas_err over; /* sticky ERR_CANCELLED or ERR_DEADLINE; SAAS_OK while alive */
    unsigned refused_waits;
    const char *awaits;       /* what `pending` is for */
    bool (*cancel)(void *op); /* lets go of the pending operation; NULL: it can't be let go */
    void *cancel_op;
    saas_wait *pending;
    uint64_t started_us, deadline_us; /* monotonic */
    int64_t wall_us;                  /* when it came */
    saas_timer deadline;

    /* database */
    saas_idempotency *idempotency; /* NULL: no key was sent */
    saas_uuid org;
    bool has_org;
    saas_db_tx *tx;            /* open transaction, NULL without */
    struct saas_call *tx_call; /* under way in it, NULL without */
    uint32_t unreceived;       /* units of their own that were sent, streams that have not ended */
    uint32_t savepoints;       /* set in it */
    saas_err tx_lost;          /* the last one was not committed although it should: no success may be answered */
    uint32_t round_trips, db_wait_us;
    const char *tag; /* of its statements; NULL: not made */

    /* rate limits: for the answer's headers; ptr NULL: none applied */
    saas_text limit_policy, limit_state, retry_after;

    /* answer */
    saas_defer_item *deferred;
    bool replied;          /* the answer is built */
    const saas_file *file; /* whose bytes it is; NULL: out's */
    bool preflight;        /* and has its headers for other origins */
    bool answered;         /* and stays as it is: hooks that come after may add headers */
    bool failure_written;  /* of the result */
    bool replayed;
    bool bug;      /* sticky 500 */
    bool close;    /* the connection, behind the answer */
    bool admitted; /* counted as a handler at work */
    bool quiet;    /* one of many that are refused: without a line in the log */
    bool writes; /* although it is a GET: the library itself, for one statement */
    bool finished; /* the handler has ended, or is parked: reply holds the answer */
    bool sent;     /* and it has been handed to the transport */
    saas_err result;
    int status;
    saas_buf out;
    int fail_status; /* of saas_fail, as the two below */
    const char *fail_code, *fail_message;
    saas_issues issues;
    size_t reply_header_count;
    saas_host_reply reply;

    /* From here on not zeroed for a new request. */
    saas_match match;       /* route NULL: none matched; values decoded by the validate step */
    saas_db_error db_error; /* of the last failure: constraint name for .conflicts */
    saas_header reply_headers[SAAS_REPLY_HEADERS_MAX];
};

/* ---- life ---- */

/* From the shard's pool, owned by the transport; limit_bytes is the arena's. NULL without memory. */
saas_ctx *saas_ctx_new(saas_shard *shard, size_t limit_bytes);
/* One owner less; the last one frees. */
void saas_ctx_drop(saas_ctx *c);
/* On a fiber: steps, handler, answer. arg is the context. */
void saas_ctx_run(saas_fiber *self, void *arg);
/* On the loop, after anything that may have resumed the fiber: if the handler has ended, sends the answer, runs the
 * deferred clean-ups, logs and drops the handler's share. c may be gone afterwards. */
void saas_ctx_settle(saas_ctx *c);
/* On the loop: it is over (ERR_CANCELLED, ERR_DEADLINE). Ends the pending wait if that can be let go. c may be gone
 * afterwards. */
void saas_ctx_cut(saas_ctx *c, saas_err why);
void saas_ctx_log_request(saas_ctx *c, uint64_t took_us);

/* "app:request id", by which its statements are found in pg_stat_activity and in the server's log. NULL without memory.
 */
const char *saas_ctx_tag(saas_ctx *c);

/* ---- waiting, on the fiber ---- */

/* Before starting an operation that waits: SAAS_OK, or the sticky error. The thousandth refusal parks the fiber: its
 * client gets a 500, the route is counted and logged, and the call never returns. */
SAAS_MUST_CHECK saas_err saas_ctx_may_wait(saas_ctx *c);
/* For an operation that failed without having waited: counts like a refusal, so that retrying it for ever ends the same
 * way. Returns e. */
saas_err saas_ctx_refuse(saas_ctx *c, saas_err e);
/* Waits for w, for operators to see: `what` ("database"). When the client leaves or the deadline passes meanwhile, cancel(op) is called on the loop: true, it has
 * let go, leaves no callback behind, and the sticky error is returned; false, or cancel NULL: the wait goes on to its
 * end. Operations complete through saas_ctx_wake. */
saas_err saas_ctx_wait(saas_ctx *c, const char *what, saas_wait *w, bool (*cancel)(void *op), void *op);
/* On the loop, from an operation's callback: the fiber goes on with e. c may be gone afterwards. */
void saas_ctx_wake(saas_ctx *c, saas_wait *w, saas_err e);
/* saas_work on a pool of choice; modest: in no more than half of its queue. */
saas_err saas_ctx_work(saas_ctx *c, saas_work_pool *pool, bool modest, void (*fn)(void *arg), void *arg);
/* Keeps the fiber as it is for good; its client gets a 500. */
_Noreturn void saas_ctx_park(saas_ctx *c);

/* ---- the answer ---- */

/* Makes the answer of the handler's result: the reply built, or the envelope of the error. On the fiber or the loop. */
void saas_ctx_conclude(saas_ctx *c, saas_err e);
/* Its two halves: body and status; then all headers, and what is handed to the transport. */
void saas_ctx_answer(saas_ctx *c, saas_err e);
void saas_ctx_seal(saas_ctx *c);
/* Writes the failure's envelope into c->out, sets status and headers. */
void saas_ctx_write_failure(saas_ctx *c, saas_err e);
/* Forgets what has been written of an answer. */
void saas_ctx_clear_reply(saas_ctx *c);
/* A header of the library's own, unless the handler has set one of that name. Borrowed. */
void saas_ctx_header(saas_ctx *c, saas_text name, saas_text value);
/* The same beside what there is of that name. */
void saas_ctx_header_more(saas_ctx *c, saas_text name, saas_text value);
/* ERR_BUG, the answer becomes a 500, and `what` is logged. */
saas_err saas_ctx_bug(saas_ctx *c, const char *what);

/* GET and HEAD change nothing. */
bool saas_ctx_reads(const saas_ctx *c);

#endif
