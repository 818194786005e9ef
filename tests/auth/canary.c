/* LG2: all that an account does, and then no password, no token and no key in any column, log line or answer it was not
 * meant for. */
#include "http.h"
#include <pthread.h>

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes},
                                    {"/v1/me", saas_account_routes},
                                    {"/v1/invitations", saas_invitation_routes},
                                    {"/v1/audit", saas_audit_routes}};
static const char *const env[] = {"RATE_LIMITS=on", "JWT_ACCESS_SECRET=canary access key Zq7RmT4vWx2LpK9s",
                                  "JWT_REFRESH_SECRET=canary refresh key Hy5NcB8dFg3QjW6e", NULL};

/* ---- what must not be found ---- */

typedef struct secret {
    char text[1024];
} secret;

static secret secrets[128];
static size_t secret_count;
static char mailed[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void remember(const char *text)
{
    if (*text && strcmp(text, "(absent)") != 0 && secret_count < sizeof secrets / sizeof *secrets)
        snprintf(secrets[secret_count++].text, sizeof secrets->text, "%s", text);
}

static saas_err keep(const saas_mail *m, void *user)
{
    (void)user;
    pthread_mutex_lock(&lock);
    if (m->token) {
        snprintf(mailed, sizeof mailed, "%s", m->token);
        remember(m->token);
    }
    pthread_mutex_unlock(&lock);
    return SAAS_OK;
}

static const saas_app_options *host(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts), .env = env, .mailer = keep);
    return &o;
}

/* ---- what is written down ---- */

static char *written;
static size_t written_len;

static void note(const char *text)
{
    const size_t len = strlen(text);
    written = realloc(written, written_len + len + 1);
    memcpy(written + written_len, text, len + 1);
    written_len += len;
}

/* Every row of every table, bytea as hex and, of what is text inside, as text. */
static void dump(void)
{
    PGresult *tables = PQexec(super, "select c.oid::regclass::text from pg_class c where c.relkind = 'r' and"
                                     " c.relnamespace = 'public'::regnamespace");
    CHECK(PQntuples(tables) > 10);
    for (int i = 0; i < PQntuples(tables); i++) {
        char query[256];
        snprintf(query, sizeof query, "select t::text from %s t", PQgetvalue(tables, i, 0));
        PGresult *rows = PQexec(super, query);
        for (int k = 0; k < PQntuples(rows); k++)
            note(PQgetvalue(rows, k, 0));
        PQclear(rows);
    }
    PQclear(tables);
}

