/* Units: tenant, READ ONLY and deadline travel with the statements; an error stays inside. */
#include "rig.h"

static void runs_a_statement(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){0}));
    for (int i = 0; i < 3; i++) {
        CHECK_INT(value(got, "select $1::int + 1", SAAS_ARGS(41)), SAAS_OK);
        CHECK_STR(got, "42");
    }
    CHECK_INT(value(got, "select 1 +", SAAS_NO_ARGS), SAAS_ERR_SQL);
    CHECK_STR(got, "42601");
    CHECK_INT(value(got, "select 2", SAAS_NO_ARGS), SAAS_OK);
    CHECK_STR(got, "2");
    close_pool();
}

static void several_statements_are_one_transaction(void)
{
    REQUIRE(open_pool((saas_db_options){0}));
    run r = {.unit = {.count = 3, .org = org(1), .has_org = true, .deadline_us = in_ms(5000)},
             .statements = {{.sql = "insert into notes (title) values ('first')", .args = SAAS_NO_ARGS},
                            {.sql = "insert into notes (title) values ($1)", .args = SAAS_ARGS("second")},
                            {.sql = "select count(*) from notes", .args = SAAS_NO_ARGS}}};
    CHECK_INT(run_it(&r), SAAS_OK);
    CHECK_STR(cell(&r, 2, 0), "2");
    run_clear(&r);
    r.statements[1].args = SAAS_ARGS("bad");
    CHECK_INT(run_it(&r), SAAS_ERR_CHECK);
    CHECK_STR(r.unit.error.constraint, "notes_title");
    CHECK_INT(r.unit.error.statement, 1);
    CHECK(!r.statements[0].result);
    CHECK_INT(count_of("select count(*) from notes"), 2);
    CHECK(count_of("delete from notes returning 0") >= 0);
    close_pool();
}

static void tenants_do_not_mix(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    run a = one("insert into notes (title) values ('of a') returning org_id", SAAS_NO_ARGS);
    a.unit.org = org(1);
    a.unit.has_org = true;
    CHECK_INT(run_it(&a), SAAS_OK);
    run_clear(&a);
    run b = one("insert into notes (title, org_id) values ('x', $1)", SAAS_ARGS(org(1)));
    b.unit.org = org(2);
    b.unit.has_org = true;
    CHECK_INT(run_it(&b), SAAS_ERR_TENANT);
    b = one("select count(*) from notes", SAAS_NO_ARGS);
    b.unit.org = org(2);
    b.unit.has_org = true;
    CHECK_INT(run_it(&b), SAAS_OK);
    CHECK_STR(cell(&b, 0, 0), "0");
    run_clear(&b);
    CHECK_INT(value(got, "select count(*) from notes", SAAS_NO_ARGS), SAAS_OK);
    CHECK_STR(got, "0");
    CHECK_INT(value(got, "insert into notes (title) values ('nobody')", SAAS_NO_ARGS), SAAS_ERR_TENANT);
    CHECK(count_of("delete from notes returning 0") >= 0);
    close_pool();
}

