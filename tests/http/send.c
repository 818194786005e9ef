/* Units that are sent at once and received later: at the same time, each a transaction; in a transaction, in order. */
#include "kit.h"

#define MARK(F, T) F(T, text(1, 40), mark, .required = true)
SAAS_STRUCT(mark, MARK);

/* meet: there while the other one is, too. */
static const saas_migration migrations[] = {
    {1, "marks",
     "create table marks (org_id uuid not null default saas_current_org(), mark text not null check (mark <> 'bad'),"
     " primary key (org_id, mark));"
     "select saas_enable_tenant('marks');"
     "create function meet(mine int, other int) returns boolean language plpgsql as $$ begin"
     " perform pg_advisory_xact_lock(mine);"
     " for i in 1 .. 500 loop"
     "  if exists (select from pg_locks where locktype = 'advisory' and objid = other) then"
     "   perform pg_sleep(0.3); return true; end if;"
     "  perform pg_sleep(0.02); end loop;"
     " return false; end $$;"},
};

#define PUT "insert into marks (mark) values ($1)"

static const char *marks(void)
{
    return stored("select coalesce(string_agg(mark, ' ' order by mark), '') from marks");
}

static bool says(const saas_rows *rows, const char *column, const char *what)
{
    return saas_text_equal(saas_rows_text(rows, 0, column), saas_text_z(what));
}

/* ---- beside one another ---- */

static saas_err meets(saas_ctx *c)
{
    saas_unit *a, *b;
    saas_rows *first = NULL, *second = NULL;
    SAAS_TRY(saas_send(c, &a, &first, "select meet(1, 2) as met", SAAS_NO_ARGS));
    SAAS_TRY(saas_send(c, &b, &second, "select meet(2, 1) as met", SAAS_NO_ARGS));
    CHECK(!first && !second);
    SAAS_TRY(saas_sleep(c, 1));
    SAAS_TRY(saas_unit_receive(b));
    SAAS_TRY(saas_unit_receive(a));
    CHECK(says(first, "met", "t") && says(second, "met", "t"));
    return saas_reply_null(c, 200);
}

static saas_err nothing(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static void they_run_at_the_same_time(void)
{
    await_revocations("/nothing");
    CHECK_INT(ask("GET", "/meets", NULL), 200);
    CHECK(strstr(logged, "\"round_trips\":2,"));
}

static saas_err together(saas_ctx *c)
{
    saas_unit *unit;
    saas_rows *one, *two;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &one, "select 1 as n", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_add(unit, &two, "select 2 as n", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_send(unit));
    SAAS_TRY(saas_unit_receive(unit));
    CHECK(says(one, "n", "1") && says(two, "n", "2"));
    return saas_reply_null(c, 200);
}

static void a_unit_is_one_round_trip(void)
{
    await_revocations("/nothing");
    CHECK_INT(ask("GET", "/together", NULL), 200);
    CHECK(strstr(logged, "\"round_trips\":1,"));
}

static saas_err each_alone(saas_ctx *c)
{
    saas_unit *good, *bad;
    SAAS_TRY(saas_send(c, &bad, NULL, PUT, SAAS_ARGS("bad")));
    SAAS_TRY(saas_send(c, &good, NULL, PUT, SAAS_ARGS("good")));
    CHECK_INT(saas_unit_receive(bad), SAAS_ERR_CHECK);
    CHECK_INT(saas_unit_err(bad, 0), SAAS_ERR_CHECK);
    CHECK_INT(saas_unit_receive(good), SAAS_OK);
    CHECK_INT(saas_unit_err(good, 0), SAAS_OK);
    return saas_reply_null(c, 200);
}

static void one_that_fails_leaves_the_other(void)
{
    stored("delete from marks");
    CHECK_INT(ask("POST", "/each_alone", NULL), 200);
    CHECK_STR(marks(), "good");
}

static saas_err three(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, NULL, PUT, SAAS_ARGS("one")));
    SAAS_TRY(saas_unit_add(unit, NULL, PUT, SAAS_ARGS("bad")));
    SAAS_TRY(saas_unit_add(unit, NULL, PUT, SAAS_ARGS("three")));
    SAAS_TRY(saas_unit_send(unit));
    CHECK_INT(saas_unit_err(unit, 0), SAAS_ERR_BUG); /* nobody knows yet */
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_CHECK);
    CHECK_INT(saas_unit_err(unit, 0), SAAS_OK);
    CHECK_INT(saas_unit_err(unit, 1), SAAS_ERR_CHECK);
    CHECK_INT(saas_unit_err(unit, 2), SAAS_ERR_CANCELLED);
    CHECK_INT(saas_unit_err(unit, 3), SAAS_ERR_BUG);
    return saas_reply_null(c, 200);
}

