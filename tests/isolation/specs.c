/* Calls that must not meet: refresh tokens, the last admin, invitations, sign-ups, passwords; each spec in every order of
 * its steps (RF2, RF3). */
#include "spec.h"
#include <saas.h>
#include <saas/test.h>

static saas_test_pg *pg;
static saas_test_db db;

/* n(1): an id; h(1): a token's hash. Organization 10: accounts 1 and 2 are its admins 11 and 12, account 3 its member 13. */
static const char helpers[] =
    "create function n(i int) returns uuid immutable language sql as"
    " $$ select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid $$;"
    "create function h(i int) returns bytea immutable language sql as $$ select decode(repeat(lpad(i::text, 2, '0'), 32),"
    " 'hex') $$; grant execute on function n, h to saas_app;";

#define CLEAN                                                                                                          \
    "delete from organizations; delete from accounts; delete from outbox; delete from mail_tokens; delete from audit;"       \
    "delete from revocations;"
#define PEOPLE                                                                                                         \
    CLEAN "insert into organizations (id, name, slug) values (n(10), 'A', 'org-a'), (n(20), 'B', 'org-b');"            \
          "insert into accounts (id, email, password_hash, verified_at, home_org_id) select n(i), 'u' || i || '@x.yz',"  \
          " 'hash', now(), n(10) from generate_series(1, 3) i;"                                                        \
          "insert into users (id, org_id, account_id, email, role, accepted_at) select n(10 + i), n(10), n(i),"        \
          " 'u' || i || '@x.yz', case when i < 3 then 'admin' else 'member' end, now() from generate_series(1, 3) i;"  \
          "insert into users (id, org_id, account_id, email, role, accepted_at) values (n(21), n(20), n(1), 'u1@x.yz',"  \
          " 'admin', now());"                                                                                          \
          "insert into sessions (id, account_id, org_id, user_id, current_hash, previous_hash, random, rotated_at)"    \
          " select n(30 + i), n(i), n(10), n(10 + i), h(2), h(1), h(9), now() - interval '1 hour'"                     \
          " from generate_series(1, 3) i;"
#define INVITED                                                                                                        \
    PEOPLE "insert into invitations (id, org_id, email, role) values (n(40), n(10), 'new@x.yz', 'member');"            \
           "insert into mail_tokens (hash, kind, email, invitation_id, expires_at) values (h(5), 'invitation',"        \
           " 'new@x.yz', n(40), now() + interval '1 hour');"

#define REFRESH(with, next, random)                                                                                    \
    "select outcome from saas_auth_api.session_refresh(n(31), h(" with "), h(" next "), h(" random "))"
#define SET_ROLE(actor, user)                                                                                          \
    "select outcome from saas_auth_api.user_set_role(n(" actor "), 'admin', n(" user "), 'member')"
#define REMOVE(actor, user) "select saas_auth_api.user_remove(n(" actor "), 'admin', n(" user "))"
#define LEAVE(user, session) "select saas_auth_api.account_remove(n(" user "), n(" session "), 'hash')"
#define ACCEPT(account, user, session)                                                                                 \
    "select outcome from saas_auth_api.invitation_accept(h(5), n(" account "), n(" user "), 'new', null, null, null,"  \
    " n(" session "), h(8), null, null)"
#define SIGN_UP(i, slug, free, email)                                                                                  \
    "select outcome from saas_auth_api.signup(n(5" i "), n(6" i "), n(7" i "), n(8" i "), 'C', '" slug "', " free      \
    ", '" email "', 'hash', h(3), null, null)"
#define ONE_CHAIN                                                                                                      \
    "select current_hash in (h(3), h(4)) and previous_hash = h(2) and revoked_at is null and (current_hash, random) in" \
    " ((h(3), h(13)), (h(4), h(14))) from sessions where id = n(31)"
#define AN_ADMIN                                                                                                       \
    "select count(*) > 0 from users u join accounts a on a.id = u.account_id where org_id = n(10) and role = 'admin'"

