/* Lanes: who waits for whom, limits, queues, cancelling, and a server that goes and comes back. */
#include "rig.h"
#include <signal.h>

static run insert_for(unsigned n, uint64_t deadline_us)
{
    run r = one("insert into notes (title) values ('n')", SAAS_NO_ARGS);
    r.unit.org = org(n);
    r.unit.has_org = true;
    r.unit.deadline_us = deadline_us;
    return r;
}

static void warm_up(void)
{
    char got[256];
    run r = insert_for(1, 0);
    CHECK_INT(run_it(&r), SAAS_OK);
    run_clear(&r);
    for (int i = 0; i < 2; i++)
        CHECK_INT(value(got, "select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.0)), SAAS_OK);
    CHECK(sql_as(base.super_dsn, "truncate notes, plain", NULL));
}

/* A write queued behind a slow statement past its deadline is not executed: it is in the server's queue by then. */
static void a_deadline_is_absolute(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .lanes_exclusive = 1}));
    warm_up();
    run slow = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.2));
    run late = insert_for(1, in_ms(100)), early = insert_for(2, in_ms(2000));
    CHECK_INT(start(&slow), SAAS_OK);
    CHECK_INT(start(&late), SAAS_OK);
    CHECK_INT(start(&early), SAAS_OK);
    CHECK_INT(finish(&slow), SAAS_OK);
    run_clear(&slow);
    CHECK_INT(finish(&late), SAAS_ERR_DEADLINE);
    CHECK_STR(late.unit.error.sqlstate, "22023");
    CHECK_INT(finish(&early), SAAS_OK);
    run_clear(&early);
    CHECK_INT(count_of("select count(*) from notes where org_id::text like '%1'"), 0);
    CHECK_INT(count_of("select count(*) from notes where org_id::text like '%2'"), 1);
    close_pool();
}

/* Each statement starts a limit of its own: the second one gets only what the first has left. */
static void a_deadline_is_the_units(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    warm_up();
    run r = {.unit = {.count = 3, .slow = true},
             .statements = {{.sql = "insert into plain values (1)", .args = SAAS_NO_ARGS},
                            {.sql = "select 1 from pg_sleep($1::float8)", .args = SAAS_ARGS(0.3)},
                            {.sql = "select 2 from pg_sleep($1::float8)", .args = SAAS_ARGS(0.3)}}};
    r.unit.deadline_us = in_ms(400);
    uint64_t begin = saas_clock_mono_us();
    CHECK_INT(run_it(&r), SAAS_ERR_DEADLINE);
    uint64_t took = saas_clock_mono_us() - begin;
    CHECK(took > 350000 && took < 480000);
    CHECK_INT(count_of("select count(*) from plain"), 0);
    r.unit.deadline_us = in_ms(900);
    CHECK_INT(run_it(&r), SAAS_OK);
    run_clear(&r);
    CHECK_INT(count_of("select count(*) from plain"), 1);
    r.unit.deadline_us = saas_clock_mono_us();
    CHECK_INT(start(&r), SAAS_ERR_DEADLINE);
    close_pool();
}

static void a_shared_limit_moves_the_statement(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .lanes_slow = 1, .shared_timeout_ms = 60}));
    warm_up();
    run r = one("insert into plain select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.15));
    r.unit.deadline_us = in_ms(3000);
    uint64_t begin = saas_clock_mono_us();
    CHECK_INT(run_it(&r), SAAS_OK);
    CHECK(saas_clock_mono_us() - begin > 190000);
    run_clear(&r);
    CHECK_INT(count_of("select count(*) from plain"), 1);
    begin = saas_clock_mono_us();
    CHECK_INT(run_it(&r), SAAS_OK); /* known by now: straight to a slow lane */
    CHECK(saas_clock_mono_us() - begin < 195000);
    run_clear(&r);
    r.unit.deadline_us = in_ms(100);
    CHECK_INT(run_it(&r), SAAS_ERR_DEADLINE);
    CHECK_INT(count_of("select count(*) from plain"), 2);
    close_pool();
}

