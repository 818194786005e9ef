/* What a stranger can measure: medians of answers about accounts that exist and that do not, taken in turns; and what
 * 64 logins at once leave of GET /health. Wall time, over an app without sockets. */
#include <libpq-fe.h>
#include <saas/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};

static saas_err swallow(const saas_mail *m, void *user)
{
    (void)m;
    (void)user;
    return SAAS_OK;
}

static saas_test_pg *pg;
static saas_test_db db;
static saas_test_client *t;
static saas_test_response r;

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(strstr(what, "not installed") ? 77 : 1);
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int post(const char *target, const char *body)
{
    if (SAAS_TEST_SEND(&r, t, .method = "POST", .target = target, .body = body))
        fail("no answer");
    return r.status;
}

/* ---- known and unknown ---- */

enum { ROUNDS_MAX = 2000 };

static void compare(const char *what, const char *target, const char *known, const char *unknown, size_t rounds)
{
    static uint64_t took[2][ROUNDS_MAX];
    const char *const bodies[] = {known, unknown};
    for (size_t i = 0; i < 2 * rounds + 20; i++) {
        const size_t k = (i + i / 2) % 2; /* neither is always the second */
        const uint64_t start = now_us();
        post(target, bodies[k]);
        if (i >= 20)
            took[k][(i - 20) / 2] = now_us() - start;
    }
    for (size_t k = 0; k < 2; k++)
        qsort(took[k], rounds, sizeof **took, by_value);
    const double a = (double)took[0][rounds / 2], b = (double)took[1][rounds / 2];
    printf("%-8s known %8.0f us   unknown %8.0f us   %+5.1f %%\n", what, a, b, 100 * (b - a) / a);
}

static void keep_token(char out[300])
{
    const saas_text token = saas_test_json(t, r.body, "data.refreshToken");
    snprintf(out, 300, "{\"refreshToken\":\"%.*s\"}", (int)token.len, token.ptr ? token.ptr : "");
}

static void known_and_unknown(void)
{
    char ended[300], gone[300];
    post("/v1/auth/signup", "{\"orgName\":\"B\",\"email\":\"bob@example.com\",\"password\":\"quartz fjord lamp 9\"}");
    keep_token(gone);
    post("/v1/auth/signup", "{\"orgName\":\"A\",\"email\":\"ann@example.com\",\"password\":\"quartz fjord lamp 9\"}");
    keep_token(ended);
    post("/v1/auth/logout", ended);
    PGconn *super = PQconnectdb(db.super_dsn);
    PQclear(PQexec(super, "delete from accounts where email = 'bob@example.com'"));
    PQfinish(super);
    compare("login", "/v1/auth/login", "{\"email\":\"ann@example.com\",\"password\":\"not this one\"}",
            "{\"email\":\"bob@example.com\",\"password\":\"not this one\"}", 60);
    compare("forgot", "/v1/auth/password/forgot", "{\"email\":\"ann@example.com\"}", "{\"email\":\"bob@example.com\"}",
            800);
    compare("resend", "/v1/auth/email/resend", "{\"email\":\"ann@example.com\"}", "{\"email\":\"bob@example.com\"}",
            800);
    /* Who holds no genuine token can't even name an account: of a session that exists and of none, both made up. */
    ended[100] = ended[100] == 'A' ? 'B' : 'A';
    gone[100] = gone[100] == 'A' ? 'B' : 'A';
    compare("refresh", "/v1/auth/refresh", ended, gone, ROUNDS_MAX);
}

/* ---- 64 logins at once ---- */

enum { LOGINS = 64, LAST_MS = 3000 };

static size_t logins, shed, health_count;
static uint64_t until_us, health_us[100000], asked_us;
static bool asking;

static void begin_login(void);

static void login_answered(const saas_test_response *answer, void *user)
{
    (void)user;
    logins += answer->status == 200;
    shed += answer->status == 503 || answer->status == 429;
    if (now_us() < until_us)
        begin_login();
}

static void begin_login(void)
{
    if (saas_test_begin(
            t,
            &(saas_test_request){.size = sizeof(saas_test_request),
                                 .method = "POST",
                                 .target = "/v1/auth/login",
                                 .body = "{\"email\":\"ann@example.com\",\"password\":\"quartz fjord lamp 9\"}"},
            login_answered, NULL))
        fail("no login");
}

static void health_answered(const saas_test_response *answer, void *user)
{
    (void)answer;
    (void)user;
    asking = false;
    if (health_count < sizeof health_us / sizeof *health_us)
        health_us[health_count++] = now_us() - asked_us;
}

static void logins_and_health(void)
{
    uint64_t last_ms = 0; /* one a millisecond */
    until_us = now_us() + LAST_MS * 1000;
    for (int i = 0; i < LOGINS; i++)
        begin_login();
    /* A request comes at worst when a turn of the loop has just begun: that turn, its 2 ms of waiting included, is what
     * it waits for. */
    while (now_us() < until_us) {
        if (!asking)
            asked_us = now_us();
        saas_poll_loop_turn(saas_test_client_loop(t), 2);
        if (!asking && asked_us / 1000 != last_ms) {
            last_ms = asked_us / 1000;
            asking = true;
            if (saas_test_begin(t, &(saas_test_request){.size = sizeof(saas_test_request), .target = "/health"},
                                health_answered, NULL))
                fail("no health");
        }
    }
    if (saas_test_wait(t, 20000))
        fail("logins do not end");
    qsort(health_us, health_count, sizeof *health_us, by_value);
    printf("64 logins at once: %.0f a second, %zu shed; GET /health p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
           (double)logins * 1000 / LAST_MS, shed, (double)health_us[health_count / 2] / 1e3,
           (double)health_us[health_count * 99 / 100] / 1e3, (double)health_us[health_count - 1] / 1e3);
}

int main(void)
{
    static const char *const env[] = {"RATE_LIMITS=off", NULL};
    const saas_app_options *o = SAAS_APP(.name = "guess", SAAS_MOUNTS(mounts), .env = env, .mailer = swallow);
    saas_error e = {0};
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, o, &e) || saas_test_client_new(&t, o, &db, &e))
        fail(e.text);
    known_and_unknown();
    logins_and_health();
    saas_test_client_free(t);
    saas_test_pg_stop(pg);
    return 0;
}
