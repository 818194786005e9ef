/* Sessions and organizations of whoever is signed in. */
#include "http.h"

static const saas_group tagged = SAAS_GROUP(.etag = SAAS_ON);
static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes, &tagged},
                                    {"/v1/me", saas_account_routes, &tagged},
                                    {"/v1/audit", saas_audit_routes, &tagged},
                                    {"/v1/invitations", saas_invitation_routes, &tagged}};

static const saas_app_options *host(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts));
    return &o;
}

/* A sign-in as a client keeps it. */
typedef struct client {
    char access[1024], refresh[256], user[40], org[40];
} client;

static client signed_in(void)
{
    client c;
    snprintf(c.access, sizeof c.access, "%s", at("data.accessToken"));
    snprintf(c.refresh, sizeof c.refresh, "%s", at("data.refreshToken"));
    snprintf(c.user, sizeof c.user, "%s", at("data.user.id"));
    snprintf(c.org, sizeof c.org, "%s", at("data.organization.id"));
    return c;
}

static client sign_up_as(const char *org, const char *email)
{
    CHECK_INT(sign_up(org, email), 201);
    return signed_in();
}

static client log_in_as(const char *email)
{
    CHECK_INT(log_in(email, PASSWORD), 200);
    return signed_in();
}

static int get(const client *c, const char *target)
{
    return call("GET", target, c->access, "%s", "");
}

static int move(const client *c, const char *org)
{
    return call("POST", "/v1/auth/switch", c->access, "{\"orgId\":\"%s\"}", org);
}

/* Both are verified; ann is a member of bob's organization too. */
static void join_both(void)
{
    sql("update accounts set verified_at = now()");
    sql("insert into users (org_id, account_id, email, role, accepted_at) select o.id, a.id, a.email, 'viewer', now()"
        " from organizations o, accounts a where o.slug = 'bobs' and a.email = 'ann@example.com'");
}

static void sessions_are_listed(void)
{
    REQUIRE(start());
    sign_up_as("Bobs", "bob@example.com");
    client one = sign_up_as("Acme", "ann@example.com"), two = log_in_as("ann@example.com");
    CHECK_INT(get(&two, "/v1/auth/sessions"), 200);
    CHECK_STR(at("meta.total"), "2");
    CHECK_STR(at("data[0].current"), "true"); /* the newest first */
    CHECK_STR(at("data[1].current"), "false");
    CHECK_STR(at("data[0].userAgent"), "Test?/1.0");
    CHECK(strcmp(at("data[0].ip"), "(absent)") != 0);
    CHECK_INT(strlen(at("data[0].createdAt")), SAAS_TIME_CHARS);
    CHECK_INT(strlen(at("data[0].lastUsedAt")), SAAS_TIME_CHARS);
    CHECK(!strstr(r.body.ptr, "hash") && !strstr(r.body.ptr, "srt_"));
    sql("update sessions set last_used_at = now() - interval '7 days' where id = (select min(s.id::text)::uuid from"
        " sessions s join accounts a on a.id = s.account_id where a.email = 'ann@example.com')");
    CHECK_INT(get(&two, "/v1/auth/sessions?cursor="), 200);
    CHECK_STR(at("data[1].id"), "(absent)"); /* over by itself */
    CHECK_INT(get(&one, "/v1/auth/sessions?perPage=0"), 400);
    CHECK_INT(call("GET", "/v1/auth/sessions", NULL, "%s", ""), 401);
}