static void slow_ones_leave_the_fast_alone(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .lanes_slow = 2}));
    warm_up();
    run slow[3], fast = one("select 1", SAAS_NO_ARGS);
    CHECK_INT(run_it(&fast), SAAS_OK);
    run_clear(&fast);
    for (int i = 0; i < 3; i++) {
        slow[i] = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.15));
        slow[i].unit.slow = true;
        CHECK_INT(start(&slow[i]), SAAS_OK);
    }
    uint64_t begin = saas_clock_mono_us();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(run_it(&fast), SAAS_OK);
        run_clear(&fast);
    }
    CHECK(saas_clock_mono_us() - begin < 100000);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(finish(&slow[i]), SAAS_OK);
        run_clear(&slow[i]);
    }
    CHECK(slow[2].done_us - begin > 280000); /* one at a time on a lane */
    CHECK(slow[2].unit.wait_us > 100000 && slow[1].unit.wait_us < 100000);
    close_pool();
}

/* Many start the same statement before anyone knows that it is slow: one finds out on a shared lane, the others wait.
 */
static void a_first_run_is_run_alone(void)
{
    enum { N = 24 };
    static run r[N];
    run fast = one("select 1", SAAS_NO_ARGS);
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 2, .lanes_slow = 8, .shared_timeout_ms = 200}));
    CHECK_INT(run_it(&fast), SAAS_OK);
    run_clear(&fast);
    for (int i = 0; i < N; i++) {
        r[i] = one("select 'slow' from pg_sleep($1::float8)", SAAS_ARGS(0.3));
        r[i].unit.org = org((unsigned)i / 2);
        r[i].unit.has_org = true;
        r[i].unit.deadline_us = in_ms(i == N - 1 ? 100 : 8000);
        CHECK_INT(start(&r[i]), SAAS_OK);
    }
    uint64_t begin = saas_clock_mono_us();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(run_it(&fast), SAAS_OK);
        run_clear(&fast);
    }
    CHECK(saas_clock_mono_us() - begin < 150000);
    saas_db_cancel(&r[N - 2].unit);
    for (int i = 0; i < N; i++) {
        if (i == N - 2)
            continue;
        CHECK_INT(finish(&r[i]), i == N - 1 ? SAAS_ERR_DEADLINE : SAAS_OK);
        run_clear(&r[i]);
    }
    CHECK_INT(r[N - 2].calls, 0);
    CHECK(r[0].done_us < r[N - 3].done_us);
    CHECK(r[N - 3].done_us - begin < 2500000); /* side by side on the slow lanes */
    close_pool();
}

/* A statement that fails is known as well: those that wait for it don't go one by one. */
static void a_first_run_that_fails_holds_nobody(void)
{
    enum { N = 6 };
    run r[N];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (int i = 0; i < N; i++) {
        r[i] = one("select 1 / $1::int", SAAS_ARGS(i ? 1 : 0));
        CHECK_INT(start(&r[i]), SAAS_OK);
    }
    for (int i = 0; i < N; i++) {
        CHECK_INT(finish(&r[i]), i ? SAAS_OK : SAAS_ERR_SQL);
        run_clear(&r[i]);
    }
    close_pool();
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (int i = 0; i < N; i++) {
        r[i] = one("select 1 / $1::int", SAAS_ARGS(1));
        CHECK_INT(start(&r[i]), SAAS_OK);
    }
    close_pool();
    for (int i = 0; i < N; i++)
        CHECK_INT(r[i].e, SAAS_ERR_CANCELLED);
}

static void the_queue_is_bounded_and_fair(void)
{
    enum { N = 8 };
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .depth_max = 1, .queue_max = N}));
    warm_up();
    run block = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.1)), r[N], more = insert_for(1, 0);
    CHECK_INT(start(&block), SAAS_OK);
    for (unsigned i = 0; i < N; i++) {
        r[i] = insert_for(i < N - 2 ? 1 : i, 0);
        CHECK_INT(start(&r[i]), SAAS_OK);
    }
    CHECK_INT(start(&more), SAAS_ERR_BUSY); /* its own organization fills the queue */
    run other = insert_for(99, 0);
    CHECK_INT(start(&other), SAAS_OK); /* another's has a right to a place in it */
    CHECK_INT(r[N - 3].calls, 0);
    for (unsigned i = 0; i < N; i++) {
        CHECK_INT(finish(&r[i]), i == N - 3 ? SAAS_ERR_BUSY : SAAS_OK);
        run_clear(&r[i]);
    }
    CHECK_INT(finish(&other), SAAS_OK);
    run_clear(&other);
    CHECK(r[0].done_us < r[N - 2].done_us && r[N - 2].done_us < r[1].done_us && r[N - 1].done_us < r[1].done_us);
    run_clear(&block);
    close_pool();
}

