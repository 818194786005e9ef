/* Statements say whose they are: application_name is "app:request id" while they run, and the connection's again. */
#include "kit.h"

#define NAMED(F, T) F(T, text(0, 80), application_name) F(T, text(0, 80), shown)
SAAS_STRUCT(named, NAMED);

static const char name_sql[] = "select current_setting('application_name') as application_name,"
                               " (select a.application_name from pg_stat_activity a where a.pid = pg_backend_pid()) as "
                               "shown";

static saas_err unit(saas_ctx *c)
{
    return saas_reply_one(c, 200, &named_schema, name_sql, SAAS_NO_ARGS);
}

static saas_err in_tx(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(saas_exec(c, NULL, "select 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_query_one(c, &rows, name_sql, SAAS_NO_ARGS));
    SAAS_TRY(saas_tx_commit(c));
    return saas_reply_row(c, 200, rows, &named_schema);
}

static const saas_route routes[] = {SAAS_GET("/unit", unit), SAAS_POST("/unit", unit), SAAS_POST("/tx", in_tx)};

static void is_named(const char *method, const char *target, const char *id, const char *expected)
{
    saas_test_response r = {0};
    const saas_header header = {saas_text_z("x-request-id"), saas_text_z(id)};
    CHECK_INT(SAAS_TEST_SEND(&r, client, .method = method, .target = target, .as = &me, .headers = &header,
                             .header_count = 1),
              SAAS_OK);
    CHECK_INT(r.status, 200);
    CHECK_STR(saas_test_json(client, r.body, "data.applicationName").ptr, expected);
    CHECK_STR(saas_test_json(client, r.body, "data.shown").ptr, expected);
}

static void statements_carry_the_request_id(void)
{
    static const char *const methods[] = {"GET", "POST", "POST"}, *const targets[] = {"/unit", "/unit", "/tx"};
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 3; i++)
            is_named(methods[i], targets[i], round ? "again-1" : "abc.DEF_1",
                     round ? "test:again-1" : "test:abc.DEF_1");
    is_named("GET", "/unit", "0123456789012345678901234567890123456789012345678901234567890123456789",
             "test:012345678901234567890123456789012345678901");
}

static void a_generated_id_too(void)
{
    saas_test_response r = {0};
    char expected[64];
    CHECK_INT(SAAS_TEST_SEND(&r, client, .target = "/unit", .as = &me), SAAS_OK);
    snprintf(expected, sizeof expected, "test:%s", saas_test_header(&r, "x-request-id").ptr);
    CHECK_STR(saas_test_json(client, r.body, "data.applicationName").ptr, expected);
}

/* Nothing of it stays on the connection. */
static void then_the_name_is_the_connections(void)
{
    is_named("GET", "/unit", "gone", "test:gone");
    is_named("POST", "/tx", "gone", "test:gone");
    CHECK_STR(stored("select count(*) from pg_stat_activity where datname = current_database()"
                     " and usename = 'saas_app' and application_name <> 'libsaas'"),
              "0");
}

static const check_test tests[] = {TEST(statements_carry_the_request_id), TEST(a_generated_id_too),
                                   TEST(then_the_name_is_the_connections)};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "test", SAAS_ROUTES(routes)), tests, sizeof tests / sizeof *tests, argc, argv);
}
