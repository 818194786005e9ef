/* Rate limits of a request: whom they count, what the answer says, what they leave alone (VA6). */
#include "site.h"

static unsigned handled;

static saas_err count(saas_ctx *c)
{
    handled++;
    return saas_reply_null(c, 200);
}

static saas_err by_name(saas_ctx *c)
{
    SAAS_TRY(saas_limit(c, "name", saas_param(c, "name"), 1, 2));
    return count(c);
}

static saas_err wrong(saas_ctx *c)
{
    return saas_limit(c, "quo\"te", SAAS_LIT("x"), 1, 1);
}

static saas_err missing(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_NOT_FOUND;
}

static const saas_route routes[] = {
    SAAS_GET("/open", count, .open = true),
    SAAS_GET("/health", count, .open = true, .limit_per_minute = SAAS_UNLIMITED),
    SAAS_POST("/login", count, .open = true, .limit_per_minute = 6, .limit_burst = 3),
    SAAS_GET("/mine", count, .limit_per_minute = 2),
    SAAS_GET("/dear", count, .limit_per_minute = 60, .limit_burst = 10, .limit_cost = 4),
    SAAS_GET("/admin", count, .role = SAAS_ADMIN, .limit_per_minute = 1),
    SAAS_GET("/names/:name", by_name),
    SAAS_GET("/wrong", wrong),
    SAAS_GET("/missing", missing, .limit_per_minute = 100),
    SAAS_GET("/free", count),
};

/* A limiter that has seen nobody. */
static void fresh(uint32_t open_burst)
{
    saas_limiter_free(app.site.limiter);
    MUST(saas_limiter_new(&app.site.limiter, 1024));
    app.site.open_limit = (saas_limit_rule){60, open_burst};
    handled = 0;
    bearer_value[0] = 0;
    last.remote = NULL;
}

static int ask_from(const char *remote, const char *method, const char *target)
{
    last.remote = remote;
    int status = ask(method, target, NULL);
    last.remote = NULL;
    return status;
}

static void starts(void)
{
    site_up(routes, sizeof routes / sizeof *routes, NULL);
}

static void open_routes_share_a_limit_by_address(void)
{
    fresh(3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask("GET", "/open", NULL), 200);
    CHECK(has_header("ratelimit-policy: \"open\";q=3;w=3"));
    CHECK(has_header("ratelimit: \"open\";r=0;t=3"));
    CHECK_INT(ask("GET", "/open", NULL), 429);
    CHECK(has_header("retry-after: 1"));
    CHECK(has_header("ratelimit: \"open\";r=0;t=3"));
    CHECK_STR(last.body, "{\"success\":false,\"error\":{\"code\":\"RATE_LIMITED\",\"message\":\"Too many requests\"}}");
    CHECK_INT(ask("POST", "/login", NULL), 429);
    CHECK_INT(handled, 3);
    CHECK_INT(ask_from("192.0.2.2", "GET", "/open"), 200);
    CHECK_INT(ask("GET", "/health", NULL), 200);
    CHECK(!strstr(last.headers, "ratelimit"));
    CHECK_INT(ask("GET", "/nowhere", NULL), 404);
}

static void ipv6_counts_by_64(void)
{
    fresh(2);
    CHECK_INT(ask_from("2001:db8::1", "GET", "/open"), 200);
    CHECK_INT(ask_from("2001:db8::2", "GET", "/open"), 200);
    CHECK_INT(ask_from("2001:db8::3", "GET", "/open"), 429);
    CHECK_INT(ask_from("2001:db8:0:1::3", "GET", "/open"), 200);
}

static void each_of_many_addresses_gets_exactly_its_own(void)
{
    enum { ADDRESSES = 200, BURST = 7 };
    unsigned got[ADDRESSES] = {0};
    char address[32];
    fresh(BURST);
    app.site.open_limit.per_minute = 1;
    for (int round = 0; round < 2 * BURST; round++)
        for (int i = 0; i < ADDRESSES; i++) {
            snprintf(address, sizeof address, "198.51.%d.%d", 100 + i % 3, i);
            got[i] += ask_from(address, "GET", "/open") == 200;
        }
    for (int i = 0; i < ADDRESSES; i++)
        CHECK_INT(got[i], BURST);
}

/* Who calls through a proxy is told apart by what the proxy says, and by nothing a client says (HT3). */
static void behind_a_proxy_it_counts_by_client(void)
{
    static const saas_network network[] = {{{{[10] = 0xff, 0xff, 10}}, 104}};
    char claim[64];
    unsigned got = 0;
    fresh(3);
    app.site.proxies = (saas_proxies){.list = network, .count = 1};
    for (int i = 0; i < 20; i++) {
        snprintf(claim, sizeof claim, "192.0.2.%d, 203.0.113.9", i);
        last.header = "x-forwarded-for";
        last.value = claim;
        got += ask_from("10.0.0.1", "GET", "/open") == 200;
    }
    CHECK_INT(got, 3);
    last.header = "x-forwarded-for";
    last.value = "203.0.113.10";
    CHECK_INT(ask_from("10.0.0.1", "GET", "/open"), 200);
    CHECK_INT(ask_from("203.0.113.9", "GET", "/open"), 429);
    for (int i = 0; i < 20; i++) { /* from elsewhere the header is nothing but words */
        snprintf(claim, sizeof claim, "192.0.2.%d", i);
        last.header = "x-forwarded-for";
        last.value = claim;
        got += ask_from("11.0.0.1", "GET", "/open") == 200;
    }
    CHECK_INT(got, 6);
    app.site.proxies = (saas_proxies){0};
}

