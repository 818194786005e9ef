/* saas/ctx.h: what a handler sees of its request, and how it answers.
 *
 * Whatever comes from a context lives until its reply is sent. Everything here is for the handler's own fiber.
 * Once the client has left or the deadline has passed, every call that waits returns ERR_CANCELLED or ERR_DEADLINE at
 * once; a handler that goes on regardless is parked after 1,000 such calls. Since 0.1. */
#ifndef SAAS_CTX_H
#define SAAS_CTX_H

#include <saas/log.h>
#include <saas/route.h>

SAAS_BEGIN_DECLS

typedef struct saas_rows saas_rows;
typedef struct cJSON saas_cjson; /* cJSON's own type; include <cjson/cJSON.h> to make one */

/* ---- the request ---- */

SAAS_API saas_text saas_method(const saas_ctx *c);
SAAS_API saas_text saas_path(const saas_ctx *c); /* without query, not decoded */
/* A header by its lower-case name; {NULL, 0} when absent, the first of several. */
SAAS_API saas_text saas_header_get(const saas_ctx *c, const char *name);
/* The client's address: the connection's, or what a proxy of TRUSTED_PROXIES says who came to it (saas/app.h). */
SAAS_API saas_text saas_remote(const saas_ctx *c);
/* The connection's address: the proxy's, if there is one. */
SAAS_API saas_text saas_peer(const saas_ctx *c);
/* Whether a proxy of TRUSTED_PROXIES says that the client came by HTTPS. */
SAAS_API bool saas_is_secure(const saas_ctx *c);
SAAS_API saas_text saas_request_id(const saas_ctx *c);
/* W3C Trace Context: the trace the request belongs to (32 hex digits), of its traceparent, or begun here; and the two
 * headers to send along when the handler calls another service: this request's span as the parent, and what came as
 * tracestate, unchanged ({NULL, 0}: none that holds). {NULL, 0} without memory. */
SAAS_API saas_text saas_trace_id(saas_ctx *c);
SAAS_API saas_text saas_traceparent(saas_ctx *c);
SAAS_API saas_text saas_tracestate(const saas_ctx *c);
/* A :name of the path, percent-decoded; {NULL, 0} when the route has none of it. */
SAAS_API saas_text saas_param(const saas_ctx *c, const char *name);
/* The same as UUID: ERR_NOT_FOUND when it is none, so that a malformed id answers like an unknown one. */
SAAS_API SAAS_MUST_CHECK saas_err saas_param_uuid(saas_uuid *out, saas_ctx *c, const char *name);
/* The same as an argument of a statement: SQL null when it is no UUID, which equals nothing. */
SAAS_API saas_value saas_param_id(const saas_ctx *c, const char *name);

/* The validated body: const struct note *in = saas_body(c, note). Never NULL: a schema other than the route's gives a
 * zeroed struct and turns the answer into a 500. saas_url_query: likewise the query string. */
SAAS_API const void *saas_body_(saas_ctx *c, const saas_schema *schema);
SAAS_API const void *saas_url_query_(saas_ctx *c, const saas_schema *schema);
#define saas_body(c, tag)      ((const struct tag *)saas_body_((c), &tag##_schema))
#define saas_url_query(c, tag) ((const struct tag *)saas_url_query_((c), &tag##_schema))
/* The :names of the path through the route's .params, likewise. */
SAAS_API const void *saas_params_(saas_ctx *c, const saas_schema *schema);
#define saas_params(c, tag) ((const struct tag *)saas_params_((c), &tag##_schema))

/* Who is signed in; NULL on an open route without a token. */
typedef struct saas_principal {
    saas_uuid user_id, org_id, session_id;
    saas_role role;
    uint32_t generation; /* of the user when the token was made: tokens of an older one are refused */
    saas_text email;     /* ptr NULL when tokens leave it out */
} saas_principal;
SAAS_API const saas_principal *saas_me(const saas_ctx *c);

/* Whether whoever is signed in has one of the app's permissions, for what no route can say: SAAS_OK, ERR_FORBIDDEN,
 * ERR_UNAUTHENTICATED (nobody is), ERR_BUG (no such permission); errors of its grant(). */
SAAS_API SAAS_MUST_CHECK saas_err saas_may(saas_ctx *c, const char *permission);

/* The app's own settings, read through options.config: saas_settings(c, tag). */
SAAS_API const void *saas_settings_(saas_ctx *c, const saas_schema *schema);
#define saas_settings(c, tag) ((const struct tag *)saas_settings_((c), &tag##_schema))

/* The route that matched, completed; NULL: none did. */
SAAS_API const saas_route *saas_ctx_route(const saas_ctx *c);
/* What a hook found out and a handler wants to know: a value by a key of the host's own, the address of anything static.
 * value lives as long as the host says (saas_alloc: as long as the request). ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_state_set(saas_ctx *c, const void *key, void *value);
SAAS_API void *saas_state(const saas_ctx *c, const void *key); /* NULL: none was set */

/* ---- memory, time, work ---- */

