/* A thousand rows of six columns as JSON: from the start of the handler to its reply against libpq that fetches the
 * same rows and writes their fields as they are, into memory of its own for each answer as well. CPU time of the
 * thread, in turns; what the test's client does with the answer is left out. */
#include "http/kit.h"
#include <time.h>

enum { RUNS = 100, ROUNDS = 5, ROWS = 1000 };

#define ITEM(F, T)                                                                                                     \
    F(T, uuid, id)                                                                                                     \
    F(T, text(1, 120), name)                                                                                           \
    F(T, text(0, 2000), note)                                                                                          \
    F(T, i64(0, 1000000), cents)                                                                                       \
    F(T, bool, active)                                                                                                 \
    F(T, time, created_at)
SAAS_STRUCT(item, ITEM);

static const saas_migration migrations[] = {
    {1, "items",
     "create table items (org_id uuid not null default saas_current_org(), id uuid default gen_random_uuid(),"
     " name text not null, note text not null, cents bigint not null, active boolean not null,"
     " created_at timestamptz not null, primary key (org_id, id)); select saas_enable_tenant('items')"},
};

#define SELECT "select id, name, note, cents, active, created_at from items limit 1000"

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double spent; /* all runs of a round */
static size_t answered;

/* What is fetched arrives on the same thread while this one waits. */
static saas_err list_items(saas_ctx *c)
{
    saas_rows *rows;
    const double begin = cpu_us();
    SAAS_TRY(saas_query(c, &rows, SELECT, SAAS_NO_ARGS));
    saas_err e = saas_reply_rows(c, 200, rows, &item_schema);
    spent += cpu_us() - begin;
    return e;
}

static void by_library(void)
{
    saas_test_response r = {0};
    CHECK_INT(SAAS_TEST_SEND(&r, client, .target = "/items", .as = &me), SAAS_OK);
    CHECK_INT(r.status, 200);
    answered = r.body.len;
}

/* ---- bare libpq ---- */

static PGconn *conn;
enum { ANSWER_MAX = 1 << 18 };
static char *out;
static size_t written;

static void put(const char *p, size_t n)
{
    memcpy(out + written, p, n);
    written += n;
}

static void write_raw(const PGresult *r)
{
    written = 0;
    for (int row = 0; row < PQntuples(r); row++) {
        for (int i = 0; i < PQnfields(r); i++) {
            put("\"", 1);
            put(PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i));
            put("\",", 2);
        }
    }
}

static void by_libpq(void)
{
    const double begin = cpu_us();
    PQsendQueryPrepared(conn, "org", 0, NULL, NULL, NULL, 0);
    PQsendQueryPrepared(conn, "rows", 0, NULL, NULL, NULL, 0);
    PQpipelineSync(conn);
    for (int ends = 0; ends < 3;) {
        PGresult *r = PQgetResult(conn);
        ends += !r || PQresultStatus(r) == PGRES_PIPELINE_SYNC;
        if (PQntuples(r) > 1) {
            CHECK_INT(PQntuples(r), ROWS);
            out = malloc(ANSWER_MAX);
            write_raw(r);
        }
        PQclear(r);
    }
    free(out);
    spent += cpu_us() - begin;
}

static bool connect_bare(void)
{
    conn = PQconnectdb(db.app_dsn);
    PQclear(PQexec(conn, "set timezone = 'UTC'"));
    PQclear(PQprepare(
        conn, "org", "select set_config('app.current_org_id', 'aa010000-0000-0000-0000-000000000000', true)", 0, NULL));
    PQclear(PQprepare(conn, "rows", SELECT, 0, NULL));
    return PQenterPipelineMode(conn);
}

/* The least of several rounds: whatever disturbs one only adds to it. */
static double least(double so_far, void (*load)(void))
{
    spent = 0;
    for (int i = 0; i < RUNS; i++)
        load();
    const double us = spent / RUNS;
    return us < so_far ? us : so_far;
}

static void a_thousand_rows(void)
{
    double ours = 1e9, bare = 1e9;
    stored("insert into items (org_id, name, note, cents, active, created_at) select "
           "'aa010000-0000-0000-0000-000000000000',"
           " 'item ' || i, repeat('It is what it is. ', i % 5), i * 100, i % 2 = 0, now() - i * interval '1 minute'"
           " from generate_series(1, 1000) i; analyze items");
    REQUIRE(connect_bare());
    for (int i = 0; i < 20; i++) {
        by_library();
        by_libpq();
    }
    for (int i = 0; i < ROUNDS; i++) {
        bare = least(bare, by_libpq);
        ours = least(ours, by_library);
    }
    printf("libpq, fields as they are: %6.0f us CPU, %zu bytes\n", bare, written);
    printf("a handler, JSON:           %6.0f us CPU, %zu bytes\n", ours, answered);
    printf("ratio %.2f (to be at most 1.5)\n", ours / bare);
    PQfinish(conn);
}

static const check_test tests[] = {TEST(a_thousand_rows)};
static const saas_route routes[] = {SAAS_GET("/items", list_items)};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "rows", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations)), tests, 1, argc, argv);
}
