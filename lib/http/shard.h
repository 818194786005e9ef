/* http/shard.h: what a request needs of its app (site: immutable, shared by loops) and of its loop (shard). */
#ifndef SAAS_HTTP_SHARD_H
#define SAAS_HTTP_SHARD_H

#include "auth/keys.h"
#include "base/list.h"
#include "db/listen.h"
#include "db/pool.h"
#include "fiber/fiber.h"
#include "http/permission.h"
#include "http/places.h"
#include "http/pulse.h"
#include "http/proxy.h"
#include "http/router.h"
#include "limit/limit.h"
#include "loop/loop.h"
#include "metrics/metrics.h"
#include "http/lookout.h"
#include "task/work.h"
#include <saas/host.h>
#include <saas/mail.h>

/* A step of the chain every request goes through before its handler, on the fiber. An error ends the chain and becomes
 * the answer. */
typedef saas_err (*saas_step)(saas_ctx *c);

typedef struct saas_site {
    const char *name;
    saas_router *router;
    const saas_step *steps; /* NULL-terminated; middleware/ holds the one table of them */
    const saas_keys *keys;
    saas_work_pool *work, *passwords; /* passwords: as many threads as hashes fit into memory */
    saas_password_cost password_cost;
    saas_metrics *metrics;      /* NULL: nothing is counted */
    saas_places *places;        /* NULL: likewise */
    saas_text metrics_token;    /* of GET /metrics; ptr NULL: there is none */
    saas_limiter *limiter;      /* NULL: no rate limits */
    saas_limit_rule open_limit; /* of all open routes together, by address; per_minute 0: none */
    saas_origins origins; /* CORS_ORIGINS */
    saas_proxies proxies; /* TRUSTED_PROXIES */
    saas_arena *files;    /* what is served of folders; NULL: none */
    saas_log *log;
    const saas_messages *messages; /* of issues; NULL: the usual ones */
    const saas_schema *config;     /* the host's */
    const void *config_values;
    const char *database_url; /* NULL: an app without a database */
    const char *system_url;   /* of the system scope; NULL: there is none */
    saas_db_options db;
    saas_listener *listener; /* NULL without a database */
    size_t fiber_stack_bytes;
    uint32_t requests_max;
    uint64_t overload_lag_us; /* past it requests are refused; 0: never */
    saas_lookout *lookout;      /* NULL: nobody looks at the loops */
    uint64_t blocked_us;      /* past it a handler that holds its loop up is told; 0: never */
    saas_err (*plan_of)(saas_ctx *c, saas_text *plan); /* NULL: the organization's column */
    uint32_t plan_ttl_s;                               /* 0: 60 */
    saas_permissions permissions;
    uint32_t refresh_days, session_days;
    /* Told of members who were refused by role or permission, by a layer above; NULL: nobody is. */
    saas_err (*denied)(saas_ctx *c);
    bool (*ready)(const saas_shard *shard); /* what /ready says */
    saas_mailer mailer;                     /* NULL: mails are logged in development, dropped elsewhere */
    void *mailer_user;
    const char *app_url; /* where links of mails lead, without '/' at the end */
    bool development, signup_neutral;
    /* What a shard does beside requests, by layers above: made with it, NULL where it needs none. */
    saas_err (*attach)(saas_shard *shard);
    void (*detach)(saas_shard *shard); /* also after an attach that failed */
} saas_site;

struct saas_shard {
    saas_app *app;
    const saas_site *site;
    saas_loop *loop;
    saas_fibers *fibers;
    saas_db *db;     /* NULL without a database */
    saas_db *system; /* of the system scope; NULL without */
    saas_signer *signer;
    saas_plan_cache *plans; /* NULL: no limit goes by plan */
    saas_meter *meter;   /* NULL without metrics */
    saas_list exchanges; /* live contexts */
    saas_list spare;     /* pooled contexts */
    size_t live, spare_count;
    size_t body_max_bytes; /* of any route */
    uint32_t requests_max;
    saas_pulse pulse;
    saas_list watched; /* among all of the app; with the three below the lookout's */
    saas_desk *desk;   /* NULL without a lookout */
    uint32_t number;
    uint64_t told_since_us;
    uint64_t parked;    /* handlers that would not end */
    const saas_route **stubborn; /* whose they were; room for every route */
    size_t stubborn_count;
    uint64_t lists[64]; /* hashes of lists whose order's columns are NOT NULL, the last ones */
    uint32_t list_count;
    void *courier, *watch; /* of attach; NULL without */
    uint8_t random[576]; /* for ids of requests and spans: one system call for 32 of them */
    size_t random_left;
    bool stopping;
    saas_timer grace;
    saas_posted told;
    void (*stopped)(void *user);
    void *stopped_user;
};

enum { SAAS_SYSTEM_LANES = 3 }; /* connections of the system scope: a shared one, a slow one, an exclusive one */

/* A parked handler keeps its stack, and a process has a limited number of mappings: past this many, routes that park are
 * closed instead of taking every other route down with them. */
enum { SAAS_PARKED_MAX = 1024 };
void saas_shard_parked(saas_shard *shard, const saas_route *route);
bool saas_shard_closed(const saas_shard *shard, const saas_route *route);

/* len up to 64, without a system call for each: for what is no secret of its own. ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_shard_random(void *out, saas_shard *shard, size_t len);

/* Tells whoever stopped the shard, in the loop's next turn, once no context is left. */
void saas_shard_check_stopped(saas_shard *shard);

/* The app's site, by the app layer. */
const saas_site *saas_app_site(const saas_app *app);

#endif
