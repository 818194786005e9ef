/* Postgres goes and comes back under a running app. The cluster is this program's own. */
#include "notes.h"
#include <time.h>

static saas_err list_notes(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select id, org_id, title from notes order by title", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err create_slowly(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ('lost')", SAAS_NO_ARGS));
    SAAS_TRY(saas_exec(c, NULL, "select pg_sleep(2)", SAAS_NO_ARGS));
    return saas_reply_null(c, 201);
}

static const saas_route routes[] = {
    SAAS_GET("/notes", list_notes),
    SAAS_POST("/notes", create_slowly, .tx = true),
};

static saas_principal member;
static int in_flight;

static int get(const char *target)
{
    saas_test_response r;
    CHECK_INT(SAAS_TEST_SEND(&r, t, .target = target, .as = &member), SAAS_OK);
    if (r.status == 503) {
        CHECK_STR(json(&r, "error.code"), "UNAVAILABLE");
        CHECK(saas_test_header(&r, "retry-after").ptr);
    }
    return r.status;
}

static void note_status(const saas_test_response *r, void *user)
{
    *(int *)user = r->status;
}

static void goes(void)
{
    const saas_test_request q = {.size = sizeof q, .method = "POST", .target = "/notes", .as = &member};
    member = member_of(0, SAAS_MEMBER);
    if (!serve(SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps))))
        exit(1);
    CHECK_INT(get("/notes"), 200);
    CHECK_INT(get("/ready"), 200);
    REQUIRE(!saas_test_begin(t, &q, note_status, &in_flight));
    for (int i = 0; i < 20; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    CHECK_INT(saas_test_pg_halt(cluster, &e), SAAS_OK);
    CHECK_INT(saas_test_wait(t, 5000), SAAS_OK);
    CHECK_INT(in_flight, 503);
    CHECK_INT(get("/notes"), 503);
    CHECK_INT(get("/ready"), 503);
    CHECK_INT(get("/health"), 200);
    CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_ERR_UNAVAILABLE);
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void comes_back(void)
{
    CHECK_INT(saas_test_pg_resume(cluster, &e), SAAS_OK);
    const long start = now_ms();
    while (get("/notes") != 200 && now_ms() - start < 10000)
        saas_poll_loop_turn(saas_test_client_loop(t), 20);
    printf("     serving %ld ms after Postgres\n", now_ms() - start);
    CHECK(now_ms() - start < 5000);
    CHECK_INT(get("/ready"), 200);
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from notes"), "0");
    serve_no_more();
}

static const check_test tests[] = {TEST(goes), TEST(comes_back)};

int main(int argc, char **argv)
{
    unsetenv("SAAS_TEST_PG");
    return cluster_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
