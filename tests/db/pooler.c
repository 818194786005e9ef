/* Through PgBouncer in transaction mode, with fewer connections than lanes: whoever comes next gets whatever connection
 * is free. */
#include "bouncer.h"
#include "isolation.h"

static bouncer b;

static saas_db_options pooled(void)
{
    return (saas_db_options){.dsn = b.dsn, .pooled = true, .lanes_shared = 2, .lanes_slow = 2, .lanes_exclusive = 2};
}

/* TN5 */
static void no_foreign_row(void)
{
    run_isolated(pooled());
}

/* ---- transactions ---- */

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
    told = 0;
    return told_err;
}

static void open_tx(saas_db_tx *tx, unsigned n)
{
    *tx = (saas_db_tx){.done = on_tx, .org = org(n), .has_org = true, .deadline_us = in_ms(5000)};
    CHECK_INT(saas_db_tx_open(db, tx), SAAS_OK);
    CHECK_INT(wait_tx(), SAAS_OK);
}

static saas_err in_tx(saas_db_tx *tx, char out[256], const char *sql, saas_args args)
{
    run r = one(sql, args);
    aim(&r);
    saas_err e = saas_db_tx_submit(tx, &r.unit);
    e = e ? e : finish(&r);
    if (out)
        snprintf(out, 256, "%s", cell(&r, 0, 0));
    run_clear(&r);
    return e;
}

static void transactions(void)
{
    saas_db_tx a, other;
    REQUIRE(open_pool(pooled()));
    CHECK(sql_as(base.super_dsn, "truncate notes", NULL));
    open_tx(&a, 1);
    open_tx(&other, 2);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(in_tx(&a, NULL, "insert into notes (title) values ($1)", SAAS_ARGS("a")), SAAS_OK);
        CHECK_INT(in_tx(&other, NULL, "insert into notes (title) values ($1)", SAAS_ARGS("b")), SAAS_OK);
    }
    saas_db_tx_end(&a, true);
    CHECK_INT(wait_tx(), SAAS_OK);
    saas_db_tx_end(&other, false);
    CHECK_INT(wait_tx(), SAAS_OK);
    CHECK_INT(count_of("select count(*) from notes"), 3);
    CHECK_INT(count_of("select count(*) from notes where org_id::text like '%1'"), 3);
    open_tx(&a, 1);
    CHECK_INT(in_tx(&a, NULL, "insert into notes (title) values ('bad')", SAAS_NO_ARGS), SAAS_ERR_CHECK);
    saas_db_tx_end(&a, true);
    CHECK_INT(wait_tx(), SAAS_ERR_CHECK);
    open_tx(&a, 3);
    CHECK_INT(in_tx(&a, NULL, "insert into notes (title) values ('x')", SAAS_NO_ARGS), SAAS_OK);
    saas_db_tx_abandon(&a);
    turn_for(100);
    CHECK_INT(count_of("select count(*) from notes"), 3);
    close_pool();
}

/* Hazard 5: whoever has the server's connections next, another program or a person, finds no organization on them. */
static void nothing_is_left_for_the_next(void)
{
    PGconn *next[2]; /* as many as the pooler has */
    saas_db_tx tx;
    REQUIRE(open_pool(pooled()));
    open_tx(&tx, 7); /* whose lane is reset afterwards */
    CHECK_INT(in_tx(&tx, NULL, "select 1", SAAS_NO_ARGS), SAAS_OK);
    saas_db_tx_end(&tx, true);
    CHECK_INT(wait_tx(), SAAS_OK);
    for (int i = 0; i < 16; i++) {
        run r = one("select pg_sleep(0.002)", SAAS_NO_ARGS);
        r.unit.org = org(7);
        r.unit.has_org = r.unit.read_only = true;
        r.unit.deadline_us = in_ms(5000);
        CHECK_INT(run_it(&r), SAAS_OK);
        run_clear(&r);
    }
    close_pool();
    for (int i = 0; i < 2; i++) {
        next[i] = PQconnectdb(b.dsn);
        PGresult *r = PQexec(next[i], "begin; select coalesce(current_setting('app.current_org_id', true), '') ||"
                                      " current_setting('transaction_read_only')");
        CHECK_STR(PQntuples(r) ? PQgetvalue(r, 0, 0) : PQresultErrorMessage(r), "off");
        PQclear(r);
    }
    PQfinish(next[0]);
    PQfinish(next[1]);
}

