/* Access tokens end with what they stand for, at every process: two apps on one database, which know of each other
 * through it alone. `t` does things; `there` is asked. */
#include "http.h"
#include <string.h>
#include <unistd.h>

/* ---- a host ---- */

static saas_err hello(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

#define ROLE(F, T) F(T, word(saas_user_role), role, .required = true)
SAAS_STRUCT(new_role, ROLE);
SAAS_STRUCT(user, SAAS_USER_FIELDS);

static saas_err set_role(saas_ctx *c)
{
    saas_uuid id;
    saas_rows *row;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_user_set_role(c, &row, id, (saas_role)saas_body(c, new_role)->role));
    return saas_reply_row(c, 200, row, &user_schema);
}

static saas_err remove_user(saas_ctx *c)
{
    saas_uuid id;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_user_remove(c, id));
    return saas_reply_null(c, 200);
}

#define PROOF(F, T) F(T, text(1, 128), current_password, .required = true, .secret = true)
SAAS_STRUCT(proof, PROOF);

static saas_err remove_organization(saas_ctx *c)
{
    const saas_text typed = saas_body(c, proof)->current_password;
    SAAS_TRY(saas_organization_remove(c, typed));
    for (size_t i = 0; i < typed.len; i++)
        CHECK(!typed.ptr[i]); /* SC1 */
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/hello", hello), SAAS_GET("/open", hello, .open = true),
    SAAS_PATCH("/users/:id", set_role, .body = &new_role_schema, .role = SAAS_ADMIN),
    SAAS_DELETE("/users/:id", remove_user, .role = SAAS_ADMIN),
    SAAS_DELETE("/organization", remove_organization, .body = &proof_schema, .role = SAAS_ADMIN)};
static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}, {"/v1/me", saas_account_routes}};

static const char *const *environment;

static const saas_app_options *host(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "revoked", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), .env = environment);
    return &o;
}

/* ---- the other process ---- */

static saas_test_client *there;

static saas_test_client *another(const char *setting, const saas_test_db *on)
{
    static const char *given[] = {"LOG_LEVEL=info", NULL, NULL};
    saas_test_client *made = NULL;
    saas_error e = {0};
    given[1] = setting;
    environment = given;
    if (saas_test_client_new(&made, host(), on, &e))
        fprintf(stderr, "%s\n", e.text);
    environment = NULL;
    return made;
}

static int ask(saas_test_client *whom, const char *token)
{
    saas_test_response got = {0};
    saas_err e = SAAS_TEST_SEND(&got, whom, .target = "/hello", .bearer = token);
    return e ? -(int)e : got.status;
}

/* Whether it answered the last request without the database; its log since then is used up. */
static bool knows(saas_test_client *whom)
{
    return strstr(saas_test_client_logged(whom), "\"round_trips\":0") != NULL;
}

/* Until it answers without the database: has loaded, and listens. */
static bool settles(saas_test_client *whom, const char *token)
{
    for (int i = 0; i < 2000; i++) {
        saas_test_client_logged(whom);
        if (ask(whom, token) == 200 && knows(whom))
            return true;
        usleep(5000);
    }
    return false;
}

/* The answers until it refuses: 200, every one. */
static bool comes_to_refuse(saas_test_client *whom, const char *token)
{
    for (int i = 0; i < 2000; i++) {
        int status = ask(whom, token);
        if (status != 200)
            return status == 401;
        usleep(5000);
    }
    return false;
}

static bool both_start(void)
{
    if (!start())
        return false;
    if (!there)
        there = another(NULL, &db);
    return there;
}

static char ann[1024], bob[1024], refresh_token[256], user_id[64];

static void keep_tokens(char *access)
{
    strcpy(access, at("data.accessToken"));
    strcpy(refresh_token, at("data.refreshToken"));
    strcpy(user_id, at("data.user.id"));
}

/* Ann, an admin, and Bob, a member she has let in; both are known there. Tokens and ids kept are his. */
static bool two_people(void)
{
    char statement[512];
    bool ok = sign_up("Acme", "ann@example.com") == 201;
    strcpy(ann, at("data.accessToken"));
    ok = ok && sign_up("Other", "bob@example.com") == 201;
    snprintf(statement, sizeof statement,
             "update accounts set verified_at = now(); insert into users (org_id, account_id, email, role, accepted_at,"
             " created_at) select o.id, a.id, a.email, 'member', now(), now() - interval '1 day' from organizations o,"
             " accounts a where o.slug = 'acme' and a.email = 'bob@example.com'; update accounts a set last_org_id ="
             " (select id from organizations where slug = 'acme')");
    sql(statement);
    ok = ok && log_in("bob@example.com", PASSWORD) == 200;
    keep_tokens(bob);
    return ok && settles(there, ann) && ask(there, bob) == 200;
}

