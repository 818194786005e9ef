/* Streams: rows in batches, nothing read between two of them, memory bounded whatever the size of the result. */
#include "fiber/sanitize.h"
#include "rig.h"

typedef struct flow {
    run r;
    PGresult *batch;
    unsigned batches, most;
    long rows, sum;
    bool greedy; /* asks for more at once */
} flow;

static void on_rows(saas_db_unit *unit, PGresult *rows)
{
    flow *f = (flow *)unit->user;
    CHECK(!f->batch);
    f->batches++;
    f->rows += PQntuples(rows);
    f->most = (unsigned)PQntuples(rows) > f->most ? (unsigned)PQntuples(rows) : f->most;
    for (int i = 0; PQnfields(rows) && i < PQntuples(rows); i++)
        f->sum += strtol(PQgetvalue(rows, i, 0), NULL, 10);
    f->batch = rows;
    if (!f->greedy)
        return;
    PQclear(f->batch);
    f->batch = NULL;
    saas_db_more(unit);
}

static flow flow_of(const char *sql)
{
    flow f = {.greedy = true};
    f.r = one(sql, SAAS_NO_ARGS);
    f.r.unit.rows = on_rows;
    f.r.unit.deadline_us = in_ms(20000);
    return f;
}

static bool has_batch(void *user)
{
    const flow *f = user;
    return f->batch || f->r.calls;
}

static void more(flow *f)
{
    PQclear(f->batch);
    f->batch = NULL;
    saas_db_more(&f->r.unit);
}

static saas_err flow_to_end(flow *f)
{
    saas_err e = start(&f->r);
    return e ? e : finish(&f->r);
}

#define NUMBERS(n)                                                                                                     \
    "select i::bigint, 'row ' || i as t, null::int as nil, ''::text as empty from generate_series(1, " n ") i"

static void rows_come_in_batches(void)
{
    static const struct {
        const char *sql;
        long rows;
    } cases[] = {{NUMBERS("0"), 0},
                 {NUMBERS("1"), 1},
                 {NUMBERS("511"), 511},
                 {NUMBERS("512"), 512},
                 {NUMBERS("513"), 513},
                 {NUMBERS("20000"), 20000},
                 {"select from generate_series(1, 3)", 3}};
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flow f = flow_of(cases[i].sql);
        CHECK_INT(flow_to_end(&f), SAAS_OK);
        CHECK_INT(f.rows, cases[i].rows);
        CHECK_INT(f.sum, i < 6 ? cases[i].rows * (cases[i].rows + 1) / 2 : 0);
        CHECK(f.most <= 512);
    }
    CHECK(!strstr(logged, "connection"));
    close_pool();
}

static void values_are_what_they_were(void)
{
    REQUIRE(open_pool((saas_db_options){0}));
    flow f = flow_of(NUMBERS("3"));
    f.greedy = false;
    CHECK_INT(start(&f.r), SAAS_OK);
    REQUIRE(turn_until(has_batch, &f, 5000) && f.batch);
    CHECK_INT(PQntuples(f.batch), 3);
    for (int i = 0; i < 3; i++) {
        char want[16];
        snprintf(want, sizeof want, "row %d", i + 1);
        CHECK_STR(PQgetvalue(f.batch, i, 1), want);
        CHECK_INT(PQgetlength(f.batch, i, 1), strlen(want));
        CHECK(PQgetisnull(f.batch, i, 2) && !PQgetisnull(f.batch, i, 3));
        CHECK_STR(PQgetvalue(f.batch, i, 3), "");
    }
    CHECK_STR(PQfname(f.batch, 1), "t");
    more(&f);
    CHECK_INT(finish(&f.r), SAAS_OK);
    close_pool();
}

/* Large rows come fewer at a time. */
static void batches_are_bounded_by_bytes(void)
{
    REQUIRE(open_pool((saas_db_options){0}));
    flow f = flow_of("select i, repeat('x', 100000) from generate_series(1, 50) i");
    CHECK_INT(flow_to_end(&f), SAAS_OK);
    CHECK_INT(f.rows, 50);
    CHECK(f.most <= 3);
    close_pool();
}

static long resident(void)
{
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld", &all, &pages) == 2);
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void a_million_rows_in_little_memory(void)
{
    REQUIRE(open_pool((saas_db_options){0}));
    flow warm = flow_of(NUMBERS("5000")), f = flow_of(NUMBERS("1000000"));
    CHECK_INT(flow_to_end(&warm), SAAS_OK);
    f.r.unit.deadline_us = in_ms(60000);
    long before = resident();
    CHECK_INT(start(&f.r), SAAS_OK);
    CHECK(turn_until(has_run, &f.r, 60000));
    long grown = resident() - before;
    CHECK_INT(f.r.e, SAAS_OK);
    CHECK_INT(f.rows, 1000000);
    printf("a million rows: %ld KiB more\n", grown / 1024);
    CHECK(SAAS_ASAN || SAAS_TSAN || grown < 4 << 20);
    close_pool();
}

/* ---- who waits for whom ---- */

static bool server_waits(void)
{
    return count_of("select count(*) from pg_stat_activity where wait_event = 'ClientWrite'") == 1;
}

static void what_is_not_read_holds_the_server_up(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .lanes_slow = 1}));
    flow f = flow_of(NUMBERS("1000000"));
    f.greedy = false;
    CHECK_INT(start(&f.r), SAAS_OK);
    CHECK(turn_until(has_batch, &f, 5000));
    for (int i = 0; i < 100 && !server_waits(); i++)
        turn_for(20);
    CHECK(server_waits());
    CHECK_INT(f.batches, 1);
    for (int i = 0; i < 20; i++)
        CHECK_INT(value(got, "select 1", SAAS_NO_ARGS), SAAS_OK); /* on the shared lane */
    CHECK_INT(f.batches, 1);
    f.greedy = true;
    more(&f);
    CHECK_INT(finish(&f.r), SAAS_OK);
    CHECK_INT(f.rows, 1000000);
    close_pool();
}

