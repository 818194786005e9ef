/* GET /metrics: the app's numbers in Prometheus' text format, for who has the token. */
#include "app/app.h"
#include "http/meter.h"
#include <sodium.h>
#include <string.h>

/* ---- who may ---- */

static bool may(const saas_ctx *c)
{
    static const char scheme[] = "bearer ";
    const saas_text token = c->shard->site->metrics_token;
    const size_t at = sizeof scheme - 1;
    return token.len && c->authorization.len == at + token.len &&
           saas_text_equal_ci((saas_text){c->authorization.ptr, at}, (saas_text){scheme, at}) &&
           !sodium_memcmp(c->authorization.ptr + at, token.ptr, token.len);
}

/* ---- lines ---- */

typedef struct page {
    saas_buf *b;
    saas_metrics *metrics;
    const saas_router *router;
} page;

typedef struct single {
    const char *name, *type, *help;
    size_t slot;
    double unit;
} single;

static const single singles[] = {
    {"saas_requests_live", "gauge", "Requests under way", SAAS_METER_LIVE, 1},
    {"saas_rate_limited_total", "counter", "Requests refused with 429 by a limit", SAAS_METER_RATE_LIMITED, 1},
    {"saas_guesses_wrong_total", "counter", "Passwords and mailed tokens that were wrong", SAAS_METER_GUESSES_WRONG, 1},
    {"saas_guesses_refused_total", "counter", "Guesses that were not looked at after too many wrong ones",
     SAAS_METER_GUESSES_REFUSED, 1},
    {"saas_idempotent_replays_total", "counter", "Requests answered as before", SAAS_METER_REPLAYED, 1},
    {"saas_handlers_parked_total", "counter", "Handlers that would not end", SAAS_METER_PARKED, 1},
    {"saas_db_round_trips_total", "counter", "Round trips to Postgres", SAAS_METER_ROUND_TRIPS, 1},
    {"saas_revocations", "gauge", "Revoked sessions, users and organizations that loops remember", SAAS_METER_REVOKED, 1},
    {"saas_revocations_unknown", "gauge", "Loops that ask Postgres for each request whether its token was revoked",
     SAAS_METER_REVOKED_ASK, 1},
    {"saas_listens_total", "counter", "Times that a loop began to hear of revocations", SAAS_METER_LISTENS, 1},
    {"saas_db_wait_seconds_total", "counter", "Time waited for a lane", SAAS_METER_DB_WAIT_US, 1e-6},
};

