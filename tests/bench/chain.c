/* What stands before a handler and behind it costs: a signed-in request with all of it on, over the same route with
 * none of it, on one loop, without sockets. The guard reads the head as the adapter has it. */
#include "base/uuid.h"
#include "h2o/guard.h"
#include "http/site.h"
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

enum { REQUESTS = 20000, ROUNDS = 9 };

static const double target_us = 2.5;

static saas_err thing(saas_ctx *c)
{
    return saas_reply_null(c, 0);
}

static const saas_route routes[] = {SAAS_GET("/v1/things/:id", thing, .limit_per_minute = 60000000)};

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- what can be on ---- */

enum { AUTH = 1, LIMIT = 2, LOG = 4, METRICS = 8, GUARD = 16, ID = 32, ALL = 63 };

static const saas_step *steps;
static saas_step some[4];
static saas_meter *meter;
static saas_limiter *limiter;
static char head[2048];
static size_t head_len;

/* refused, routed, admit, authenticate, limit, authorize, …: with AUTH all of them; limits are the limiter's absence.
 */
static void switch_to(unsigned on)
{
    some[0] = steps[1];
    some[1] = NULL;
    app.site.steps = on & AUTH ? steps : some;
    app.site.limiter = on & LIMIT ? limiter : NULL;
    saas_log_set_level(app.site.log, on & LOG ? SAAS_LOG_INFO : SAAS_LOG_OFF);
    shard->meter = on & METRICS ? meter : NULL;
}

static void make_head(void)
{
    head_len = (size_t)snprintf(head, sizeof head,
                                "GET /v1/things/42 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1.0\r\n"
                                "Accept: application/json\r\nAuthorization: %s\r\n\r\n",
                                bearer_value);
}

static void guard(void)
{
    static saas_h2o_head out;
    if (saas_h2o_guard(&out, head, head_len))
        abort();
}

/* What an id and a trace cost that begin here; the system is asked once for 32. */
static void name(void)
{
    static uint8_t random[576];
    static size_t left;
    static char text[SAAS_UUID_CHARS + 1];
    if (left < 18) {
        MUST(saas_random(random, sizeof random));
        left = sizeof random;
    }
    left -= 18;
    saas_uuid_format(text, saas_uuid_v7_of(saas_clock_wall_us(), random + left));
    __asm__ volatile("" : : "r"(text) : "memory");
}

static void on_done(void *transport, const saas_host_reply *r)
{
    if (r->status != 200)
        abort();
    saas_exchange_release(*(saas_exchange **)transport);
}

static double round_us(unsigned on)
{
    static const saas_host_ops quick = {sizeof quick, on_done};
    const saas_header headers[] = {{SAAS_LIT("host"), SAAS_LIT("api.example.com")},
                                   {SAAS_LIT("user-agent"), SAAS_LIT("bench/1.0")},
                                   {SAAS_LIT("accept"), SAAS_LIT("application/json")},
                                   {SAAS_LIT("authorization"), saas_text_z(bearer_value)}};
    const saas_host_request r = {.size = sizeof r,
                                 .method = SAAS_LIT("GET"),
                                 .target = SAAS_LIT("/v1/things/42"),
                                 .remote = SAAS_LIT("192.0.2.1"),
                                 .headers = headers,
                                 .header_count = 4,
                                 .header_size = sizeof *headers};
    saas_exchange *x;
    switch_to(on);
    const double from = cpu_us();
    for (int i = 0; i < REQUESTS; i++) {
        if (on & GUARD)
            guard();
        if (on & ID)
            name();
        MUST(saas_exchange_new(&x, shard, &r, &quick, &x));
        saas_exchange_start(x);
    }
    const double took = (cpu_us() - from) / REQUESTS;
    saas_poll_loop_turn(loop, 0);
    return took;
}

/* ---- in turns ---- */

static const struct {
    const char *name;
    unsigned on;
} parts[] = {{"none of it", 0},
             {"id, trace", ID},
             {"guard", GUARD},
             {"auth and the other steps", AUTH},
             {"rate limit", AUTH | LIMIT},
             {"log", LOG},
             {"metrics", METRICS},
             {"all", ALL}};

enum { PARTS = sizeof parts / sizeof *parts };

static void the_chain(void)
{
    double best[PARTS];
    for (size_t i = 0; i < PARTS; i++)
        best[i] = 1e9;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < PARTS; i++) {
            const double us = round_us(parts[i].on);
            best[i] = us < best[i] ? us : best[i];
        }
    for (size_t i = 0; i < PARTS; i++) {
        const double base = parts[i].on == (AUTH | LIMIT) ? best[3] : best[0];
        printf("%-26s %6.2f us   +%.2f\n", parts[i].name, best[i], best[i] - base);
    }
    printf("the chain costs %.2f us, target %.1f\n", best[PARTS - 1] - best[0], target_us);
}

static const check_test tests[] = {TEST(the_chain)};

int main(int argc, char **argv)
{
    count_requests = true;
    site_up(routes, 1, NULL);
    saas_log_free(app.site.log);
    const int fd = open("/dev/null", O_WRONLY);
    MUST(saas_log_new(&app.site.log, fd, SAAS_LOG_INFO, NULL, NULL));
    MUST(saas_limiter_new(&limiter, 0));
    app.site.blocked_us = 100000;
    /* Not by lag: the loop turns once a round. */
    app.site.requests_max = 1024;
    steps = app.site.steps;
    meter = shard->meter;
    sign_in_as(SAAS_MEMBER);
    make_head();
    int failed = check_run(tests, 1, argc, argv);
    switch_to(ALL);
    site_down();
    saas_limiter_free(limiter);
    saas_metrics_free(app.site.metrics);
    close(fd);
    return failed + check_failed != 0;
}
