/* Groups of routes and the host's own steps around their handlers: who decides, in which order, and what can't be
 * changed any more. */
#include "base/error.h"
#include "http/site.h"

static char order[256]; /* what ran */

static void ran(const char *what)
{
    snprintf(order + strlen(order), sizeof order - strlen(order), "%s%s", *order ? " " : "", what);
}

static const char key, other_key;
static int status_seen;

static saas_err arrive_app(saas_ctx *c)
{
    ran("arrive-app");
    return saas_me(c) || saas_reply_status(c) ? SAAS_ERR_BUG : SAAS_OK;
}

static saas_err before_app(saas_ctx *c)
{
    ran("before-app");
    SAAS_TRY(saas_state_set(c, &key, &order));
    return saas_state_set(c, &other_key, &status_seen);
}

static saas_err after_app(saas_ctx *c)
{
    ran("after-app");
    status_seen = saas_reply_status(c);
    SAAS_TRY(saas_reply_header(c, "X-Seen", saas_ctx_route(c) ? saas_ctx_route(c)->path : "none"));
    return SAAS_OK;
}

static saas_err arrive_v1(saas_ctx *c)
{
    ran("arrive-v1");
    const saas_text wish = saas_header_get(c, "x-wish");
    if (saas_text_equal(wish, SAAS_LIT("closed")))
        return SAAS_ERR_UNAVAILABLE;
    return saas_text_equal(wish, SAAS_LIT("early")) ? saas_reply_null(c, 202) : SAAS_OK;
}

static saas_err before_v1(saas_ctx *c)
{
    ran("before-v1");
    const saas_text wish = saas_header_get(c, "x-wish");
    CHECK(saas_state(c, &key) == order && saas_state(c, &other_key) == &status_seen && !saas_state(c, &status_seen));
    if (saas_text_equal(wish, SAAS_LIT("refuse")))
        return saas_fail(c, 402, "PAYMENT_REQUIRED", "Pay first");
    if (saas_text_equal(wish, SAAS_LIT("bug"))) {
        SAAS_TRY(saas_reply_null(c, 200));
        CHECK_INT(saas_reply_null(c, 200), SAAS_ERR_BUG);
        return SAAS_OK;
    }
    if (saas_text_equal(wish, SAAS_LIT("answer")))
        return saas_reply_raw(c, 203, SAAS_LIT("\"of the hook\""));
    SAAS_TRY(saas_reply_header(c, "X-Before", "1"));
    return saas_reply_header(c, "Cache-Control", "max-age=5");
}

static saas_err after_v1(saas_ctx *c)
{
    ran("after-v1");
    const saas_text wish = saas_header_get(c, "x-wish");
    if (saas_text_equal(wish, SAAS_LIT("slow")))
        SAAS_TRY(saas_sleep(c, 5));
    if (saas_text_equal(wish, SAAS_LIT("meddle"))) {
        CHECK_INT(saas_reply_null(c, 200), SAAS_ERR_BUG);
        return saas_fail(c, 400, "TOO_LATE", "x");
    }
    CHECK(saas_text_equal(saas_reply_header_get(c, "x-before"), SAAS_LIT("1")) == (saas_reply_status(c) == 200));
    SAAS_TRY(saas_reply_header(c, "Retry-After", "7"));
    return saas_reply_header(c, "X-Before", "2");
}

static saas_err after_route(saas_ctx *c)
{
    (void)c;
    ran("after-route");
    return SAAS_OK;
}

static saas_err handle_it(saas_ctx *c)
{
    ran("handler");
    if (saas_text_equal(saas_header_get(c, "x-wish"), SAAS_LIT("fail")))
        return SAAS_ERR_CONFLICT;
    return saas_reply_null(c, 200);
}

static const saas_hook app_hooks[] = {{.arrive = arrive_app, .before = before_app}, {.after = after_app}};
static const saas_hook v1_hooks[] = {{arrive_v1, before_v1, after_v1}};
static const saas_hook route_hooks[] = {{.after = after_route}};
static const saas_fixed_header app_headers[] = {{"X-Frame-Options", "DENY"}, {"X-Group", "app"}};
static const saas_fixed_header v1_headers[] = {{"x-group", "v1"}, SAAS_SECURE_HEADERS};
static const saas_group around = SAAS_GROUP(SAAS_HOOKS(app_hooks), SAAS_HEADERS(app_headers), .timeout_ms = 4000);
static const saas_group v1 = SAAS_GROUP(SAAS_HOOKS(v1_hooks), SAAS_HEADERS(v1_headers), .body_max_bytes = 100);
static const saas_group admin = SAAS_GROUP(.in = &v1, .role = SAAS_ADMIN, .timeout_ms = 3000, .limit_per_minute = 60);
static const saas_group own = SAAS_GROUP(SAAS_HOOKS(route_hooks));