static void head(page *p, const char *name, const char *type, const char *help)
{
    saas_buf_format(p->b, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

static void write_single(page *p, const single *s)
{
    head(p, s->name, s->type, s->help);
    saas_buf_format(p->b, "%s %.17g\n", s->name, (double)saas_metrics_read(p->metrics, s->slot) * s->unit);
}

static void write_value(page *p, const char *name, const char *type, const char *help, uint64_t value)
{
    head(p, name, type, help);
    saas_buf_format(p->b, "%s %llu\n", name, (unsigned long long)value);
}

static void write_lanes(page *p)
{
    static const char *const tiers[SAAS_DB_LOADS] = {"shared", "slow", "exclusive"};
    static const char *const names[] = {"saas_db_lanes_ready", "saas_db_lanes_busy", "saas_db_waiting"};
    static const char *const help[] = {"Connections to Postgres that are up", "Connections in use",
                                       "Units that wait for a connection"};
    for (size_t what = 0; what < 3; what++) {
        head(p, names[what], "gauge", help[what]);
        for (size_t i = 0; i < SAAS_DB_LOADS; i++)
            saas_buf_format(p->b, "%s{lanes=\"%s\"} %llu\n", names[what], tiers[i],
                            (unsigned long long)saas_metrics_read(p->metrics, SAAS_METER_DB + 3 * i + what));
    }
}

static void write_places(page *p, const saas_places *places)
{
    static const char name[] = "saas_outside_tenant_total";
    const saas_place *at;
    head(p, name, "counter", "Queries outside the tenant by scope and reason");
    for (size_t i = 0; (at = saas_place_at(places, i)); i++)
        saas_buf_format(p->b, "%s{scope=\"%s\",why=\"%s\"} %llu\n", name, at->scope, at->why,
                        (unsigned long long)saas_metrics_read(p->metrics, SAAS_METER_PLACES + i));
}

/* Methods and paths of routes have no character that must be escaped. */
static void labels(page *p, size_t i)
{
    const saas_route *r = i < saas_router_count(p->router) ? saas_router_route(p->router, i) : NULL;
    saas_buf_format(p->b, "{method=\"%s\",route=\"%s\"", r ? r->method : "", r ? r->path : "");
}

static size_t slots_of(size_t i)
{
    return SAAS_METER_ROUTES + i * SAAS_METER_PER_ROUTE;
}

static void write_statuses(page *p, size_t i)
{
    static const char *const classes[SAAS_METER_STATUSES] = {"2xx", "3xx", "4xx", "5xx", "gone"};
    for (size_t s = 0; s < SAAS_METER_STATUSES; s++) {
        const uint64_t n = saas_metrics_read(p->metrics, slots_of(i) + s);
        if (!n)
            continue;
        saas_buf_lit(p->b, "saas_requests_total");
        labels(p, i);
        saas_buf_format(p->b, ",status=\"%s\"} %llu\n", classes[s], (unsigned long long)n);
    }
}

static void write_histogram(page *p, size_t i)
{
    static const char name[] = "saas_request_seconds";
    const size_t first = slots_of(i) + SAAS_METER_STATUSES;
    uint64_t counts[SAAS_HISTOGRAM_BUCKETS], total = 0;
    for (size_t k = 0; k < SAAS_HISTOGRAM_BUCKETS; k++)
        total += counts[k] = saas_metrics_read(p->metrics, first + k);
    uint64_t below = 0;
    for (size_t k = 0; total && k < SAAS_HISTOGRAM_BUCKETS; k++) {
        below += counts[k];
        saas_buf_format(p->b, "%s_bucket", name);
        labels(p, i);
        saas_buf_format(p->b, ",le=\"%s\"} %llu\n", saas_histogram_bound(k), (unsigned long long)below);
    }
    if (!total)
        return;
    saas_buf_format(p->b, "%s_sum", name);
    labels(p, i);
    saas_buf_format(p->b, "} %.6f\n%s_count",
                    (double)saas_metrics_read(p->metrics, first + SAAS_HISTOGRAM_BUCKETS) / 1e6, name);
    labels(p, i);
    saas_buf_format(p->b, "} %llu\n", (unsigned long long)total);
}

/* Routes that nobody has called are left out. */
static void write_routes(page *p)
{
    const size_t count = saas_router_count(p->router) + 1;
    head(p, "saas_requests_total", "counter", "Requests by route and class of status");
    for (size_t i = 0; i < count; i++)
        write_statuses(p, i);
    head(p, "saas_request_seconds", "histogram", "From the first byte of a request at the handler to its answer");
    for (size_t i = 0; i < count; i++)
        write_histogram(p, i);
}

static void write_page(page *p, const saas_site *site)
{
    head(p, "saas_build_info", "gauge", "The library this program runs on");
    saas_buf_format(p->b, "saas_build_info{version=\"%d.%d.%d\"} 1\n", SAAS_VERSION_MAJOR, SAAS_VERSION_MINOR,
                    SAAS_VERSION_PATCH);
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        write_single(p, &singles[i]);
    write_value(p, "saas_log_dropped_total", "counter", "Lines that the log could not take",
                saas_log_dropped(site->log));
    write_value(p, "saas_work_waiting", "gauge", "Jobs that wait for a thread of the work pool",
                saas_work_waiting(site->work));
    write_value(p, "saas_passwords_waiting", "gauge", "Passwords that wait to be hashed",
                saas_work_waiting(site->passwords));
    write_lanes(p);
    write_places(p, site->places);
    write_routes(p);
}

saas_err saas_scrape(saas_ctx *c)
{
    const saas_site *site = c->shard->site;
    if (!may(c))
        return SAAS_ERR_NOT_FOUND;
    saas_ctx_clear_reply(c);
    page p = {.b = &c->out, .metrics = site->metrics, .router = site->router};
    write_page(&p, site);
    saas_ctx_header(c, SAAS_LIT("content-type"), SAAS_LIT("text/plain; version=0.0.4; charset=utf-8"));
    saas_ctx_header(c, SAAS_LIT("cache-control"), SAAS_LIT("no-store"));
    c->status = 200;
    c->replied = true;
    return c->out.failed ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}