static void read_only_is_the_units(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    run r = one("insert into plain values (1)", SAAS_NO_ARGS);
    r.unit.read_only = true;
    CHECK_INT(run_it(&r), SAAS_ERR_READ_ONLY);
    CHECK_INT(value(got, "insert into plain values (1)", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(count_of("select count(*) from plain"), 1);
    CHECK(sql_as(base.super_dsn, "delete from plain", NULL));
    close_pool();
}

static void errors_have_names(void)
{
    static const struct {
        const char *sql;
        saas_err e;
    } cases[] = {
        {"insert into notes (org_id, title) values (saas_current_org(), null)", SAAS_ERR_CHECK},
        {"insert into notes (title, mark) values ('a', 'm'), ('b', 'm')", SAAS_ERR_UNIQUE},
        {"insert into children values (7)", SAAS_ERR_FOREIGN_KEY}, /* at the commit, that is: at the Sync */
        {"select 1 / 0", SAAS_ERR_SQL},
        {"select 'x'::uuid", SAAS_ERR_SQL},
        {"select nothing from nowhere", SAAS_ERR_SQL},
        {"select * from pg_authid", SAAS_ERR_TENANT},
    };
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int twice = 0; twice < 2; twice++) {
            run r = one(cases[i].sql, SAAS_NO_ARGS);
            r.unit.org = org(3);
            r.unit.has_org = true;
            CHECK_INT(run_it(&r), cases[i].e);
            CHECK(strlen(r.unit.error.sqlstate) == 5 && *r.unit.error.message);
        }
    }
    CHECK_INT(value(got, "select 3", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(count_of("select count(*) from notes"), 0);
    close_pool();
    CHECK_INT(saas_db_err("40001"), SAAS_ERR_SERIALIZATION);
    CHECK_INT(saas_db_err("57P01"), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(saas_db_err("08006"), SAAS_ERR_UNAVAILABLE);
    CHECK_INT(saas_db_err("57014"), SAAS_ERR_DEADLINE);
}

static void values_of_all_kinds(void)
{
    static const unsigned char bytes[] = {0, 1, 0xfe, 0xff};
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
#define GIVES(sql, want, ...)                                                                                          \
    do {                                                                                                               \
        CHECK_INT(value(got, sql, SAAS_ARGS(__VA_ARGS__)), SAAS_OK);                                                   \
        CHECK_STR(got, want);                                                                                          \
    } while (0)
    GIVES("select $1::bigint", "-9223372036854775808", INT64_MIN);
    GIVES("select $1::numeric", "18446744073709551615", UINT64_MAX);
    GIVES("select $1::float8", "0.1", 0.1);
    GIVES("select $1::float8", "1e+300", 1e300);
    GIVES("select $1::float8", "NaN", (double)__builtin_nan(""));
    GIVES("select $1::float8", "-Infinity", -__builtin_inf());
    GIVES("select $1::boolean", "t", true);
    GIVES("select $1::boolean", "f", (bool)false);
    GIVES("select $1::boolean", "t", 5);
    GIVES("select $1::text", "a'b\\c \303\251", "a'b\\c \303\251");
    GIVES("select $1::text", "", "");
    GIVES("select $1::text", "abc", ((saas_text){"abcdef", 3}));
    GIVES("select $1::uuid", "aa000000-0000-0000-0000-000000000101", org(257));
    GIVES("select $1::timestamptz", "2026-01-31 09:30:00.123456+00", ((saas_time){INT64_C(1769851800123456)}));
    GIVES("select $1::bytea", "\\x0001feff", saas_v_bytes(bytes, sizeof bytes));
    GIVES("select $1::bytea", "\\x", saas_v_bytes(bytes, 0));
    GIVES("select $1::text", "(null)", (const char *)NULL);
    GIVES("select $1::int + $2::int", "3", 1, 2);
    GIVES("select ($1::jsonb)->>'a'", "1", "{\"a\":1}");
    static const saas_text texts[] = {{"a", 1}, {"b\"\\,{", 5}, {NULL, 0}, {"NULL", 4}, {"", 0}};
    static const int64_t numbers[] = {INT64_MIN, 7};
    const saas_uuid ids[] = {org(257)};
    GIVES("select array_to_json($1::text[])", "[\"a\",\"b\\\"\\\\,{\",null,\"NULL\",\"\"]", saas_v_texts(texts, 5));
    GIVES("select $1::jsonb", "[\"a\", \"b\\\"\\\\,{\", null, \"NULL\", \"\"]", saas_v_texts(texts, 5));
    GIVES("select 7 = any ($1::bigint[])", "t", saas_v_i64s(numbers, 2));
    GIVES("select $1::json", "[-9223372036854775808,7]", saas_v_i64s(numbers, 2));
    GIVES("select 'aa000000-0000-0000-0000-000000000101' = any ($1::uuid[])", "t", saas_v_uuids(ids, 1));
    GIVES("select $1::json", "[\"aa000000-0000-0000-0000-000000000101\"]", saas_v_uuids(ids, 1));
    GIVES("select cardinality($1::uuid[])", "0", saas_v_uuids(NULL, 0));
    GIVES("select $1::int[]", "(null)", saas_v_null(NULL));
#undef GIVES
    close_pool();
}

/* Also the first time: a test that runs a statement once must see what production would the second time. */
static void arguments_that_do_not_fit(void)
{
    char got[256];
    REQUIRE(open_pool((saas_db_options){0}));
    for (int twice = 0; twice < 2; twice++) {
        *logged = 0;
        CHECK_INT(value(got, "select $1::text", SAAS_ARGS(5)), SAAS_ERR_BUG);
        CHECK(strstr(logged, "select $1::text") && strstr(logged, "\"parameter\":1"));
        CHECK_INT(value(got, "select $1::int", SAAS_ARGS("5")), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::bytea", SAAS_ARGS("\\x00")), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::int, $2::int", SAAS_ARGS(1)), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::int", SAAS_ARGS(1, 2)), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::text[]", SAAS_ARGS(saas_v_i64s((const int64_t[]){1}, 1))), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::text[]", SAAS_ARGS(saas_v_texts(NULL, 1))), SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::text[]", SAAS_ARGS(saas_v_texts(&(const saas_text){"a\0b", 3}, 1))),
                  SAAS_ERR_BUG);
        CHECK_INT(value(got, "select $1::text", SAAS_ARGS(saas_v_texts(NULL, 0))), SAAS_ERR_BUG);
    }
    CHECK_INT(value(got, "select $1::text", SAAS_ARGS(((saas_text){"a\0b", 3}))), SAAS_ERR_BUG);
    CHECK_INT(value(got, "select $1::text", SAAS_ARGS(saas_v_null("x"))), SAAS_ERR_BUG);
    CHECK_INT(value(got, "select $1::int", SAAS_ARGS(1)), SAAS_OK);
    close_pool();
}