static const spec refreshing[] = {
    {"one token, twice", PEOPLE, {REFRESH("2", "3", "13"), REFRESH("2", "4", "14")}, "grace rotated", ONE_CHAIN},
    {"one token, three times",
     PEOPLE,
     {REFRESH("2", "3", "13"), REFRESH("2", "4", "14"), REFRESH("2", "5", "15")},
     "grace grace rotated",
     "select current_hash in (h(3), h(4), h(5)) and previous_hash = h(2) and revoked_at is null from sessions"
     " where id = n(31)"},
    {"a token and an old one",
     PEOPLE,
     {REFRESH("2", "3", "13"), REFRESH("1", "4", "14")},
     "reused rotated; invalid reused",
     "select revoked_at is not null from sessions where id = n(31)"},
    {"a token and a sign-out",
     PEOPLE,
     {REFRESH("2", "3", "13"), "select saas_auth_api.session_end(n(31))"},
     "rotated t; invalid t",
     "select revoked_at is not null from sessions where id = n(31)"},
    {"a token and a switch",
     PEOPLE,
     {REFRESH("2", "3", "13"), "select outcome from saas_auth_api.session_switch(n(11), n(31), n(20), h(4))"},
     "ok rotated; grace ok",
     "select revoked_at is null and org_id = n(20) and current_hash in (h(3), h(4)) from sessions where id = n(31)"},
    {"a token and its account, which is removed",
     PEOPLE,
     {REFRESH("2", "3", "13"), LEAVE("11", "31")},
     "ok rotated; invalid ok",
     "select count(*) = 0 from sessions where id = n(31)"},
};

static const spec last_admin[] = {
    {"two demote each other", PEOPLE, {SET_ROLE("11", "12"), SET_ROLE("12", "11")}, "forbidden ok", AN_ADMIN},
    {"two demote themselves", PEOPLE, {SET_ROLE("11", "11"), SET_ROLE("12", "12")}, "last_admin ok", AN_ADMIN},
    {"two remove each other", PEOPLE, {REMOVE("11", "12"), REMOVE("12", "11")}, "forbidden ok", AN_ADMIN},
    {"two remove their accounts", PEOPLE, {LEAVE("11", "31"), LEAVE("12", "32")}, "last_admin ok", AN_ADMIN},
    {"one demotes itself, one removes its account",
     PEOPLE,
     {SET_ROLE("11", "11"), LEAVE("12", "32")},
     "last_admin ok",
     AN_ADMIN},
    {"one is demoted, and removes its account",
     PEOPLE,
     {SET_ROLE("12", "11"), LEAVE("11", "31")},
     "ok ok; not_found ok",
     AN_ADMIN},
    {"three demote each other in a ring",
     PEOPLE "update users set role = 'admin' where id = n(13);",
     {SET_ROLE("11", "12"), SET_ROLE("12", "13"), SET_ROLE("13", "11")},
     "forbidden ok ok",
     AN_ADMIN},
};

static const spec invitations[] = {
    {"accepted twice",
     INVITED,
     {ACCEPT("4", "14", "34"), ACCEPT("5", "15", "35")},
     "invalid ok",
     "select (select count(*) from users where email = 'new@x.yz') = 1 and (select count(*) from accounts where email ="
     " 'new@x.yz') = 1 and not exists (select from invitations)"},
    {"accepted and cancelled",
     INVITED,
     {ACCEPT("4", "14", "34"), "select saas_auth_api.invitation_cancel(n(11), 'admin', n(40))"},
     "not_found ok; invalid ok",
     "select not exists (select from invitations) and (select count(*) from sessions where id = n(34)) ="
     " (select count(*) from users where email = 'new@x.yz')"},
    {"accepted, and its organization removed",
     INVITED,
     {ACCEPT("4", "14", "34"), "select saas_auth_api.organization_remove(n(11), 'admin', n(31), 'hash')"},
     "ok ok; invalid ok",
     "select not exists (select from users where org_id = n(10))"},
    {"a member made twice",
     PEOPLE,
     {"select outcome from saas_auth_api.user_create(n(11), 'admin', n(51), n(41), 'Z@x.yz', 'h', 'member')",
      "select outcome from saas_auth_api.user_create(n(12), 'admin', n(52), n(42), 'z@x.yz', 'h', 'member')"},
     "exists ok",
     "select count(*) = 1 from users where lower(email) = 'z@x.yz'"},
};

