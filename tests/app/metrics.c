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
    CHECK(says(&r, "saas_requests_shed_total{reason=\"lag\"} 0"));
    CHECK(says(&r, "saas_log_dropped_total 0"));
    CHECK(says(&r, "saas_db_lanes_ready{lanes=\"shared\"} 0"));
    CHECK(!strstr(r.body.ptr, "/never") && !strstr(r.body.ptr, "client"));
    saas_test_client_free(t);
}

/* ---- the text format, as strictly as Prometheus' parser reads it ---- */

static bool name_char(char ch, bool first)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || ch == ':' ||
           (!first && ch >= '0' && ch <= '9');
}

static const char *past_name(const char *at)
{
    const char *from = at;
    while (name_char(*at, at == from))
        at++;
    return at > from ? at : NULL;
}

/* {name="value",…}: no empty list, no comma at its end, values escaped. */
static const char *past_labels(const char *at)
{
    do {
        at = past_name(at + 1);
        if (!at || at[0] != '=' || at[1] != '"')
            return NULL;
        for (at += 2; *at && *at != '"'; at++)
            if (*at == '\\' && (!*++at || !strchr("\\\"n", *at)))
                return NULL;
        if (*at++ != '"')
            return NULL;
    } while (*at == ',');
    return *at == '}' ? at + 1 : NULL;
}

typedef struct family {
    char name[80], type[16];
} family;

/* A sample belongs to the family its HELP and TYPE have announced just before. */
static bool belongs(const family *f, const char *name, size_t len)
{
    static const char *const parts[] = {"", "_bucket", "_sum", "_count"};
    const bool histogram = !strcmp(f->type, "histogram");
    char want[100];
    for (size_t i = histogram ? 1 : 0; i < (histogram ? 4U : 1U); i++) {
        snprintf(want, sizeof want, "%s%s", f->name, parts[i]);
        if (strlen(want) == len && !memcmp(want, name, len))
            return true;
    }
    return false;
}

static bool is_sample(const family *f, const char *line)
{
    char *end;
    const char *at = past_name(line);
    if (!at || !belongs(f, line, (size_t)(at - line)))
        return false;
    if (*at == '{')
        at = past_labels(at);
    if (!at || *at != ' ')
        return false;
    const double value = strtod(at + 1, &end);
    return end > at + 1 && !*end && value >= 0;
}

static bool is_announced(family *f, const char *line, const char *next, char seen[][80], size_t *count)
{
    char type[200];
    if (sscanf(line, "# HELP %79s", f->name) != 1 || line[strlen("# HELP ") + strlen(f->name)] != ' ')
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(seen[i], f->name))
            return false; /* a family comes once */
    strcpy(seen[(*count)++], f->name);
    if (!next || sscanf(next, "# TYPE %79s %15s", type, f->type) != 2 || strcmp(type, f->name) != 0)
        return false;
    const bool total = strlen(f->name) > 6 && !strcmp(f->name + strlen(f->name) - 6, "_total");
    return !strcmp(f->type, "counter") ? total : (!strcmp(f->type, "gauge") || !strcmp(f->type, "histogram")) && !total;
}

static void every_line_is_well_formed(void)
{
    static char seen[64][80];
    size_t count = 0, samples = 0;
    family f = {"", ""};
    start_with(with_token);
    get("/fine/1", NULL);
    get("/nowhere", NULL);
    saas_test_response r = get("/metrics", TOKEN);
    char *text = strdup(r.body.ptr), *rest = text;
    CHECK(r.body.len && r.body.ptr[r.body.len - 1] == '\n');
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        bool holds;
        if (!strncmp(line, "# ", 2)) {
            char *type = strsep(&rest, "\n");
            holds = is_announced(&f, line, type, seen, &count);
        } else {
            holds = is_sample(&f, line);
            samples++;
        }
        if (!holds)
            fprintf(stderr, "%s\n", line);
        CHECK(holds);
    }
    CHECK(count > 20 && samples > 60);
    free(text);
    saas_test_client_free(t);
}

/* Buckets rise to the count, which is that of +Inf. */
static void histograms_add_up(void)
{
    static const char bucket[] = "saas_loop_lag_seconds_bucket{le=\"";
    unsigned long long last = 0, n = 0, total = 0;
    start_with(with_token);
    for (int i = 0; i < 8; i++) {
        get("/fine/1", NULL);
        saas_poll_loop_turn(saas_test_client_loop(t), 60);
    }
    saas_test_response r = get("/metrics", TOKEN);
    for (const char *at = r.body.ptr; (at = strstr(at, bucket)); at += sizeof bucket) {
        REQUIRE(sscanf(strchr(at, ' '), "%llu", &n) == 1);
        CHECK(n >= last);
        last = n;
    }
    const char *at = strstr(r.body.ptr, "saas_loop_lag_seconds_count ");
    CHECK(at && sscanf(strchr(at, ' '), "%llu", &total) == 1 && total == last && total > 0);
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
                                   TEST(every_line_is_well_formed), TEST(histograms_add_up), TEST(a_scrape_is_quick)};
CHECK_MAIN(tests)