/* ---- sessions ---- */

/* RF6 */
static void a_session_that_ends_here_ends_there(void)
{
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(bob, at("data.accessToken")); /* another device */
    CHECK(settles(there, ann));
    CHECK_INT(call("POST", "/v1/auth/logout", NULL, "{\"refreshToken\":\"%s\"}", refresh_token), 200);
    CHECK(comes_to_refuse(there, ann));
    CHECK(knows(there));
    CHECK(comes_to_refuse(t, ann));
    CHECK_INT(ask(there, bob), 200);
    CHECK_INT(ask(t, bob), 200);
}

/* RF6: each way to end sessions; a sign-in right after is good, in the same second too. */
static void every_way_to_end_them(void)
{
    char path[640];
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK(settles(there, ann));
    CHECK_INT(call("POST", "/v1/auth/logout-all", ann, "%s", ""), 200);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    keep_tokens(bob);
    CHECK_INT(ask(there, bob), 200);
    CHECK(comes_to_refuse(there, ann));
    CHECK_INT(ask(there, bob), 200);

    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(ann, at("data.accessToken"));
    snprintf(path, sizeof path, "/v1/auth/sessions/%s",
             sql("select id from sessions order by created_at desc limit 1"));
    CHECK_INT(call("DELETE", path, bob, "%s", ""), 200);
    CHECK(comes_to_refuse(there, ann));

    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(ann, at("data.accessToken"));
    CHECK_INT(call("POST", "/v1/me/password", bob,
                   "{\"currentPassword\":\"" PASSWORD "\",\"newPassword\":\"another fine lamp 7\"}"),
              200);
    CHECK(comes_to_refuse(there, ann));
    CHECK_INT(ask(there, bob), 200);
    CHECK_INT(call("DELETE", "/v1/me", bob, "{\"currentPassword\":\"another fine lamp 7\"}"), 200);
    CHECK(comes_to_refuse(there, bob));
}

/* RF3: who used an old token may hold an access token too. */
static void reuse_ends_access_tokens(void)
{
    char first[256], newest[1024];
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK(settles(there, ann));
    strcpy(first, refresh_token);
    CHECK_INT(refresh(first), 200);
    strcpy(refresh_token, at("data.refreshToken"));
    CHECK_INT(refresh(refresh_token), 200);
    strcpy(newest, at("data.accessToken"));
    CHECK_INT(ask(there, newest), 200);
    CHECK_INT(refresh(first), 401);
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
    CHECK(comes_to_refuse(there, newest));
    CHECK_INT(ask(there, ann), 401);
}

/* Nothing is to be stopped of a session that was not used for so long, nor when old ones are forgotten. */
static void idle_sessions_need_none(void)
{
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    sql("update sessions set last_used_at = now() - interval '18 minutes'");
    CHECK_INT(call("POST", "/v1/auth/logout", NULL, "{\"refreshToken\":\"%s\"}", refresh_token), 200);
    CHECK_STR(sql("select count(*) from revocations"), "0");
    sql("update sessions set revoked_at = null, last_used_at = now() - interval '15 days'");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(sql("select count(*) from sessions"), "1");
    CHECK_STR(sql("select count(*) from revocations"), "0");
}

/* ---- members ---- */

/* TK8 */
static void a_role_bites_at_once(void)
{
    char path[128], before[1024];
    REQUIRE(both_start());
    REQUIRE(two_people());
    strcpy(before, bob);
    snprintf(path, sizeof path, "/users/%s", user_id);
    CHECK_INT(call("PATCH", path, ann, "{\"role\":\"viewer\"}"), 200);
    CHECK(comes_to_refuse(there, bob));
    CHECK_INT(refresh(refresh_token), 200);
    strcpy(bob, at("data.accessToken"));
    strcpy(refresh_token, at("data.refreshToken"));
    CHECK_INT(ask(there, bob), 200);
    CHECK_INT(ask(there, ann), 200);
    CHECK_INT(call("PATCH", path, ann, "{\"role\":\"member\"}"), 200);
    CHECK(comes_to_refuse(there, bob));
    CHECK_INT(ask(there, before), 401); /* the role is the same again, the token stays refused */
    CHECK_INT(log_in("bob@example.com", PASSWORD), 200);
    CHECK_INT(ask(there, at("data.accessToken")), 200);
    CHECK_STR(sql("select generation from users where role = 'member'"), "2");
}

