/* TN5, short form: 10,000 requests of 50 organizations interleave on a few connections, with failing statements,
 * malformed requests and clients that leave among them. Each answer is its own organization's or none. */
#include "notes.h"

enum { ORGS = 50, REQUESTS = 10000, AT_ONCE = 100 };

static saas_err list_notes(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select id, org_id, title from notes limit 100", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err create_note(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "insert into notes (title) values ($1 || gen_random_uuid()) returning *",
                            SAAS_ARGS(saas_body(c, note)->title)));
    return saas_reply_row(c, 201, row, &note_schema);
}

/* Rolls back, after both statements have run. */
static saas_err create_and_fail(saas_ctx *c)
{
    SAAS_TRY(
        saas_exec(c, NULL, "insert into notes (title) values ('rolled back ' || gen_random_uuid())", SAAS_NO_ARGS));
    SAAS_TRY(saas_exec(c, NULL, "select 1 / 0", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static saas_err fail(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select title::int from notes", SAAS_NO_ARGS));
    SAAS_TRY(saas_query(c, &rows, "select 1 / 0 as x", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/notes", list_notes),
    SAAS_POST("/notes", create_note, .body = &note_schema),
    SAAS_POST("/fails", create_and_fail, .tx = true),
    SAAS_GET("/fails", fail),
};

typedef struct flight {
    saas_principal who;
    char org[SAAS_UUID_CHARS + 1];
} flight;

static struct {
    size_t begun, ended, answered, rows, foreign, failed, left;
} seen;
static flight flights[ORGS];

static void begin_one(void);

/* Every org_id of the body is this organization's. */
static void look(const saas_test_response *r, void *user)
{
    static const char key[] = "\"orgId\":\"";
    const flight *f = user;
    seen.ended++;
    seen.left += r->status == 0;
    seen.failed += r->status >= 400;
    seen.answered += r->status && r->status < 400;
    for (const char *at = r->body.ptr; at && (at = strstr(at, key)); seen.rows++) {
        at += sizeof key - 1;
        seen.foreign += strncmp(at, f->org, SAAS_UUID_CHARS) != 0;
    }
    begin_one();
}

static void begin_one(void)
{
    if (seen.begun == REQUESTS)
        return;
    const size_t n = seen.begun++;
    flight *f = &flights[(n * 7 + n / 8) % ORGS];
    saas_test_request q = {.size = sizeof q, .target = "/notes", .as = &f->who};
    if (n % 4 == 0) {
        q.method = "POST";
        q.body =
            n % 8 ? "{\"title\":\"note\"}" : "{\"title\":\"note\",\"orgId\":\"0a000000-0000-7000-8000-000000000000\"}";
    } else if (n % 10 == 1) {
        q.target = "/fails";
        q.method = n % 20 == 1 ? "POST" : "GET";
    }
    if (n % 10 == 3)
        q.leave_after_ms = 1 + n % 5;
    CHECK_INT(saas_test_begin(t, &q, look, f), SAAS_OK);
}

static void make_orgs(void)
{
    for (int i = 0; i < ORGS; i++) {
        char sql[256];
        flights[i].who = member_of(i, SAAS_MEMBER);
        saas_uuid_format(flights[i].org, flights[i].who.org_id);
        snprintf(sql, sizeof sql,
                 "insert into organizations (id, name, slug) values ('%s', 'x', 'org-%d')"
                 " on conflict do nothing",
                 flights[i].org, i);
        CHECK_STR(sql_on(db.super_dsn, sql), "");
    }
}

static void no_row_is_anothers(void)
{
    REQUIRE(serve(SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps))));
    make_orgs();
    for (int i = 0; i < AT_ONCE; i++)
        begin_one();
    CHECK_INT(saas_test_wait(t, 120000), SAAS_OK);
    printf("     %zu answered, %zu failed, %zu left; %zu rows seen\n", seen.answered, seen.failed, seen.left,
           seen.rows);
    CHECK_INT(seen.ended, REQUESTS);
    CHECK_INT(seen.foreign, 0);
    CHECK(seen.rows > REQUESTS);
    CHECK(seen.answered > REQUESTS / 2);
    CHECK(seen.failed > REQUESTS / 10);
    CHECK(seen.left > 0);
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from notes where title like 'rolled back%'"), "0");
    CHECK_STR(sql_on(db.super_dsn, "select count(distinct org_id) from notes"), "50");
    serve_no_more();
}

static const check_test tests[] = {TEST(no_row_is_anothers)};
CLUSTER_MAIN(tests)
