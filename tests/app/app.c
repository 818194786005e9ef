/* An app is made or refused as a whole: every problem of tables and settings in one report, and no value in it (VA10).
 */
#include "check.h"
#include <unistd.h>
#include <saas/app.h>
#include <saas/auth.h>

#define NOTE(F, T)                                                                                                     \
    F(T, text(1, 20), title, .required = true)                                                                         \
    F(T, i64(0, 9), stars, .def = "3")
SAAS_STRUCT(note, NOTE);

#define BAD(F, T) F(T, i64(0, 9), stars, .def = "11")
SAAS_STRUCT(bad, BAD);

#define HOST(F, T)                                                                                                     \
    F(T, text(4, 200), stripe_secret_key, .required = true, .secret = true, .prefix = "sk_")                           \
    F(T, i64(1, 10), trial_days, .def = "7")
SAAS_STRUCT(host, HOST);

#define SECRETS                                                                                                        \
    "JWT_ACCESS_SECRET=access token key of these tests, worthless",                                                    \
        "JWT_REFRESH_SECRET=refresh token key of these tests, worthless"

static saas_error e;

static saas_err nothing(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/v1/notes", nothing),
    SAAS_POST("/v1/notes", nothing, .body = &note_schema),
};

/* The whole report, or "" of an app that could be made. */
static const char *report(const saas_app_options *options, saas_err *err)
{
    saas_app *app = NULL;
    memset(&e, 'x', sizeof e);
    *err = saas_app_new(&app, options, &e);
    CHECK((*err == SAAS_OK) == (app != NULL));
    saas_app_free(app);
    return *err ? e.text : "";
}

static bool has_line(const char *text, const char *start)
{
    const char *at = strstr(text, start);
    return at && (at == text || at[-1] == '\n');
}

static void every_setting_is_reported_and_no_value(void)
{
    static const char *const env[] = {"PORT=canary0",
                                      "WORKERS=canary1",
                                      "LOG_LEVEL=canary2",
                                      "APP_ENV=canary3",
                                      "JWT_ACCESS_SECRET=canary4",
                                      "JWT_REFRESH_SECRET=",
                                      "DATABASE_URL=postgres://u:can@ary5@host/db",
                                      "STRIPE_SECRET_KEY=canary6",
                                      "TRIAL_DAYS=canary7",
                                      NULL};
    static const char *const fields[] = {"PORT: ",         "WORKERS: ",           "LOG_LEVEL: ",
                                         "APP_ENV: ",      "JWT_ACCESS_SECRET: ", "JWT_REFRESH_SECRET: ",
                                         "DATABASE_URL: ", "STRIPE_SECRET_KEY: ", "TRIAL_DAYS: "};
    saas_err err;
    const char *text = report(SAAS_APP(.name = "t", SAAS_ROUTES(routes), .config = &host_schema, .env = env), &err);
    CHECK_INT(err, SAAS_ERR_CONFIG);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        CHECK(has_line(text, fields[i]));
    CHECK(!strstr(text, "canary") && !strstr(text, "ary5"));
}

static void a_database_is_required_unless_there_is_none(void)
{
    static const char *const env[] = {SECRETS, NULL};
    saas_err err;
    CHECK_STR(report(SAAS_APP(.name = "t", .env = env), &err), "DATABASE_URL: required");
    CHECK_INT(err, SAAS_ERR_CONFIG);
    CHECK_STR(report(SAAS_APP(.name = "t", .env = env, .no_database = true), &err), "");
}

static void secrets_must_differ(void)
{
    static const char *const env[] = {"JWT_ACCESS_SECRET=access token key of these tests, worthless",
                                      "JWT_REFRESH_SECRET=access token key of these tests, worthless", NULL};
    saas_err err;
    CHECK_STR(report(SAAS_APP(.name = "t", .env = env, .no_database = true), &err),
              "JWT_REFRESH_SECRET: must differ from JWT_ACCESS_SECRET");
}

/* RATE_LIMITS=off is for load tests. */
static void limits_stay_on_in_production(void)
{
    static const char *const unset[] = {SECRETS, "RATE_LIMITS=off", NULL};
    static const char *const staging[] = {SECRETS, "RATE_LIMITS=off", "APP_ENV=staging", NULL};
    saas_err err;
    CHECK_STR(report(SAAS_APP(.name = "t", .env = unset, .no_database = true), &err),
              "RATE_LIMITS: must not be off in production");
    CHECK_INT(err, SAAS_ERR_CONFIG);
    CHECK_STR(report(SAAS_APP(.name = "t", .env = staging, .no_database = true), &err), "");
}