static void search(const char *where)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < secret_count; i++) {
        char hex[2049] = "";
        for (size_t k = 0; secrets[i].text[k]; k++)
            snprintf(hex + 2 * k, 3, "%02x", (unsigned char)secrets[i].text[k]);
        if (strstr(written, secrets[i].text) || strstr(written, hex)) {
            fprintf(stderr, "%s: found %.12s...\n", where, secrets[i].text);
            CHECK(!"a secret is written down");
        }
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the flow ---- */

static char access_token[1024], refresh_token[256];

static void take_tokens(void)
{
    snprintf(access_token, sizeof access_token, "%s", at("data.accessToken"));
    snprintf(refresh_token, sizeof refresh_token, "%s", at("data.refreshToken"));
    remember(access_token);
    remember(refresh_token);
}

/* A request that gives no tokens away: neither does its answer. */
static void quiet(int status, const char *method, const char *target, const char *bearer, const char *body)
{
    CHECK_INT(call(method, target, bearer, "%s", body), status);
    note(r.body.ptr);
}

static const char *post_mailed(void)
{
    for (int i = 0; i < 500 && strcmp(sql("select count(*) from outbox"), "0") != 0; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    return mailed;
}

static const char *with(const char *format, const char *a, const char *b)
{
    static char body[2048];
    snprintf(body, sizeof body, format, a, b);
    return body;
}

#define FIRST  "canary first Kx4 lamp"
#define SECOND "canary second Vm7 fjord"
#define THIRD  "canary third Tq2 comet"
#define WRONG  "canary wrong Pz9 harbour"

static void live(void)
{
    CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                   "{\"orgName\":\"Acme\",\"email\":\"ann@example.com\",\"password\":\"" FIRST "\"}"),
              201);
    take_tokens();
    quiet(200, "POST", "/v1/auth/email/verify", NULL, with("{\"token\":\"%s\"}%s", post_mailed(), ""));
    quiet(400, "POST", "/v1/auth/email/verify", NULL, with("{\"token\":\"%s\"}%s", mailed, ""));
    quiet(401, "POST", "/v1/auth/login", NULL, "{\"email\":\"ann@example.com\",\"password\":\"" WRONG "\"}");
    quiet(401, "POST", "/v1/auth/login", NULL, "{\"email\":\"bob@example.com\",\"password\":\"" WRONG "\"}");
    quiet(400, "POST", "/v1/auth/login", NULL, "{\"email\":\"" WRONG "\",\"password\":\"" WRONG "\"}");
    quiet(400, "POST", "/v1/auth/login", NULL, "{\"email\":\"ann@example.com\",\"password\":\"" WRONG "\",\"x\":1}");
    CHECK_INT(log_in("ann@example.com", FIRST), 200);
    take_tokens();
    CHECK_INT(refresh(refresh_token), 200);
    take_tokens();
    quiet(401, "POST", "/v1/auth/refresh", NULL, "{\"refreshToken\":\"srt_canarycanarycanary\"}");
    quiet(401, "GET", "/v1/me", "canary.access.token", "");
    quiet(400, "POST", "/v1/me/password", access_token,
          "{\"currentPassword\":\"" WRONG "\",\"newPassword\":\"" SECOND "\"}");
    quiet(200, "POST", "/v1/me/password", access_token,
          "{\"currentPassword\":\"" FIRST "\",\"newPassword\":\"" SECOND "\"}");
    quiet(200, "POST", "/v1/auth/password/forgot", NULL, "{\"email\":\"ann@example.com\"}");
    quiet(200, "POST", "/v1/auth/password/reset", NULL,
          with("{\"token\":\"%s\",\"password\":\"%s\"}", post_mailed(), THIRD));
    CHECK_INT(log_in("ann@example.com", THIRD), 200);
    take_tokens();
    quiet(200, "PATCH", "/v1/me", access_token, "{\"email\":\"new@example.com\",\"currentPassword\":\"" THIRD "\"}");
    quiet(200, "POST", "/v1/auth/email/verify", NULL, with("{\"token\":\"%s\"}%s", post_mailed(), ""));
    quiet(201, "POST", "/v1/invitations", access_token, "{\"email\":\"carl@example.com\",\"role\":\"member\"}");
    CHECK_INT(call("POST", "/v1/auth/invitations/accept", NULL, "%s",
                   with("{\"token\":\"%s\",\"password\":\"%s\"}", post_mailed(), SECOND)),
              200);
    remember(at("data.accessToken"));
    remember(at("data.refreshToken"));
    quiet(200, "GET", "/v1/me/export", access_token, "");
    quiet(200, "GET", "/v1/auth/sessions", access_token, "");
    quiet(200, "GET", "/v1/audit", access_token, "");
    CHECK_INT(log_in("new@example.com", THIRD), 200);
    take_tokens();
    quiet(200, "POST", "/v1/auth/password/forgot", NULL, "{\"email\":\"new@example.com\"}"); /* one that waits */
    post_mailed();
    quiet(200, "POST", "/v1/auth/logout", NULL, with("{\"refreshToken\":\"%s\"}%s", refresh_token, ""));
}

static void nothing_is_written_down(void)
{
    static const char *const known[] = {FIRST,
                                        SECOND,
                                        THIRD,
                                        WRONG,
                                        "canary.access.token",
                                        "srt_canarycanarycanary",
                                        "canary access key Zq7RmT4vWx2LpK9s",
                                        "canary refresh key Hy5NcB8dFg3QjW6e"};
    REQUIRE(start());
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        remember(known[i]);
    live();
    search("answers");
    dump();
    search("database");
    note(saas_test_client_logged(t));
    search("log");
    CHECK(secret_count > 20);
    CHECK(strstr(written, "auth.login") && strstr(written, "$argon2id$") && strstr(written, "session.created"));
    CHECK_STR(sql("select count(*) from outbox"), "0");
    free(written);
    written = NULL;
    written_len = 0;
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(nothing_is_written_down)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
