/* Transactions of handlers: every way out of one rolls back, what could not be serialized runs again, savepoints nest.
 */
#include "kit.h"

#define MARK(F, T) F(T, text(1, 40), mark, .required = true)
SAAS_STRUCT(mark, MARK);

static const saas_migration migrations[] = {
    {1, "marks",
     "create table marks (org_id uuid not null default saas_current_org(), mark text not null check (mark <> 'bad'),"
     " primary key (org_id, mark));"
     "create table counters (org_id uuid not null default saas_current_org(), id int, n bigint not null,"
     " primary key (org_id, id));"
     "select saas_enable_tenant('marks'), saas_enable_tenant('counters');"
     "create function die() returns trigger language plpgsql as $$ begin"
     " if new.mark = 'dies' then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end if;"
     " return null; end $$;"
     "create constraint trigger die after insert on marks deferrable initially deferred for each row"
     " execute function die();"},
};

static unsigned runs;

static saas_err put(saas_ctx *c, const char *mark)
{
    return saas_exec(c, NULL, "insert into marks (mark) values ($1)", SAAS_ARGS(mark));
}

/* ---- ways out ---- */

static saas_err begin_and_put(saas_ctx *c)
{
    SAAS_TRY(saas_tx_begin(c));
    return put(c, "lost");
}

static saas_err by_error(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    return SAAS_ERR_NOT_FOUND;
}

static saas_err by_fail(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    return saas_fail(c, 409, "NO", "No");
}

static saas_err by_forgetting(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    return saas_reply_null(c, 200);
}

static saas_err by_statement(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    (void)!put(c, "bad");
    SAAS_TRY(saas_tx_commit(c));
    return saas_reply_null(c, 200);
}

static saas_err by_bug(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    (void)!saas_tx_begin(c);
    return saas_reply_null(c, 200);
}

static saas_err by_second_reply(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    SAAS_TRY(saas_reply_null(c, 200));
    (void)!saas_reply_null(c, 200);
    return saas_tx_commit(c);
}

static saas_err by_waiting(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    saas_err e = saas_sleep(c, 2000);
    CHECK(e);
    return saas_reply_null(c, 200);
}

static saas_err by_statement_that_lasts(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    saas_err e = saas_exec(c, NULL, "select pg_sleep(2)", SAAS_NO_ARGS);
    CHECK(e);
    return e;
}

static saas_err by_never_ending(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    for (;;)
        (void)!saas_sleep(c, 500);
}

static saas_err by_rollback(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    saas_tx_rollback(c);
    return saas_reply_null(c, 200);
}

static saas_err in_run(saas_ctx *c, void *arg)
{
    runs++;
    SAAS_TRY(put(c, "lost"));
    return *(saas_err *)arg;
}

static saas_err by_run(saas_ctx *c)
{
    saas_err why = SAAS_ERR_NOT_FOUND;
    return saas_tx_run(c, in_run, &why, 3);
}

static saas_err ends_itself(saas_ctx *c, void *arg)
{
    (void)arg;
    SAAS_TRY(put(c, "lost"));
    saas_tx_rollback(c);
    return SAAS_OK;
}

static saas_err by_ending_in_run(saas_ctx *c)
{
    SAAS_TRY(saas_tx_run(c, ends_itself, NULL, 3));
    return saas_reply_null(c, 200);
}

static saas_err run_in_tx(saas_ctx *c)
{
    saas_err why = SAAS_OK;
    SAAS_TRY(begin_and_put(c));
    return saas_tx_run(c, in_run, &why, 3);
}

/* ---- again ---- */