/* What the route's own limit refuses does not use up the other one. */
static void a_route_has_a_limit_of_its_own_beside(void)
{
    fresh(10);
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask("POST", "/login", NULL), 200);
    for (int i = 0; i < 50; i++)
        CHECK_INT(ask("POST", "/login", NULL), 429);
    CHECK(has_header("ratelimit-policy: \"open\";q=10;w=10, \"route\";q=3;w=30"));
    CHECK(has_header("retry-after: 10"));
    for (int i = 0; i < 7; i++)
        CHECK_INT(ask("GET", "/open", NULL), 200);
    CHECK_INT(ask("GET", "/open", NULL), 429);
}

static void signed_in_it_counts_by_account(void)
{
    fresh(10);
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask_from("192.0.2.5", "GET", "/mine"), 200);
    CHECK_INT(ask_from("192.0.2.6", "GET", "/mine"), 200);
    CHECK_INT(ask_from("192.0.2.7", "GET", "/mine"), 429);
    my_id.b[0]++;
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask_from("192.0.2.7", "GET", "/mine"), 200);
    my_id.b[0]--;
    for (int i = 0; i < 50; i++)
        CHECK_INT(ask("GET", "/free", NULL), 200);
    CHECK(!strstr(last.headers, "ratelimit"));
}

static void a_token_buys_nothing_on_an_open_route(void)
{
    fresh(100);
    for (int i = 0; i < 3; i++) {
        my_id.b[0]++;
        sign_in_as(SAAS_MEMBER);
        CHECK_INT(ask("POST", "/login", NULL), 200);
    }
    my_id.b[0]++;
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("POST", "/login", NULL), 429);
    my_id.b[0] = (uint8_t)(my_id.b[0] - 4);
}

static void a_call_may_cost_more(void)
{
    fresh(10);
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("GET", "/dear", NULL), 200);
    CHECK(has_header("ratelimit: \"route\";r=6;t=4"));
    CHECK_INT(ask("GET", "/dear", NULL), 200);
    CHECK_INT(ask("GET", "/dear", NULL), 429);
    CHECK(has_header("ratelimit: \"route\";r=2;t=8"));
    CHECK(has_header("retry-after: 2"));
}

/* Nobody learns by asking often whether a role would do. */
static void it_comes_before_the_role_and_after_signing_in(void)
{
    fresh(10);
    CHECK_INT(ask("GET", "/admin", NULL), 401);
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("GET", "/admin", NULL), 403);
    CHECK_INT(ask("GET", "/admin", NULL), 429);
}

static void failures_say_what_is_left_too(void)
{
    fresh(10);
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("GET", "/missing", NULL), 404);
    CHECK(has_header("ratelimit: \"route\";r=99;t=1"));
}

static void handlers_count_what_they_name(void)
{
    fresh(10);
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("GET", "/names/a", NULL), 200);
    CHECK_INT(ask("GET", "/names/a", NULL), 200);
    CHECK_INT(ask("GET", "/names/a", NULL), 429);
    CHECK(has_header("retry-after: 60"));
    CHECK_INT(ask("GET", "/names/b", NULL), 200);
    CHECK_INT(ask("GET", "/wrong", NULL), 500);
}

static void without_a_limiter_nothing_is_limited(void)
{
    fresh(1);
    saas_limiter_free(app.site.limiter);
    app.site.limiter = NULL;
    for (int i = 0; i < 20; i++)
        CHECK_INT(ask("POST", "/login", NULL), 200);
    sign_in_as(SAAS_MEMBER);
    for (int i = 0; i < 20; i++)
        CHECK_INT(ask("GET", "/names/a", NULL), 200);
    CHECK(!strstr(last.headers, "ratelimit"));
}

static void wrong_limits_are_startup_errors(void)
{
    static const saas_route bad[] = {
        SAAS_GET("/a", count, .limit_burst = 3),
        SAAS_GET("/b", count, .limit_per_minute = 3, .limit_cost = 4),
        SAAS_GET("/c", count, .limit_per_minute = 60000001),
        SAAS_GET("/d", count, .limit_per_minute = SAAS_UNLIMITED, .limit_burst = 1),
    };
    static saas_error e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        saas_router *router;
        MUST(saas_router_new(&router));
        CHECK_INT(saas_router_add(router, "", (saas_route_list){&bad[i], 1, sizeof *bad}, NULL, &e), SAAS_ERR_BUG);
        saas_router_free(router);
    }
}

static void ends(void)
{
    saas_limiter_free(app.site.limiter);
    site_down();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(open_routes_share_a_limit_by_address),
    TEST(ipv6_counts_by_64),
    TEST(each_of_many_addresses_gets_exactly_its_own),
    TEST(behind_a_proxy_it_counts_by_client),
    TEST(a_route_has_a_limit_of_its_own_beside),
    TEST(signed_in_it_counts_by_account),
                                   TEST(a_token_buys_nothing_on_an_open_route),
    TEST(a_call_may_cost_more),
    TEST(it_comes_before_the_role_and_after_signing_in),
    TEST(failures_say_what_is_left_too),
    TEST(handlers_count_what_they_name),
    TEST(without_a_limiter_nothing_is_limited),
    TEST(wrong_limits_are_startup_errors),
    TEST(ends),
};
CHECK_MAIN(tests)