static saas_err misfit(saas_ctx *c)
{
    saas_unit *unit;
    saas_rows *rows = NULL;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &rows, "select 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_add(unit, NULL, "select $1::int + 1", SAAS_ARGS(1, 2)));
    CHECK_INT(saas_unit_run(unit), SAAS_ERR_BUG);
    CHECK_INT(saas_unit_err(unit, 1), SAAS_ERR_BUG);
    CHECK_INT(saas_unit_err(unit, 0), SAAS_OK);
    CHECK(!rows);
    return saas_reply_null(c, 200);
}

static saas_err unparsable(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, NULL, "select 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_add(unit, NULL, "select nothing from nowhere", SAAS_NO_ARGS));
    CHECK_INT(saas_unit_run(unit), SAAS_ERR_SQL);
    CHECK_INT(saas_unit_err(unit, 1), SAAS_ERR_SQL);
    return saas_reply_null(c, 200);
}

static void errors_name_their_statement(void)
{
    stored("delete from marks");
    CHECK_INT(ask("POST", "/three", NULL), 200);
    CHECK_STR(marks(), "");
    for (int i = 0; i < 2; i++) { /* the second time its types are known */
        CHECK_INT(ask("GET", "/misfit", NULL), 200);
        CHECK_INT(ask("GET", "/unparsable", NULL), 200);
    }
}

static saas_err writes_in_get(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, PUT, SAAS_ARGS("read")));
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_READ_ONLY);
    return saas_reply_null(c, 200);
}

static saas_err sees(saas_ctx *c)
{
    saas_unit *unit;
    saas_rows *rows;
    SAAS_TRY(saas_send(c, &unit, &rows, "select mark from marks", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_receive(unit));
    return saas_reply_rows(c, 200, rows, &mark_schema);
}

static void they_are_the_requests_own(void)
{
    stored("delete from marks");
    CHECK_INT(ask("GET", "/writes_in_get", NULL), 200);
    stored("insert into marks values ('aa010000-0000-0000-0000-000000000000', 'mine'),"
           " ('ff000000-0000-0000-0000-000000000000', 'theirs')");
    CHECK_INT(ask("GET", "/sees", NULL), 200);
    CHECK(body_has("mine") && !body_has("theirs"));
}

/* ---- forgotten, or used wrongly ---- */

static saas_err forgets(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, "select pg_sleep(0.05)", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static saas_err forgets_an_answer(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, "select mark from marks", SAAS_NO_ARGS));
    SAAS_TRY(saas_sleep(c, 50));
    return saas_reply_null(c, 200);
}

static saas_err fails(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, "select pg_sleep(0.05)", SAAS_NO_ARGS));
    return SAAS_ERR_NOT_FOUND;
}

static saas_err misuses(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_unit_new(&unit, c));
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_BUG);
    SAAS_TRY(saas_unit_add(unit, NULL, "select 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_send(unit));
    CHECK_INT(saas_unit_send(unit), SAAS_ERR_BUG);
    CHECK_INT(saas_unit_add(unit, NULL, "select 1", SAAS_NO_ARGS), SAAS_ERR_BUG);
    SAAS_TRY(saas_unit_receive(unit));
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_BUG);
    return saas_reply_null(c, 200);
}

static void what_is_sent_is_received(void)
{
    CHECK_INT(ask("POST", "/forgets", NULL), 500);
    CHECK_INT(ask("POST", "/forgets_an_answer", NULL), 500);
    CHECK_INT(ask("GET", "/forgets", NULL), 200);
    CHECK_INT(ask("GET", "/forgets_an_answer", NULL), 200);
    CHECK_INT(ask("POST", "/fails", NULL), 404);
    CHECK_INT(ask("GET", "/misuses", NULL), 500);
    CHECK_INT(ask("GET", "/together", NULL), 200);
}

static saas_err outlives(saas_ctx *c)
{
    saas_unit *a, *b;
    saas_rows *rows = NULL;
    SAAS_TRY(saas_send(c, &a, &rows, "select pg_sleep(5)", SAAS_NO_ARGS));
    SAAS_TRY(saas_send(c, &b, NULL, "select 1", SAAS_NO_ARGS));
    saas_err e = saas_unit_receive(a);
    CHECK(e == SAAS_ERR_CANCELLED || e == SAAS_ERR_DEADLINE);
    saas_err of_b = saas_unit_receive(b); /* it may have come by then */
    CHECK(!of_b || of_b == e);
    CHECK(!rows);
    return e;
}

static void a_client_that_leaves_ends_them(void)
{
    CHECK_INT(ask_for("GET", "/outlives", NULL, 50), 0);
    CHECK_INT(ask("GET", "/hurried", NULL), 503);
    CHECK_INT(ask("GET", "/together", NULL), 200);
}

/* ---- in a transaction ---- */

