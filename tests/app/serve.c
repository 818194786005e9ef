/* From a request to the row and back: roles, transactions, conflicts, deadlines, clients that leave. */
#include "notes.h"

static saas_principal viewer, member, admin;

static saas_err list_notes(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select id, org_id, title from notes order by title", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err create_note(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "insert into notes (title) values ($1) returning id, org_id, title",
                            SAAS_ARGS(saas_body(c, note)->title)));
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err delete_notes(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "delete from notes", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static saas_err write_in_a_get(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ('from a get')", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

/* Two inserts, then what the body's title says. */
static saas_err create_twice(saas_ctx *c)
{
    const saas_text title = saas_body(c, note)->title;
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ($1 || '-1')", SAAS_ARGS(title)));
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ($1 || '-2')", SAAS_ARGS(title)));
    if (saas_text_equal(title, SAAS_LIT("fails")))
        return saas_fail(c, 422, "NOT_SO", "Not so");
    if (saas_text_equal(title, SAAS_LIT("says-nothing")))
        return SAAS_OK;
    return saas_reply_null(c, 201);
}

static saas_err slow(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "select pg_sleep(0.4)", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static saas_err slow_write(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) select 'late' from pg_sleep(3)", SAAS_NO_ARGS));
    return saas_reply_null(c, 201);
}

static saas_err stubborn(saas_ctx *c)
{
    saas_rows *rows;
    while (saas_query(c, &rows, "select pg_sleep(0.05)", SAAS_NO_ARGS) != SAAS_OK || saas_rows_count(rows))
        ;
    return SAAS_OK;
}

static saas_err pick_org(saas_ctx *c)
{
    saas_rows *rows;
    saas_uuid org;
    if (saas_query(c, &rows, "select title from notes", SAAS_NO_ARGS) != SAAS_ERR_TENANT)
        return SAAS_ERR_INTERNAL;
    SAAS_TRY(saas_outside_query(c, &rows, "to see that there is none", "select title from notes", SAAS_NO_ARGS));
    if (saas_rows_count(rows))
        return SAAS_ERR_INTERNAL;
    SAAS_TRY(saas_param_uuid(&org, c, "org"));
    SAAS_TRY(saas_set_org(c, org, "the test says so"));
    return list_notes(c);
}

static const saas_conflict conflicts[] = {
    {.constraint = "notes_title_key", .code = "TITLE_TAKEN", .message = "This title is taken", .field = "title"}};

static const saas_route routes[] = {
    SAAS_GET("/notes", list_notes),
    SAAS_POST("/notes", create_note, .body = &note_schema, SAAS_CONFLICTS(conflicts)),
    SAAS_DELETE("/notes", delete_notes, .role = SAAS_ADMIN),
    SAAS_GET("/write", write_in_a_get),
    SAAS_POST("/twice", create_twice, .body = &note_schema, .tx = true, SAAS_CONFLICTS(conflicts)),
    SAAS_GET("/slow", slow, .slow = true),
    SAAS_POST("/slow", slow_write, .timeout_ms = 200),
    SAAS_GET("/stubborn", stubborn, .timeout_ms = 300),
    SAAS_GET("/of/:org", pick_org, .open = true),
};

static int send_as(saas_test_response *r, const saas_principal *who, const char *method, const char *target,
                   const char *body)
{
    saas_err err = SAAS_TEST_SEND(r, t, .method = method, .target = target, .as = who, .body = body);
    CHECK_INT(err, SAAS_OK);
    return err ? -1 : r->status;
}

static const char *titles(void)
{
    return sql_on(db.super_dsn, "select coalesce(string_agg(title, ' ' order by title), '') from notes");
}

static void clear(void)
{
    CHECK_STR(sql_on(db.super_dsn, "delete from notes"), "");
}

static void starts(void)
{
    viewer = member_of(0, SAAS_VIEWER);
    member = member_of(0, SAAS_MEMBER);
    admin = member_of(0, SAAS_ADMIN);
    if (!serve(SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps))))
        exit(1);
}

static void roles_decide(void)
{
    saas_test_response r;
    CHECK_INT(send_as(&r, &viewer, "GET", "/notes", NULL), 200);
    CHECK_INT(send_as(&r, &viewer, "POST", "/notes", "{\"title\":\"x\"}"), 403);
    CHECK_STR(json(&r, "error.code"), "FORBIDDEN");
    CHECK_INT(send_as(&r, &member, "POST", "/notes", "{\"title\":\"x\"}"), 201);
    CHECK_STR(json(&r, "data.orgId"), "0a000000-0000-7000-8000-000000000000");
    CHECK_INT(send_as(&r, &member, "DELETE", "/notes", NULL), 403);
    CHECK_STR(titles(), "x");
    CHECK_INT(send_as(&r, &admin, "DELETE", "/notes", NULL), 200);
    CHECK_INT(send_as(&r, NULL, "GET", "/notes", NULL), 401);
    CHECK_STR(titles(), "");
}

/* TN2: a signed-in organization that does not exist owns nothing and can't begin to. */
static void nobodys_organization_is_empty(void)
{
    saas_test_response r;
    saas_principal stranger = member_of(0, SAAS_ADMIN);
    stranger.org_id.b[0] = 0xee;
    CHECK_INT(send_as(&r, &stranger, "GET", "/notes", NULL), 200);
    CHECK_STR(json(&r, "data"), "[]");
    CHECK_INT(send_as(&r, &stranger, "POST", "/notes", "{\"title\":\"x\"}"), 409);
    CHECK_STR(titles(), "");
}

static void a_get_can_not_write(void)
{
    saas_test_response r;
    CHECK_INT(send_as(&r, &admin, "GET", "/write", NULL), 500);
    CHECK_STR(json(&r, "error.code"), "INTERNAL_ERROR");
    CHECK_STR(titles(), "");
}

