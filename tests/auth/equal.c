/* PW8: whoever is there and whoever is not are answered alike, and cost the same work: on login, forgot, resend and
 * refresh. Wall time is measured by tests/bench/guess.c; here it is the work. */
#include "http.h"
#include <time.h>

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
#define METRICS "metrics token of a test, of no worth 1"

static saas_err swallow(const saas_mail *m, void *user)
{
    (void)m;
    (void)user;
    return SAAS_OK;
}

static const saas_app_options *host(void)
{
    static saas_app_options o;
    static const char *const env[] = {"RATE_LIMITS=off", "METRICS_TOKEN=" METRICS, NULL};
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts), .env = env, .mailer = swallow);
    return &o;
}

/* What a client sees of an answer, but for the id that names each. */
static void seen(char out[4096])
{
    size_t n = (size_t)snprintf(out, 4096, "%d\n", r.status);
    for (size_t i = 0; i < r.header_count; i++)
        if (!saas_text_equal(r.headers[i].name, SAAS_LIT("x-request-id")))
            n += (size_t)snprintf(out + n, 4096 - n, "%s: %s\n", r.headers[i].name.ptr, r.headers[i].value.ptr);
    snprintf(out + n, 4096 - n, "\n%.*s", (int)r.body.len, r.body.ptr);
}

/* A number of GET /metrics. */
static long number(const char *name)
{
    char line[128];
    snprintf(line, sizeof line, "\n%s ", name);
    CHECK_INT(SAAS_TEST_SEND(&r, t, .target = "/metrics", .bearer = METRICS), SAAS_OK);
    const char *at_line = strstr(r.body.ptr, line);
    return at_line ? strtol(at_line + strlen(line), NULL, 10) : -1;
}

static uint64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

enum { ROUNDS_MAX = 41 };

/* Takes turns, as what else the machine does should hit both. The bound of the work in this process is wide, as it is
 * shared; statements are counted exactly. */
static void compare(const char *target, const char *known, const char *unknown, size_t rounds)
{
    const char *const bodies[] = {known, unknown};
    char answers[2][4096];
    uint64_t took[2][ROUNDS_MAX];
    long trips[2];
    for (size_t k = 0; k < 2; k++) {
        const long before = number("saas_db_round_trips_total");
        CHECK(call("POST", target, NULL, "%s", bodies[k]) > 0);
        seen(answers[k]);
        trips[k] = number("saas_db_round_trips_total") - before;
    }
    CHECK_STR(answers[1], answers[0]);
    CHECK_INT(trips[1], trips[0]);
    for (size_t i = 0; i < 2 * rounds; i++) {
        const uint64_t start_us = cpu_us();
        CHECK(call("POST", target, NULL, "%s", bodies[i % 2]) > 0);
        took[i % 2][i / 2] = cpu_us() - start_us;
    }
    for (size_t k = 0; k < 2; k++)
        qsort(took[k], rounds, sizeof **took, by_value);
    const uint64_t a = took[0][rounds / 2], b = took[1][rounds / 2];
    CHECK(a < 2 * b && b < 2 * a);
}

/* No courier in between: it runs when mail is due. */
static bool begin(void)
{
    return start() && sign_up("Acme", "ann@example.com") == 201 &&
           *sql("create or replace function put_off() returns trigger language plpgsql as 'begin new.due_at := now() + "
                "interval ''1 hour''; return new; end'; create or replace trigger put_off before insert on outbox for "
                "each row execute function put_off(); update outbox set due_at = now() + interval '1 hour'; select 1");
}

static void on_login(void)
{
    REQUIRE(begin());
    compare("/v1/auth/login", "{\"email\":\"ann@example.com\",\"password\":\"not this one\"}",
            "{\"email\":\"bob@example.com\",\"password\":\"not this one\"}", 9);
    CHECK_STR(
        sql("select count(distinct org_id is null) || ' ' || count(distinct c) from (select org_id, count(*) c from"
            " audit where event = 'login.failed' group by org_id) x"),
        "2 1"); /* as many rows */
}

static void on_forgot_and_resend(void)
{
    static const char *const targets[] = {"/v1/auth/password/forgot", "/v1/auth/email/resend"};
    REQUIRE(begin());
    for (size_t i = 0; i < 2; i++)
        compare(targets[i], "{\"email\":\"ann@example.com\"}", "{\"email\":\"bob@example.com\"}", ROUNDS_MAX);
    CHECK_STR(
        sql("select count(*) from (select count(*) c from outbox where kind = 'reset' group by email) x where c = 5"),
        "2");
}

/* A genuine token of an account that is gone, of a session that has ended, and of an account that is disabled; and what
 * was never issued, which anybody can make up and nobody can aim at an account. */
static void on_refresh(void)
{
    char gone[300], ended[300], disabled[300], made_up[300], body[300];
    REQUIRE(begin());
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    snprintf(ended, sizeof ended, "{\"refreshToken\":\"%s\"}", at("data.refreshToken"));
    CHECK_INT(call("POST", "/v1/auth/logout", NULL, "%s", ended), 200);
    CHECK_INT(sign_up("Bobs", "bob@example.com"), 201);
    snprintf(gone, sizeof gone, "{\"refreshToken\":\"%s\"}", at("data.refreshToken"));
    CHECK_INT(sign_up("Carls", "carl@example.com"), 201);
    snprintf(disabled, sizeof disabled, "{\"refreshToken\":\"%s\"}", at("data.refreshToken"));
    sql("delete from accounts where email like 'bob@%'");
    sql("update accounts set disabled_at = now() where email like 'carl@%'");
    compare("/v1/auth/refresh", ended, gone, ROUNDS_MAX);
    compare("/v1/auth/refresh", disabled, gone, ROUNDS_MAX);
    strcpy(made_up, ended);
    made_up[60] = made_up[60] == 'A' ? 'B' : 'A';
    strcpy(body, gone);
    body[60] = body[60] == 'A' ? 'B' : 'A';
    compare("/v1/auth/refresh", made_up, body, ROUNDS_MAX);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(on_login), TEST(on_forgot_and_resend), TEST(on_refresh)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
