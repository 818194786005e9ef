/* Sign-up, login, refresh, logout and what is built on them, over an app without sockets. */
#include "http.h"

/* ---- a host ---- */

SAAS_STRUCT(user, SAAS_USER_FIELDS);

#define NEW_USER(F, T)                                                                                                 \
    F(T, email, email, .required = true)                                                                               \
    F(T, text(12, 128), password, .required = true, .secret = true)                                                    \
    F(T, word(saas_user_role), role, .def = "member")
SAAS_STRUCT(new_user, NEW_USER);
#define ROLE(F, T) F(T, word(saas_user_role), role, .required = true)
SAAS_STRUCT(new_role, ROLE);
#define PASSWORDS(F, T)                                                                                                \
    F(T, text(1, 128), current_password, .required = true, .secret = true)                                             \
    F(T, text(12, 128), new_password, .secret = true)
SAAS_STRUCT(passwords, PASSWORDS);

static saas_err create_user(saas_ctx *c)
{
    const struct new_user *in = saas_body(c, new_user);
    saas_rows *row;
    saas_err e = saas_user_create(c, &row, in->email, in->password, (saas_role)in->role);
    if (e == SAAS_ERR_CONFLICT)
        return saas_fail(c, 400, "USER_CREATE_FAILED", "The user could not be created");
    SAAS_TRY(e);
    return saas_reply_row(c, 201, row, &user_schema);
}

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

static saas_err change_password(saas_ctx *c)
{
    const struct passwords *in = saas_body(c, passwords);
    SAAS_TRY(saas_password_change(c, in->current_password, in->new_password));
    return saas_reply_null(c, 200);
}

static saas_err remove_organization(saas_ctx *c)
{
    SAAS_TRY(saas_organization_remove(c, saas_body(c, passwords)->current_password));
    return saas_reply_null(c, 200);
}

static saas_err me(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "select * from users where id = $1", SAAS_ARGS(saas_me(c)->user_id)));
    return saas_reply_row(c, 200, row, &user_schema);
}

/* An open route that forgot to be anything else. */
static saas_err open_house(saas_ctx *c)
{
    saas_rows *row;
    saas_text p = SAAS_LIT("quartz fjord lamp 9");
    const saas_err errs[] = {saas_user_create(c, &row, SAAS_LIT("x@example.com"), p, SAAS_ADMIN),
                             saas_user_set_role(c, &row, (saas_uuid){{1}}, SAAS_ADMIN),
                             saas_user_remove(c, (saas_uuid){{1}}), saas_password_change(c, p, p),
                             saas_organization_remove(c, p)};
    for (size_t i = 0; i < sizeof errs / sizeof *errs; i++)
        if (errs[i] != SAAS_ERR_UNAUTHENTICATED)
            return SAAS_ERR_BUG;
    return errs[0];
}

static const saas_route routes[] = {
    SAAS_GET("/me", me),
    SAAS_POST("/open", open_house, .open = true),
    SAAS_POST("/users", create_user, .role = SAAS_ADMIN, .body = &new_user_schema),
    SAAS_PATCH("/users/:id", set_role, .role = SAAS_ADMIN, .body = &new_role_schema,
               .not_found = {"USER_NOT_FOUND", "User does not exist"}),
    SAAS_DELETE("/users/:id", remove_user, .role = SAAS_ADMIN, .not_found = {"USER_NOT_FOUND", "User does not exist"}),
    SAAS_POST("/me/password", change_password, .role = SAAS_VIEWER, .body = &passwords_schema),
    SAAS_DELETE("/organization", remove_organization, .role = SAAS_ADMIN, .body = &passwords_schema),
};
static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};

static const saas_app_options *host(void)
{
    static saas_app_options o;
    static const char *const env[] = {"APP_ENV=staging", NULL}; /* in development mails are logged */
    o = *SAAS_APP(.name = "auth", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), .env = env);
    return &o;
}

/* ---- tests ---- */