static const spec signing_up[] = {
    {"one slug, twice",
     CLEAN,
     {SIGN_UP("1", "slug", "false", "a@x.yz"), SIGN_UP("2", "slug", "false", "b@x.yz")},
     "ok slug_taken",
     "select (select count(*) from organizations) = 1 and (select count(*) from accounts) = 1"},
    {"one slug that may be changed, twice",
     CLEAN,
     {SIGN_UP("1", "slug", "true", "a@x.yz"), SIGN_UP("2", "slug", "true", "b@x.yz")},
     "ok ok",
     "select count(*) = 2 and count(distinct slug) = 2 from organizations"},
    {"one address, twice",
     CLEAN,
     {SIGN_UP("1", "slug-a", "false", "a@x.yz"), SIGN_UP("2", "slug-b", "false", "A@x.yz")},
     "email_taken ok",
     "select (select count(*) from organizations) = 1 and (select count(*) from accounts) = 1 and (select count(*) from"
     " sessions) = 1"},
};

static const spec passwords[] = {
    {"changed twice",
     PEOPLE,
     {"select saas_auth_api.password_change(n(11), n(31), 'hash', 'x')",
      "select saas_auth_api.password_change(n(11), n(31), 'hash', 'y')"},
     "f t",
     "select password_hash in ('x', 'y') from accounts where id = n(1)"},
    {"reset twice with one token",
     PEOPLE "insert into mail_tokens (hash, kind, email, account_id, expires_at) values (h(6), 'reset', 'u1@x.yz', n(1),"
            " now() + interval '1 hour');",
     {"select saas_auth_api.password_reset(h(6), 'x')", "select saas_auth_api.password_reset(h(6), 'y')"},
     "invalid ok",
     "select password_hash in ('x', 'y') and not exists (select from sessions where account_id = n(1) and revoked_at is"
     " null) from accounts where id = n(1)"},
    {"changed, and signed in with the old one",
     PEOPLE,
     {"select saas_auth_api.password_change(n(11), n(31), 'hash', 'x')",
      "select outcome from saas_auth_api.session_create(n(1), 'hash', null, n(39), h(7), null, null)"},
     "ok t; invalid t",
     "select not exists (select from sessions where id = n(39) and revoked_at is null)"},
};

#define RUN(table)                                                                                                     \
    for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                                                       \
    run_spec(&(table)[i])

static void refresh_tokens(void)
{
    RUN(refreshing);
}

static void the_last_admin(void)
{
    RUN(last_admin);
}

static void invitations_and_members(void)
{
    RUN(invitations);
}

static void sign_ups(void)
{
    RUN(signing_up);
}

static void changed_passwords(void)
{
    RUN(passwords);
}

static const check_test tests[] = {TEST(refresh_tokens), TEST(the_last_admin), TEST(invitations_and_members),
                                   TEST(sign_ups), TEST(changed_passwords)};

int main(int argc, char **argv)
{
    saas_error e = {0};
    const saas_app_options *o = SAAS_APP(.name = "specs");
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, o, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    observer = PQconnectdb(db.super_dsn);
    spec_dsn = db.app_dsn;
    spec_begin = "begin; select set_config('app.current_org_id', n(10)::text, true)";
    int failed = 1;
    if (!*observe(helpers))
        failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    PQfinish(observer);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return failed;
}
