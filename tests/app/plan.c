/* Limits by the plan that the organization's row says. */
#include "notes.h"
#include <saas/db.h>

static saas_err answer(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static const saas_plan_limit numbers[] = {{"team", 1, 12}, {NULL, 1, 3}};
static const saas_limit_class api = SAAS_LIMIT_CLASS(.name = "api", .by = SAAS_BY_ORG, SAAS_PLANS(numbers));
static const saas_group group = SAAS_GROUP(SAAS_LIMITS(&api));
static const saas_route routes[] = {SAAS_GET("/one", answer), SAAS_POST("/two", answer)};
static const char *const env[] = {"RATE_LIMITS=on", NULL};

static const saas_app_options *options(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "plans", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps), .group = &group, .env = env);
    return &o;
}

static unsigned calls(const char *method, const char *target, const saas_principal *who)
{
    unsigned n = 0;
    saas_test_response r = {.status = 200};
    for (; n < 100; n++) {
        CHECK_INT(SAAS_TEST_SEND(&r, t, .method = method, .target = target, .as = who), SAAS_OK);
        if (r.status != 200)
            break;
    }
    CHECK_INT(r.status, 429);
    return n;
}

static void starts(void)
{
    REQUIRE(serve(options()));
    CHECK_STR(sql_on(db.super_dsn, "update organizations set plan = 'team' where name = 'B'"), "");
}

static void the_organizations_row_decides(void)
{
    const saas_principal a = member_of(0, SAAS_MEMBER), b = member_of(1, SAAS_MEMBER);
    CHECK_INT(calls("GET", "/one", &a), 3);
    CHECK_INT(calls("POST", "/two", &b), 12);
    CHECK_INT(calls("GET", "/one", &b), 0);
}

static void no_trip_for_each_request(void)
{
    saas_test_response r;
    const saas_principal a = member_of(0, SAAS_MEMBER);
    bool none = false; /* but while revocations can't be heard of */
    for (int i = 0; i < 500 && !none; i++) {
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
        saas_test_client_logged(t);
        CHECK_INT(SAAS_TEST_SEND(&r, t, .target = "/one", .as = &a), SAAS_OK);
        none = strstr(saas_test_client_logged(t), "\"round_trips\":0");
    }
    CHECK(none);
}

static void ends(void)
{
    serve_no_more();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(the_organizations_row_decides),
    TEST(no_trip_for_each_request),
    TEST(ends),
};
CLUSTER_MAIN(tests)