static void sign_up_makes_an_organization_and_its_admin(void)
{
    REQUIRE(start());
    CHECK_INT(sign_up("  M\xc3\xbcller & S\xc3\xb6hne GmbH ", "Ann@Example.com"), 201);
    CHECK_STR(at("success"), "true");
    CHECK_STR(at("data.user.email"), "Ann@Example.com");
    CHECK_STR(at("data.user.role"), "admin");
    CHECK_STR(at("data.organization.slug"), "m-ller-s-hne-gmbh");
    CHECK_STR(at("data.organization.plan"), "free");
    CHECK_STR(at("data.tokenType"), "Bearer");
    CHECK_STR(at("data.expiresIn"), "900");
    CHECK_STR(at("data.user.orgId"), at("data.organization.id"));
    CHECK(strlen(at("data.user.createdAt")) == SAAS_TIME_CHARS && strlen(at("data.user.updatedAt")) == SAAS_TIME_CHARS);
    CHECK(at("data.user.id")[14] == '7'); /* version 7 */
    CHECK(!strncmp(at("data.refreshToken"), "srt_", 4));
    CHECK(!strcmp(saas_test_header(&r, "cache-control").ptr, "no-store"));
    char token[1024];
    strcpy(token, at("data.accessToken"));
    CHECK_INT(call("GET", "/me", token, "%s", ""), 200);
    CHECK_STR(at("data.email"), "Ann@Example.com");
    CHECK_STR(sql("select password_hash ~ '^\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$' from accounts"), "t"); /* PW1 */
    CHECK_STR(sql("select user_agent || ' ' || (ip is not null) from sessions"), "Test?/1.0 true");
}

static void sign_up_says_what_is_wrong(void)
{
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_INT(sign_up("Acme", "ANN@example.com"), 409);
    CHECK_STR(at("error.code"), "EMAIL_TAKEN");
    CHECK_INT(sign_up("ACME!", "bob@example.com"), 201); /* derived: made unique */
    CHECK(!strncmp(at("data.organization.slug"), "acme-", 5));
    CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                   "{\"orgName\":\"X\",\"orgSlug\":\"acme\",\"email\":\"c@example.com\",\"password\":\"" PASSWORD
                   "\"}"),
              409);
    CHECK_STR(at("error.code"), "SLUG_TAKEN");
    CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                   "{\"orgName\":\"\",\"orgSlug\":\"A\",\"email\":\"x\",\"password\":\"short\",\"role\":\"admin\"}"),
              400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    for (size_t i = 0; i < 5; i++) {
        static const char *const keys[] = {"error.details.orgName[0]", "error.details.orgSlug[0]",
                                           "error.details.email[0]", "error.details.password[0]",
                                           "error.details.role[0]"};
        CHECK(strcmp(at(keys[i]), "(absent)") != 0);
    }
    CHECK_STR(sql("select count(*) from organizations"), "2");
}

/* PW3, PW4, PW5 */
static void passwords_are_taken_as_they_are(void)
{
    static const char *const common[] = {"password1234", "qwertyuiop12", "aaaaaaaaaaaa", "123456789012"};
    static const char long_one[] = "  the Quick brown fox jumps over a lazy dog, 42 times before Breakfast 7";
    REQUIRE(start());
    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                       "{\"orgName\":\"X\",\"email\":\"x@example.com\",\"password\":\"%s\"}", common[i]),
                  400);
        CHECK_STR(at("error.code"), "VALIDATION_ERROR");
        CHECK(strstr(at("error.details.password[0]"), "common"));
    }
    CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                   "{\"orgName\":\"X\",\"email\":\"x@example.com\",\"password\":\"%sX\"}", long_one),
              201);
    CHECK_INT(strlen(long_one), 72);
    CHECK_INT(log_in("x@example.com", long_one), 401); /* 72 bytes of the 73 */
    char whole[80];
    snprintf(whole, sizeof whole, "%sX", long_one);
    CHECK_INT(log_in("x@example.com", whole), 200);
    snprintf(whole, sizeof whole, "%sX ", long_one);
    CHECK_INT(log_in("x@example.com", whole), 401);
    CHECK_INT(call("POST", "/v1/auth/login", NULL, "{\"email\":\"x@example.com\",\"password\":\"a\\u0000b\"}"), 400);
}

