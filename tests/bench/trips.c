/* What half a millisecond of network costs a request: once for the pool's unit, three times for BEGIN and SET, the
 * statement, COMMIT. Asserts both. */
#include "delay.h"

enum { RUNS = 600, DELAY_US = 500 };

#define READ "select id, title from notes where id = $1"

static char through[256];
static uint32_t samples[RUNS];

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double p50(void)
{
    qsort(samples, RUNS, sizeof *samples, by_size);
    return samples[RUNS / 2];
}

static double by_pool(void)
{
    const bool open =
        open_pool((saas_db_options){.dsn = through, .lanes_shared = 1, .lanes_slow = 1, .lanes_exclusive = 1});
    CHECK(open);
    for (int i = -20; open && i < RUNS; i++) {
        run r = one(READ, SAAS_ARGS(1 + (i + 20) % 100));
        r.unit.org = org(1);
        r.unit.has_org = r.unit.read_only = true;
        r.unit.deadline_us = in_ms(5000);
        uint64_t begin = saas_clock_mono_us();
        CHECK_INT(run_it(&r), SAAS_OK);
        if (i >= 0)
            samples[i] = (uint32_t)(saas_clock_mono_us() - begin);
        run_clear(&r);
    }
    close_pool();
    return p50();
}

static void expect(PGresult *r, ExecStatusType status)
{
    CHECK_INT(PQresultStatus(r), status);
    PQclear(r);
}

static double by_hand(void)
{
    PGconn *conn = PQconnectdb(through);
    expect(PQprepare(conn, "read", READ, 0, NULL), PGRES_COMMAND_OK);
    for (int i = 0; i < RUNS; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", 1 + i % 100);
        uint64_t begin = saas_clock_mono_us();
        expect(PQexec(conn, "begin read only; set local statement_timeout = 5000;"
                            " set local app.current_org_id = 'aa000000-0000-0000-0000-000000000001'"),
               PGRES_COMMAND_OK);
        expect(PQexecPrepared(conn, "read", 1, (const char *const[]){id}, NULL, NULL, 0), PGRES_TUPLES_OK);
        expect(PQexec(conn, "commit"), PGRES_COMMAND_OK);
        samples[i] = (uint32_t)(saas_clock_mono_us() - begin);
    }
    PQfinish(conn);
    return p50();
}

/* What the network adds, in its delays. */
static double measure(const char *what, double (*how)(void))
{
    delay_us = 0;
    double near = how();
    delay_us = DELAY_US;
    double far = how(), trips = (far - near) / DELAY_US;
    printf("%-36s p50 %5.2f ms, with 0.5 ms of network %5.2f ms: %.1f delays\n", what, near / 1e3, far / 1e3, trips);
    return trips;
}

static void one_delay_a_request(void)
{
    pthread_t proxy;
    CHECK(sql_as(base.super_dsn,
                 "insert into notes (org_id, title) select 'aa000000-0000-0000-0000-000000000001',"
                 " 'note ' || i from generate_series(1, 1000) i; analyze notes",
                 NULL));
    REQUIRE(delay_start(&proxy, through));
    double unit = measure("tenant, limit and statement: a unit", by_pool);
    double three = measure("BEGIN and SET, statement, COMMIT", by_hand);
    CHECK(unit < 2);
    CHECK(three > 2.5);
    delay_stop(proxy);
}

static const check_test tests[] = {TEST(one_delay_a_request)};
RIG_MAIN(tests)