static void constraints_have_a_meaning(void)
{
    saas_test_response r;
    saas_principal other = member_of(1, SAAS_MEMBER);
    CHECK_INT(send_as(&r, &member, "POST", "/notes", "{\"title\":\"same\"}"), 201);
    CHECK_INT(send_as(&r, &member, "POST", "/notes", "{\"title\":\"same\"}"), 409);
    CHECK_STR(json(&r, "error.code"), "TITLE_TAKEN");
    CHECK_STR(json(&r, "error.details.title[0]"), "This title is taken");
    CHECK_INT(send_as(&r, &other, "POST", "/notes", "{\"title\":\"same\"}"), 201);
    clear();
}

static void a_transaction_is_all_or_nothing(void)
{
    saas_test_response r;
    CHECK_INT(send_as(&r, &member, "POST", "/twice", "{\"title\":\"good\"}"), 201);
    CHECK_STR(titles(), "good-1 good-2");
    CHECK_INT(send_as(&r, &member, "POST", "/twice", "{\"title\":\"good\"}"), 409);
    CHECK_INT(send_as(&r, &member, "POST", "/twice", "{\"title\":\"fails\"}"), 422);
    CHECK_STR(json(&r, "error.code"), "NOT_SO");
    CHECK_INT(send_as(&r, &member, "POST", "/twice", "{\"title\":\"says-nothing\"}"), 500);
    CHECK_STR(titles(), "good-1 good-2");
    clear();
}

static void an_open_route_has_no_organization_until_it_says_so(void)
{
    saas_test_response r;
    CHECK_INT(send_as(&r, &member, "POST", "/notes", "{\"title\":\"x\"}"), 201);
    CHECK_INT(send_as(&r, NULL, "GET", "/of/0a000000-0000-7000-8000-000000000000", NULL), 200);
    CHECK_STR(json(&r, "data[0].title"), "x");
    CHECK_INT(send_as(&r, NULL, "GET", "/of/0b000000-0000-7000-8000-000000000000", NULL), 200);
    CHECK_STR(json(&r, "data"), "[]");
    CHECK_INT(send_as(&r, NULL, "GET", "/of/nothing", NULL), 404);
    clear();
}

static void a_deadline_ends_the_request_and_its_write(void)
{
    saas_test_response r;
    CHECK_INT(send_as(&r, &member, "POST", "/slow", NULL), 503);
    CHECK_STR(json(&r, "error.code"), "UNAVAILABLE");
    CHECK(saas_test_header(&r, "retry-after").ptr);
    CHECK_STR(sql_on(db.super_dsn, "select count(pg_sleep(0.4)) from generate_series(1, 1)"), "1");
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from pg_stat_activity where state = 'active'"
                                   " and usename = 'saas_app' and datname = current_database()"),
              "0");
    CHECK_STR(titles(), "");
}

static void count_status(const saas_test_response *r, void *user)
{
    int *seen = user;
    seen[r->status == 200 ? 1 : r->status ? 2 : 0]++;
}

static void clients_that_leave_a_running_query_cost_nothing(void)
{
    int seen[3] = {0, 0, 0};
    saas_test_response r;
    for (int i = 0; i < 40; i++) {
        const saas_test_request q = {
            .size = sizeof q, .target = "/slow", .as = &member, .leave_after_ms = (uint64_t)(i % 10 + 1)};
        REQUIRE(!saas_test_begin(t, &q, count_status, seen));
    }
    CHECK_INT(saas_test_wait(t, 10000), SAAS_OK);
    CHECK_INT(seen[0], 40);
    CHECK_INT(send_as(&r, &member, "GET", "/notes", NULL), 200);
}

static void a_handler_that_never_ends_stops_nobody(void)
{
    int seen[3] = {0, 0, 0};
    saas_test_response r;
    const saas_test_request q = {.size = sizeof q, .target = "/stubborn", .as = &member};
    REQUIRE(!saas_test_begin(t, &q, count_status, seen));
    for (int i = 0; i < 10; i++)
        CHECK_INT(send_as(&r, &member, "GET", "/notes", NULL), 200);
    CHECK_INT(saas_test_wait(t, 10000), SAAS_OK);
    CHECK_INT(seen[2], 1);
    CHECK(strstr(saas_test_client_logged(t), "/stubborn"));
}

/* HT6, LG2 */
static void nothing_inside_shows(void)
{
    saas_test_response r;
    saas_test_client_logged(t);
    CHECK_INT(send_as(&r, &admin, "GET", "/write", NULL), 500);
    CHECK(!strstr(r.body.ptr, "insert") && !strstr(r.body.ptr, "25006") && !strstr(r.body.ptr, "notes"));
    const char *logged = saas_test_client_logged(t);
    CHECK(strstr(logged, "25006"));
    CHECK(!strstr(logged, "eyJ") && !strstr(logged, "secret of a test"));
}

static const check_test tests[] = {TEST(starts),
                                   TEST(roles_decide),
                                   TEST(nobodys_organization_is_empty),
                                   TEST(a_get_can_not_write),
                                   TEST(constraints_have_a_meaning),
                                   TEST(a_transaction_is_all_or_nothing),
                                   TEST(an_open_route_has_no_organization_until_it_says_so),
                                   TEST(a_deadline_ends_the_request_and_its_write),
                                   TEST(clients_that_leave_a_running_query_cost_nothing),
                                   TEST(a_handler_that_never_ends_stops_nobody),
                                   TEST(nothing_inside_shows),
                                   TEST(serve_no_more)};
CLUSTER_MAIN(tests)
