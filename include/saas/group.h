/* saas/group.h: what routes share, said once: role, limits, hooks, headers of every answer, which pages of the web may
 * call them.
 *
 *   static const saas_hook hooks[] = {{.before = find_feature_flags, .after = add_trace}};
 *   static const saas_group api   = SAAS_GROUP(.timeout_ms = 5000, SAAS_HOOKS(hooks));
 *   static const saas_group admin = SAAS_GROUP(.in = &api, .role = SAAS_ADMIN);
 *   static const saas_mount mounts[] = {{"/v1/users", user_routes, &admin}};
 *
 * A route belongs to its own .group, to those that one stands in (.in), to the group of its mount and those around it,
 * and to the app's (options.group); each counts once. Of role, sizes, times, limits, CORS and ETags the nearest that says
 * anything decides, the route itself first. Headers are put together, the nearest of a name winning. Hooks of all of
 * them run. Groups are read when the app starts and borrowed until it ends. C; since 0.1. */
#ifndef SAAS_GROUP_H
#define SAAS_GROUP_H

#include <saas/route.h>

SAAS_BEGIN_DECLS

/* A step of the host's own. Any of the three may be missing; each runs on the request's fiber and may wait.
 *
 *   arrive  the route is known, nobody has signed in yet, nothing has been counted or read. Outermost group first.
 *   before  signed in, within the limits, of the right role, valid: next is the handler. Outermost group first.
 *   after   the answer is made and its status known; it may get headers (saas_reply_header), nothing else changes it
 *           any more. Innermost group first, whatever was answered and by whom: a step of the library, a hook, the
 *           handler. Not for a client that has left.
 *
 * arrive and before end the request with an error, which becomes the answer, or by making a reply themselves and
 * returning SAAS_OK; the handler and the hooks behind them are passed over then. An error of after is logged.
 *
 * Hooks stand outside the transaction of a .tx route and of an Idempotency-Key: what before wrote stays written when the
 * handler fails, after comes when it is committed or rolled back, and both run again for a request that is only answered
 * as before. A hook that begins a transaction ends it itself; one left open is rolled back, and before answers 500. */
typedef struct saas_hook {
    saas_err (*arrive)(saas_ctx *c);
    saas_err (*before)(saas_ctx *c);
    saas_err (*after)(saas_ctx *c);
} saas_hook;

/* A header that every answer of the group has, errors included, unless the handler sets one of that name. Those that
 * belong to the library (Content-Type, X-Request-Id, what frames a message, RateLimit, Access-Control-…) are start-up
 * errors. */
typedef struct saas_fixed_header {
    const char *name, *value;
} saas_fixed_header;

/* What answers of an API that are never shown as pages should say to a browser all the same (OWASP's REST sheet); over
 * plain HTTP browsers ignore the first one. */
#define SAAS_SECURE_HEADERS                                                                                            \
    {"Strict-Transport-Security", "max-age=63072000; includeSubDomains"}, {"Referrer-Policy", "no-referrer"},          \
        {"X-Frame-Options", "DENY"}, {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}

/* Pages of which origins may call these routes and read the answers (Fetch standard, CORS). An origin is compared as a
 * whole and never echoed unless it is in the list. Preflights are answered before anything else, without signing in. */
typedef struct saas_cors {
    size_t size;                /* SAAS_CORS fills it in */
    const char *const *origins; /* "https://app.example.org", … NULL-terminated; NULL: those of the setting CORS_ORIGINS;
                                   {"*", NULL}: any */
    bool none;                  /* no origin, whatever the groups around say */
    bool credentials;           /* cookies and the like may come along; not with "*" */
    const char *headers;        /* that requests may have beside Authorization, Content-Type, Idempotency-Key,
                                   If-None-Match, traceparent and X-Request-Id: "X-Client, X-Version" */
    const char *expose;         /* that a page may read beside ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy,
                                   Retry-After, WWW-Authenticate and X-Request-Id */
    uint32_t max_age_s;         /* how long a browser may remember a preflight; 0: 600 */
    char end_;
} saas_cors;

/* A count that several routes share, with numbers by the plan of the organization that is signed in.
 *
 *   static const saas_plan_limit numbers[] = {{"free", 60}, {"team", 600, 1000}, {"company", SAAS_UNLIMITED}, {NULL, 60}};
 *   static const saas_limit_class api = SAAS_LIMIT_CLASS(.name = "api", .by = SAAS_BY_ORG, SAAS_PLANS(numbers));
 *
 * A call counts for limit_cost under each class of its route, beside the route's own limit; the first that refuses it
 * decides, and then none has counted it. Classes of one name share their counts. On an open route all of them count by
 * address, with the numbers of no plan in particular. Which plan an organization is on: options.plan_of. */
typedef enum saas_limit_by { SAAS_BY_NONE, SAAS_BY_USER, SAAS_BY_ORG, SAAS_BY_ADDRESS } saas_limit_by;

typedef struct saas_plan_limit {
    const char *plan; /* NULL: every other one; must be among them */
    uint32_t per_minute, burst; /* burst 0: a minute's; SAAS_UNLIMITED: no limit */
} saas_plan_limit;

typedef struct saas_limit_class {
    size_t size;      /* SAAS_LIMIT_CLASS fills it in */
    const char *name; /* in RateLimit and RateLimit-Policy */
    saas_limit_by by;
    const saas_plan_limit *plans; /* SAAS_PLANS(table) */
    size_t plan_count, plan_size;
    char end_;
} saas_limit_class;

struct saas_group {
    size_t size;
    const saas_group *in; /* the group it stands in */
    saas_role role;       /* the least role, but for .open routes */
    size_t body_max_bytes;
    uint32_t timeout_ms;
    uint32_t limit_per_minute, limit_burst, limit_cost; /* of each route for itself, as in saas_route */
    saas_choice etag;
    const saas_cors *cors;
    const saas_fixed_header *headers; /* SAAS_HEADERS(table) */
    size_t header_count, header_size;
    const saas_hook *hooks; /* SAAS_HOOKS(table) */
    size_t hook_count, hook_size;
    const saas_limit_class *const *limits; /* SAAS_LIMITS(&a, &b): four at most */
    char end_;
};

#define SAAS_LIMIT_CLASS(...) {.size = sizeof(saas_limit_class), __VA_ARGS__}
#define SAAS_PLANS(table)   .plans = (table), .plan_count = sizeof(table) / sizeof *(table), .plan_size = sizeof *(table)
#define SAAS_LIMITS(...)    .limits = (const saas_limit_class *const[]){__VA_ARGS__, 0}
#define SAAS_CORS(...)      {.size = sizeof(saas_cors), __VA_ARGS__}
#define SAAS_GROUP(...)     {.size = sizeof(saas_group), __VA_ARGS__}
#define SAAS_HEADERS(table) .headers = (table), .header_count = sizeof(table) / sizeof *(table), .header_size = sizeof *(table)
#define SAAS_HOOKS(table)   .hooks = (table), .hook_count = sizeof(table) / sizeof *(table), .hook_size = sizeof *(table)

SAAS_END_DECLS
#endif
