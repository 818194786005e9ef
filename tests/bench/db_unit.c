/* What the pool costs: the tenant unit through it, and the same messages by bare libpq on as many connections. */
#include "db/rig.h"
#include <poll.h>
#include <sys/resource.h>

enum { CONNECTIONS = 2, DEPTH = 16, CLIENTS = CONNECTIONS * DEPTH, ROUND_MS = 700, ROUNDS = 4 };

#define TAG  "bench:018f0000-0000-7000-8000-000000000001"
#define READ "select id, title from notes where id = $1"

static size_t units, failures;
static unsigned turn;

static double cpu_us(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* ---- through the pool ---- */

typedef struct client {
    saas_db_unit unit;
    saas_db_statement statement;
    saas_value arg;
} client;

static client clients[CLIENTS];
static bool stopping;
static unsigned live;

static void next(client *c);

static void on_unit(saas_db_unit *unit, saas_err e)
{
    client *c = unit->user;
    live--;
    units++;
    failures += e || PQntuples(c->statement.result) != 1;
    PQclear(c->statement.result);
    c->statement.result = NULL;
    if (!stopping)
        next(c);
}

static void next(client *c)
{
    c->arg = saas_v_i64(1 + turn++ % 1000);
    c->statement = (saas_db_statement){READ, {&c->arg, 1, sizeof c->arg}, NULL, NULL};
    c->unit = (saas_db_unit){.org = org(1),
                             .has_org = true,
                             .read_only = true,
                             .deadline_us = in_ms(10000),
                             .tag = TAG,
                             .statements = &c->statement,
                             .count = 1,
                             .done = on_unit,
                             .user = c};
    live++;
    if (saas_db_submit(db, &c->unit))
        failures++;
}

static bool none_live(void *user)
{
    (void)user;
    return !live;
}

static void run_pool(void)
{
    stopping = false;
    for (int i = 0; i < CLIENTS; i++)
        next(&clients[i]);
    turn_for(ROUND_MS);
    stopping = true;
    CHECK(turn_until(none_live, NULL, 5000));
}

/* ---- bare libpq ---- */

#define FIRST                                                                                                          \
    "select set_config('app.current_org_id', $1, true), set_config('statement_timeout', (case when ms < 1 then -1 "    \
    "else least(ms, $3::int8) end)::int4::text, true), set_config('transaction_read_only', 'on', true), "               \
    "set_config('application_name', $4, true) from "                                                                   \
    "(select floor(($2::int8 - date_part('epoch', clock_timestamp()) * 1000000) / 1000) as ms) t"

static PGconn *conns[CONNECTIONS];
static unsigned in_flight[CONNECTIONS];

static bool connect_bare(void)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        conns[i] = PQconnectdb(base.app_dsn);
        PQclear(PQprepare(conns[i], "first", FIRST, 0, NULL));
        PQclear(PQprepare(conns[i], "read", READ, 0, NULL));
        if (PQsetnonblocking(conns[i], 1) || !PQenterPipelineMode(conns[i]))
            return false;
    }
    return true;
}

static void send_bare(int i)
{
    char uuid[SAAS_UUID_CHARS + 1], deadline[24], id[16];
    saas_uuid_format(uuid, org(1));
    snprintf(deadline, sizeof deadline, "%lld", (long long)saas_clock_wall_us() + 10000000);
    snprintf(id, sizeof id, "%u", 1 + turn++ % 1000);
    failures += !PQsendQueryPrepared(conns[i], "first", 4, (const char *const[]){uuid, deadline, "250", TAG}, NULL,
                                     NULL, 0);
    failures += !PQsendQueryPrepared(conns[i], "read", 1, (const char *const[]){id}, NULL, NULL, 0);
    failures += !PQpipelineSync(conns[i]);
    in_flight[i]++;
}

static void read_bare(int i, bool more)
{
    failures += !PQconsumeInput(conns[i]);
    while (in_flight[i] && !PQisBusy(conns[i])) {
        PGresult *r = PQgetResult(conns[i]);
        ExecStatusType status = PQresultStatus(r);
        failures += r && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC;
        PQclear(r);
        if (!r || status != PGRES_PIPELINE_SYNC)
            continue;
        in_flight[i]--;
        units++;
        if (more)
            send_bare(i);
    }
}

static void turn_bare(bool more)
{
    struct pollfd fds[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = (struct pollfd){PQsocket(conns[i]), POLLIN, 0};
    poll(fds, CONNECTIONS, 100);
    for (int i = 0; i < CONNECTIONS; i++)
        if (fds[i].revents)
            read_bare(i, more);
}

static void run_bare(void)
{
    uint64_t until = in_ms(ROUND_MS);
    for (int i = 0; i < CLIENTS; i++)
        send_bare(i % CONNECTIONS);
    while (saas_clock_mono_us() < until)
        turn_bare(true);
    while (in_flight[0] || in_flight[1])
        turn_bare(false);
}

/* ---- both, in turns ---- */

typedef struct figures {
    double units, us, cpu;
} figures;

static void add(figures *f, void (*load)(void))
{
    double cpu = cpu_us();
    uint64_t begin = saas_clock_mono_us();
    units = 0;
    load();
    f->units += (double)units;
    f->us += (double)(saas_clock_mono_us() - begin);
    f->cpu += cpu_us() - cpu;
}

static void print(const char *what, const figures *f)
{
    printf("%-12s %8.0f units/s   %5.2f us CPU a unit (ours, not the server's)\n", what, f->units * 1e6 / f->us,
           f->cpu / f->units);
}

static void a_unit(void)
{
    figures bare = {0}, pool = {0};
    CHECK(sql_as(base.super_dsn,
                 "insert into notes (org_id, title) select 'aa000000-0000-0000-0000-000000000001',"
                 " 'note ' || i from generate_series(1, 1000) i; analyze notes",
                 NULL));
    REQUIRE(connect_bare());
    REQUIRE(open_pool((saas_db_options){.lanes_shared = CONNECTIONS, .lanes_slow = 1, .lanes_exclusive = 1}));
    figures warm = {0};
    add(&warm, run_pool);
    add(&warm, run_bare);
    for (int i = 0; i < ROUNDS; i++) {
        add(&bare, run_bare);
        add(&pool, run_pool);
    }
    print("bare libpq", &bare);
    print("saas_db", &pool);
    printf("CPU ratio %.2f, throughput ratio %.2f\n", pool.cpu / pool.units / (bare.cpu / bare.units),
           pool.units / pool.us / (bare.units / bare.us));
    CHECK_INT(failures, 0);
    close_pool();
    for (int i = 0; i < CONNECTIONS; i++)
        PQfinish(conns[i]);
}

static const check_test tests[] = {TEST(a_unit)};
RIG_MAIN(tests)