/* PW1 */
static void passwords_cost_enough(void)
{
    static const char *const cheap[] = {SECRETS, "PASSWORD_MEMORY_KIB=19456", "PASSWORD_PASSES=1", NULL};
    static const char *const tight[] = {SECRETS, "PASSWORD_MEMORY_KIB=65536", "PASSWORD_POOL_MIB=63", NULL};
    static const char *const dear[] = {SECRETS, "PASSWORD_MEMORY_KIB=65536", "PASSWORD_PASSES=1", NULL};
    saas_err err;
    CHECK_STR(report(SAAS_APP(.name = "t", .env = cheap, .no_database = true), &err),
              "PASSWORD_MEMORY_KIB: too little for so few PASSWORD_PASSES: 47104 with 1, 19456 with 2, 12288 with 3, "
              "9216 with 4, 7168 with 5");
    CHECK_INT(err, SAAS_ERR_CONFIG);
    CHECK_STR(report(SAAS_APP(.name = "t", .env = tight, .no_database = true), &err),
              "PASSWORD_POOL_MIB: less than PASSWORD_MEMORY_KIB: no password could be hashed");
    CHECK_STR(report(SAAS_APP(.name = "t", .env = dear, .no_database = true), &err), "");
}

static saas_err no_mail(const saas_mail *m, void *user)
{
    (void)m;
    (void)user;
    return SAAS_OK;
}

static void sessions_and_mails_are_set_soundly(void)
{
    static const char *const short_lived[] = {SECRETS, "REFRESH_TOKEN_DAYS=8", "SESSION_DAYS=7", NULL};
    static const char *const without[] = {SECRETS, NULL};
    static const char *const with[] = {SECRETS, "APP_URL=https://app.example.com", NULL};
    static const char *const local[] = {SECRETS, "APP_ENV=development", NULL};
    saas_err err;
    CHECK_STR(report(SAAS_APP(.name = "t", .env = short_lived, .no_database = true), &err),
              "SESSION_DAYS: less than REFRESH_TOKEN_DAYS");
    CHECK_STR(report(SAAS_APP(.name = "t", .env = without, .no_database = true, .mailer = no_mail), &err),
              "APP_URL: required in production: links of mails lead there");
    CHECK_STR(report(SAAS_APP(.name = "t", .env = with, .no_database = true, .mailer = no_mail), &err), "");
    CHECK_STR(report(SAAS_APP(.name = "t", .env = local, .no_database = true, .mailer = no_mail), &err), "");
    CHECK_STR(report(SAAS_APP(.name = "t", .env = without, .no_database = true), &err), "");
}

/* ---- the .env file ---- */

static const char *dotenv(const char *text)
{
    static char path[] = "/tmp/saas-app-XXXXXX";
    if (strstr(path, "XXXXXX"))
        close(mkstemp(path));
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f))
        exit(1);
    return path;
}

static const char *read_with(const char *const *env, const char *path)
{
    saas_err err;
    return report(SAAS_APP(.name = "t", .env = env, .dotenv = path, .no_database = true), &err);
}

/* The environment alone decides whether a file is read. */
static void a_file_that_lies_about_decides_nothing(void)
{
    static const char *const production[] = {"APP_ENV=production", NULL}, *const unset[] = {NULL},
                             *const wrong[] = {"APP_ENV=develop", NULL};
    static const char *const development[] = {"APP_ENV=development", NULL}, *const staging[] = {"APP_ENV=staging",
                                                                                                NULL};
    const char *path = dotenv("APP_ENV=development\nJWT_ACCESS_SECRET='access token key of these tests, worthless'\n"
                              "JWT_REFRESH_SECRET='refresh token key of these tests, worthless'\n");
    CHECK_STR(read_with(development, path), "");
    CHECK_STR(read_with(staging, path), "");
    CHECK(has_line(read_with(production, path), "JWT_ACCESS_SECRET: required"));
    CHECK(has_line(e.text, path) && strstr(e.text, ": not read, as APP_ENV in the environment is neither"));
    CHECK(has_line(read_with(unset, path), "JWT_ACCESS_SECRET: required"));
    CHECK(has_line(read_with(wrong, path), "JWT_ACCESS_SECRET: required"));
    CHECK(has_line(read_with(development, NULL), "JWT_ACCESS_SECRET: required"));
    CHECK(has_line(read_with(development, ""), "JWT_ACCESS_SECRET: required"));
    CHECK(has_line(read_with(development, "/nonexistent"), "JWT_ACCESS_SECRET: required"));
    CHECK(!strstr(e.text, "/nonexistent"));
    dotenv("JWT_ACCESS_SECRET=a b\n");
    CHECK(strstr(read_with(development, path), " line 1: a space in it needs quotes"));
}