/* A pooler's connection is nobody's: neither what its session says nor what a transaction leaves there may matter. */
static void nothing_of_the_session(void)
{
    char got[256];
    saas_db_tx tx;
    REQUIRE(open_pool(pooled()));
    open_tx(&tx, 1);
    CHECK_INT(in_tx(&tx, NULL,
                    "select set_config('search_path', 'nowhere', false), set_config('app.current_org_id', $1, false),"
                    " set_config('datestyle', 'German', false), set_config('timezone', 'Asia/Tokyo', false)",
                    SAAS_ARGS(org(9))),
              SAAS_OK);
    saas_db_tx_end(&tx, true);
    CHECK_INT(wait_tx(), SAAS_OK);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(value(got, "select coalesce(saas_current_org()::text, 'none')", SAAS_NO_ARGS), SAAS_OK);
        CHECK_STR(got, "none");
        CHECK_INT(value(got, "select to_timestamp(0)", SAAS_NO_ARGS), SAAS_OK);
        CHECK_STR(got, "1970-01-01 00:00:00+00");
        CHECK_INT(value(got, "select $1::bytea", SAAS_ARGS(saas_v_bytes("\1\2", 2))), SAAS_OK);
        CHECK_STR(got, "\\x0102");
        run tagged = one("select current_setting('application_name')", SAAS_NO_ARGS);
        tagged.unit.tag = i % 2 ? "app:1" : "app:2";
        CHECK_INT(run_it(&tagged), SAAS_OK);
        CHECK_STR(cell(&tagged, 0, 0), tagged.unit.tag);
        run_clear(&tagged);
        CHECK_INT(value(got, "select current_setting('application_name')", SAAS_NO_ARGS), SAAS_OK);
        CHECK(strncmp(got, "app:", 4) != 0);
    }
    open_tx(&tx, 1);
    CHECK_INT(in_tx(&tx, got, "select to_timestamp(0)", SAAS_NO_ARGS), SAAS_OK);
    CHECK_STR(got, "1970-01-01 00:00:00+00");
    saas_db_tx_end(&tx, false);
    CHECK_INT(wait_tx(), SAAS_OK);
    close_pool();
}

static void deadlines_and_limits(void)
{
    saas_db_options o = pooled();
    o.shared_timeout_ms = 60;
    REQUIRE(open_pool(o));
    run r = one("insert into plain select 1 from pg_sleep($1::float8)", SAAS_ARGS(0.15));
    r.unit.deadline_us = in_ms(3000);
    CHECK_INT(run_it(&r), SAAS_OK); /* once more, on a slow lane */
    CHECK_INT(count_of("select count(*) from plain"), 1);
    run_clear(&r);
    r.unit.deadline_us = in_ms(80);
    CHECK_INT(run_it(&r), SAAS_ERR_DEADLINE);
    r.unit.read_only = true;
    r.unit.deadline_us = in_ms(3000);
    CHECK_INT(run_it(&r), SAAS_ERR_READ_ONLY);
    CHECK_INT(count_of("select count(*) from plain"), 1);
    close_pool();
}

/* No connection has prepared it, so none says that it has changed. */
static void types_are_checked_and_change(void)
{
    char got[256];
    CHECK(sql_as(base.owner_dsn, "create table shape (a int); grant select, insert on shape to saas_app", NULL));
    REQUIRE(open_pool(pooled()));
    CHECK_INT(value(got, "insert into shape values ($1) returning a", SAAS_ARGS("x")), SAAS_ERR_BUG);
    CHECK_INT(value(got, "insert into shape values ($1) returning a", SAAS_ARGS(7)), SAAS_OK);
    CHECK_STR(got, "7");
    CHECK(sql_as(base.owner_dsn, "alter table shape alter a type text", NULL));
    CHECK_INT(value(got, "insert into shape values ($1) returning a", SAAS_ARGS("x")), SAAS_OK);
    CHECK_STR(got, "x");
    CHECK_INT(value(got, "insert into shape values ($1) returning a", SAAS_ARGS(7)), SAAS_ERR_BUG);
    CHECK_INT(value(got, "selec 1", SAAS_NO_ARGS), SAAS_ERR_SQL);
    close_pool();
}

/* The pooler goes away, and comes back. */
static void it_goes_and_comes_back(void)
{
    char got[256], socket[64];
    REQUIRE(open_pool(pooled()));
    CHECK_INT(value(got, "select 1", SAAS_NO_ARGS), SAAS_OK);
    snprintf(socket, sizeof socket, "%s/.s.PGSQL.6432", b.folder);
    kill(b.child, SIGKILL);
    waitpid(b.child, NULL, 0);
    turn_for(100);
    CHECK(!saas_db_ready(db));
    unlink(socket);
    fflush(NULL);
    b.child = fork();
    if (!b.child)
        bouncer_exec(&b, geteuid() ? NULL : getpwnam("postgres"));
    CHECK(turn_until(pool_ready, db, 5000));
    CHECK_INT(value(got, "select 2", SAAS_NO_ARGS), SAAS_OK);
    close_pool();
}

static const check_test tests[] = {
    TEST(no_foreign_row),
    TEST(transactions),
    TEST(nothing_is_left_for_the_next),
    TEST(nothing_of_the_session),
    TEST(deadlines_and_limits),
    TEST(types_are_checked_and_change),
    TEST(it_goes_and_comes_back),
};

static int with_bouncer(int argc, char **argv)
{
    char socket[64];
    if (sscanf(base.app_dsn, "host=%63s", socket) != 1 || !bouncer_start(&b, socket, base.name, 2)) {
        fprintf(stderr, "PgBouncer does not start\n");
        bouncer_stop(&b);
        return 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    bouncer_stop(&b);
    return failed;
}

int main(int argc, char **argv)
{
    if (access(bouncer_program, X_OK)) {
        fprintf(stderr, "PgBouncer is not installed: no %s\n", bouncer_program);
        return 77;
    }
    return rig_run(with_bouncer, argc, argv);
}