/* PW8 in its answers; its cost is one verification either way. */
static void login_tells_nobody_who_is_there(void)
{
    char wrong[1024], unknown[1024], disabled[1024];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_INT(log_in("ANN@EXAMPLE.COM", PASSWORD), 200);
    CHECK_STR(at("data.user.email"), "ann@example.com");
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_INT(log_in("ann@example.com", PASSWORD "x"), 401);
    snprintf(wrong, sizeof wrong, "%s", r.body.ptr);
    CHECK_STR(at("error.code"), "INVALID_CREDENTIALS");
    size_t headers = r.header_count;
    CHECK_INT(log_in("nobody@example.com", PASSWORD), 401);
    snprintf(unknown, sizeof unknown, "%s", r.body.ptr);
    CHECK_INT(r.header_count, headers);
    sql("update accounts set disabled_at = now()");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    snprintf(disabled, sizeof disabled, "%s", r.body.ptr);
    CHECK_STR(unknown, wrong);
    CHECK_STR(disabled, wrong);
    sql("update accounts set disabled_at = null");
    sql("delete from users");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 403);
    CHECK_STR(at("error.code"), "NO_ORGANIZATION");
}

/* PW2 */
static void an_older_hash_is_upgraded_at_login(void)
{
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    sql("update accounts set password_hash = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'");
    CHECK_INT(log_in("ann@example.com", "U*V"), 401);
    CHECK_STR(sql("select left(password_hash, 4) from accounts"), "$2b$");
    CHECK_INT(log_in("ann@example.com", "U*U"), 200);
    CHECK_STR(sql("select left(password_hash, 10) from accounts"), "$argon2id$");
    CHECK_INT(log_in("ann@example.com", "U*U"), 200);
}