static void a_deadline_in_the_queue(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .depth_max = 1}));
    warm_up();
    run block = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.2)), r = insert_for(1, in_ms(50));
    uint64_t begin = saas_clock_mono_us();
    CHECK_INT(start(&block), SAAS_OK);
    CHECK_INT(start(&r), SAAS_OK);
    CHECK_INT(finish(&r), SAAS_ERR_DEADLINE);
    CHECK(r.done_us - begin < 120000);
    CHECK_INT(finish(&block), SAAS_OK);
    run_clear(&block);
    turn_for(20);
    CHECK_INT(count_of("select count(*) from notes"), 0);
    close_pool();
}

/* ---- cancelling ---- */

static void cancelled_ones_are_silent(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .depth_max = 2}));
    warm_up();
    run block = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.1));
    run sent = insert_for(1, 0), queued = insert_for(1, in_ms(30)), after = insert_for(2, 0);
    run unknown = one("select 'never seen'", SAAS_NO_ARGS);
    CHECK_INT(start(&block), SAAS_OK);
    CHECK_INT(start(&sent), SAAS_OK);
    CHECK_INT(start(&queued), SAAS_OK);
    saas_db_cancel(&sent.unit);
    saas_db_cancel(&queued.unit);
    saas_db_cancel(&queued.unit);
    memset(&sent.unit, 0xee, sizeof sent.unit); /* its storage may go at once */
    memset(&queued.unit, 0xee, sizeof queued.unit);
    CHECK_INT(run_it(&after), SAAS_OK);
    run_clear(&after);
    run_clear(&block);
    CHECK_INT(start(&unknown), SAAS_OK); /* only its prepare is on its way */
    saas_db_cancel(&unknown.unit);
    CHECK_INT(unknown.calls, 0);
    CHECK_INT(run_it(&unknown), SAAS_OK);
    CHECK_STR(cell(&unknown, 0, 0), "never seen");
    run_clear(&unknown);
    turn_for(50);
    CHECK_INT(sent.calls + queued.calls, 0);
    CHECK_INT(count_of("select count(*) from notes where org_id::text like '%1'"), 1); /* the one that was sent */
    close_pool();
}

static void freeing_completes_everything(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .depth_max = 1}));
    warm_up();
    run r[3];
    for (int i = 0; i < 3; i++) {
        r[i] = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.1));
        CHECK_INT(start(&r[i]), SAAS_OK);
    }
    close_pool();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(r[i].calls, 1);
        CHECK_INT(r[i].e, SAAS_ERR_CANCELLED);
    }
    turn_for(10);
}

/* ---- connections ---- */

/* Prepared on its way, then its unit fails: those behind it must not find a name that isn't there. */
static void a_failed_prepare_does_not_stay(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 2}));
    warm_up();
    run block[2], late[2], behind[4];
    run known = one("select 'behind'", SAAS_NO_ARGS);
    CHECK_INT(run_it(&known), SAAS_OK); /* known to the pool, prepared on one lane of two */
    run_clear(&known);
    for (int i = 0; i < 2; i++) {
        block[i] = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.1));
        CHECK_INT(start(&block[i]), SAAS_OK);
    }
    for (int i = 0; i < 2; i++) {
        late[i] = one("select 'behind'", SAAS_NO_ARGS);
        late[i].unit.deadline_us = in_ms(40);
        CHECK_INT(start(&late[i]), SAAS_OK);
    }
    for (int i = 0; i < 4; i++) {
        behind[i] = one("select 'behind'", SAAS_NO_ARGS);
        CHECK_INT(start(&behind[i]), SAAS_OK);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_INT(finish(&block[i]), SAAS_OK);
        run_clear(&block[i]);
        CHECK_INT(finish(&late[i]), SAAS_ERR_DEADLINE);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_INT(finish(&behind[i]), SAAS_OK);
        CHECK_STR(cell(&behind[i], 0, 0), "behind");
        run_clear(&behind[i]);
    }
    CHECK_INT(value(got, "select 'behind'", SAAS_NO_ARGS), SAAS_OK);
    close_pool();
}