static long pid_of(void)
{
    return count_of("select coalesce(max(pid), 0) from pg_stat_activity where query like '%generate_series%'"
                    " and state = 'active' and pid <> pg_backend_pid()");
}

static void one_that_is_left_ends(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    for (int i = 0; i < 3; i++) {
        *logged = 0;
        flow f = flow_of(NUMBERS("1000000"));
        f.greedy = false;
        CHECK_INT(start(&f.r), SAAS_OK);
        CHECK(turn_until(has_batch, &f, 5000));
        CHECK(pid_of() > 0);
        if (i == 1)
            more(&f);
        saas_db_cancel(&f.r.unit);
        for (int n = 0; n < 250 && pid_of(); n++)
            turn_for(20);
        CHECK_INT(pid_of(), 0);
        CHECK(strstr(logged, "a stream was left") && !strstr(logged, "lost"));
        CHECK_INT(f.r.calls, 0);
        PQclear(f.batch);
        flow next = flow_of(NUMBERS("600"));
        CHECK_INT(flow_to_end(&next), SAAS_OK);
        CHECK_INT(next.rows, 600);
    }
    close_pool();
}

/* ---- errors ---- */

static void errors_come_behind_rows(void)
{
    static const struct {
        const char *sql, *state;
        saas_err e;
    } cases[] = {
        {"select 1 / (5000 - i) from generate_series(1, 10000) i", "22012", SAAS_ERR_SQL},
        {"select fails_late(i) from generate_series(1, 10000) i", "0A000", SAAS_ERR_SQL},
        {"select i, pg_sleep(0.002) from generate_series(1, 10000) i", "57014", SAAS_ERR_DEADLINE},
    };
    CHECK(sql_as(base.owner_dsn,
                 "create function fails_late(i int) returns int language plpgsql as $$ begin if i = 5000 then"
                 " raise exception 'no' using errcode = '0A000'; end if; return i; end $$",
                 NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flow f = flow_of(cases[i].sql);
        f.r.unit.deadline_us = in_ms(i == 2 ? 1500 : 10000);
        CHECK_INT(flow_to_end(&f), cases[i].e);
        CHECK_STR(f.r.unit.error.sqlstate, cases[i].state);
        CHECK(f.batches && f.rows < 5000 && f.rows % 512 == 0); /* once */
    }
    CHECK(!strstr(logged, "connection"));
    flow next = flow_of(NUMBERS("600"));
    CHECK_INT(flow_to_end(&next), SAAS_OK);
    close_pool();
}

static void a_changed_table_is_streamed_anew(void)
{
    CHECK(sql_as(base.owner_dsn, "create table flowing (a int); grant select on flowing to saas_app", NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    flow f = flow_of("select * from flowing");
    CHECK_INT(flow_to_end(&f), SAAS_OK);
    CHECK(sql_as(base.owner_dsn, "alter table flowing add b int; insert into flowing values (7, 8)", NULL));
    f = flow_of("select * from flowing");
    CHECK_INT(flow_to_end(&f), SAAS_OK);
    CHECK_INT(f.sum, 7);
    close_pool();
}

static void a_link_that_breaks(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    for (int held = 0; held < 2; held++) {
        flow f = flow_of(NUMBERS("1000000"));
        f.greedy = false;
        CHECK_INT(start(&f.r), SAAS_OK);
        CHECK(turn_until(has_batch, &f, 5000));
        char kill[96];
        snprintf(kill, sizeof kill, "select pg_terminate_backend(%ld)", pid_of());
        CHECK(sql_as(base.super_dsn, kill, NULL));
        if (held)
            turn_for(100);
        f.greedy = true;
        more(&f);
        CHECK_INT(finish(&f.r), SAAS_ERR_UNAVAILABLE);
        CHECK(f.rows < 1000000);
        turn_for(200);
    }
    close_pool();
}

static void several_statements_are_no_stream(void)
{
    REQUIRE(open_pool((saas_db_options){0}));
    run r = {.unit = {.count = 2, .rows = on_rows},
             .statements = {{.sql = "select 1", .args = SAAS_NO_ARGS}, {.sql = "select 2", .args = SAAS_NO_ARGS}}};
    CHECK_INT(start(&r), SAAS_ERR_BUG);
    close_pool();
}

static void freeing_with_open_ones(void)
{
    REQUIRE(open_pool((saas_db_options){.lanes_slow = 1}));
    flow open = flow_of(NUMBERS("1000000")), waiting = flow_of(NUMBERS("10"));
    open.greedy = false;
    CHECK_INT(start(&open.r), SAAS_OK);
    CHECK(turn_until(has_batch, &open, 5000));
    CHECK_INT(start(&waiting.r), SAAS_OK);
    more(&open);
    close_pool();
    CHECK_INT(open.r.e, SAAS_ERR_CANCELLED);
    CHECK_INT(waiting.r.e, SAAS_ERR_CANCELLED);
    turn_for(10);
    PQclear(open.batch);
}

static const check_test tests[] = {
    TEST(rows_come_in_batches),
    TEST(values_are_what_they_were),
    TEST(batches_are_bounded_by_bytes),
    TEST(a_million_rows_in_little_memory),
    TEST(what_is_not_read_holds_the_server_up),
    TEST(one_that_is_left_ends),
    TEST(errors_come_behind_rows),
    TEST(a_changed_table_is_streamed_anew),
    TEST(a_link_that_breaks),
    TEST(several_statements_are_no_stream),
    TEST(freeing_with_open_ones),
};
RIG_MAIN(tests)
