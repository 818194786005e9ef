/* Members in the database: last admin, waiting memberships, what leaves with whom. */
#include "database.h"

/* As admin n of organization n. */
static const char *add(unsigned n, const char *email, const char *role)
{
    return in_org(app, n,
                  "select outcome from saas_auth_api.user_create('%s', 'admin', gen_random_uuid(),"
                  " gen_random_uuid(), '%s', '$new', '%s')",
                  id('c', n), email, role);
}

static const char *user_of(const char *email)
{
    return sql(super, "select id from users where email = '%s'", email);
}

static const char *set_role(unsigned org, const char *actor, const char *user, const char *role)
{
    return in_org(app, org, "select outcome from saas_auth_api.user_set_role('%s', 'admin', '%s', '%s')", actor, user,
                  role);
}

static const char *leave(unsigned org, const char *actor, const char *user)
{
    return in_org(app, org, "select saas_auth_api.user_remove('%s', 'admin', '%s')", actor, user);
}

static void an_unknown_address_works_at_once_a_known_one_waits(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "new@example.com", "viewer"), "ok");
    CHECK_STR(sql(super, "select u.role || ' ' || (u.accepted_at is not null) || ' ' || a.password_hash || ' ' ||"
                         " (a.home_org_id = u.org_id) || ' ' || (a.verified_at is null) from users u"
                         " join accounts a on a.id = u.account_id where u.email = 'new@example.com'"),
              "viewer true $new true true");
    CHECK_STR(add(1, "Person2@Example.com", "member"), "ok");
    CHECK_STR(sql(super,
                  "select (u.accepted_at is null) || ' ' || a.password_hash || ' ' || (a.id = '%s') from users u"
                  " join accounts a on a.id = u.account_id where u.email = 'Person2@Example.com'",
                  id('a', 2)),
              "true $2 true");
    CHECK_STR(add(1, "NEW@example.com", "admin"), "exists");
    CHECK_STR(add(1, "person2@example.com", "admin"), "exists");
    CHECK_STR(add(1, "person1@example.com", "admin"), "exists");
    CHECK_STR(sql(super, "select count(*) from accounts"), "3");
    CHECK_STR(add(2, "new@example.com", "member"), "ok"); /* the other organization learns nothing */
    CHECK_STR(add(1, "x@example.com", "owner"), "23514");
}

/* TK8: a token that outlived the role it names administers nobody. */
static void a_stale_role_is_refused(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "b@example.com", "admin"), "ok");
    CHECK_STR(set_role(1, user_of("b@example.com"), id('c', 1), "member"), "ok");
    CHECK_STR(set_role(1, id('c', 1), id('c', 1), "admin"), "forbidden");
    CHECK_STR(add(1, "c@example.com", "admin"), "forbidden");
    CHECK_STR(leave(1, id('c', 1), user_of("b@example.com")), "forbidden");
    CHECK_STR(set_role(1, id('c', 2), id('c', 1), "admin"), "forbidden"); /* an admin elsewhere */
    CHECK_STR(sql(app, "select outcome from saas_auth_api.user_set_role('%s', 'admin', '%s', 'admin')", id('c', 2),
                  id('c', 1)),
              "forbidden"); /* no organization at all */
    CHECK_STR(sql(super, "select role from users where id = '%s'", id('c', 1)), "member");
}

/* TN3 */
static void members_elsewhere_are_not_found(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(set_role(1, id('c', 1), id('c', 2), "viewer"), "not_found");
    CHECK_STR(set_role(1, id('c', 1), id('c', 77), "viewer"), "not_found");
    CHECK_STR(leave(1, id('c', 1), id('c', 2)), "not_found");
    CHECK_STR(sql(super, "select string_agg(role, ' ') from users"), "admin admin");
}