static saas_err increment(saas_ctx *c, void *arg)
{
    saas_rows *row;
    (void)arg;
    runs++;
    SAAS_TRY(saas_query_one(c, &row, "select n + 1 as n from counters where id = 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_sleep(c, 10));
    SAAS_TRY(saas_reply_header(c, "x-tries", "1"));
    SAAS_TRY(saas_exec(c, NULL, "update counters set n = $1::text::bigint where id = 1",
                       SAAS_ARGS(saas_rows_text(row, 0, "n"))));
    return saas_reply_raw(c, 200, saas_rows_text(row, 0, "n"));
}

static saas_err count_up(saas_ctx *c)
{
    return saas_tx_run(c, increment, NULL, 20);
}

static saas_err count_up_once(saas_ctx *c)
{
    return saas_tx_run(c, increment, NULL, 1);
}

static saas_err unserializable(saas_ctx *c, void *arg)
{
    (void)arg;
    runs++;
    SAAS_TRY(put(c, "lost"));
    return SAAS_ERR_SERIALIZATION;
}

static saas_err never_serializable(saas_ctx *c)
{
    return saas_tx_run(c, unserializable, NULL, 0);
}

static saas_err dies_at_commit(saas_ctx *c, void *arg)
{
    (void)arg;
    runs++;
    return put(c, "dies");
}

static saas_err unknown_outcome(saas_ctx *c)
{
    CHECK_INT(saas_tx_run(c, dies_at_commit, NULL, 5), SAAS_ERR_OUTCOME_UNKNOWN);
    return saas_reply_null(c, 200); /* must not get out */
}

/* ---- savepoints ---- */

static saas_err savepoints(saas_ctx *c)
{
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(put(c, "kept 1"));
    SAAS_TRY(saas_savepoint(c));
    SAAS_TRY(put(c, "undone"));
    SAAS_TRY(saas_savepoint(c));
    CHECK_INT(put(c, "bad"), SAAS_ERR_CHECK);
    CHECK(put(c, "too late"));
    SAAS_TRY(saas_savepoint_rollback(c));
    SAAS_TRY(put(c, "undone 2"));
    SAAS_TRY(saas_savepoint_rollback(c));
    SAAS_TRY(saas_savepoint(c));
    SAAS_TRY(put(c, "kept 2"));
    SAAS_TRY(saas_savepoint_release(c));
    SAAS_TRY(saas_tx_commit(c));
    return saas_reply_null(c, 200);
}

static saas_err broken_savepoint(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    SAAS_TRY(saas_savepoint(c));
    CHECK_INT(put(c, "bad"), SAAS_ERR_CHECK);
    CHECK(saas_savepoint(c));
    CHECK(saas_savepoint_release(c));
    CHECK_INT(saas_tx_commit(c), SAAS_ERR_CHECK);
    return saas_reply_null(c, 200); /* must not get out */
}

static saas_err no_savepoint(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    return saas_savepoint_rollback(c);
}

static saas_err savepoint_without_tx(saas_ctx *c)
{
    return saas_savepoint(c);
}

static saas_err leaves_at_savepoint(saas_ctx *c)
{
    SAAS_TRY(begin_and_put(c));
    SAAS_TRY(saas_savepoint(c));
    CHECK(saas_sleep(c, 2000));
    CHECK(saas_savepoint_rollback(c));
    CHECK(saas_savepoint(c));
    return saas_tx_commit(c);
}

static const saas_route routes[] = {
    SAAS_POST("/error", by_error),
    SAAS_POST("/fail", by_fail),
    SAAS_POST("/forgetting", by_forgetting),
    SAAS_POST("/statement", by_statement),
    SAAS_POST("/bug", by_bug),
    SAAS_POST("/second-reply", by_second_reply),
    SAAS_POST("/waiting", by_waiting, .timeout_ms = 80),
    SAAS_POST("/lasting", by_statement_that_lasts, .timeout_ms = 80),
    SAAS_POST("/never-ending", by_never_ending, .timeout_ms = 80),
    SAAS_POST("/rollback", by_rollback),
    SAAS_POST("/run", by_run),
    SAAS_POST("/ending-in-run", by_ending_in_run),
    SAAS_POST("/run-in-tx", run_in_tx),
    SAAS_POST("/count", count_up),
    SAAS_POST("/count-once", count_up_once),
    SAAS_POST("/never-serializable", never_serializable),
    SAAS_POST("/unknown", unknown_outcome),
    SAAS_POST("/savepoints", savepoints),
    SAAS_POST("/broken-savepoint", broken_savepoint),
    SAAS_POST("/no-savepoint", no_savepoint),
    SAAS_POST("/savepoint-without-tx", savepoint_without_tx),
    SAAS_POST("/leaves-at-savepoint", leaves_at_savepoint, .timeout_ms = 80),
};

/* ---- tests ---- */

static void nothing_is_left(void)
{
    static const char in_transaction[] =
        "select coalesce(string_agg(query, '; '), '') from pg_stat_activity"
        " where usename = 'saas_app' and datname = current_database() and state like 'idle in%'";
    CHECK_STR(stored("select count(*) from marks"), "0");
    const uint64_t until = saas_loop_now_ms(saas_test_client_loop(client)) + 10000;
    bool left;
    do {
        saas_poll_loop_turn(saas_test_client_loop(client), 10);
        left = *stored(in_transaction) != 0;
    } while (left && saas_loop_now_ms(saas_test_client_loop(client)) < until);
    if (left)
        CHECK_STR(stored(in_transaction), "");
}

static void every_way_out_rolls_back(void)
{
    static const struct {
        const char *target;
        int status;
    } ways[] = {{"/error", 404},
                {"/fail", 409},
                {"/forgetting", 500},
                {"/statement", 400},
                {"/bug", 500},
                {"/second-reply", 500},
                {"/waiting", 500},
                {"/lasting", 503},
                {"/rollback", 200},
                {"/run", 404},
                {"/ending-in-run", 500},
                {"/run-in-tx", 500},
                {"/never-ending", 500},
                {"/no-savepoint", 500},
                {"/savepoint-without-tx", 500},
                {"/leaves-at-savepoint", 503}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        CHECK_INT(ask("POST", ways[i].target, NULL), ways[i].status);
        nothing_is_left();
    }
}

static void a_client_that_leaves_rolls_back(void)
{
    static const char *const targets[] = {"/waiting", "/lasting", "/leaves-at-savepoint"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(ask_for("POST", targets[i], NULL, 40), 0);
        nothing_is_left();
    }
}

static unsigned ok, unavailable;

static void tally(const saas_test_response *r, void *user)
{
    (void)user;
    ok += r->status == 200;
    unavailable += r->status == 503;
    for (size_t i = 0, n = 0; i < r->header_count; i++)
        if (saas_text_equal(r->headers[i].name, SAAS_LIT("x-tries")))
            CHECK_INT(++n, 1);
}

static void at_once(const char *target, unsigned n)
{
    const saas_test_request q = {.size = sizeof q, .method = "POST", .target = target, .as = &me};
    runs = ok = unavailable = 0;
    for (unsigned i = 0; i < n; i++)
        CHECK(!saas_test_begin(client, &q, tally, NULL));
    CHECK(!saas_test_wait(client, 10000));
}

static void what_collides_runs_again(void)
{
    CHECK_STR(stored("insert into counters (org_id, id, n) values ('aa010000-0000-0000-0000-000000000000', 1, 0)"
                     " returning n"),
              "0");
    at_once("/count", 4);
    CHECK_INT(ok, 4);
    CHECK(runs > 4);
    CHECK_STR(stored("select n from counters"), "4");
    at_once("/count-once", 4);
    CHECK(ok >= 1 && unavailable >= 1 && ok + unavailable == 4 && runs == 4);
    char n[16];
    snprintf(n, sizeof n, "%u", 4 + ok);
    CHECK_STR(stored("select n from counters"), n);
    at_once("/never-serializable", 1);
    CHECK(runs == 5 && unavailable == 1);
    nothing_is_left();
}

static void an_unknown_outcome_is_not_tried_again(void)
{
    runs = 0;
    CHECK_INT(ask("POST", "/unknown", NULL), 503);
    CHECK_INT(runs, 1);
    CHECK(strstr(logged, "ERR_OUTCOME_UNKNOWN"));
}

static void savepoints_nest(void)
{
    CHECK_INT(ask("POST", "/broken-savepoint", NULL), 400);
    nothing_is_left();
    CHECK_INT(ask("POST", "/savepoints", NULL), 200);
    CHECK_STR(stored("select string_agg(mark, ', ' order by mark) from marks"), "kept 1, kept 2");
}

static const check_test tests[] = {TEST(every_way_out_rolls_back), TEST(a_client_that_leaves_rolls_back),
                                   TEST(what_collides_runs_again), TEST(an_unknown_outcome_is_not_tried_again),
                                   TEST(savepoints_nest)};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "test", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations)), tests,
                   sizeof tests / sizeof *tests, argc, argv);
}
