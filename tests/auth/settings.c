/* What settings change: how long sessions live, what passwords cost; and accounts that come from another system. */
#include "http.h"

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}, {"/v1/me", saas_account_routes}};
static const char *const usual[] = {NULL};
static const char *const other[] = {"REFRESH_TOKEN_DAYS=2", "SESSION_DAYS=5", "PASSWORD_MEMORY_KIB=7168",
                                    "PASSWORD_PASSES=5", NULL};
static const char *const *env = usual;

static const saas_app_options *host(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts), .env = env);
    return &o;
}

static bool with(const char *const *settings)
{
    saas_error e = {0};
    env = settings;
    saas_test_client_free(t);
    t = NULL;
    return !saas_test_client_new(&t, host(), &db, &e);
}

/* RF5 */
static void sessions_live_as_long_as_is_set(void)
{
    char token[256], access[1024];
    REQUIRE(start() && with(other));
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    strcpy(token, at("data.refreshToken"));
    strcpy(access, at("data.accessToken"));
    CHECK_STR(sql("select count(*) from sessions where idle = interval '2 days' and expires_at between"
                  " now() + interval '5 days' - interval '1 hour' and now() + interval '5 days'"),
              "2");
    CHECK_INT(refresh(token), 200);
    strcpy(token, at("data.refreshToken"));
    sql("update sessions set last_used_at = now() - interval '47 hours'");
    CHECK_INT(refresh(token), 200);
    strcpy(token, at("data.refreshToken"));
    CHECK_INT(call("GET", "/v1/auth/sessions", access, "%s", ""), 200);
    CHECK_STR(at("meta.total"), "2");
    sql("update sessions set last_used_at = now() - interval '49 hours'");
    CHECK_INT(call("GET", "/v1/auth/sessions", access, "%s", ""), 200);
    CHECK_STR(at("meta.total"), "0");
    CHECK_INT(refresh(token), 401);
    CHECK_STR(at("error.code"), "INVALID_REFRESH_TOKEN");

    REQUIRE(with(usual)); /* those made from now on */
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(
        sql("select count(*) from sessions where idle = interval '7 days' and expires_at > now() + interval '89 days'"),
        "1");
    CHECK_INT(call("GET", "/v1/me/export", at("data.accessToken"), "%s", ""), 200);
    CHECK_STR(at("data.devices[0].userAgent"), "Test?/1.0");
}

/* PW1, PW2 */
static void a_hash_is_made_anew_at_another_cost(void)
{
    REQUIRE(start() && with(usual));
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    CHECK_STR(sql("select substr(password_hash, 1, 30) from accounts"), "$argon2id$v=19$m=19456,t=2,p=1");
    REQUIRE(with(other));
    CHECK_INT(log_in("ann@example.com", PASSWORD "x"), 401);
    CHECK_STR(sql("select substr(password_hash, 1, 30) from accounts"), "$argon2id$v=19$m=19456,t=2,p=1");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(sql("select substr(password_hash, 1, 29) from accounts"), "$argon2id$v=19$m=7168,t=5,p=1");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    REQUIRE(with(usual));
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(sql("select substr(password_hash, 1, 30) from accounts"), "$argon2id$v=19$m=19456,t=2,p=1");
}

/* ---- the guide's SQL, as it stands there ---- */

/* The first block of SQL behind a heading, with values for its parameters. */
static char *block(const char *heading, const char *const *values)
{
    static char text[65536], out[4096];
    FILE *f = fopen(GUIDE, "r");
    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = 0;
    if (f)
        fclose(f);
    const char *at = strstr(text, heading);
    at = at ? strstr(at, "```sql\n") : NULL;
    const char *end = at ? strstr(at, "\n```\n") : NULL;
    size_t n = 0;
    for (at = at ? at + 7 : NULL; at && at < end; at++) {
        if (*at == '$' && at[1] >= '1' && at[1] <= '9')
            n += (size_t)snprintf(out + n, sizeof out - n, "'%s'", values[*++at - '1']);
        else
            out[n++] = *at;
    }
    out[n] = 0;
    return out;
}

/* PW2: users of a Node program sign in with what they have. */
static void users_are_moved_over(void)
{
    static const char *const values[] = {"0a000000-0000-7000-8000-000000000000",
                                         "Old Customers",
                                         "old-customers",
                                         "0b000000-0000-7000-8000-000000000000",
                                         "Olga@example.com",
                                         "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"};
    REQUIRE(start() && with(usual));
    PGconn *owner = PQconnectdb(db.owner_dsn);
    PGresult *done = PQexec(owner, block("## Moving users over", values));
    CHECK_STR(PQresultErrorMessage(done), "");
    CHECK_STR(PQcmdStatus(done), "COMMIT");
    PQclear(done);
    PQfinish(owner);
    CHECK_STR(sql("select count(*) from pg_class where relname in ('accounts', 'users', 'organizations') and"
                  " relforcerowsecurity"),
              "3");
    CHECK_INT(log_in("olga@example.com", "U*V"), 401);
    CHECK_INT(log_in("olga@example.com", "U*U"), 200);
    CHECK_STR(at("data.user.role"), "admin");
    CHECK_STR(at("data.organization.slug"), "old-customers");
    CHECK_STR(sql("select left(password_hash, 10) from accounts"), "$argon2id$");
    CHECK_INT(log_in("olga@example.com", "U*U"), 200);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(sessions_live_as_long_as_is_set), TEST(a_hash_is_made_anew_at_another_cost),
                                       TEST(users_are_moved_over)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