static void the_last_admin_stays(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "m@example.com", "member"), "ok");
    CHECK_STR(add(1, "person2@example.com", "admin"), "ok"); /* waits: does not count */
    CHECK_STR(set_role(1, id('c', 1), id('c', 1), "member"), "last_admin");
    CHECK_STR(set_role(1, id('c', 1), id('c', 1), "admin"), "ok");
    CHECK_STR(leave(1, id('c', 1), id('c', 1)), "last_admin");
    CHECK_STR(set_role(1, id('c', 1), user_of("m@example.com"), "admin"), "ok");
    sql(super, "update accounts set disabled_at = now() where email = 'm@example.com'");
    CHECK_STR(leave(1, id('c', 1), id('c', 1)), "last_admin"); /* nor does a disabled one */
    sql(super, "update accounts set disabled_at = null");
    CHECK_STR(leave(1, id('c', 1), id('c', 1)), "ok");
    CHECK_STR(sql(super,
                  "select count(*) from users where org_id = '%s' and role = 'admin' and accepted_at is not null",
                  id('b', 1)),
              "1");
}

/* Two admins take each other's role, or leave, at the same moment: one waits for the other and then is refused. */
static void two_demotions_at_once_leave_an_admin(void)
{
    static const char *const second[] = {
        "select outcome from saas_auth_api.user_set_role('%s', 'admin', '%s', 'member')",
        "select saas_auth_api.user_remove('%s', 'admin', '%s')"};
    for (size_t i = 0; i < 4; i++) {
        char text[512], b[SAAS_UUID_CHARS + 1];
        REQUIRE(database_clean());
        PGconn *other = connect_to(db.app_dsn);
        CHECK_STR(sign_up(1), "ok");
        CHECK_STR(add(1, "b@example.com", "admin"), "ok");
        snprintf(b, sizeof b, "%s", user_of("b@example.com"));
        sql(app, "begin; select set_config('app.current_org_id', '%s', true)", id('b', 1));
        sql(other, "begin; select set_config('app.current_org_id', '%s', true)", id('b', 1));
        CHECK_STR(sql(app, second[i % 2], id('c', 1), i < 2 ? id('c', 1) : b), "ok"); /* itself, or the other one */
        snprintf(text, sizeof text, second[i / 2], b, i < 2 ? b : id('c', 1));
        REQUIRE(PQsendQuery(other, text));
        while (PQflush(other) > 0)
            ;
        usleep(50000);
        PQconsumeInput(other);
        CHECK(PQisBusy(other));
        sql(app, "commit");
        const char *outcome = value_of(PQgetResult(other));
        CHECK_STR(outcome, i < 2 ? "last_admin" : "forbidden");
        PQclear(PQgetResult(other));
        sql(other, "commit");
        CHECK_STR(sql(super, "select count(*) from users where role = 'admin'"), "1");
        PQfinish(other);
    }
}

/* RF6, and an address that was never proven does not stay taken. */
static void what_leaves_with_a_member(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "new@example.com", "member"), "ok");
    sql(super, "insert into sessions (id, account_id, org_id, user_id, current_hash) select gen_random_uuid(),"
               " account_id, org_id, id, decode(repeat('aa', 32), 'hex') from users where email = 'new@example.com'");
    CHECK_STR(leave(1, id('c', 1), user_of("new@example.com")), "ok");
    CHECK_STR(sql(super, "select count(*) from sessions"), "2");
    CHECK_STR(sql(super, "select count(*) from accounts where email = 'new@example.com'"), "0");
    CHECK_STR(add(1, "person2@example.com", "member"), "ok");
    CHECK_STR(leave(1, id('c', 1), user_of("person2@example.com")), "ok");
    CHECK_STR(sql(super, "select count(*) from accounts"), "2"); /* at home elsewhere */
    CHECK_STR(add(1, "v@example.com", "member"), "ok");
    sql(super, "update accounts set verified_at = now() where email = 'v@example.com'");
    CHECK_STR(leave(1, id('c', 1), user_of("v@example.com")), "ok");
    CHECK_STR(sql(super, "select count(*) from accounts"), "3"); /* proven: stays its owner's */
    CHECK_STR(sql(super, "select string_agg(event, ' ' order by id) from audit where org_id = '%s'", id('b', 1)),
              "session.created organization.created user.created session.created user.removed user.created user.removed "
              "user.created user.removed");
}