static const saas_route routes[] = {
    SAAS_GET("/plain", handle_it, .open = true),
    SAAS_POST("/v1/open", handle_it, .open = true, .group = &v1),
    SAAS_POST("/v1/own", handle_it, .open = true, .group = &v1, .body_max_bytes = 200, .timeout_ms = 1),
    SAAS_GET("/v1/admin", handle_it, .group = &admin),
    SAAS_GET("/v1/viewer", handle_it, .group = &admin, .role = SAAS_VIEWER, .limit_per_minute = SAAS_UNLIMITED),
    SAAS_POST("/v1/hooked", handle_it, .open = true, .group = &own),
};

static int wish(const char *method, const char *target, const char *what)
{
    order[0] = 0;
    last.header = "x-wish";
    last.value = what;
    return ask(method, target, NULL);
}

static void starts(void)
{
    site_group = &around;
    site_up(routes, sizeof routes / sizeof *routes, NULL);
}

static const saas_route *route_at(size_t i)
{
    return saas_router_route(app.site.router, i);
}

static void the_nearest_that_says_something_decides(void)
{
    CHECK_INT(route_at(0)->timeout_ms, 4000);
    CHECK_INT(route_at(0)->body_max_bytes, 256 * 1024);
    CHECK_INT(route_at(1)->body_max_bytes, 100);
    CHECK_INT(route_at(1)->role, SAAS_ROLE_DEFAULT);
    CHECK_INT(route_at(2)->body_max_bytes, 200);
    CHECK_INT(route_at(2)->timeout_ms, 1);
    CHECK_INT(route_at(3)->role, SAAS_ADMIN);
    CHECK_INT(route_at(3)->timeout_ms, 3000);
    CHECK_INT(route_at(3)->body_max_bytes, 100);
    CHECK_INT(route_at(3)->limit_per_minute, 60);
    CHECK_INT(route_at(3)->limit_burst, 60);
    CHECK_INT(route_at(4)->role, SAAS_VIEWER);
    CHECK(route_at(4)->limit_per_minute == SAAS_UNLIMITED);
}

static void hooks_run_outside_in_and_back_out(void)
{
    CHECK_INT(wish("POST", "/v1/open", NULL), 200);
    CHECK_STR(order, "arrive-app arrive-v1 before-app before-v1 handler after-v1 after-app");
    CHECK_INT(status_seen, 200);
    CHECK(has_header("X-Before: 2") && has_header("X-Seen: /v1/open") && has_header("Cache-Control: max-age=5"));
    CHECK(!strstr(last.headers, "cache-control"));
    CHECK_INT(wish("GET", "/plain", NULL), 200);
    CHECK_STR(order, "arrive-app before-app handler after-app");
    CHECK_INT(wish("POST", "/v1/hooked", NULL), 200);
    CHECK_STR(order, "arrive-app before-app handler after-route after-app");
}

static void who_is_refused_has_arrived_and_no_more(void)
{
    CHECK_INT(wish("GET", "/v1/admin", NULL), 401);
    CHECK_STR(order, "arrive-app arrive-v1 after-v1 after-app");
    CHECK_INT(status_seen, 401);
    CHECK(has_header("www-authenticate: Bearer") && has_header("Retry-After: 7"));
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(wish("GET", "/v1/admin", NULL), 403);
    CHECK_INT(wish("GET", "/v1/viewer", NULL), 200);
    sign_in_as(SAAS_ADMIN);
    CHECK_INT(wish("GET", "/v1/admin", NULL), 200);
    bearer_value[0] = 0;
}

static void a_hook_may_end_the_request(void)
{
    CHECK_INT(wish("POST", "/v1/open", "closed"), 503);
    CHECK_STR(order, "arrive-app arrive-v1 after-v1 after-app");
    CHECK(has_header("Retry-After: 7") && !has_header("retry-after: 1"));
    CHECK_INT(wish("POST", "/v1/open", "early"), 202);
    CHECK_STR(order, "arrive-app arrive-v1 after-v1 after-app");
    CHECK_INT(wish("POST", "/v1/open", "refuse"), 402);
    CHECK_STR(order, "arrive-app arrive-v1 before-app before-v1 after-v1 after-app");
    CHECK(strstr(last.body, "\"PAYMENT_REQUIRED\""));
    CHECK_INT(wish("POST", "/v1/open", "answer"), 203);
    CHECK_STR(last.body, "{\"success\":true,\"data\":\"of the hook\"}");
    CHECK_STR(order, "arrive-app arrive-v1 before-app before-v1 after-v1 after-app");
    CHECK_INT(wish("POST", "/v1/open", "bug"), 500);
    CHECK(!strstr(order, "handler"));
}

static void after_sees_failures_and_changes_nothing(void)
{
    CHECK_INT(wish("POST", "/v1/open", "fail"), 409);
    CHECK_INT(status_seen, 409);
    CHECK(has_header("X-Before: 2"));
    forget_log();
    CHECK_INT(wish("POST", "/v1/open", "meddle"), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":null}");
    CHECK(strstr(logged, "an after hook failed") && strstr(logged, "a second reply"));
    CHECK_INT(wish("POST", "/v1/open", "slow"), 200);
    CHECK(has_header("X-Before: 2"));
}

