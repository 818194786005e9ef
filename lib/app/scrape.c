/* GET /metrics: the app's numbers in Prometheus' text format, for who has the token. */
#include "app/app.h"
#include "app/operator.h"
#include "http/meter.h"
#include <sys/resource.h>

/* ---- lines ---- */

#define NO_ROUTE SIZE_MAX

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
    {"saas_revocations", "gauge", "Revoked sessions, users and organizations that loops remember", SAAS_METER_REVOKED,
     1},
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

static void write_statuses(page *p, size_t i)
{
    static const char *const classes[SAAS_METER_STATUSES] = {"2xx", "3xx", "4xx", "5xx", "gone"};
    for (size_t s = 0; s < SAAS_METER_STATUSES; s++) {
        const uint64_t n = saas_metrics_read(p->metrics, saas_meter_route(i) + s);
        if (!n)
            continue;
        saas_buf_lit(p->b, "saas_requests_total");
        labels(p, i);
        saas_buf_format(p->b, ",status=\"%s\"} %llu\n", classes[s], (unsigned long long)n);
    }
}

/* A line's labels, `more` among them, to the space before its value. */
static void series(page *p, const char *name, const char *part, size_t route, const char *more, const char *value)
{
    saas_buf_z(p->b, name);
    saas_buf_z(p->b, part);
    if (route != NO_ROUTE)
        labels(p, route);
    if (*more)
        saas_buf_format(p->b, "%s%s=\"%s\"", route == NO_ROUTE ? "{" : ",", more, value);
    saas_buf_z(p->b, route == NO_ROUTE && !*more ? " " : "} ");
}

static void write_histogram(page *p, const char *name, size_t route, size_t first)
{
    uint64_t counts[SAAS_HISTOGRAM_BUCKETS], total = 0, below = 0;
    for (size_t k = 0; k < SAAS_HISTOGRAM_BUCKETS; k++)
        total += counts[k] = saas_metrics_read(p->metrics, first + k);
    if (!total && route != NO_ROUTE)
        return;
    for (size_t k = 0; k < SAAS_HISTOGRAM_BUCKETS; k++) {
        below += counts[k];
        series(p, name, "_bucket", route, "le", saas_histogram_bound(k));
        saas_buf_format(p->b, "%llu\n", (unsigned long long)below);
    }
    series(p, name, "_sum", route, "", "");
    saas_buf_format(p->b, "%.6f\n", (double)saas_metrics_read(p->metrics, first + SAAS_HISTOGRAM_BUCKETS) / 1e6);
    series(p, name, "_count", route, "", "");
    saas_buf_format(p->b, "%llu\n", (unsigned long long)total);
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
        write_histogram(p, "saas_request_seconds", i, saas_meter_route(i) + SAAS_METER_STATUSES);
    head(p, "saas_loop_blocked_total", "counter", "Times a handler held its loop up for too long");
    for (size_t i = 0; i < count; i++) {
        const uint64_t n = saas_metrics_read(p->metrics, saas_meter_route(i) + SAAS_METER_BLOCKED);
        if (!n)
            continue;
        series(p, "saas_loop_blocked_total", "", i, "", "");
        saas_buf_format(p->b, "%llu\n", (unsigned long long)n);
    }
}

static void write_loops(page *p)
{
    head(p, "saas_loop_lag_seconds", "histogram", "How late loops with requests come to their timers");
    write_histogram(p, "saas_loop_lag_seconds", NO_ROUTE, SAAS_METER_LAG);
    head(p, "saas_loop_lag_worst_seconds", "gauge", "The lag of the latest of the loops now");
    saas_buf_format(p->b, "saas_loop_lag_worst_seconds %.6f\n",
                    (double)saas_metrics_most(p->metrics, SAAS_METER_LAG_NOW) / 1e6);
}

static void write_shed(page *p)
{
    static const char name[] = "saas_requests_shed_total";
    static const char *const why[SAAS_SHEDS] = {"", "requests", "route", "lag", "database", "work"};
    head(p, name, "counter", "Requests refused with 503 as there were too many, by what there was too much of");
    for (size_t i = 1; i < SAAS_SHEDS; i++)
        saas_buf_format(p->b, "%s{reason=\"%s\"} %llu\n", name, why[i],
                        (unsigned long long)saas_metrics_read(p->metrics, SAAS_METER_SHED + i - 1));
}

/* A pool's names, and what its threads are for. */
typedef struct pool_names {
    const char *threads, *busy, *waiting, *jobs, *wait, *what;
} pool_names;

#define POOL(name, what)                                                                                               \
    {                                                                                                                  \
        name "_threads", name "_busy", name "_waiting", name "_jobs_total", name "_wait_seconds_total", what           \
    }
static const pool_names work_names = POOL("saas_work", "Work pool"),
                        password_names = POOL("saas_passwords", "Passwords");

static void write_work(page *p, const pool_names *names, saas_work_pool *pool)
{
    const struct {
        const char *name, *type, *what;
    } lines[] = {
        {names->threads, "gauge", "threads"},
        {names->busy, "gauge", "threads at work"},
        {names->waiting, "gauge", "jobs that wait for a thread"},
        {names->jobs, "counter", "jobs that a thread has taken"},
        {names->wait, "counter", "time jobs waited for a thread"},
    };
    saas_work_load l;
    saas_work_load_of(&l, pool);
    const double values[] = {l.threads, l.busy, l.waiting, (double)l.jobs, (double)l.wait_us / 1e6};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        saas_buf_format(p->b, "# HELP %s %s: %s.\n# TYPE %s %s\n%s %.17g\n", lines[i].name, names->what, lines[i].what,
                        lines[i].name, lines[i].type, lines[i].name, values[i]);
}

/* Under the names that dashboards know. */
static void write_process(page *p)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used))
        return;
    head(p, "process_cpu_seconds_total", "counter", "User and system CPU time of the process");
    saas_buf_format(p->b, "process_cpu_seconds_total %.6f\n",
                    (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                        (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    write_value(p, "process_resident_memory_max_bytes", "gauge", "The most memory the process has had resident",
                (uint64_t)used.ru_maxrss * 1024);
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
    write_work(p, &work_names, site->work);
    write_work(p, &password_names, site->passwords);
    write_process(p);
    write_loops(p);
    write_shed(p);
    write_lanes(p);
    write_places(p, site->places);
    write_routes(p);
}

saas_err saas_scrape(saas_ctx *c)
{
    const saas_site *site = c->shard->site;
    if (!saas_is_operator(c))
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