/* RF6 */
static void a_session_is_revoked(void)
{
    char path[128];
    REQUIRE(start());
    client bob = sign_up_as("Bobs", "bob@example.com");
    client one = sign_up_as("Acme", "ann@example.com"), two = log_in_as("ann@example.com");
    CHECK_INT(get(&one, "/v1/auth/sessions"), 200);
    snprintf(path, sizeof path, "/v1/auth/sessions/%s", at("data[0].id"));
    CHECK_INT(call("DELETE", path, bob.access, "%s", ""), 404);
    CHECK_STR(at("error.code"), "SESSION_NOT_FOUND");
    CHECK_INT(call("DELETE", "/v1/auth/sessions/x", one.access, "%s", ""), 404);
    CHECK_STR(at("error.code"), "SESSION_NOT_FOUND");
    CHECK_INT(call("DELETE", path, one.access, "%s", ""), 200);
    CHECK(strstr(r.body.ptr, "\"data\":null"));
    CHECK_INT(refresh(two.refresh), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
    CHECK_INT(call("DELETE", path, one.access, "%s", ""), 404); /* once */
    CHECK_INT(get(&two, "/v1/auth/sessions"), 401);
    CHECK_INT(call("POST", "/v1/auth/logout-all", two.access, "%s", ""), 401);
    CHECK_INT(refresh(one.refresh), 200);
    CHECK_INT(refresh(bob.refresh), 200);
}

/* RF6 */
static void logging_out_everywhere(void)
{
    REQUIRE(start());
    client bob = sign_up_as("Bobs", "bob@example.com");
    client one = sign_up_as("Acme", "ann@example.com"), two = log_in_as("ann@example.com");
    CHECK_INT(call("POST", "/v1/auth/logout-all", one.access, "%s", ""), 200);
    CHECK_INT(refresh(one.refresh), 401);
    CHECK_INT(refresh(two.refresh), 401);
    CHECK_INT(refresh(bob.refresh), 200);
    CHECK_STR(sql("select string_agg(event, ' ' order by id) from audit where org_id = (select id from organizations"
                  " where slug = 'acme')"),
              "session.created organization.created session.created session.revoked");
}

static void organizations_of_an_account(void)
{
    REQUIRE(start());
    sign_up_as("Bobs", "bob@example.com");
    client ann = sign_up_as("Acme", "ann@example.com");
    join_both();
    CHECK_INT(get(&ann, "/v1/auth/organizations"), 200);
    CHECK_STR(at("meta.total"), "2");
    CHECK_STR(at("data[0].slug"), "acme");
    CHECK_STR(at("data[1].slug"), "bobs");
    CHECK_STR(at("data[1].plan"), "free");
    sql("update accounts set verified_at = null");
    CHECK_INT(get(&ann, "/v1/auth/organizations"), 200);
    CHECK_STR(at("meta.total"), "1"); /* at home only */
    sql("update accounts set verified_at = now()");
    sql("update users set accepted_at = null where role = 'viewer'");
    CHECK_INT(get(&ann, "/v1/auth/organizations"), 200);
    CHECK_STR(at("meta.total"), "1"); /* not accepted yet */
}

static void switching(void)
{
    REQUIRE(start());
    client bob = sign_up_as("Bobs", "bob@example.com"), ann = sign_up_as("Acme", "ann@example.com");
    CHECK_INT(move(&ann, bob.org), 404);
    CHECK_STR(at("error.code"), "ORGANIZATION_NOT_FOUND");
    CHECK_INT(move(&ann, "00000000-0000-7000-8000-000000000000"), 404);
    join_both();
    CHECK_INT(move(&ann, bob.org), 200);
    CHECK_STR(at("data.organization.id"), bob.org);
    CHECK_STR(at("data.user.role"), "viewer");
    CHECK_STR(at("data.user.orgId"), bob.org);
    client there = signed_in();
    CHECK(strcmp(there.user, ann.user) != 0);
    CHECK_STR(sql("select count(*) from sessions"), "2"); /* the same one */
    CHECK_INT(get(&there, "/v1/auth/sessions"), 200);
    CHECK_STR(at("data[0].current"), "true");
    CHECK_INT(refresh(there.refresh), 200);
    CHECK_INT(refresh(ann.refresh), 401); /* two before */
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(at("data.organization.id"), bob.org); /* the one last used */
    sql("update accounts set verified_at = null");
    client back = signed_in();
    CHECK_INT(move(&back, bob.org), 404);
    CHECK_INT(move(&back, ann.org), 200); /* home */
}

/* RF4, RF7: the answer of a switch may get lost, and a second tab may refresh meanwhile. */
static void the_token_before_a_switch_has_its_grace(void)
{
    char next[256];
    REQUIRE(start());
    client bob = sign_up_as("Bobs", "bob@example.com"), ann = sign_up_as("Acme", "ann@example.com");
    join_both();
    CHECK_INT(move(&ann, bob.org), 200);
    client lost = signed_in();
    CHECK_INT(refresh(ann.refresh), 200);
    snprintf(next, sizeof next, "%s", at("data.refreshToken"));
    CHECK_INT(refresh(ann.refresh), 200);
    CHECK_STR(at("data.refreshToken"), next); /* the same successor again */
    client moved = {.access = ""};
    snprintf(moved.access, sizeof moved.access, "%s", at("data.accessToken"));
    CHECK_INT(get(&moved, "/v1/auth/sessions"), 200); /* in bob's */
    CHECK_INT(refresh(next), 200);
    snprintf(next, sizeof next, "%s", at("data.refreshToken"));
    CHECK_INT(refresh(lost.refresh), 401); /* replaced, not kept beside */
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
    CHECK_INT(refresh(next), 401);

    ann = log_in_as("ann@example.com");
    CHECK_INT(move(&ann, ann.org), 200);
    sql("update sessions set rotated_at = now() - interval '11 seconds'");
    CHECK_INT(refresh(ann.refresh), 401);
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
}

/* Both tabs of one browser: whichever token of the two is used next goes on. */
static void a_switch_outlives_a_second_tab(void)
{
    REQUIRE(start());
    client bob = sign_up_as("Bobs", "bob@example.com"), ann = sign_up_as("Acme", "ann@example.com");
    join_both();
    CHECK_INT(move(&ann, bob.org), 200);
    client moved = signed_in();
    CHECK_INT(refresh(ann.refresh), 200); /* the second tab */
    client second = {.access = ""};
    snprintf(second.refresh, sizeof second.refresh, "%s", at("data.refreshToken"));
    CHECK_INT(refresh(moved.refresh), 200);
    char next[256];
    snprintf(next, sizeof next, "%s", at("data.refreshToken"));
    CHECK_INT(refresh(next), 200);
    CHECK_INT(refresh(second.refresh), 401);
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
}

/* VA7: where the host's answers have ETags, too. */
static void nobody_keeps_what_is_said_about_an_account(void)
{
    static const char *const targets[] = {"/v1/auth/sessions", "/v1/auth/organizations", "/v1/me", "/v1/me/export",
                                          "/v1/audit",         "/v1/invitations"};
    REQUIRE(start());
    const client ann = sign_up_as("Acme", "ann@example.com");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        CHECK_INT(get(&ann, targets[i]), 200);
        const saas_text caches = saas_test_header(&r, "cache-control");
        CHECK_STR(caches.ptr ? caches.ptr : "(none)", "no-store");
        CHECK(!saas_test_header(&r, "etag").ptr);
    }
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(sessions_are_listed),
                                       TEST(a_session_is_revoked),
                                       TEST(logging_out_everywhere),
                                       TEST(organizations_of_an_account),
                                       TEST(switching),
                                       TEST(the_token_before_a_switch_has_its_grace),
                                       TEST(a_switch_outlives_a_second_tab),
                                       TEST(nobody_keeps_what_is_said_about_an_account)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
