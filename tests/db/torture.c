/* LB3: each allocation and each call of libpq in a scenario fails once. Nothing crashes, leaks or hangs, and nothing
 * succeeds that did not. */
#include "rig.h"

static long allocations, calls; /* until the one that fails; 0: none */
static bool failed_one;

static bool counts_down(long *countdown)
{
    if (!*countdown || --*countdown)
        return false;
    failed_one = true;
    return true;
}

static bool fails(void)
{
    return counts_down(&allocations);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

/* ---- libpq: what it answers when a connection breaks, or it has no memory ---- */

#define WRAP(type, failure, name, parameters, arguments)                                                               \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return counts_down(&calls) ? (failure) : __real_##name arguments;                                              \
    }

WRAP(PGconn *, NULL, PQconnectStartParams, (const char *const *names, const char *const *values, int expand),
     (names, values, expand))
WRAP(PostgresPollingStatusType, PGRES_POLLING_FAILED, PQconnectPoll, (PGconn * conn), (conn))
WRAP(int, -1, PQsocket, (const PGconn *conn), (conn))
WRAP(int, -1, PQsetnonblocking, (PGconn * conn, int on), (conn, on))
WRAP(int, 0, PQenterPipelineMode, (PGconn * conn), (conn))
WRAP(int, 0, PQsendPrepare, (PGconn * conn, const char *name, const char *sql, int n, const Oid *types),
     (conn, name, sql, n, types))
WRAP(int, 0, PQsendDescribePrepared, (PGconn * conn, const char *name), (conn, name))
WRAP(int, 0, PQsendQueryPrepared,
     (PGconn * conn, const char *name, int n, const char *const *values, const int *lengths, const int *formats,
      int format),
     (conn, name, n, values, lengths, formats, format))
WRAP(int, 0, PQsetSingleRowMode, (PGconn * conn), (conn))
WRAP(int, 0, PQsetvalue, (PGresult * r, int row, int column, char *value, int len), (r, row, column, value, len))
WRAP(int, 0, PQpipelineSync, (PGconn * conn), (conn))
WRAP(int, -1, PQflush, (PGconn * conn), (conn))
WRAP(int, 0, PQconsumeInput, (PGconn * conn), (conn))

static unsigned told;
static saas_err told_err;

static void on_tx(saas_db_tx *tx, saas_err e)
{
    (void)tx;
    told++;
    told_err = e;
}

static bool tx_told(void *user)
{
    (void)user;
    return told != 0;
}

static saas_err wait_tx(void)
{
    bool in_time = turn_until(tx_told, NULL, 5000);
    CHECK(in_time);
    CHECK_INT(told, 1);
    told = 0;
    return told_err;
}

static saas_err transaction(void)
{
    saas_db_tx tx = {.done = on_tx, .org = org(5), .has_org = true, .deadline_us = in_ms(4000)};
    run r = one("insert into notes (title) values ($1)", SAAS_ARGS("t"));
    SAAS_TRY(saas_db_tx_open(db, &tx));
    SAAS_TRY(wait_tx());
    aim(&r);
    saas_err e = saas_db_tx_submit(&tx, &r.unit);
    e = e ? e : finish(&r);
    run_clear(&r);
    saas_db_tx_end(&tx, !e);
    saas_err ended = wait_tx();
    return e ? e : ended;
}

static saas_err unit(const char *sql, double x, unsigned n, uint64_t ms)
{
    run r = one(sql, SAAS_ARGS(x));
    r.unit.org = org(n);
    r.unit.has_org = true;
    r.unit.deadline_us = in_ms(ms);
    saas_err e = run_it(&r);
    run_clear(&r);
    return e;
}

static void on_rows(saas_db_unit *u, PGresult *rows)
{
    run *r = u->user;
    r->held[3].as.i += PQntuples(rows);
    PQclear(rows);
    if (r->held[2].as.i)
        saas_db_cancel(u);
    else
        saas_db_more(u);
}

static bool left_or_over(void *user)
{
    run *r = user;
    return r->calls || !r->unit.op;
}

/* All of its rows, or an error; or it is left after the first ones. */
static void stream(bool leave)
{
    run r = one("select i, 'row ' || i from generate_series(1, 5) i", SAAS_NO_ARGS);
    r.unit.rows = on_rows;
    r.unit.deadline_us = in_ms(4000);
    r.held[2].as.i = leave;
    saas_err e = start(&r);
    if (e)
        return;
    CHECK(turn_until(left_or_over, &r, 5000));
    CHECK(leave || (r.calls == 1 && (r.e || r.held[3].as.i == 5)));
}

/* A queue, a rerun on a slow lane, streams, a transaction: how many of the writes say they happened. */
static long scenario(void)
{
    long ok = 0;
    saas_db_options o = {.dsn = base.app_dsn,
                         .lanes_shared = 1,
                         .lanes_slow = 1,
                         .lanes_exclusive = 1,
                         .depth_max = 1,
                         .shared_timeout_ms = 20};
    if (saas_db_new(&db, loop, &o))
        return 0;
    (void)turn_until(pool_ready, db, 400);
    run queued[2];
    saas_err e[2];
    for (unsigned i = 0; i < 2; i++) {
        queued[i] = one("insert into notes (title) values ($1)", SAAS_ARGS("q"));
        queued[i].unit.org = org(i);
        queued[i].unit.has_org = true;
        queued[i].unit.deadline_us = in_ms(4000);
        e[i] = start(&queued[i]);
    }
    for (int i = 0; i < 2; i++) {
        e[i] = e[i] ? e[i] : finish(&queued[i]);
        run_clear(&queued[i]);
        ok += !e[i];
    }
    ok += !unit("insert into notes (title) select 's' from pg_sleep($1::float8)", 0.03, 1, 4000);
    stream(false);
    stream(true);
    ok += !transaction();
    saas_db_free(db);
    return ok;
}

static void each_allocation_fails_once(void)
{
    long faults = 0, whole = 0;
    for (long n = 1; n < 600; n++) {
        CHECK(sql_as(base.super_dsn, "truncate notes", NULL));
        failed_one = false;
        allocations = n;
        long ok = scenario();
        allocations = 0;
        CHECK_INT(count_of("select count(*) from notes"), ok);
        if (!failed_one) {
            whole = ok;
            break;
        }
        faults++;
    }
    CHECK_INT(whole, 4);
    CHECK(faults >= 15);
    printf("%ld faults\n", faults);
}

/* A link that breaks may have carried a write: what is acknowledged is there, and nothing is there twice. */
static void each_call_fails_once(void)
{
    long faults = 0, whole = 0;
    for (long n = 1; n < 900; n++) {
        CHECK(sql_as(base.super_dsn, "truncate notes", NULL));
        failed_one = false;
        calls = n;
        long ok = scenario();
        calls = 0;
        long there = count_of("select count(*) from notes");
        CHECK(there >= ok && there <= 4);
        if (!failed_one) {
            whole = ok;
            break;
        }
        faults++;
    }
    CHECK_INT(whole, 4);
    CHECK(faults > 60);
    printf("%ld faults\n", faults);
}

static const check_test tests[] = {TEST(each_allocation_fails_once), TEST(each_call_fails_once)};
RIG_MAIN(tests)