static void a_file_that_is_asked_for(void)
{
    char asked[100];
    const char *const production[] = {"APP_ENV=production", asked, NULL}, *const gone[] = {
                                                                              SECRETS, "ENV_FILE=/nonexistent/CANARY",
                                                                              NULL};
    snprintf(asked, sizeof asked, "ENV_FILE=%s",
             dotenv("JWT_ACCESS_SECRET='access token key of these tests, worthless'\n"
                    "JWT_REFRESH_SECRET='refresh token key of these tests, worthless'\n"));
    CHECK_STR(read_with(production, ".env"), "");
    CHECK(
        has_line(read_with(production, NULL), "JWT_ACCESS_SECRET: required")); /* a guest's host has its own ENV_FILE */
    CHECK_STR(read_with(gone, ".env"), "ENV_FILE: there is no such file");
}

static void settings_for_people(void)
{
    static const char *const env[] = {"APP_ENV=staging", "DATABASE_URL=postgres://u:canary@h/d",
                                      "STRIPE_SECRET_KEY=canary", "PORT=canary", NULL};
    const saas_app_options *o = SAAS_APP(.name = "t", .config = &host_schema, .env = env);
    saas_text text = {NULL, 0};
    saas_arena *a = saas_arena_new(0);
    CHECK_INT(saas_app_config_show(&text, a, o, &e), SAAS_OK);
    REQUIRE(text.ptr);
    CHECK(has_line(text.ptr, "APP_ENV                     env      staging\n"));
    CHECK(has_line(text.ptr, "PORT                        env      (not valid)\n"));
    CHECK(has_line(text.ptr, "DATABASE_URL                env      (secret)\n"));
    CHECK(has_line(text.ptr, "JWT_ACCESS_SECRET           -        (missing)\n"));
    CHECK(has_line(text.ptr, "STRIPE_SECRET_KEY") && !strstr(text.ptr, "canary"));
    CHECK_INT(saas_app_config_check(a, o, &e), SAAS_ERR_CONFIG);
    CHECK(has_line(e.text, "PORT: ") && has_line(e.text, "JWT_ACCESS_SECRET: required") && !strstr(e.text, "canary"));
    CHECK_INT(saas_app_config_example(&text, a, o, &e), SAAS_OK);
    CHECK(has_line(text.ptr, "DATABASE_URL=\n") && has_line(text.ptr, "#PORT=3001\n"));
    CHECK(has_line(text.ptr, "# Where it runs: one of development, staging, production; default production\n"));
    CHECK_INT(saas_app_config_example(&text, a, SAAS_APP(.name = "t", .no_database = true), &e), SAAS_OK);
    CHECK(has_line(text.ptr, "#DATABASE_URL=\n"));
    CHECK_INT(saas_app_config_show(&text, a, SAAS_APP(.name = "t", .config = &bad_schema), &e), SAAS_ERR_BUG);
    CHECK_INT(saas_app_config_check(a, SAAS_APP(.env = env), &e), SAAS_ERR_BUG);
    static const char *const good[] = {SECRETS, NULL};
    CHECK_INT(saas_app_config_check(a, SAAS_APP(.name = "t", .env = good, .no_database = true), &e), SAAS_OK);
    saas_arena_free(a);
}

static void tables_and_settings_are_one_report(void)
{
    static const char *const env[] = {"PORT=0", SECRETS, NULL};
    static const saas_route wrong[] = {
        SAAS_GET("/v1/notes", nothing),
        SAAS_GET("/v1/notes", nothing),
        SAAS_GET("/v1/none", NULL),
        SAAS_POST("/v1/bad", nothing, .body = &bad_schema),
    };
    static const saas_migration steps[] = {{2, "two", "select 1"}, {1, "one", "select 1"}};
    saas_err err;
    const char *text = report(SAAS_APP(.name = "t", SAAS_ROUTES(wrong), SAAS_MIGRATIONS(steps), .env = env), &err);
    CHECK_INT(err, SAAS_ERR_BUG);
    CHECK(strstr(text, "GET /v1/notes"));
    CHECK(strstr(text, "GET /v1/none"));
    CHECK(strstr(text, "POST /v1/bad"));
    CHECK(has_line(text, "migration 1: numbers start at 1 and rise"));
    CHECK(has_line(text, "PORT: "));
    CHECK(has_line(text, "DATABASE_URL: required"));
    CHECK_STR(report(SAAS_APP(.env = env, .no_database = true), &err), "options.name must be given");
    report(SAAS_APP(.name = "t", .config = &bad_schema, .env = env, .no_database = true), &err);
    CHECK_INT(err, SAAS_ERR_BUG);
    CHECK(strstr(e.text, "stars"));
}

static saas_route_list mounted(void)
{
    static const saas_route list[] = {SAAS_GET("/health", nothing, .open = true), SAAS_DELETE("/:id", nothing)};
    return (saas_route_list){list, sizeof list / sizeof *list, sizeof *list};
}