static void the_apps_own_see_what_matches_nothing(void)
{
    order[0] = 0;
    CHECK_INT(ask("GET", "/nowhere", NULL), 404);
    CHECK_STR(order, "after-app");
    CHECK(has_header("X-Seen: none") && has_header("X-Group: app"));
    order[0] = 0;
    CHECK_INT(ask("PUT", "/v1/open", NULL), 405);
    CHECK_STR(order, "after-app");
}

static void headers_are_put_together(void)
{
    ask("GET", "/plain", NULL);
    CHECK(has_header("X-Group: app") && has_header("X-Frame-Options: DENY"));
    CHECK(!strstr(last.headers, "Strict-Transport-Security"));
    wish("POST", "/v1/open", "fail");
    CHECK(has_header("x-group: v1") && !has_header("X-Group: app"));
    CHECK(has_header("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
    CHECK(has_header("Strict-Transport-Security: max-age=63072000; includeSubDomains"));
    CHECK_INT(strstr(strstr(last.headers, "X-Frame-Options") + 1, "X-Frame-Options") != NULL, 0);
}

/* ---- what is wrong with a table is known at start ---- */

static const saas_fixed_header wrong_headers[][1] = {
    {{"X y", "1"}},      {{"X", "a\nb"}},      {{"Content-Type", "text/html"}},
    {{"ETag", "\"x\""}}, {{"Vary", "Cookie"}}, {{"Access-Control-Allow-Origin", "*"}},
    {{"X", NULL}}};
static saas_group circle[2];

static void refuse(const saas_group *group, const char *why)
{
    static saas_error e;
    const saas_route route[] = {SAAS_GET("/x", handle_it, .group = group)};
    saas_router *r;
    saas_error_clear(&e);
    MUST(saas_router_new(&r));
    CHECK_INT(saas_router_add(r, "", (saas_route_list){route, 1, sizeof *route}, NULL, &e), SAAS_ERR_BUG);
    if (!strstr(e.text, why))
        CHECK_STR(e.text, why);
    saas_error_clear(&e);
    CHECK_INT(saas_router_within(r, group, &e), SAAS_ERR_BUG);
    saas_router_free(r);
}

static void wrong_groups_are_startup_errors(void)
{
    for (size_t i = 0; i < sizeof wrong_headers / sizeof *wrong_headers; i++) {
        const saas_group group = SAAS_GROUP(SAAS_HEADERS(wrong_headers[i]));
        refuse(&group, ".headers");
    }
    saas_fixed_header many[13];
    char names[13][8];
    for (int i = 0; i < 13; i++) {
        snprintf(names[i], sizeof names[i], "X-%d", i);
        many[i] = (saas_fixed_header){names[i], "1"};
    }
    const saas_group full = SAAS_GROUP(SAAS_HEADERS(many));
    refuse(&full, "more than 12");
    circle[0] = (saas_group)SAAS_GROUP(.in = &circle[1]);
    circle[1] = (saas_group)SAAS_GROUP(.in = &circle[0]);
    refuse(&circle[0], "stands in itself");
}

/* A group counts once, however often a route comes by it; an older host's is shorter. */
static void groups_count_once_and_by_their_size(void)
{
    static saas_error e;
    const saas_route route[] = {SAAS_GET("/x", handle_it, .group = &v1)};
    saas_group old = admin;
    saas_router *r;
    old.size = offsetof(saas_group, timeout_ms);
    MUST(saas_router_new(&r));
    MUST(saas_router_within(r, &v1, &e));
    MUST(saas_router_add(r, "/a", (saas_route_list){route, 1, sizeof *route}, &admin, &e));
    MUST(saas_router_add(r, "/b", (saas_route_list){route, 1, sizeof *route}, &old, &e));
    saas_match m;
    MUST(saas_router_find(&m, r, SAAS_LIT("GET"), SAAS_LIT("/a/x")));
    CHECK_INT(m.policy->hook_count, 1);
    CHECK_INT(m.route->timeout_ms, 3000);
    MUST(saas_router_find(&m, r, SAAS_LIT("GET"), SAAS_LIT("/b/x")));
    CHECK_INT(m.route->timeout_ms, 10000);
    CHECK_INT(m.route->role, SAAS_ADMIN);
    saas_router_free(r);
}

static void ends(void)
{
    site_down();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(the_nearest_that_says_something_decides),
    TEST(hooks_run_outside_in_and_back_out),
    TEST(who_is_refused_has_arrived_and_no_more),
    TEST(a_hook_may_end_the_request),
    TEST(after_sees_failures_and_changes_nothing),
    TEST(the_apps_own_see_what_matches_nothing),
    TEST(headers_are_put_together),
    TEST(wrong_groups_are_startup_errors),
    TEST(groups_count_once_and_by_their_size),
    TEST(ends),
};
CHECK_MAIN(tests)