/* RF6: and what he holds of another organization is good. */
static void a_member_who_goes(void)
{
    char path[128], other[1024];
    REQUIRE(both_start());
    REQUIRE(two_people());
    CHECK_INT(call("POST", "/v1/auth/switch", bob, "{\"orgId\":\"%s\"}",
                   sql("select id from organizations where slug = 'other'")),
              200);
    strcpy(other, at("data.accessToken"));
    snprintf(path, sizeof path, "/users/%s", user_id);
    CHECK_INT(call("DELETE", path, ann, "%s", ""), 200);
    CHECK(comes_to_refuse(there, bob));
    CHECK_INT(ask(there, other), 200);
    CHECK_INT(call("DELETE", "/organization", ann, "{\"currentPassword\":\"" PASSWORD "\"}"), 200);
    CHECK(comes_to_refuse(there, ann));
    CHECK_INT(ask(there, other), 200);
    CHECK_STR(sql("select string_agg(kind, '' order by id) from revocations where kind <> 's'"), "uo");
}

/* RF6: whatever disables it, an operator's SQL too. */
static void an_account_that_is_disabled(void)
{
    REQUIRE(both_start());
    REQUIRE(two_people());
    sql("update accounts set disabled_at = now() where email = 'bob@example.com'");
    CHECK(comes_to_refuse(there, bob));
    CHECK_INT(ask(there, ann), 200);
    CHECK_INT(refresh(refresh_token), 401);
    sql("update accounts set disabled_at = null where email = 'bob@example.com'");
    CHECK_INT(ask(there, bob), 401);
    CHECK_INT(refresh(refresh_token), 200);
    CHECK_INT(ask(there, at("data.accessToken")), 200);
}

/* ---- when nobody tells ---- */

static bool cut(void)
{
    return atoi(sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
                    " and application_name <> '' and (query ~* '^listen' or query = 'select 1')")) > 0;
}

static const char *end_all_sessions(void)
{
    return sql("update sessions set revoked_at = now(), revoke_reason = 'test'");
}

/* Its connection to hear by is cut before, and whatever it hears later: refused from the first request on. */
static void without_listening_the_database_is_asked(void)
{
    REQUIRE(both_start());
    saas_test_client *deaf = another("LISTEN_DATABASE_URL=host=/nowhere", &db);
    REQUIRE(deaf);
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK_INT(ask(deaf, ann), 200);
    CHECK(!knows(deaf));
    end_all_sessions();
    CHECK_INT(ask(deaf, ann), 401);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_INT(ask(deaf, at("data.accessToken")), 200);
    saas_test_client_free(deaf);
}

/* What was told while the connection was gone is known when it is back. */
static void a_connection_that_is_cut_comes_back(void)
{
    REQUIRE(both_start());
    for (int i = 0; i < 3; i++) {
        char email[64];
        snprintf(email, sizeof email, "ann%d@example.com", i);
        CHECK_INT(sign_up("Acme", email), 201);
        keep_tokens(ann);
        CHECK(settles(there, ann));
        CHECK(cut());
        end_all_sessions();
        CHECK(comes_to_refuse(there, ann));
        CHECK_INT(log_in(email, PASSWORD), 200);
        strcpy(bob, at("data.accessToken"));
        CHECK(settles(there, bob));
        CHECK_INT(ask(there, ann), 401);
    }
}

static void a_process_that_starts(void)
{
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK_INT(sign_up("Other", "bob@example.com"), 201);
    strcpy(bob, at("data.accessToken"));
    sql("begin; update sessions set revoked_at = now() where account_id = (select id from accounts where email ="
        " 'ann@example.com')");
    saas_test_client *young = another(NULL, &db);
    REQUIRE(young);
    CHECK(settles(young, ann)); /* it has looked: nothing was there to see */
    sql("commit");
    CHECK(comes_to_refuse(young, ann));
    CHECK_INT(ask(young, bob), 200);
    saas_test_client_free(young);
    young = another(NULL, &db);
    REQUIRE(young);
    CHECK_INT(ask(young, ann), 401);
    CHECK(settles(young, bob));
    CHECK_INT(ask(young, ann), 401);
    saas_test_client_free(young);
}