static bool has_route(const saas_app *app, const char *method, const char *path, bool open, saas_role role)
{
    const saas_route *r;
    size_t found = 0;
    for (size_t i = 0; (r = saas_app_route(app, i)); i++)
        found += !strcmp(r->method, method) && !strcmp(r->path, path) && r->open == open && (open || r->role == role);
    return found == 1;
}

static void routes_are_listed_with_their_defaults(void)
{
    static const char *const env[] = {SECRETS, "PORT=8080", "WORKERS=3", NULL};
    static const saas_mount mounts[] = {{"/m", mounted}};
    saas_app *app;
    REQUIRE(!saas_app_new(
        &app, SAAS_APP(.name = "t", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), .env = env, .no_database = true), &e));
    CHECK(has_route(app, "GET", "/v1/notes", false, SAAS_VIEWER));
    CHECK(has_route(app, "POST", "/v1/notes", false, SAAS_MEMBER));
    CHECK(has_route(app, "DELETE", "/m/:id", false, SAAS_MEMBER));
    CHECK(has_route(app, "GET", "/m/health", true, 0));
    CHECK(has_route(app, "GET", "/health", true, 0));
    CHECK(has_route(app, "GET", "/ready", true, 0));
    CHECK_INT(saas_app_port(app), 8080);
    CHECK_INT(saas_app_workers(app), 3);
    saas_app_free(app);
}

static void a_hosts_health_replaces_the_apps_own(void)
{
    static const char *const env[] = {SECRETS, NULL};
    static const saas_route own[] = {SAAS_GET("/health", nothing, .role = SAAS_ADMIN)};
    saas_app *app;
    REQUIRE(!saas_app_new(&app, SAAS_APP(.name = "t", SAAS_ROUTES(own), .env = env, .no_database = true), &e));
    CHECK(has_route(app, "GET", "/health", false, SAAS_ADMIN));
    CHECK(!has_route(app, "GET", "/health", true, 0));
    CHECK_INT(saas_app_port(app), 3001);
    CHECK_INT(saas_app_workers(app), 1);
    saas_app_free(app);
}

/* A host built against a header without the last options. */
static void older_hosts_are_read_by_their_size(void)
{
    static const char *const env[] = {SECRETS, "DATABASE_URL=host=/nowhere", NULL};
    saas_app_options old = {.size = offsetof(saas_app_options, log), .name = "t", .env = env};
    saas_err err;
    memset((char *)&old + old.size, 0xff, sizeof old - old.size);
    CHECK_STR(report(&old, &err), "");
    old.size = 8;
    CHECK_STR(report(&old, &err), "options.size is not the size of saas_app_options");
    CHECK_INT(err, SAAS_ERR_BUG);
}

/* LB2. What was passed in is the caller's again once the call has returned. */
static void two_apps_live_side_by_side(void)
{
    char secret[] = "JWT_ACCESS_SECRET=access token key of these tests, worthless", name[] = "one";
    const char *env[] = {secret, "JWT_REFRESH_SECRET=refresh token key of these tests, worthless", NULL};
    const saas_principal who = {.role = SAAS_ADMIN};
    saas_app *one, *two;
    saas_text first, second, again;
    saas_arena *a = saas_arena_new(0);
    REQUIRE(a);
    REQUIRE(!saas_app_new(&one, SAAS_APP(.name = name, .env = env, .no_database = true), &e));
    REQUIRE(!saas_access_token_new(&first, a, one, &who));
    memcpy(strchr(secret, '=') + 1, "ANOTHER", 7);
    memset(name, 'x', 3);
    REQUIRE(!saas_app_new(&two, SAAS_APP(.name = "one", .env = env, .no_database = true), &e));
    CHECK(!saas_access_token_new(&second, a, two, &who));
    CHECK(!saas_access_token_new(&again, a, one, &who));
    CHECK(!saas_text_equal(first, second));
    CHECK_INT(first.len, again.len);
    saas_app_free(one);
    saas_app_free(two);
    saas_arena_free(a);
}

static const check_test tests[] = {TEST(every_setting_is_reported_and_no_value),
                                   TEST(a_database_is_required_unless_there_is_none),
                                   TEST(secrets_must_differ),
                                   TEST(limits_stay_on_in_production), TEST(passwords_cost_enough), TEST(sessions_and_mails_are_set_soundly),
                                   TEST(a_file_that_lies_about_decides_nothing),
                                   TEST(a_file_that_is_asked_for),
                                   TEST(settings_for_people),
                                   TEST(tables_and_settings_are_one_report),
                                   TEST(routes_are_listed_with_their_defaults),
                                   TEST(a_hosts_health_replaces_the_apps_own),
                                   TEST(older_hosts_are_read_by_their_size),
                                   TEST(two_apps_live_side_by_side)};
CHECK_MAIN(tests)