static saas_err in_order(saas_ctx *c)
{
    saas_unit *a, *b;
    saas_rows *rows;
    SAAS_TRY(saas_send(c, &a, NULL, PUT, SAAS_ARGS("first")));
    SAAS_TRY(saas_send(c, &b, &rows, "select count(*) as n from marks", SAAS_NO_ARGS));
    SAAS_TRY(saas_exec(c, NULL, PUT, SAAS_ARGS("second")));
    SAAS_TRY(saas_unit_receive(b));
    CHECK(says(rows, "n", "1"));
    SAAS_TRY(saas_unit_receive(a));
    return saas_reply_null(c, 200);
}

/* Its commit waits, and tells. */
static saas_err sent_last(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, "insert into marks (mark) select $1 from pg_sleep(0.05)", SAAS_ARGS("last")));
    return saas_reply_null(c, 200);
}

static saas_err sent_badly(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_exec(c, NULL, PUT, SAAS_ARGS("lost")));
    SAAS_TRY(saas_send(c, &unit, NULL, PUT, SAAS_ARGS("bad")));
    return saas_reply_null(c, 200);
}

static saas_err rolled_back(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(saas_send(c, &unit, NULL, PUT, SAAS_ARGS("lost")));
    saas_tx_rollback(c);
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_CANCELLED);
    return saas_reply_null(c, 200);
}

static saas_err saved(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_savepoint(c));
    SAAS_TRY(saas_send(c, &unit, NULL, PUT, SAAS_ARGS("bad")));
    SAAS_TRY(saas_savepoint_rollback(c));
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_CHECK);
    SAAS_TRY(saas_exec(c, NULL, PUT, SAAS_ARGS("saved")));
    return saas_reply_null(c, 200);
}

/* Sent before there was a transaction: a unit of its own. */
static saas_err beside(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, PUT, SAAS_ARGS("own")));
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(saas_exec(c, NULL, PUT, SAAS_ARGS("lost")));
    SAAS_TRY(saas_unit_receive(unit));
    saas_tx_rollback(c);
    return saas_reply_null(c, 200);
}

static void in_a_transaction_they_are_part_of_it(void)
{
    static const struct {
        const char *path, *left;
        int status;
    } cases[] = {
        {"/in_order", "first second", 200}, {"/sent_last", "last", 200}, {"/sent_badly", "", 400},
        {"/rolled_back", "", 200},          {"/saved", "saved", 200},    {"/beside", "own", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stored("delete from marks");
        CHECK_INT(ask("POST", cases[i].path, NULL), cases[i].status);
        CHECK_STR(marks(), cases[i].left);
    }
    CHECK_INT(ask_for("POST", "/lasts", NULL, 50), 0);
    CHECK_INT(ask("GET", "/together", NULL), 200);
}

static saas_err lasts(saas_ctx *c)
{
    saas_unit *unit;
    SAAS_TRY(saas_send(c, &unit, NULL, "insert into marks (mark) select $1 from pg_sleep(1)", SAAS_ARGS("lasts")));
    saas_err e = saas_sleep(c, 500);
    CHECK_INT(e, SAAS_ERR_CANCELLED);
    CHECK_INT(saas_unit_receive(unit), SAAS_ERR_CANCELLED);
    return e;
}

static const saas_route routes[] = {
    SAAS_GET("/meets", meets, .slow = true),
    SAAS_GET("/together", together),
    SAAS_GET("/nothing", nothing),
    SAAS_POST("/each_alone", each_alone),
    SAAS_POST("/three", three),
    SAAS_GET("/misfit", misfit),
    SAAS_GET("/unparsable", unparsable),
    SAAS_GET("/writes_in_get", writes_in_get),
    SAAS_GET("/sees", sees),
    SAAS_POST("/forgets", forgets),
    SAAS_GET("/forgets", forgets),
    SAAS_POST("/forgets_an_answer", forgets_an_answer),
    SAAS_GET("/forgets_an_answer", forgets_an_answer),
    SAAS_POST("/fails", fails),
    SAAS_GET("/misuses", misuses),
    SAAS_GET("/outlives", outlives, .slow = true),
    SAAS_GET("/hurried", outlives, .slow = true, .timeout_ms = 100),
    SAAS_POST("/in_order", in_order, .tx = true),
    SAAS_POST("/sent_last", sent_last, .tx = true),
    SAAS_POST("/sent_badly", sent_badly, .tx = true),
    SAAS_POST("/rolled_back", rolled_back),
    SAAS_POST("/saved", saved, .tx = true),
    SAAS_POST("/beside", beside),
    SAAS_POST("/lasts", lasts, .tx = true),
};

static const check_test tests[] = {
    TEST(they_run_at_the_same_time),       TEST(a_unit_is_one_round_trip),
    TEST(one_that_fails_leaves_the_other), TEST(errors_name_their_statement),
    TEST(they_are_the_requests_own),       TEST(what_is_sent_is_received),
    TEST(a_client_that_leaves_ends_them),  TEST(in_a_transaction_they_are_part_of_it),
};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "send", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations)), tests,
                   sizeof tests / sizeof *tests, argc, argv);
}