static void a_lost_connection_fails_what_is_on_it(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    warm_up();
    run r = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.2)), behind = insert_for(1, 0);
    CHECK_INT(start(&r), SAAS_OK);
    CHECK_INT(start(&behind), SAAS_OK);
    turn_for(20);
    CHECK(sql_as(base.super_dsn,
                 "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%'"
                 " and usename = 'saas_app' and datname = current_database()",
                 NULL));
    CHECK_INT(finish(&r), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(finish(&behind), SAAS_ERR_UNAVAILABLE);
    REQUIRE(turn_until(pool_ready, db, 2000));
    CHECK_INT(value(got, "select 5", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(value(got, "select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.0)), SAAS_OK); /* prepared anew */
    CHECK(strstr(logged, "database connection lost"));
    close_pool();
}

static void the_server_goes_and_comes_back(void)
{
    char got[256];
    saas_error e = {0};
    if (getenv("SAAS_TEST_PG"))
        return;
    REQUIRE(open_pool((saas_db_options){0}));
    warm_up();
    run r = one("select 1 from pg_sleep($1::float8)", SAAS_ARGS(5.0)), slow = r;
    slow.unit.slow = true;
    CHECK_INT(start(&r), SAAS_OK);
    CHECK_INT(start(&slow), SAAS_OK);
    REQUIRE(!saas_test_pg_halt(pg, &e));
    CHECK_INT(finish(&r), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(finish(&slow), SAAS_ERR_UNAVAILABLE);
    turn_for(3000);
    CHECK(!saas_db_ready(db));
    CHECK_INT(value(got, "select 1", SAAS_NO_ARGS), SAAS_ERR_UNAVAILABLE);
    REQUIRE(!saas_test_pg_resume(pg, &e));
    uint64_t back = saas_clock_mono_us();
    REQUIRE(turn_until(pool_ready, db, 5000));
    CHECK(saas_clock_mono_us() - back < 5000000);
    CHECK_INT(value(got, "select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.0)), SAAS_OK);
    close_pool();
}

/* TN5, HT: a backend that stands still past the deadline. Nobody hangs, and when it goes on nothing is written. */
static void a_server_that_stands_still(void)
{
    char pid[256];
    if (geteuid())
        return; /* its processes are not ours to stop */
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    warm_up();
    CHECK_INT(value(pid, "select pg_backend_pid()", SAAS_NO_ARGS), SAAS_OK);
    run r = insert_for(1, in_ms(300));
    REQUIRE(!kill((pid_t)strtol(pid, NULL, 10), SIGSTOP));
    CHECK_INT(start(&r), SAAS_OK);
    CHECK_INT(finish(&r), SAAS_ERR_UNAVAILABLE);
    CHECK(saas_clock_mono_us() < r.unit.deadline_us + 7000000);
    kill((pid_t)strtol(pid, NULL, 10), SIGCONT);
    REQUIRE(turn_until(pool_ready, db, 5000));
    turn_for(300);
    CHECK_INT(count_of("select count(*) from notes"), 0);
    close_pool();
}

static void no_server_at_all(void)
{
    char got[256];
    saas_db_options o = {.dsn = "host=/nonexistent user=x dbname=y", .log = rig_log};
    *logged = 0;
    REQUIRE(!saas_db_new(&db, loop, &o));
    turn_for(200);
    CHECK(!saas_db_ready(db));
    CHECK_INT(value(got, "select 1", SAAS_NO_ARGS), SAAS_ERR_UNAVAILABLE);
    CHECK(strstr(logged, "no connection to the database"));
    close_pool();
}

static const check_test tests[] = {
    TEST(a_deadline_is_absolute),
    TEST(a_deadline_is_the_units),
    TEST(a_shared_limit_moves_the_statement),
    TEST(slow_ones_leave_the_fast_alone),
    TEST(a_first_run_is_run_alone),
    TEST(a_first_run_that_fails_holds_nobody),
    TEST(the_queue_is_bounded_and_fair),
    TEST(a_deadline_in_the_queue),
    TEST(cancelled_ones_are_silent),
    TEST(freeing_completes_everything),
    TEST(a_failed_prepare_does_not_stay),
    TEST(a_lost_connection_fails_what_is_on_it),
    TEST(the_server_goes_and_comes_back),
    TEST(a_server_that_stands_still),
    TEST(no_server_at_all),
};
RIG_MAIN(tests)
