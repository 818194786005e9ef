/* Transactions on lanes of their own: all or nothing, and no success that the server did not confirm. */
#include "rig.h"

typedef struct tx_run {
    saas_db_tx tx;
    unsigned calls;
    saas_err e;
} tx_run;

static void on_tx(saas_db_tx *tx, saas_err e)
{
    tx_run *t = tx->user;
    t->calls++;
    t->e = e;
}

static bool tx_told(void *user)
{
    return ((tx_run *)user)->calls != 0;
}

static saas_err begin(tx_run *t, unsigned n, uint64_t deadline_us)
{
    *t = (tx_run){.tx = {.done = on_tx, .org = org(n), .has_org = true, .deadline_us = deadline_us}};
    t->tx.user = t;
    saas_err e = saas_db_tx_open(db, &t->tx);
    CHECK_INT(t->calls, 0);
    return e;
}

static saas_err told(tx_run *t)
{
    if (!turn_until(tx_told, t, 10000))
        return SAAS_ERR_INTERNAL;
    CHECK_INT(t->calls, 1);
    t->calls = 0;
    return t->e;
}

static saas_err end(tx_run *t, bool commit)
{
    saas_db_tx_end(&t->tx, commit);
    CHECK_INT(t->calls, 0);
    return told(t);
}

static saas_err submit(tx_run *t, run *r)
{
    aim(r);
    return saas_db_tx_submit(&t->tx, &r->unit);
}

static saas_err in_tx(tx_run *t, const char *sql, saas_args args)
{
    run r = one(sql, args);
    saas_err e = submit(t, &r);
    e = e ? e : finish(&r);
    run_clear(&r);
    return e;
}

static long notes(void)
{
    return count_of("select count(*) from notes");
}

static void clean(void)
{
    CHECK(sql_as(base.super_dsn, "truncate notes, plain", NULL));
}

static void commits_and_rolls_back(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    for (int commit = 0; commit < 2; commit++) {
        CHECK_INT(begin(&t, 1, in_ms(5000)), SAAS_OK);
        CHECK_INT(told(&t), SAAS_OK);
        CHECK_INT(in_tx(&t, "insert into notes (title) values ($1)", SAAS_ARGS("a")), SAAS_OK);
        CHECK_INT(in_tx(&t, "insert into notes (title) values ($1)", SAAS_ARGS("b")), SAAS_OK);
        CHECK_INT(notes(), 0);
        CHECK_INT(end(&t, commit), SAAS_OK);
        CHECK_INT(notes(), commit ? 2 : 0);
    }
    CHECK_INT(count_of("select count(*) from notes where org_id::text like '%1'"), 2);
    clean();
    close_pool();
}