/* PW6 */
static void a_new_password_ends_the_other_sessions(void)
{
    static const char change[] = "select saas_auth_api.password_change('%s', '%s', '%s', '$new')";
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    sql(super,
        "insert into sessions (id, account_id, org_id, user_id, current_hash) values"
        " ('%s', '%s', '%s', '%s', decode(repeat('aa', 32), 'hex'))",
        id('d', 9), id('a', 1), id('b', 1), id('c', 1));
    CHECK_STR(
        in_org(app, 1, "select password_hash from saas_auth_api.password_lookup('%s', '%s')", id('c', 1), id('d', 1)),
        "$1");
    CHECK_STR(in_org(app, 2, "select count(*) from saas_auth_api.password_lookup('%s', '%s')", id('c', 1), id('d', 1)),
              "0");
    CHECK_STR(in_org(app, 1, "select count(*) from saas_auth_api.password_lookup('%s', '%s')", id('c', 1), id('d', 2)),
              "0");
    CHECK_STR(in_org(app, 1, change, id('c', 1), id('d', 1), "$other"), "f");
    CHECK_STR(in_org(app, 2, change, id('c', 1), id('d', 1), "$1"), "f");
    CHECK_STR(in_org(app, 1, change, id('c', 1), id('d', 1), "$1"), "t");
    CHECK_STR(sql(super, "select password_hash from accounts where id = '%s'", id('a', 1)), "$new");
    CHECK_STR(sql(super, "select string_agg(coalesce(revoke_reason, 'live'), ' ' order by id) from sessions"),
              "live live password");
    sql(super, "update sessions set revoked_at = now() where id = '%s'", id('d', 1));
    CHECK_STR(in_org(app, 1, change, id('c', 1), id('d', 1), "$new"), "f"); /* signed out: not with the old token */
}

static void an_organization_goes_whole(void)
{
    static const char remove[] = "select saas_auth_api.organization_remove('%s', 'admin', '%s', '%s')";
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "new@example.com", "member"), "ok");
    CHECK_STR(add(1, "person2@example.com", "admin"), "ok");
    CHECK_STR(in_org(app, 1, remove, id('c', 1), id('d', 1), "$2"), "invalid");
    CHECK_STR(in_org(app, 1, remove, id('c', 2), id('d', 2), "$2"), "forbidden");
    CHECK_STR(in_org(app, 1, remove, id('c', 1), id('d', 1), "$1"), "ok");
    CHECK_STR(sql(super, "select string_agg(slug, ' ') from organizations"), "org-2");
    CHECK_STR(sql(super, "select string_agg(email, ' ') from accounts"), "Person2@example.com");
    CHECK_STR(sql(super, "select count(*) from users"), "1");
    CHECK_STR(sql(super, "select count(*) from sessions"), "1");
    CHECK_STR(sql(super, "select event from audit where org_id is null"), "organization.removed");
}

/* Made by an organization that has gone since, waiting in another one that lets go of it: nobody's. */
static void an_address_is_not_taken_for_ever(void)
{
    char user[64];
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(add(1, "new@example.com", "member"), "ok");
    CHECK_STR(add(2, "new@example.com", "member"), "ok");
    snprintf(user, sizeof user, "%s", sql(super, "select id from users where email = 'new@example.com' and org_id = '%s'",
                                          id('b', 2)));
    CHECK_STR(in_org(app, 1, "select saas_auth_api.organization_remove('%s', 'admin', '%s', '%s')", id('c', 1), id('d', 1),
                     "$1"),
              "ok");
    CHECK_STR(leave(2, id('c', 2), user), "ok");
    CHECK_STR(sql(super, "select count(*) from accounts where email = 'new@example.com'"), "0");
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(an_unknown_address_works_at_once_a_known_one_waits),
                                       TEST(a_stale_role_is_refused),
                                       TEST(members_elsewhere_are_not_found),
                                       TEST(the_last_admin_stays),
                                       TEST(two_demotions_at_once_leave_an_admin),
                                       TEST(what_leaves_with_a_member),
                                       TEST(a_new_password_ends_the_other_sessions),
                                       TEST(an_organization_goes_whole),
                                       TEST(an_address_is_not_taken_for_ever)};
    return run_with_cluster(tests, sizeof tests / sizeof *tests, argc, argv);
}