/* RF2, RF3, RF4 */
static void refresh_rotates(void)
{
    char first[256], second[256], third[256];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(first, at("data.refreshToken"));
    CHECK_INT(refresh(first), 200);
    strcpy(second, at("data.refreshToken"));
    CHECK(strcmp(first, second) != 0);
    CHECK_STR(at("data.expiresIn"), "900");
    CHECK_STR(at("data.user.id"), "(absent)");
    CHECK_INT(refresh(first), 200); /* within the grace */
    CHECK_STR(at("data.refreshToken"), second);
    CHECK_INT(call("GET", "/me", at("data.accessToken"), "%s", ""), 200);
    CHECK_INT(refresh(second), 200);
    strcpy(third, at("data.refreshToken"));
    CHECK_INT(refresh(first), 401); /* neither current nor its parent */
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
    CHECK_INT(refresh(third), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
    CHECK_INT(refresh(first), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
}

static void a_used_token_after_the_grace_ends_the_session(void)
{
    char first[256], second[256];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(first, at("data.refreshToken"));
    CHECK_INT(refresh(first), 200);
    strcpy(second, at("data.refreshToken"));
    sql("update sessions set rotated_at = rotated_at - interval '11 s'");
    CHECK_INT(refresh(first), 401);
    CHECK_STR(at("error.code"), "REFRESH_TOKEN_REUSED");
    CHECK_INT(refresh(second), 401);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200); /* other sessions can begin */
}

static void what_was_never_issued_ends_nothing(void)
{
    char token[256], forged[256];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(token, at("data.refreshToken"));
    strcpy(forged, token);
    forged[60] = forged[60] == 'A' ? 'B' : 'A';
    CHECK_INT(refresh(forged), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
    CHECK_INT(refresh("x"), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
    CHECK_INT(refresh("eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.x"), 401);
    CHECK_INT(call("POST", "/v1/auth/logout", NULL, "{\"refreshToken\":\"%s\"}", forged), 200);
    CHECK_STR(sql("select count(*) from sessions where revoked_at is null"), "1");
    CHECK_INT(refresh(token), 200);
    CHECK_INT(refresh(""), 400);
    CHECK_INT(call("POST", "/v1/auth/refresh", NULL, "{}"), 400);
}

static char got[64][256];
static void keep_token(const saas_test_response *response, void *user)
{
    saas_text token = saas_test_json(t, response->body, "data.refreshToken");
    snprintf(user, 256, "%d %.*s", response->status, (int)token.len, token.ptr ? token.ptr : "");
}

/* RF2: as a browser with fifty tabs. */
static void fifty_tabs_get_one_successor(void)
{
    char body[300];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", at("data.refreshToken"));
    for (size_t i = 0; i < 50; i++)
        CHECK(!saas_test_begin(
            t,
            &(saas_test_request){
                .size = sizeof(saas_test_request), .method = "POST", .target = "/v1/auth/refresh", .body = body},
            keep_token, got[i]));
    CHECK(!saas_test_wait(t, 20000));
    CHECK(!strncmp(got[0], "200 srt_", 8));
    for (size_t i = 1; i < 50; i++)
        CHECK_STR(got[i], got[0]);
    CHECK_STR(sql("select count(*) from sessions where revoked_at is null"), "1");
    CHECK_INT(refresh(got[0] + 4), 200);
}

/* RF6 */
static void logout_ends_it(void)
{
    char token[256];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(token, at("data.refreshToken"));
    for (int i = 0; i < 2; i++) {
        CHECK_INT(call("POST", "/v1/auth/logout", NULL, "{\"refreshToken\":\"%s\"}", token), 200);
        CHECK_STR(r.body.ptr, "{\"success\":true,\"data\":null}");
    }
    CHECK_INT(refresh(token), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");
    CHECK_INT(call("POST", "/v1/auth/logout", NULL, "{\"refreshToken\":\"x\"}"), 200);
}

static void members_of_an_organization(void)
{
    char admin[1024], bob[64], id[128], ann[64], member[1024];
    REQUIRE(start());
    CHECK_INT(sign_up("Other", "carl@example.com"), 201);
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(admin, at("data.accessToken"));
    strcpy(ann, at("data.user.id"));
    CHECK_INT(call("POST", "/users", admin, "{\"email\":\"bob@example.com\",\"password\":\"" PASSWORD "\"}"), 201);
    CHECK_STR(at("data.role"), "member");
    strcpy(bob, at("data.id"));
    CHECK_INT(call("POST", "/users", admin, "{\"email\":\"BOB@example.com\",\"password\":\"" PASSWORD "\"}"), 400);
    CHECK_STR(at("error.code"), "USER_CREATE_FAILED");
    CHECK_INT(call("POST", "/users", admin, "{\"email\":\"d@example.com\",\"password\":\"password1234\"}"), 400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    CHECK_INT(call("POST", "/users", admin, "{\"email\":\"carl@example.com\",\"password\":\"" PASSWORD "\"}"), 201);
    CHECK_STR(at("data.email"), "carl@example.com");
    CHECK_INT(log_in("bob@example.com", PASSWORD), 200);
    strcpy(member, at("data.accessToken"));
    CHECK_INT(call("POST", "/users", member, "{\"email\":\"e@example.com\",\"password\":\"" PASSWORD "\"}"), 403);
    snprintf(id, sizeof id, "/users/%s", ann);
    CHECK_INT(call("PATCH", id, admin, "{\"role\":\"member\"}"), 409);
    CHECK_STR(at("error.code"), "LAST_ADMIN");
    CHECK_INT(call("DELETE", id, admin, "%s", ""), 409);
    snprintf(id, sizeof id, "/users/%s", bob);
    CHECK_INT(call("PATCH", id, admin, "{\"role\":\"admin\"}"), 200);
    CHECK_STR(at("data.role"), "admin");
    CHECK_INT(call("DELETE", id, admin, "%s", ""), 200);
    CHECK_INT(call("DELETE", id, admin, "%s", ""), 404);
    CHECK_STR(at("error.code"), "USER_NOT_FOUND");
    CHECK_INT(call("DELETE", "/users/nonsense", admin, "%s", ""), 404);
    CHECK_INT(log_in("bob@example.com", PASSWORD), 401);
}

/* TK8 */
static void a_demoted_admin_administers_no_more(void)
{
    char ann[1024], bob[1024], ann_id[64], path[128];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(ann, at("data.accessToken"));
    strcpy(ann_id, at("data.user.id"));
    CHECK_INT(
        call("POST", "/users", ann, "{\"email\":\"bob@example.com\",\"role\":\"admin\",\"password\":\"" PASSWORD "\"}"),
        201);
    CHECK_INT(log_in("bob@example.com", PASSWORD), 200);
    strcpy(bob, at("data.accessToken"));
    snprintf(path, sizeof path, "/users/%s", ann_id);
    CHECK_INT(call("PATCH", path, bob, "{\"role\":\"viewer\"}"), 200);
    /* the database knows before the loop hears */
    int status = call("PATCH", path, ann, "{\"role\":\"admin\"}");
    CHECK(status == 403 || status == 401);
    status = call("POST", "/users", ann, "{\"email\":\"x@example.com\",\"password\":\"" PASSWORD "\"}");
    CHECK(status == 403 || status == 401);
    CHECK_STR(sql("select string_agg(role, ' ' order by email) from users"), "viewer admin");
}

/* PW6 */
static void a_new_password(void)
{
    char access[1024], mine[256], other[256];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    strcpy(other, at("data.refreshToken"));
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(mine, at("data.refreshToken"));
    strcpy(access, at("data.accessToken"));
    CHECK_INT(
        call("POST", "/me/password", access, "{\"currentPassword\":\"wrong\",\"newPassword\":\"another fine lamp 7\"}"),
        400);
    CHECK_STR(at("error.code"), "INVALID_CREDENTIALS");
    CHECK_INT(
        call("POST", "/me/password", access, "{\"currentPassword\":\"" PASSWORD "\",\"newPassword\":\"password1234\"}"),
        400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    CHECK_INT(call("POST", "/me/password", access,
                   "{\"currentPassword\":\"" PASSWORD "\",\"newPassword\":\"another fine lamp 7\"}"),
              200);
    CHECK_INT(refresh(other), 401);
    CHECK_INT(refresh(mine), 200);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    CHECK_INT(log_in("ann@example.com", "another fine lamp 7"), 200);
    CHECK_INT(call("DELETE", "/organization", at("data.accessToken"), "{\"currentPassword\":\"%s\"}", PASSWORD), 400);
    CHECK_INT(log_in("ann@example.com", "another fine lamp 7"), 200);
    CHECK_INT(call("DELETE", "/organization", at("data.accessToken"), "{\"currentPassword\":\"another fine lamp 7\"}"),
              200);
    CHECK_STR(sql("select count(*) from organizations"), "0");
    CHECK_STR(sql("select count(*) from accounts"), "0");
}

/* 16.3.1, LG2: successes and failures are there, what was typed and issued is not. */
static void the_log_tells_and_keeps_quiet(void)
{
    static char log[65536];
    char refresh_token[256], access[1024];
    REQUIRE(start());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_INT(log_in("ann@example.com", "canary-password"), 401);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(refresh_token, at("data.refreshToken"));
    strcpy(access, at("data.accessToken"));
    CHECK_INT(refresh(refresh_token), 200);
    CHECK_INT(refresh("srt_canary"), 401);
    snprintf(log, sizeof log, "%s", saas_test_client_logged(t));
    CHECK(strstr(log, "auth.signup") && strstr(log, "auth.login") && strstr(log, "auth.refresh"));
    CHECK(strstr(log, "\"outcome\":\"invalid_credentials\""));
    CHECK(!strstr(log, "canary") && !strstr(log, PASSWORD) && !strstr(log, "srt_") && !strstr(log, "eyJ") &&
          !strstr(log, "argon2id") && !strstr(log, "ann@example.com"));
}

static void signed_in_routes_need_a_token(void)
{
    REQUIRE(start());
    CHECK_INT(call("GET", "/me", NULL, "%s", ""), 401);
    CHECK_STR(at("error.code"), "UNAUTHENTICATED");
    CHECK_INT(call("POST", "/open", NULL, "%s", ""), 401);
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_INT(call("GET", "/me", at("data.refreshToken"), "%s", ""), 401); /* TK2 */
    saas_principal who = {.role = SAAS_VIEWER};
    saas_arena *a = saas_arena_new(0);
    saas_text token;
    REQUIRE(a && !saas_uuid_v7(&who.user_id) && !saas_uuid_v7(&who.org_id) && !saas_uuid_v7(&who.session_id));
    REQUIRE(!saas_access_token_new(&token, a, saas_test_client_app(t), &who));
    CHECK_INT(call("GET", "/me", token.ptr, "%s", ""), 404);
    saas_arena_free(a);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(sign_up_makes_an_organization_and_its_admin),
                                       TEST(sign_up_says_what_is_wrong),
                                       TEST(passwords_are_taken_as_they_are),
                                       TEST(login_tells_nobody_who_is_there),
                                       TEST(an_older_hash_is_upgraded_at_login),
                                       TEST(refresh_rotates),
                                       TEST(a_used_token_after_the_grace_ends_the_session),
                                       TEST(what_was_never_issued_ends_nothing),
                                       TEST(fifty_tabs_get_one_successor),
                                       TEST(logout_ends_it),
                                       TEST(members_of_an_organization),
                                       TEST(a_demoted_admin_administers_no_more),
                                       TEST(a_new_password),
                                       TEST(the_log_tells_and_keeps_quiet),
                                       TEST(signed_in_routes_need_a_token)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