static void an_error_dooms_it(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    for (int i = 0; i < 3; i++) {
        CHECK_INT(begin(&t, 1, in_ms(5000)), SAAS_OK);
        CHECK_INT(told(&t), SAAS_OK);
        CHECK_INT(in_tx(&t, "insert into notes (title) values ('a')", SAAS_NO_ARGS), SAAS_OK);
        CHECK_INT(in_tx(&t, "insert into notes (title) values ('bad')", SAAS_NO_ARGS), SAAS_ERR_CHECK);
        CHECK_INT(in_tx(&t, "insert into notes (title) values ('c')", SAAS_NO_ARGS), SAAS_ERR_SQL);
        CHECK_INT(end(&t, true), SAAS_ERR_CHECK);
        CHECK_STR(t.tx.error.constraint, "notes_title");
    }
    CHECK_INT(begin(&t, 1, 0), SAAS_OK); /* an argument that does not fit stops short of the server */
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into notes (title) values ($1)", SAAS_ARGS(5)), SAAS_ERR_BUG);
    CHECK_INT(in_tx(&t, "insert into notes (title) values ($1)", SAAS_ARGS("d")), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    CHECK_INT(notes(), 1);
    clean();
    close_pool();
}

static void a_commit_can_fail(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into children values (9)", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_ERR_FOREIGN_KEY);
    CHECK_STR(t.tx.error.constraint, "children_parent");
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    close_pool();
}

/* What the client was told is 503 never commits later. */
static void a_commit_past_the_deadline_is_none(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(begin(&t, 1, in_ms(100)), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into notes (title) values ('late')", SAAS_NO_ARGS), SAAS_OK);
    turn_for(120);
    CHECK_INT(end(&t, true), SAAS_ERR_DEADLINE);
    CHECK_INT(notes(), 0);
    CHECK_INT(begin(&t, 1, in_ms(150)), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "select pg_sleep(2)", SAAS_NO_ARGS), SAAS_ERR_DEADLINE);
    CHECK_INT(end(&t, true), SAAS_ERR_DEADLINE);
    CHECK_INT(begin(&t, 1, in_ms(1500)), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    close_pool();
}

static void read_only_holds_throughout(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    t = (tx_run){.tx = {.done = on_tx, .user = &t, .read_only = true, .org = org(1), .has_org = true}};
    CHECK_INT(saas_db_tx_open(db, &t.tx), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "select 1", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into notes (title) values ('x')", SAAS_NO_ARGS), SAAS_ERR_READ_ONLY);
    CHECK_INT(end(&t, false), SAAS_OK);
    close_pool();
}

/* RLS row 5: what a transaction set for the session does not meet the next one. */
static void nothing_stays_on_the_lane(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t,
                    "select set_config('app.current_org_id', $1, false), set_config('search_path', 'nowhere', false),"
                    " set_config('datestyle', 'German', false)",
                    SAAS_ARGS(org(9))),
              SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    t = (tx_run){.tx = {.done = on_tx, .user = &t}};
    CHECK_INT(saas_db_tx_open(db, &t.tx), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    run r = one("select current_setting('app.current_org_id'), current_setting('search_path'),"
                " current_setting('datestyle'), current_setting('timezone')",
                SAAS_NO_ARGS);
    CHECK_INT(submit(&t, &r), SAAS_OK);
    CHECK_INT(finish(&r), SAAS_OK);
    CHECK_STR(cell(&r, 0, 0), "");
    CHECK_STR(cell(&r, 0, 1), "public, pg_temp");
    CHECK_STR(cell(&r, 0, 2), "ISO, MDY");
    CHECK_STR(cell(&r, 0, 3), "UTC");
    run_clear(&r);
    CHECK_INT(end(&t, false), SAAS_OK);
    close_pool();
}

static void lanes_are_waited_for(void)
{
    tx_run a, b, c, d;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1, .queue_max = 2}));
    CHECK_INT(begin(&a, 1, 0), SAAS_OK);
    CHECK_INT(told(&a), SAAS_OK);
    CHECK_INT(begin(&b, 2, in_ms(60)), SAAS_OK);
    CHECK_INT(begin(&c, 3, in_ms(5000)), SAAS_OK);
    CHECK_INT(begin(&d, 4, 0), SAAS_ERR_BUSY);
    CHECK_INT(told(&b), SAAS_ERR_DEADLINE);
    CHECK_INT(end(&a, true), SAAS_OK);
    CHECK_INT(told(&c), SAAS_OK);
    CHECK_INT(end(&c, true), SAAS_OK);
    close_pool();
}

/* At each moment: waiting, opening, idle, in a unit, ending. The lane comes back, nothing is told, nothing is kept. */
static void abandoned_at_any_moment(void)
{
    tx_run t, next;
    run r = one("insert into notes (title) select 'x' from pg_sleep(0.05)", SAAS_NO_ARGS);
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    for (int moment = 0; moment < 5; moment++) {
        tx_run holder;
        if (moment == 0) {
            CHECK_INT(begin(&holder, 1, 0), SAAS_OK);
            CHECK_INT(told(&holder), SAAS_OK);
        }
        CHECK_INT(begin(&t, 1, in_ms(3000)), SAAS_OK);
        if (moment >= 2) {
            CHECK_INT(told(&t), SAAS_OK);
            CHECK_INT(in_tx(&t, "insert into notes (title) values ('y')", SAAS_NO_ARGS), SAAS_OK);
        }
        if (moment == 3)
            CHECK_INT(submit(&t, &r), SAAS_OK);
        if (moment == 4)
            saas_db_tx_end(&t.tx, false);
        saas_db_tx_abandon(&t.tx);
        saas_db_tx_abandon(&t.tx);
        memset(&t.tx, 0xee, sizeof t.tx);
        if (moment == 0)
            CHECK_INT(end(&holder, true), SAAS_OK);
        CHECK_INT(begin(&next, 2, in_ms(3000)), SAAS_OK);
        CHECK_INT(told(&next), SAAS_OK);
        CHECK_INT(end(&next, true), SAAS_OK);
        CHECK_INT(t.calls, 0);
    }
    CHECK_INT(r.calls, 0);
    CHECK_INT(notes(), 0);
    close_pool();
}

static bool kill_backend(const char *where)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "select pg_terminate_backend(pid) from pg_stat_activity where %s and usename = 'saas_app'"
             " and datname = current_database()",
             where);
    return sql_as(base.super_dsn, sql, NULL);
}

