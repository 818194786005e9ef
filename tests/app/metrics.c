/* GET /metrics: numbers by route, for who has the token; for anybody else it isn't there. */
#include "notes.h"
#include <time.h>

#define TOKEN "metrics token of a test, of no worth 1"

static saas_err fine(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static saas_err broken(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_INTERNAL;
}

static const saas_route routes[] = {
    SAAS_GET("/fine/:id", fine, .open = true, .limit_per_minute = 5),
    SAAS_GET("/broken", broken, .open = true),
    SAAS_GET("/never", fine, .open = true),
};

static const char *const with_token[] = {"METRICS_TOKEN=" TOKEN, "RATE_LIMITS=on", NULL};

static void start_with(const char *const *env)
{
    if (saas_test_client_new(&t, SAAS_APP(.name = "m", SAAS_ROUTES(routes), .no_database = true, .env = env), NULL,
                             &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

static saas_test_response get(const char *path, const char *bearer)
{
    saas_test_response r = {0};
    CHECK_INT(SAAS_TEST_SEND(&r, t, .target = path, .bearer = bearer), SAAS_OK);
    return r;
}

static bool says(const saas_test_response *r, const char *line)
{
    const char *at = strstr(r->body.ptr, line);
    return at && (at == r->body.ptr || at[-1] == '\n') && at[strlen(line)] == '\n';
}

static void only_the_token_opens_it(void)
{
    start_with(with_token);
    static const char *const wrong[] = {NULL, "x", TOKEN "x", "metrics token of a test, of no worth 2"};
    for (size_t i = 0; i < 4; i++) {
        saas_test_response r = get("/metrics", wrong[i]);
        CHECK_INT(r.status, 404);
        CHECK_STR(json(&r, "error.code"), "NOT_FOUND");
    }
    saas_test_response r = get("/metrics", TOKEN);
    CHECK_INT(r.status, 200);
    CHECK(saas_text_equal(saas_test_header(&r, "content-type"), SAAS_LIT("text/plain; version=0.0.4; charset=utf-8")));
    CHECK(saas_text_equal(saas_test_header(&r, "cache-control"), SAAS_LIT("no-store")));
    CHECK(says(&r, "saas_build_info{version=\"0.1.0\"} 1"));
    CHECK(!strstr(r.body.ptr, "of no worth"));
    saas_test_client_free(t);
    start_with(NULL);
    CHECK_INT(get("/metrics", TOKEN).status, 404);
    CHECK_INT(get("/metrics", "").status, 404);
    saas_test_client_free(t);
}

static void it_counts_by_route_and_status(void)
{
    start_with(with_token);
    for (int i = 0; i < 8; i++)
        CHECK_INT(get("/fine/7", NULL).status, i < 5 ? 200 : 429);
    CHECK_INT(get("/broken", NULL).status, 500);
    for (int i = 0; i < 3; i++)
        CHECK_INT(get("/a/path/of/a/client?secret=1", NULL).status, 404);
    saas_test_response r = get("/metrics", TOKEN);
    CHECK(says(&r, "saas_requests_total{method=\"GET\",route=\"/fine/:id\",status=\"2xx\"} 5"));
    CHECK(says(&r, "saas_requests_total{method=\"GET\",route=\"/fine/:id\",status=\"4xx\"} 3"));
    CHECK(says(&r, "saas_requests_total{method=\"GET\",route=\"/broken\",status=\"5xx\"} 1"));
    CHECK(says(&r, "saas_requests_total{method=\"\",route=\"\",status=\"4xx\"} 3"));
    CHECK(says(&r, "saas_request_seconds_count{method=\"GET\",route=\"/fine/:id\"} 8"));
    CHECK(says(&r, "saas_request_seconds_bucket{method=\"GET\",route=\"/fine/:id\",le=\"+Inf\"} 8"));
    CHECK(says(&r, "saas_rate_limited_total 3"));
    CHECK(says(&r, "saas_requests_live 0"));
    CHECK(says(&r, "saas_work_waiting 0"));
    CHECK(says(&r, "saas_log_dropped_total 0"));
    CHECK(says(&r, "saas_db_lanes_ready{lanes=\"shared\"} 0"));
    CHECK(!strstr(r.body.ptr, "/never") && !strstr(r.body.ptr, "client"));
    saas_test_client_free(t);
}

/* What Prometheus' parser asks of every line. */
static void every_line_is_well_formed(void)
{
    start_with(with_token);
    get("/fine/1", NULL);
    saas_test_response r = get("/metrics", TOKEN);
    char *text = strdup(r.body.ptr), *rest = text;
    CHECK(r.body.len && r.body.ptr[r.body.len - 1] == '\n');
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *end, *space = strrchr(line, ' ');
        REQUIRE(space);
        if (strncmp(line, "# HELP saas_", 12) && strncmp(line, "# TYPE saas_", 12)) {
            strtod(space + 1, &end);
            CHECK(!strncmp(line, "saas_", 5) && !*end && end > space + 1);
        }
    }
    free(text);
    saas_test_client_free(t);
}

static double now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void a_scrape_is_quick(void)
{
    start_with(with_token);
    double best = 1e9;
    for (int i = 0; i < 50; i++) {
        const double from = now_ms();
        get("/metrics", TOKEN);
        const double took = now_ms() - from;
        best = took < best ? took : best;
    }
    printf("     %.3f ms\n", best);
    CHECK(best < 10);
    saas_test_client_free(t);
}

static const check_test tests[] = {TEST(only_the_token_opens_it), TEST(it_counts_by_route_and_status),
                                   TEST(every_line_is_well_formed), TEST(a_scrape_is_quick)};
CHECK_MAIN(tests)