/* size bytes, zeroed. NULL past the request's limit (1 MiB + 8 x its body limit): return ERR_NO_MEMORY. */
SAAS_API void *saas_alloc(saas_ctx *c, size_t size);
SAAS_API saas_arena *saas_ctx_arena(saas_ctx *c);
SAAS_API saas_text saas_format(saas_ctx *c, const char *format, ...) SAAS_PRINTF(2, 3);
/* Calls fn(arg) when the request is over, last registered first, also when the client left. ERR_NO_MEMORY: then fn has
 * been called already. */
SAAS_API SAAS_MUST_CHECK saas_err saas_defer(saas_ctx *c, void (*fn)(void *arg), void *arg);
/* What is left of the deadline, in ms. */
SAAS_API uint64_t saas_time_left_ms(const saas_ctx *c);
/* Waits. ERR_CANCELLED, ERR_DEADLINE. */
SAAS_API SAAS_MUST_CHECK saas_err saas_sleep(saas_ctx *c, uint64_t ms);
/* Runs fn(arg) on a thread of the app's work pool and waits for it, however long it takes; the client's leaving does
 * not end the wait, so arg may lie on the handler's stack. For what burns CPU or blocks. ERR_BUSY (queue full),
 * ERR_CANCELLED (before it started). */
SAAS_API SAAS_MUST_CHECK saas_err saas_work(saas_ctx *c, void (*fn)(void *arg), void *arg);

/* The app's log; each line has request_id and trace_id. */
SAAS_API saas_log *saas_ctx_log(saas_ctx *c);
/* For a line of a log: a struct as JSON, with "[redacted]" for what .secret and .write_only fields hold: saas_redacted(c,
 * note, in). {NULL, 0} without memory. */
SAAS_API saas_text saas_redacted_(saas_ctx *c, const saas_schema *schema, const void *in);
#define saas_redacted(c, tag, in) saas_redacted_((c), &tag##_schema, (in))
/* The same of a header: "[redacted]" for one whose value is a credential or stands for one (Authorization, Cookie,
 * X-Api-Key, Idempotency-Key, …; any with token, secret, password, session, auth or key as a word of its name). {NULL, 0}
 * when absent. */
SAAS_API saas_text saas_header_redacted(const saas_ctx *c, const char *name);
/* Counts one more use of what `name` says by `id` (an organization, an e-mail address, …), beside the limits of the
 * route: at most burst (0: as many as a minute's) at once, then one every 60 s / per_minute. ERR_RATE_LIMITED, to be
 * passed on: 429 with Retry-After. ERR_BUG (numbers out of bounds). */
SAAS_API SAAS_MUST_CHECK saas_err saas_limit(saas_ctx *c, const char *name, saas_text id, uint32_t per_minute,
                                             uint32_t burst);

/* ---- the answer: one of these, once; a second one is ERR_BUG ---- */

/* {"success":true,"data":…}. Status 0 means 200; ERR_BUG unless it is a success that has a body. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply(saas_ctx *c, int status, const saas_schema *schema, const void *in);
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_null(saas_ctx *c, int status);
/* Row 0 of rows through a table: its columns by name, each field's kind checked. Exactly the fields of the schema. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_row(saas_ctx *c, int status, const saas_rows *rows,
                                                 const saas_schema *schema);
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_rows(saas_ctx *c, int status, const saas_rows *rows,
                                                  const saas_schema *schema);
/* JSON made elsewhere (by Postgres, say): checked to be RFC 8259 before it is sent; ERR_BUG if it is not. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_raw(saas_ctx *c, int status, saas_text json);
/* A tree of cJSON; stays the caller's. Numbers beyond 2^53 and non-finite ones are ERR_BUG. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_cjson(saas_ctx *c, int status, const saas_cjson *tree);

/* {"success":false,"error":{"code":…,"message":…}} with a code of one's own. Always returns ERR_FAILED:
 * return saas_fail(c, 404, "USER_NOT_FOUND", "User does not exist"). code and message are copied. */
SAAS_API saas_err saas_fail(saas_ctx *c, int status, const char *code, const char *message);
/* Adds an issue to the answer's details and returns ERR_VALIDATION: for checks that no table can say. */
SAAS_API saas_err saas_fail_field(saas_ctx *c, const char *path, const char *message);
/* A header of the answer, of one made by saas_fail too, not of other errors (but in an after hook: of any). Copied. It
 * takes the place of the library's own of that name, of a group's, and of one set before; only Set-Cookie, Vary and Link
 * are added to. ERR_NO_MEMORY (more than 16), ERR_BUG (a name or value that can't be sent; Content-Type, X-Request-Id,
 * and what frames a message). */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_header(saas_ctx *c, const char *name, const char *value);
/* For after hooks: the status that will be sent (0: no answer is made yet), and a header set so far by handler or hooks,
 * in any case; {NULL, 0}: none. */
SAAS_API int saas_reply_status(const saas_ctx *c);
SAAS_API saas_text saas_reply_header_get(const saas_ctx *c, const char *name);

SAAS_END_DECLS
#endif