/* TN5, VA: a statement that would outlive its unit on the connection. */
static void what_changes_the_session_is_refused(void)
{
    static const char *const statements[] = {"",
                                             " -- nothing",
                                             "begin",
                                             " ;Begin",
                                             "-- x\nCOMMIT",
                                             "/* a /* b */ */ rollback",
                                             "set role postgres",
                                             "RESET ALL",
                                             "discard all",
                                             "copy notes to stdout",
                                             "savepoint a",
                                             "deallocate all",
                                             "listen x"};
    char got[256];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        CHECK_INT(value(got, statements[i], SAAS_NO_ARGS), SAAS_ERR_BUG);
    CHECK_INT(value(got, "/* set */ select 1 -- begin", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(value(got, "select set_config('app.current_org_id', $1::text, false)", SAAS_ARGS(org(1))), SAAS_OK);
    CHECK_INT(value(got, "select coalesce(saas_current_org()::text, 'none')", SAAS_NO_ARGS), SAAS_OK);
    CHECK_STR(got, "none");
    close_pool();
}

static void a_changed_table_is_prepared_again(void)
{
    char got[256];
    CHECK(sql_as(base.owner_dsn,
                 "create table shape (a int); insert into shape values (7);"
                 "grant select on shape to saas_app",
                 NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 3}));
    for (int i = 0; i < 6; i++)
        CHECK_INT(value(got, "select * from shape", SAAS_NO_ARGS), SAAS_OK);
    CHECK(sql_as(base.owner_dsn, "alter table shape alter a type text", NULL));
    for (int i = 0; i < 6; i++) {
        CHECK_INT(value(got, "select * from shape", SAAS_NO_ARGS), SAAS_OK);
        CHECK_STR(got, "7");
    }
    CHECK_INT(value(got, "select * from missing", SAAS_NO_ARGS), SAAS_ERR_SQL);
    CHECK(sql_as(base.owner_dsn, "create table missing (a int); grant select on missing to saas_app", NULL));
    CHECK_INT(value(got, "select * from missing", SAAS_NO_ARGS), SAAS_OK);
    close_pool();
}

static void statements_without_end(void)
{
    char sql[64], got[256], want[16];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1500; i++) {
            snprintf(sql, sizeof sql, "select %d", i);
            snprintf(want, sizeof want, "%d", i);
            CHECK_INT(value(got, sql, SAAS_NO_ARGS), SAAS_OK);
            CHECK_STR(got, want);
        }
    }
    CHECK_INT(value(got, "select count(*) from pg_prepared_statements", SAAS_NO_ARGS), SAAS_OK);
    CHECK(strtol(got, NULL, 10) <= 1024 + 16);
    close_pool();
}

/* On one connection, prepared under one name. */
static void a_schema_is_the_units(void)
{
    char got[256];
    CHECK(sql_as(base.owner_dsn,
                 "create schema elsewhere; create table elsewhere.placed (at text); create table placed (at text);"
                 "insert into elsewhere.placed values ('elsewhere'); insert into placed values ('usual');"
                 "grant usage on schema elsewhere to saas_app; grant select on elsewhere.placed, placed to saas_app",
                 NULL));
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1}));
    for (int i = 0; i < 3; i++) {
        run r = one("select at from placed", SAAS_NO_ARGS);
        r.unit.schema = "elsewhere";
        r.unit.deadline_us = in_ms(5000);
        CHECK_INT(run_it(&r), SAAS_OK);
        CHECK_STR(cell(&r, 0, 0), "elsewhere");
        run_clear(&r);
        CHECK_INT(value(got, "select at from placed", SAAS_NO_ARGS), SAAS_OK);
        CHECK_STR(got, "usual");
    }
    close_pool();
}

static const check_test tests[] = {
    TEST(runs_a_statement),
    TEST(several_statements_are_one_transaction),
    TEST(tenants_do_not_mix),
    TEST(read_only_is_the_units),
    TEST(errors_have_names),
    TEST(values_of_all_kinds),
    TEST(arguments_that_do_not_fit),
    TEST(what_changes_the_session_is_refused),
    TEST(a_changed_table_is_prepared_again),
    TEST(statements_without_end),
    TEST(a_schema_is_the_units),
};
RIG_MAIN(tests)
