/* tests/http/site.h: an app without the app layer: a faked site on a poll loop, and a transport in memory over
 * saas/host.h. */
#ifndef TESTS_HTTP_SITE_H
#define TESTS_HTTP_SITE_H

#include "auth/keys.h"
#include "base/clock.h"
#include "check.h"
#include "http/ctx.h"
#include "http/meter.h"
#include "middleware/steps.h"
#include <saas/db.h>

struct saas_app {
    saas_site site;
};

const saas_site *saas_app_site(const saas_app *app)
{
    return &app->site;
}

static saas_loop *loop;
static saas_shard *shard;
static saas_app app;
static saas_keys *keys;
static saas_work_pool *work;
static char logged[65536];
static size_t logged_len;
static bool count_requests; /* there are metrics; the test's to free */
static char bearer_value[1024]; /* sent with every request when not empty */
static saas_uuid my_org = {{0xaa, 1}}, my_id = {{0xbb, 2}};

static void keep_line(const char *line, size_t len, void *user)
{
    (void)user;
    if (len < sizeof logged - logged_len) {
        memcpy(logged + logged_len, line, len);
        logged_len += len;
        logged[logged_len] = 0;
    }
}

static SAAS__UNUSED void forget_log(void)
{
    logged_len = 0;
    logged[0] = 0;
}

#define MUST(expr)                                                                                                     \
    do {                                                                                                               \
        saas_err e_ = (expr);                                                                                          \
        if (e_) {                                                                                                      \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expr, saas_err_symbol(e_));                        \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const saas_group *site_group; /* around all routes */

static void site_up(const saas_route *routes, size_t count, const char *dsn)
{
    static saas_error e;
    const saas_text issuer = SAAS_LIT("test");
    MUST(saas_poll_loop_new(&loop));
    MUST(saas_router_new(&app.site.router));
    MUST(saas_router_within(app.site.router, site_group, &e));
    if (saas_router_add(app.site.router, "", (saas_route_list){routes, count, sizeof *routes}, NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    MUST(saas_log_new(&app.site.log, -1, SAAS_LOG_DEBUG, keep_line, NULL));
    MUST(saas_keys_new(&keys, SAAS_LIT("0123456789abcdef0123456789abcdef"),
                       SAAS_LIT("fedcba9876543210fedcba9876543210"), issuer, issuer));
    MUST(saas_work_pool_new(&work, 1, 1));
    app.site.name = "test";
    app.site.steps = saas_middleware_steps();
    app.site.keys = keys;
    app.site.work = work;
    app.site.requests_max = 64;
    app.site.database_url = dsn;
    if (count_requests)
        MUST(saas_metrics_new(&app.site.metrics, saas_meter_slots(app.site.router), SAAS_METER_GAUGES));
    MUST(saas_shard_new(&shard, &app, loop));
}

static SAAS__UNUSED void note_stopped(void *user)
{
    *(bool *)user = true;
}

static SAAS__UNUSED void shard_down(void)
{
    bool stopped = false;
    saas_shard_stop(shard, 0, note_stopped, &stopped);
    for (int i = 0; i < 1000 && !stopped; i++)
        saas_poll_loop_turn(loop, 10);
    CHECK(stopped);
    saas_shard_free(shard);
    shard = NULL;
}

static SAAS__UNUSED void site_down(void)
{
    if (shard)
        shard_down();
    saas_work_pool_free(work);
    saas_keys_free(keys);
    saas_log_free(app.site.log);
    saas_router_free(app.site.router);
    saas_loop_free(loop);
}

static SAAS__UNUSED void sign_in_as(saas_role role)
{
    static char token[1024];
    saas_principal who = {.user_id = my_id, .org_id = my_org, .session_id = {{0xcc, 3}}, .role = role};
    saas_signer *signer;
    saas_text signed_;
    saas_arena *a = saas_arena_new(0);
    MUST(saas_signer_new(&signer, keys));
    MUST(saas_access_sign(&signed_, a, signer, &who, saas_clock_wall_us() / 1000000));
    snprintf(token, sizeof token, "Bearer %s", signed_.ptr);
    strcpy(bearer_value, token);
    saas_signer_free(signer);
    saas_arena_free(a);
}

/* ---- the transport ---- */

typedef struct client {
    saas_exchange *x;
    int status;
    unsigned replies;
    bool close;
    char body[32768], headers[4096];
    const char *content_type;   /* NULL: application/json when there is a body */
    const char *header, *value; /* one more of the request */
    const saas_header *more;    /* and these */
    size_t more_count;
    const char *remote; /* NULL: 192.0.2.1 */
    saas_err refused;
} client;

static void on_reply(void *transport, const saas_host_reply *r)
{
    client *t = transport;
    size_t len = 0;
    t->replies++;
    t->status = r->status;
    t->close = r->close;
    snprintf(t->body, sizeof t->body, "%.*s", (int)r->body.len, r->body.ptr);
    t->headers[0] = 0;
    for (size_t i = 0; i < r->header_count && len < sizeof t->headers; i++)
        len += (size_t)snprintf(t->headers + len, sizeof t->headers - len, "%s: %s\n", r->headers[i].name.ptr,
                                r->headers[i].value.ptr);
    saas_exchange_release(t->x);
    t->x = NULL;
}

static const saas_host_ops ops = {sizeof ops, on_reply};

static void add_header(saas_header *headers, size_t *n, const char *name, const char *value)
{
    if (name && value && *value)
        headers[(*n)++] = (saas_header){saas_text_z(name), saas_text_z(value)};
}

static void begin(client *t, const char *method, const char *target, const char *body)
{
    saas_header headers[8];
    size_t n = 0;
    add_header(headers, &n, "authorization", bearer_value);
    add_header(headers, &n, t->header, t->value);
    for (size_t i = 0; i < t->more_count; i++)
        headers[n++] = t->more[i];
    const char *type = t->content_type ? t->content_type : body ? "application/json" : NULL;
    const saas_host_request r = {.size = sizeof r,
                                 .method = saas_text_z(method),
                                 .target = saas_text_z(target),
                                 .body = saas_text_z(body),
                                 .content_type = saas_text_z(type),
                                 .remote = saas_text_z(t->remote ? t->remote : "192.0.2.1"),
                                 .headers = headers,
                                 .header_count = n,
                                 .header_size = sizeof *headers,
                                 .refused = t->refused};
    t->status = 0;
    t->replies = 0;
    MUST(saas_exchange_new(&t->x, shard, &r, &ops, t));
    saas_exchange_start(t->x);
}

static void turn_until(client *t)
{
    for (int i = 0; i < 2000 && t->x; i++)
        saas_poll_loop_turn(loop, 5);
}

static client last;

/* Sends one request and waits for the answer, which is then in `last`; gives its status. */
static SAAS__UNUSED int ask(const char *method, const char *target, const char *body)
{
    begin(&last, method, target, body);
    turn_until(&last);
    CHECK_INT(last.replies, 1);
    last.content_type = last.header = last.value = NULL;
    last.more = NULL;
    last.more_count = 0;
    last.refused = SAAS_OK;
    return last.status;
}

static SAAS__UNUSED bool has_header(const char *line)
{
    size_t len = strlen(line);
    for (const char *at = last.headers; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (!strncmp(at, line, len) && at[len] == '\n')
            return true;
    return false;
}

static SAAS__UNUSED void leave(client *t)
{
    saas_exchange *x = t->x;
    t->x = NULL;
    saas_exchange_release(x);
}

#endif