/* More than is kept: nothing is forgotten, the database is asked. */
static void too_many_to_remember(void)
{
    REQUIRE(both_start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK_INT(sign_up("Other", "bob@example.com"), 201);
    strcpy(bob, at("data.accessToken"));
    sql("update sessions set revoked_at = now() where account_id = (select id from accounts where email ="
        " 'ann@example.com'); insert into revocations (kind, subject) select 's', gen_random_uuid() from"
        " generate_series(1, 70000)");
    saas_test_client *small = another(NULL, &db);
    REQUIRE(small);
    for (int i = 0; i < 20; i++) {
        saas_test_client_logged(small);
        CHECK_INT(ask(small, bob), 200);
        CHECK(!knows(small));
        CHECK_INT(ask(small, ann), 401);
        usleep(5000);
    }
    saas_test_client_free(small);
}

/* Until its log says so. */
static bool says(saas_test_client *whom, const char *token, const char *what)
{
    for (int i = 0; i < 2000; i++) {
        if (ask(whom, token) != 200)
            return false;
        if (strstr(saas_test_client_logged(whom), what))
            return true;
        usleep(5000);
    }
    return false;
}

/* LISTEN succeeds there, and nothing is ever heard. */
static void a_listener_in_another_database_is_not_relied_on(void)
{
    char setting[600];
    REQUIRE(both_start());
    snprintf(setting, sizeof setting, "LISTEN_DATABASE_URL=%s",
             sql("select format('host=%s port=%s dbname=postgres user=postgres',"
                 " split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'))"));
    saas_test_client *elsewhere = another(setting, &db);
    REQUIRE(elsewhere);
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK(says(elsewhere, ann, "revocations are not heard"));
    CHECK(!knows(elsewhere));
    CHECK_INT(ask(elsewhere, ann), 200);
    CHECK(!knows(elsewhere));
    sql("update sessions set revoked_at = now()");
    CHECK_INT(ask(elsewhere, ann), 401);
    saas_test_client_free(elsewhere);
}

/* Fails closed; but who is not signed in is served. */
static void without_a_database_nobody_is_known(void)
{
    saas_test_response got;
    REQUIRE(both_start());
    saas_test_client *alone = another("LISTEN_DATABASE_URL=host=/nowhere", &db);
    REQUIRE(alone);
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    keep_tokens(ann);
    CHECK_INT(ask(alone, ann), 200);
    sql("do $$ begin execute format('alter database %I allow_connections false', current_database()); end $$");
    sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
        " and usename = 'saas_app'");
    CHECK_INT(ask(alone, ann), 503);
    CHECK_INT(ask(alone, "nonsense"), 401);
    CHECK(!SAAS_TEST_SEND(&got, alone, .target = "/open", .bearer = ann));
    CHECK_INT(got.status, 200);
    sql("do $$ begin execute format('alter database %I allow_connections true', current_database()); end $$");
    saas_test_client_free(alone);
}

/* Old rows go as new ones come. */
static void the_table_stays_small(void)
{
    REQUIRE(both_start());
    sql("insert into revocations (kind, subject, at) select 's', gen_random_uuid(), now() - interval '17 minutes' from"
        " generate_series(1, 250)");
    for (int i = 0; i < 3; i++) {
        CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
        sql("delete from organizations");
        sql("delete from accounts");
    }
    CHECK_STR(sql("select count(*) from revocations where at < now() - interval '16 minutes'"), "0");
}

static void ends(void)
{
    saas_test_client_free(there);
    there = NULL;
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(a_session_that_ends_here_ends_there),
                                       TEST(every_way_to_end_them),
                                       TEST(reuse_ends_access_tokens),
                                       TEST(idle_sessions_need_none),
                                       TEST(a_role_bites_at_once),
                                       TEST(a_member_who_goes),
                                       TEST(an_account_that_is_disabled),
                                       TEST(without_listening_the_database_is_asked),
                                       TEST(a_connection_that_is_cut_comes_back),
                                       TEST(a_process_that_starts),
                                       TEST(too_many_to_remember),
                                       TEST(the_table_stays_small),
                                       TEST(a_listener_in_another_database_is_not_relied_on),
                                       TEST(without_a_database_nobody_is_known),
                                       TEST(ends)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