static void a_link_that_breaks(void)
{
    tx_run t;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into notes (title) values ('lost')", SAAS_NO_ARGS), SAAS_OK);
    CHECK(kill_backend("state = 'idle in transaction'"));
    turn_for(50);
    CHECK_INT(in_tx(&t, "select 1", SAAS_NO_ARGS), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(end(&t, true), SAAS_ERR_UNAVAILABLE); /* COMMIT was never sent: known */
    CHECK_INT(notes(), 0);
    turn_for(200);
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    run r = one("select pg_sleep(5)", SAAS_NO_ARGS);
    CHECK_INT(submit(&t, &r), SAAS_OK);
    turn_for(50);
    CHECK(kill_backend("query like '%pg_sleep(5)%'"));
    CHECK_INT(finish(&r), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(end(&t, false), SAAS_OK);
    close_pool();
}

/* A trigger at the commit holds it up for long enough to cut it. */
static void an_unknown_outcome_is_called_that(void)
{
    tx_run t;
    CHECK(sql_as(
        base.owner_dsn,
        "create table held (a int); grant insert on held to saas_app;"
        "create function hold() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end';"
        "create constraint trigger hold after insert on held deferrable initially deferred"
        " for each row execute function hold()",
        NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into held values (1)", SAAS_NO_ARGS), SAAS_OK);
    saas_db_tx_end(&t.tx, true);
    turn_for(100);
    CHECK(kill_backend("query = 'commit'"));
    CHECK_INT(told(&t), SAAS_ERR_OUTCOME_UNKNOWN);
    turn_for(200);
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into held values (2)", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    CHECK_INT(count_of("select count(*) from held"), 1);
    close_pool();
}

static void a_schema_is_the_transactions(void)
{
    tx_run t = {.tx = {.done = on_tx, .schema = "elsewhere"}};
    t.tx.user = &t;
    CHECK(sql_as(base.owner_dsn,
                 "create schema elsewhere; create table elsewhere.placed (a int); grant usage on schema elsewhere to "
                 "saas_app; grant insert on elsewhere.placed to saas_app",
                 NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 1}));
    CHECK_INT(saas_db_tx_open(db, &t.tx), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into placed values (1)", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(end(&t, true), SAAS_OK);
    CHECK_INT(begin(&t, 1, 0), SAAS_OK);
    CHECK_INT(told(&t), SAAS_OK);
    CHECK_INT(in_tx(&t, "insert into placed values (2)", SAAS_NO_ARGS), SAAS_ERR_SQL);
    CHECK_INT(end(&t, false), SAAS_OK);
    CHECK_INT(count_of("select count(*) from elsewhere.placed"), 1);
    close_pool();
}

static void freeing_with_open_ones(void)
{
    tx_run open, ending, waiting;
    REQUIRE(open_pool((saas_db_options){.lanes_exclusive = 2}));
    CHECK_INT(begin(&open, 1, 0), SAAS_OK);
    CHECK_INT(begin(&ending, 1, 0), SAAS_OK);
    CHECK_INT(told(&open), SAAS_OK);
    CHECK_INT(told(&ending), SAAS_OK);
    CHECK_INT(begin(&waiting, 1, 0), SAAS_OK);
    CHECK_INT(in_tx(&ending, "insert into plain values (1)", SAAS_NO_ARGS), SAAS_OK);
    saas_db_tx_end(&ending.tx, true);
    saas_db_tx_abandon(&open.tx);
    close_pool();
    CHECK_INT(ending.calls + waiting.calls, 2);
    CHECK_INT(ending.e, SAAS_ERR_OUTCOME_UNKNOWN);
    CHECK_INT(waiting.e, SAAS_ERR_CANCELLED);
    CHECK_INT(open.calls, 1 - 1);
    turn_for(10);
    clean();
}

static const check_test tests[] = {
    TEST(commits_and_rolls_back),
    TEST(an_error_dooms_it),
    TEST(a_commit_can_fail),
    TEST(a_commit_past_the_deadline_is_none),
    TEST(read_only_holds_throughout),
    TEST(nothing_stays_on_the_lane),
    TEST(lanes_are_waited_for),
    TEST(abandoned_at_any_moment),
    TEST(a_link_that_breaks),
    TEST(an_unknown_outcome_is_called_that),
    TEST(a_schema_is_the_transactions),
    TEST(freeing_with_open_ones),
};
RIG_MAIN(tests)
