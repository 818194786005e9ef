/* Limits by plan: which numbers hold for whom, what is shared, and that finding out the plan costs next to nothing. */
#include "http/plan.h"
#include "base/error.h"
#include "http/site.h"

uint64_t __real_saas_clock_mono_us(void);
uint64_t __wrap_saas_clock_mono_us(void);
static uint64_t ahead_us;

uint64_t __wrap_saas_clock_mono_us(void)
{
    return __real_saas_clock_mono_us() + ahead_us;
}

static const char *plan = "free";
static unsigned asked;
static saas_err asking;

static saas_err plan_of(saas_ctx *c, saas_text *out)
{
    (void)c;
    asked++;
    *out = saas_text_z(plan);
    return asking;
}

static saas_err answer(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static const saas_plan_limit numbers[] = {
    {"free", 1, 3}, {"team", 1, 30}, {"company", SAAS_UNLIMITED, 0}, {NULL, 1, 5}};
static const saas_plan_limit slow_numbers[] = {{"team", 1, 20}, {NULL, 1, 10}};
static const saas_plan_limit flat[] = {{NULL, 1, 4}};
static const saas_limit_class api = SAAS_LIMIT_CLASS(.name = "api", .by = SAAS_BY_ORG, SAAS_PLANS(numbers));
static const saas_limit_class reports =
    SAAS_LIMIT_CLASS(.name = "reports", .by = SAAS_BY_USER, SAAS_PLANS(slow_numbers));
static const saas_limit_class network = SAAS_LIMIT_CLASS(.name = "network", .by = SAAS_BY_ADDRESS, SAAS_PLANS(flat));
static const saas_group group = SAAS_GROUP(SAAS_LIMITS(&api));

static const saas_route routes[] = {
    SAAS_GET("/one", answer, .group = &group),
    SAAS_GET("/two", answer, .group = &group),
    SAAS_GET("/dear", answer, .group = &group, .limit_cost = 3),
    SAAS_GET("/report", answer, SAAS_LIMITS(&reports)),
    SAAS_GET("/both", answer, SAAS_LIMITS(&api, &reports)),
    SAAS_GET("/network", answer, SAAS_LIMITS(&network)),
    SAAS_GET("/open", answer, .open = true, .group = &group),
    SAAS_GET("/free", answer, .group = &group, .limit_per_minute = SAAS_UNLIMITED),
};

static void starts(void)
{
    app.site.plan_of = plan_of;
    site_up(routes, sizeof routes / sizeof *routes, NULL);
}

/* Another organization, that nobody has counted yet, and another member of it. */
static void enter(const char *its_plan)
{
    static uint32_t n;
    plan = its_plan;
    n++;
    memcpy(my_org.b, &n, sizeof n);
    memcpy(my_id.b, &n, sizeof n);
    sign_in_as(SAAS_MEMBER);
}

static void another_member(void)
{
    my_id.b[9]++;
    sign_in_as(SAAS_MEMBER);
}

static void fresh(void)
{
    saas_limiter_free(app.site.limiter);
    MUST(saas_limiter_new(&app.site.limiter, 1 << 16));
}

static unsigned calls(const char *target, unsigned most)
{
    unsigned n = 0;
    while (n < most && ask("GET", target, NULL) == 200)
        n++;
    return n;
}

static void each_plan_has_its_numbers(void)
{
    fresh();
    enter("free");
    CHECK_INT(calls("/one", 100), 3);
    CHECK_INT(last.status, 429);
    CHECK(has_header("ratelimit-policy: \"api\";q=3;w=180"));
    CHECK(has_header("retry-after: 60"));
    enter("team");
    CHECK_INT(calls("/one", 100), 30);
    enter("company");
    CHECK_INT(calls("/one", 100), 100);
    CHECK(!strstr(last.headers, "ratelimit"));
    enter("of another kind");
    CHECK_INT(calls("/one", 100), 5);
}

static void routes_of_a_class_share_its_count(void)
{
    enter("team");
    CHECK_INT(calls("/one", 10), 10);
    another_member();
    CHECK_INT(calls("/two", 10), 10);
    CHECK_INT(calls("/dear", 100), 3);
    CHECK_INT(calls("/one", 100), 1);
    CHECK_INT(calls("/free", 50), 50);
}

static void members_count_apart_where_it_says_so(void)
{
    enter("team");
    CHECK_INT(calls("/report", 100), 20);
    another_member();
    CHECK_INT(calls("/report", 100), 20);
    enter("free");
    CHECK_INT(calls("/report", 100), 10);
}

/* What the second class refuses, the first has not counted. */
static void the_first_that_refuses_decides(void)
{
    enter("team");
    CHECK_INT(calls("/both", 100), 20);
    CHECK(has_header("ratelimit-policy: \"api\";q=30;w=1800, \"reports\";q=20;w=1200"));
    CHECK_INT(calls("/one", 100), 10);
    CHECK_INT(ask("GET", "/both", NULL), 429);
    CHECK(strstr(last.headers, "ratelimit-policy: \"api\";q=30;w=1800\n"));
}

static void addresses_where_it_says_so_and_on_open_routes(void)
{
    fresh();
    enter("team");
    CHECK_INT(calls("/network", 100), 4);
    another_member();
    CHECK_INT(calls("/network", 100), 0);
    last.remote = "192.0.2.77";
    CHECK_INT(calls("/network", 100), 4);
    last.remote = NULL;
    asked = 0;
    CHECK_INT(calls("/open", 100), 5);
    bearer_value[0] = 0;
    CHECK_INT(calls("/open", 100), 0);
    CHECK_INT(asked, 0);
}

static void a_plan_is_asked_for_once_in_a_while(void)
{
    fresh();
    enter("free");
    asked = 0;
    calls("/one", 10);
    CHECK_INT(asked, 1);
    plan = "team";
    ahead_us += 30 * 1000000;
    CHECK_INT(calls("/one", 100), 0);
    CHECK_INT(asked, 1);
    ahead_us += 90 * 1000000; /* two minutes: two of thirty are back already */
    CHECK(calls("/one", 100) >= 27);
    CHECK_INT(asked, 2);
}

static void who_can_not_be_asked_changes_nothing(void)
{
    fresh();
    enter("team");
    CHECK_INT(calls("/one", 1), 1);
    asking = SAAS_ERR_UNAVAILABLE;
    ahead_us += 120 * 1000000;
    asked = 0;
    CHECK_INT(calls("/one", 20), 20);
    CHECK_INT(asked, 1);
    enter("team");
    asked = 0;
    CHECK_INT(calls("/one", 100), 5);
    CHECK_INT(asked, 1);
    asking = SAAS_OK;
    ahead_us += 2 * 1000000;
    CHECK(calls("/one", 100) >= 25);
    CHECK_INT(asked, 2);
}

/* More than the table has room for: they are asked about again, and nobody gets another one's plan. */
static void any_number_of_organizations(void)
{
    fresh();
    for (int i = 0; i < 6000; i++) {
        const bool team = i % 2;
        enter(team ? "team" : "free");
        CHECK_INT(ask("GET", "/one", NULL), 200);
        if (!has_header(team ? "ratelimit: \"api\";r=29;t=60" : "ratelimit: \"api\";r=2;t=60")) {
            CHECK_STR(last.headers, "");
            break;
        }
    }
}

static void without_limits_nobody_is_asked(void)
{
    saas_limiter_free(app.site.limiter);
    app.site.limiter = NULL;
    enter("free");
    asked = 0;
    CHECK_INT(calls("/one", 20), 20);
    CHECK_INT(asked, 0);
}

static void refuse(const saas_limit_class *k, uint32_t cost, const char *why)
{
    static saas_error e;
    const saas_limit_class *const list[] = {k, NULL};
    const saas_route route[] = {SAAS_GET("/x", answer, .limits = list, .limit_cost = cost)};
    saas_router *r;
    saas_error_clear(&e);
    MUST(saas_router_new(&r));
    CHECK_INT(saas_router_add(r, "", (saas_route_list){route, 1, sizeof *route}, NULL, &e), SAAS_ERR_BUG);
    if (!strstr(e.text, why))
        CHECK_STR(e.text, why);
    saas_router_free(r);
}

static void wrong_classes_are_startup_errors(void)
{
    static const saas_plan_limit no_rest[] = {{"free", 1, 1}}, twice[] = {{"a", 1, 1}, {"a", 2, 2}, {NULL, 1, 1}},
                                 none[] = {{"a", 0, 1}, {NULL, 1, 1}}, huge[] = {{NULL, 60000001, 1}};
    saas_limit_class k = api;
    k.name = "open";
    refuse(&k, 0, "needs a name");
    k.name = "a\"b";
    refuse(&k, 0, "needs a name");
    k = api;
    k.by = SAAS_BY_NONE;
    refuse(&k, 0, "by whom");
    k = api;
    refuse(&k, 4, "less than a call costs");
    const struct {
        const saas_plan_limit *plans;
        size_t count;
        const char *why;
    } wrong[] = {
        {no_rest, 1, "other plans"}, {twice, 3, "twice"}, {none, 2, "out of bounds"}, {huge, 1, "out of bounds"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        k.plans = wrong[i].plans;
        k.plan_count = wrong[i].count;
        refuse(&k, 0, wrong[i].why);
    }
}

static void ends(void)
{
    site_down();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(each_plan_has_its_numbers),
    TEST(routes_of_a_class_share_its_count),
    TEST(members_count_apart_where_it_says_so),
    TEST(the_first_that_refuses_decides),
    TEST(addresses_where_it_says_so_and_on_open_routes),
    TEST(a_plan_is_asked_for_once_in_a_while),
    TEST(who_can_not_be_asked_changes_nothing),
    TEST(any_number_of_organizations),
    TEST(without_limits_nobody_is_asked),
    TEST(wrong_classes_are_startup_errors),
    TEST(ends),
};
CHECK_MAIN(tests)
