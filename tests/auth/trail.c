/* Which failures are written down: a flood of some hides none of the others. LG1. */
#include "auth_routes/throttle.h"
#include "check.h"
#include <saas/test.h>

enum { FLOOD = 700 };

static saas_test_client *t;

static const saas_principal alice = {.user_id = {{1}}, .org_id = {{1}}, .session_id = {{1}}, .role = SAAS_MEMBER};
static const saas_principal bob = {.user_id = {{2}}, .org_id = {{2}}, .session_id = {{2}}, .role = SAAS_MEMBER};

static size_t written(saas_ctx *c, const char *email, size_t times)
{
    size_t n = 0;
    for (size_t i = 0; i < times; i++)
        n += saas_throttle_audit(c, saas_text_z(email));
    return n;
}

static saas_err guesses(saas_ctx *c)
{
    const size_t flooded = written(c, "ann@example.com", FLOOD);
    CHECK(flooded >= 601 && flooded < 660); /* one of its own, and one more each second */
    CHECK_INT(written(c, "bob@example.com", 1), 1);
    CHECK(saas_throttle_audit_refused(c, SAAS_LIT("cyd@example.com")));
    CHECK(!saas_throttle_audit_refused(c, SAAS_LIT("Cyd@example.com")));
    return saas_reply_null(c, 200);
}

/* Addresses without end are bounded, too. */
static saas_err spray(saas_ctx *c)
{
    size_t n = 0;
    for (size_t i = 0; i < 5000; i++) {
        char email[32];
        snprintf(email, sizeof email, "%zu@example.com", i);
        n += written(c, email, 1);
    }
    CHECK(n >= 3000 && n < 4000);
    return saas_reply_null(c, 200);
}

static saas_err own(saas_ctx *c)
{
    size_t n = 0;
    for (size_t i = 0; i < FLOOD; i++)
        n += saas_throttle_audit_own(c);
    CHECK(n >= 100 && n < 110);
    CHECK(!saas_throttle_audit_denied(c));
    return saas_reply_null(c, 200);
}

static saas_err denied(saas_ctx *c)
{
    size_t n = 0;
    for (size_t i = 0; i < 20; i++)
        n += saas_throttle_audit_denied(c);
    CHECK_INT(n, 10);
    CHECK(saas_throttle_audit_own_refused(c) && !saas_throttle_audit_own_refused(c));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {SAAS_GET("/guesses", guesses, .open = true),
                                    SAAS_GET("/spray", spray, .open = true), SAAS_GET("/own", own),
                                    SAAS_GET("/denied", denied)};

static int get(const char *target, const saas_principal *as)
{
    saas_test_response r = {0};
    saas_err e = SAAS_TEST_SEND(&r, t, .target = target, .as = as);
    return e ? -(int)e : r.status;
}

static bool fresh(void)
{
    static const char *const env[] = {"RATE_LIMITS=on", NULL};
    saas_error e = {0};
    saas_test_client_free(t);
    t = NULL;
    return !saas_test_client_new(&t, SAAS_APP(.name = "trail", SAAS_ROUTES(routes), .env = env, .no_database = true),
                                 NULL, &e);
}

static void guesses_at_one_account_hide_none_at_others(void)
{
    REQUIRE(fresh());
    CHECK_INT(get("/guesses", NULL), 200);
}

static void rows_are_bounded(void)
{
    REQUIRE(fresh());
    CHECK_INT(get("/spray", NULL), 200);
}

static void an_organization_uses_up_its_own(void)
{
    REQUIRE(fresh());
    CHECK_INT(get("/own", &alice), 200);
    CHECK_INT(get("/denied", &bob), 200);
}

static void strangers_hide_nothing_of_members(void)
{
    REQUIRE(fresh());
    CHECK_INT(get("/spray", NULL), 200);
    CHECK_INT(get("/denied", &bob), 200);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(guesses_at_one_account_hide_none_at_others), TEST(rows_are_bounded),
                                       TEST(an_organization_uses_up_its_own), TEST(strangers_hide_nothing_of_members)};
    const int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_client_free(t);
    return failed;
}
