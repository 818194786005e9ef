/* Handlers and a real Postgres: query forms, transactions, what is answered and when. */
#include "check.h"
#include <libpq-fe.h>
#include <saas.h>
#include <saas/test.h>

#define STATES(W, T) W(T, draft) W(T, live)
SAAS_ENUM(state, STATES);
#define NOTE(F, T)                                                                                                     \
    F(T, i64(1, INT64_MAX), id, .read_only = true)                                                                     \
    F(T, text(1, 40), title, .required = true)                                                                         \
    F(T, i64(0, 100), stars, .nullable = true)                                                                         \
    F(T, word(state), state, .def = "draft")
SAAS_STRUCT(note, NOTE);
#define PLACE(F, T) F(T, text(1, 40), city, .required = true)
SAAS_STRUCT(place, PLACE);
#define PATCH_NOTE(F, T)                                                                                               \
    F(T, text(1, 40), title)                                                                                           \
    F(T, i64(0, 100), stars, .nullable = true)                                                                         \
    F(T, word(state), state)                                                                                           \
    F(T, list(text(1, 20), 0, 3), tags)                                                                                \
    F(T, object(place), place)
SAAS_STRUCT(patch, PATCH_NOTE);
#define WIDE(F, T) NOTE(F, T) F(T, text(0, 10), colour)
SAAS_STRUCT(wide, WIDE);
SAAS_STRUCT(paged, SAAS_PAGE_FIELDS);

static saas_test_pg *pg;
static saas_test_db db;

static saas_test_client *client;
static saas_uuid my_org = {{0xaa, 1}};
static saas_principal me = {.user_id = {{0xbb, 2}}, .session_id = {{0xcc, 3}}, .role = SAAS_ADMIN};
static bool signed_in = true;

static const saas_migration migrations[] = {
    {1, "notes",
     "create table notes (id bigint generated always as identity primary key,"
     "  org_id uuid not null default saas_current_org(), title text not null, stars bigint,"
     "  state text not null default 'draft', tags jsonb, place jsonb,"
     "  constraint notes_title_key unique (org_id, title), constraint notes_stars_check check (stars <= 5),"
     "  constraint notes_late unique (org_id, stars) deferrable initially deferred);"
     "alter table notes enable row level security; alter table notes force row level security;"
     "create policy notes_org on notes to saas_app using (org_id = (select saas_current_org()))"
     "  with check (org_id = (select saas_current_org()));"
     "grant select, insert, update, delete on notes to saas_app;"},
};

/* As the superuser: what is really stored. */
static const char *stored(const char *sql)
{
    static char out[256];
    PGconn *conn = PQconnectdb(db.super_dsn);
    PGresult *r = PQexec(conn, sql);
    bool rows = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    snprintf(out, sizeof out, "%s", rows ? PQgetvalue(r, 0, 0) : PQresultErrorMessage(r));
    PQclear(r);
    PQfinish(conn);
    return out;
}

/* ---- asking ---- */

static struct {
    int status;
    char body[32768];
} last;
static char logged[65536];

static void forget_log(void)
{
    logged[0] = 0;
}

/* Sends one request and waits for the answer, which is then in `last`; gives its status. */
static int ask_for(const char *method, const char *target, const char *body, uint64_t leave_after_ms)
{
    saas_test_response r = {0};
    size_t len = strlen(logged);
    me.org_id = my_org;
    saas_err e = SAAS_TEST_SEND(&r, client, .method = method, .target = target, .body = body,
                                .as = signed_in ? &me : NULL, .leave_after_ms = leave_after_ms);
    CHECK_INT(e, SAAS_OK);
    last.status = r.status;
    snprintf(last.body, sizeof last.body, "%.*s", (int)r.body.len, r.body.ptr ? r.body.ptr : "");
    snprintf(logged + len, sizeof logged - len, "%s", saas_test_client_logged(client));
    return r.status;
}

static int ask(const char *method, const char *target, const char *body)
{
    return ask_for(method, target, body, 0);
}

/* ---- handlers ---- */

#define COLUMNS "id, title, stars, state"

static saas_err insert(saas_ctx *c, saas_rows **row)
{
    const struct note *in = saas_body(c, note);
    return saas_query_one(c, row, "insert into notes (title, stars, state) values ($1, $2, $3) returning " COLUMNS,
                          SAAS_ARGS(in->title, SAAS_IF(in, stars), SAAS_WORD(state, in->state)));
}

static saas_err create(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(insert(c, &row));
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err get(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(
        saas_query_one(c, &row, "select " COLUMNS " from notes where title = $1", SAAS_ARGS(saas_param(c, "title"))));
    return saas_reply_row(c, 200, row, &note_schema);
}

static saas_err list(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select state, " COLUMNS ", 1 as more from notes order by id", SAAS_NO_ARGS));
    return saas_reply_rows(c, 0, rows, &note_schema);
}

static saas_err page(saas_ctx *c)
{
    return saas_reply_page(c, &note_schema, "select " COLUMNS " from notes where stars is distinct from $1",
                           SAAS_ARGS(3), .order = "title desc");
}

static saas_err change(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "notes", saas_body(c, patch), &patch_schema, "title = $1",
                         SAAS_ARGS(saas_param(c, "title"))));
    return saas_reply_row(c, 200, row, &note_schema);
}

static saas_err forms(saas_ctx *c)
{
    saas_rows *rows = NULL;
    struct note *in = NULL;
    uint64_t affected = 0;
    CHECK_INT(saas_query_opt(c, &rows, "select 1 where false", SAAS_NO_ARGS), SAAS_OK);
    CHECK(!rows);
    CHECK_INT(saas_query_one(c, &rows, "select 1 where false", SAAS_NO_ARGS), SAAS_ERR_NOT_FOUND);
    CHECK_INT(saas_query_one(c, &rows, "select generate_series(1, 2)", SAAS_NO_ARGS), SAAS_ERR_TOO_MANY_ROWS);
    CHECK_INT(saas_query_opt(c, &rows, "select generate_series(1, 2)", SAAS_NO_ARGS), SAAS_ERR_TOO_MANY_ROWS);
    CHECK(!rows);
    CHECK_INT(saas_exec(c, &affected, "insert into notes (title) values ('f1'), ('f2')", SAAS_NO_ARGS), SAAS_OK);
    CHECK_INT(affected, 2);
    CHECK_INT(saas_exec(c, NULL, "delete from notes where title like 'f_'", SAAS_NO_ARGS), SAAS_OK);
    SAAS_TRY(saas_query(c, &rows,
                        "select 7::bigint as id, 'x' as title, null as stars union select 8, 'y', 2 order by 1",
                        SAAS_NO_ARGS));
    CHECK_INT(saas_rows_count(rows), 2);
    CHECK_STR(saas_rows_text(rows, 1, "title").ptr, "y");
    CHECK(!saas_rows_text(rows, 0, "stars").ptr && !saas_rows_text(rows, 2, "id").ptr &&
          !saas_rows_text(rows, 0, "no").ptr);
    SAAS_TRY(saas_rows_read(&in, c, rows, 0, note));
    CHECK(in->id == 7 && in->has.id == SAAS_SET && in->has.stars == SAAS_NULL && in->has.state == SAAS_ABSENT);
    CHECK_INT(saas_rows_read(&in, c, rows, 2, note), SAAS_ERR_BUG);
    SAAS_TRY(saas_query(c, &rows, "select 'no number' as id", SAAS_NO_ARGS));
    CHECK_INT(saas_rows_read(&in, c, rows, 0, note), SAAS_ERR_BUG);
    return saas_reply_null(c, 0);
}

static saas_err several(saas_ctx *c)
{
    saas_unit *unit;
    saas_rows *first, *second = NULL;
    const struct note *in = saas_body(c, note);
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(
        saas_unit_add(unit, &first, "insert into notes (title) values ($1) returning title", SAAS_ARGS(in->title)));
    for (int i = 0; i < 5; i++)
        SAAS_TRY(saas_unit_add(unit, NULL, "select 1", SAAS_NO_ARGS));
    SAAS_TRY(saas_unit_add(unit, &second, "insert into notes (title, stars) values ($1 || '2', $2) returning title",
                           SAAS_ARGS(in->title, SAAS_IF(in, stars))));
    saas_err e = saas_unit_run(unit);
    CHECK(e ? !second : saas_rows_count(second) == 1);
    SAAS_TRY(e);
    return saas_reply_raw(
        c, 201,
        saas_format(c, "\"%s %s\"", saas_rows_text(first, 0, "title").ptr, saas_rows_text(second, 0, "title").ptr));
}

static saas_err in_tx(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(insert(c, &row));
    const struct note *in = saas_body(c, note);
    if (saas_text_equal(in->title, SAAS_LIT("tx fails")))
        return saas_fail(c, 409, "CHANGED_MIND", "No");
    if (saas_text_equal(in->title, SAAS_LIT("tx ignores")))
        (void)!saas_exec(c, NULL, "select 1/0", SAAS_NO_ARGS);
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err by_hand(saas_ctx *c)
{
    saas_rows *row;
    const struct note *in = saas_body(c, note);
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(insert(c, &row));
    if (saas_text_equal(in->title, SAAS_LIT("rolled back")))
        saas_tx_rollback(c);
    else if (!saas_text_equal(in->title, SAAS_LIT("left open")))
        SAAS_TRY(saas_tx_commit(c));
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err ignores_commit(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(insert(c, &row));
    CHECK_INT(saas_tx_commit(c), SAAS_ERR_UNIQUE);
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err tries_again(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(insert(c, &row));
    CHECK_INT(saas_tx_commit(c), SAAS_ERR_UNIQUE);
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(saas_query_one(c, &row, "insert into notes (title) values ('again') returning " COLUMNS, SAAS_NO_ARGS));
    SAAS_TRY(saas_tx_commit(c));
    return saas_reply_row(c, 201, row, &note_schema);
}

static saas_err foreign(saas_ctx *c)
{
    return saas_exec(c, NULL, "insert into notes (org_id, title) values (gen_random_uuid(), 'foreign')", SAAS_NO_ARGS);
}

static saas_err two_tx(saas_ctx *c)
{
    SAAS_TRY(saas_tx_begin(c));
    return saas_tx_begin(c);
}

static saas_err write_in_get(saas_ctx *c)
{
    return saas_exec(c, NULL, "insert into notes (title) values ('from a get')", SAAS_NO_ARGS);
}

static saas_err write_in_get_tx(saas_ctx *c)
{
    SAAS_TRY(saas_tx_begin(c));
    return write_in_get(c);
}

static saas_err slow(saas_ctx *c)
{
    saas_rows *rows;
    saas_err e = saas_query(c, &rows, "select pg_sleep(1)", SAAS_NO_ARGS);
    CHECK(e == SAAS_ERR_CANCELLED || e == SAAS_ERR_DEADLINE);
    CHECK_INT(saas_query(c, &rows, "select 1", SAAS_NO_ARGS), e);
    return e;
}

static saas_err slow_tx(saas_ctx *c)
{
    saas_err e = saas_exec(c, NULL, "insert into notes (title) select 'slow tx' from pg_sleep(1)", SAAS_NO_ARGS);
    CHECK(e == SAAS_ERR_CANCELLED || e == SAAS_ERR_DEADLINE);
    return saas_reply_null(c, 201); /* as if nothing had happened */
}

static saas_err lacks_column(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select " COLUMNS " from notes", SAAS_NO_ARGS));
    return saas_reply_rows(c, 0, rows, &wide_schema);
}

static saas_err syntax(saas_ctx *c)
{
    return saas_exec(c, NULL, "selekt 'hush'", SAAS_NO_ARGS);
}

static saas_err bad_cast(saas_ctx *c)
{
    return saas_exec(c, NULL, "select ('top' || 'secret')::int", SAAS_NO_ARGS);
}

static saas_err count_reply(saas_ctx *c, const saas_rows *row)
{
    return saas_reply_raw(c, 200, saas_rows_text(row, 0, "n"));
}

static const char count_sql[] = "select count(*) as n from notes";

static saas_err anonymous(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_query(c, &row, count_sql, SAAS_NO_ARGS));
    return count_reply(c, row);
}

static saas_err outside(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_outside_query(c, &row, "a test looks outside", count_sql, SAAS_NO_ARGS));
    return count_reply(c, row);
}

static saas_err set_org(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_set_org(c, my_org, "a test knows its org"));
    SAAS_TRY(saas_query(c, &row, count_sql, SAAS_NO_ARGS));
    return count_reply(c, row);
}

/* none, then the org's, none beside it, the org's again */
static saas_err set_org_in_tx(saas_ctx *c)
{
    saas_rows *a, *b, *d;
    SAAS_TRY(saas_tx_begin(c));
    CHECK_INT(saas_query(c, &a, count_sql, SAAS_NO_ARGS), SAAS_ERR_TENANT);
    SAAS_TRY(saas_outside_query(c, &a, "before", count_sql, SAAS_NO_ARGS));
    CHECK_STR(saas_rows_text(a, 0, "n").ptr, "0");
    SAAS_TRY(saas_set_org(c, my_org, "now"));
    SAAS_TRY(saas_query(c, &b, count_sql, SAAS_NO_ARGS));
    CHECK(strcmp(saas_rows_text(b, 0, "n").ptr, "0") != 0);
    SAAS_TRY(saas_outside_query(c, &a, "beside", count_sql, SAAS_NO_ARGS));
    CHECK_STR(saas_rows_text(a, 0, "n").ptr, "0");
    SAAS_TRY(saas_query(c, &d, count_sql, SAAS_NO_ARGS));
    CHECK_STR(saas_rows_text(d, 0, "n").ptr, saas_rows_text(b, 0, "n").ptr);
    return saas_reply_null(c, 0);
}

static const saas_conflict conflicts[] = {
    {.constraint = "notes_title_key", .code = "TITLE_TAKEN", .message = "There is one", .field = "title"},
    {.constraint = "notes_stars_check", .status = 422, .code = "TOO_MANY_STARS", .message = "At most five"},
};

#define GONE .not_found = {"NOTE_NOT_FOUND", "Note does not exist"}

static const saas_route routes[] = {
    SAAS_POST("/notes", create, .body = &note_schema, SAAS_CONFLICTS(conflicts)),
    SAAS_GET("/notes/:title", get, GONE),
    SAAS_PATCH("/notes/:title", change, .body = &patch_schema, GONE, SAAS_CONFLICTS(conflicts)),
    SAAS_GET("/notes", list),
    SAAS_GET("/page", page, .query = &paged_schema),
    SAAS_GET("/no-page", page),
    SAAS_POST("/forms", forms),
    SAAS_POST("/several", several, .body = &note_schema, SAAS_CONFLICTS(conflicts)),
    SAAS_POST("/tx", in_tx, .tx = true, .body = &note_schema),
    SAAS_POST("/by-hand", by_hand, .body = &note_schema),
    SAAS_POST("/ignores-commit", ignores_commit, .body = &note_schema),
    SAAS_POST("/tries-again", tries_again, .body = &note_schema),
    SAAS_POST("/foreign", foreign, GONE),
    SAAS_POST("/two-tx", two_tx),
    SAAS_GET("/write", write_in_get),
    SAAS_GET("/write-tx", write_in_get_tx),
    SAAS_GET("/slow", slow, .slow = true),
    SAAS_GET("/slow-short", slow, .slow = true, .timeout_ms = 100),
    SAAS_POST("/slow-tx", slow_tx, .tx = true, .timeout_ms = 100),
    SAAS_GET("/lacks-column", lacks_column),
    SAAS_POST("/syntax", syntax),
    SAAS_POST("/bad-cast", bad_cast),
    SAAS_GET("/anonymous", anonymous, .open = true),
    SAAS_GET("/outside", outside, .open = true),
    SAAS_GET("/set-org", set_org, .open = true),
    SAAS_GET("/set-org-in-tx", set_org_in_tx, .open = true),
};

/* ---- tests ---- */

static bool body_has(const char *part)
{
    return strstr(last.body, part) != NULL;
}

static void answers_rows(void)
{
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"one\",\"stars\":1}"), 201);
    CHECK_STR(last.body, "{\"success\":true,\"data\":{\"id\":1,\"title\":\"one\",\"stars\":1,\"state\":\"draft\"}}");
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"t\\u00e9 \\\"2\\\"\",\"state\":\"live\"}"), 201);
    CHECK_INT(ask("GET", "/notes/one", NULL), 200);
    CHECK(body_has("\"title\":\"one\""));
    CHECK_INT(ask("GET", "/notes", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[{\"id\":1,\"title\":\"one\",\"stars\":1,\"state\":\"draft\"},"
                         "{\"id\":2,\"title\":\"t\xc3\xa9 \\\"2\\\"\",\"stars\":null,\"state\":\"live\"}]}");
    CHECK_INT(ask("GET", "/notes/none", NULL), 404);
    CHECK_STR(last.body,
              "{\"success\":false,\"error\":{\"code\":\"NOTE_NOT_FOUND\",\"message\":\"Note does not exist\"}}");
    CHECK_INT(ask("GET", "/lacks-column", NULL), 500);
    CHECK(strstr(logged, "\"column\":\"colour\""));
    CHECK_INT(ask("POST", "/forms", NULL), 200);
}

static void another_org_sees_nothing(void)
{
    saas_uuid mine = my_org;
    my_org.b[0] = 0xee;
    CHECK_INT(ask("GET", "/notes", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[]}");
    CHECK_INT(ask("GET", "/notes/one", NULL), 404); /* TN3 */
    CHECK_STR(last.body,
              "{\"success\":false,\"error\":{\"code\":\"NOTE_NOT_FOUND\",\"message\":\"Note does not exist\"}}");
    CHECK_INT(ask("PATCH", "/notes/one", "{\"stars\":2}"), 404);
    my_org = mine;
    CHECK_INT(ask("GET", "/notes/one", NULL), 200);
    CHECK(body_has("\"stars\":1"));
}

static void a_foreign_row_is_unknown(void)
{
    CHECK_INT(ask("POST", "/foreign", NULL), 404);
    CHECK(body_has("NOTE_NOT_FOUND"));
    CHECK_STR(stored("select count(*) from notes where title = 'foreign'"), "0");
}

static void no_org_no_rows(void)
{
    signed_in = false;
    forget_log();
    CHECK_INT(ask("GET", "/anonymous", NULL), 404); /* TN2 */
    CHECK(strstr(logged, "a query without an organization"));
    CHECK_INT(ask("GET", "/outside", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":0}");
    CHECK(strstr(logged, "\"why\":\"a test looks outside\""));
    CHECK_INT(ask("GET", "/set-org", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":2}");
    CHECK_INT(ask("GET", "/set-org-in-tx", NULL), 200);
    signed_in = true;
    CHECK_INT(ask("GET", "/outside", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":0}");
}

static void updates_what_is_there(void)
{
    CHECK_INT(ask("PATCH", "/notes/one", "{\"state\":\"live\"}"), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":{\"id\":1,\"title\":\"one\",\"stars\":1,\"state\":\"live\"}}");
    CHECK_INT(ask("PATCH", "/notes/one", "{\"stars\":null,\"title\":\"uno\"}"), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":{\"id\":1,\"title\":\"uno\",\"stars\":null,\"state\":\"live\"}}");
    CHECK_INT(ask("PATCH", "/notes/uno", "{}"), 200);
    CHECK(body_has("\"title\":\"uno\",\"stars\":null"));
    CHECK_INT(ask("PATCH", "/notes/one", "{\"stars\":1}"), 404);
    CHECK_INT(ask("PATCH", "/notes/uno", "{\"title\":\"one\",\"stars\":1}"), 200);
    CHECK_INT(ask("PATCH", "/notes/one", "{\"tags\":[\"a\",\"\\\"b\"],\"place\":{\"city\":\"Ulm\"}}"), 200);
    CHECK_STR(stored("select concat(tags, place) from notes where title = 'one'"),
              "[\"a\", \"\\\"b\"]{\"city\": \"Ulm\"}");
}

static void conflicts_have_codes(void)
{
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"one\"}"), 409);
    CHECK_STR(last.body, "{\"success\":false,\"error\":{\"code\":\"TITLE_TAKEN\",\"message\":\"There is one\","
                         "\"details\":{\"title\":[\"There is one\"]}}}");
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"six\",\"stars\":6}"), 422);
    CHECK(body_has("\"code\":\"TOO_MANY_STARS\"") && !body_has("details"));
    CHECK_INT(ask("POST", "/by-hand", "{\"title\":\"one\"}"), 409);
    CHECK(body_has("\"code\":\"CONFLICT\""));
    CHECK_INT(ask("POST", "/by-hand", "{\"title\":\"six\",\"stars\":6}"), 400);
    CHECK(body_has("\"code\":\"VALIDATION_ERROR\"") && !body_has("notes_"));
}

/* A new app asks the database about each token until it hears of revocations. */
static void await_revocations(void)
{
    forget_log();
    for (int i = 0; i < 500 && !strstr(logged, "\"round_trips\":0,"); i++) {
        saas_poll_loop_turn(saas_test_client_loop(client), 10);
        forget_log();
        CHECK_INT(ask("GET", "/no-page", NULL), 500);
    }
    forget_log();
}

static void several_statements(void)
{
    await_revocations();
    CHECK_INT(ask("POST", "/several", "{\"title\":\"s\"}"), 201);
    CHECK_STR(last.body, "{\"success\":true,\"data\":\"s s2\"}");
    CHECK(strstr(logged, "\"round_trips\":1,"));
    CHECK_INT(ask("POST", "/several", "{\"title\":\"r\",\"stars\":6}"), 422);
    CHECK_STR(stored("select count(*) from notes where title like 'r%'"), "0");
}

static void pages(void)
{
    await_revocations();
    CHECK_INT(ask("GET", "/page?perPage=2", NULL), 200);
    CHECK(body_has("\"data\":[{\"id\":2,\"title\":\"t\xc3\xa9") && body_has("\"title\":\"s2\"") && !body_has("\"s\""));
    CHECK(body_has("\"meta\":{\"page\":1,\"perPage\":2,\"total\":4}"));
    CHECK(strstr(logged, "\"round_trips\":1,"));
    CHECK_INT(ask("GET", "/page?perPage=2&page=2", NULL), 200);
    CHECK(body_has("\"title\":\"s\"") && body_has("\"title\":\"one\"") && body_has("\"total\":4"));
    CHECK_INT(ask("GET", "/page?page=9", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[],\"meta\":{\"page\":9,\"perPage\":20,\"total\":4}}");
    CHECK_INT(ask("GET", "/page?perPage=101", NULL), 400);
    CHECK_INT(ask("GET", "/no-page", NULL), 500);
}

static void a_get_changes_nothing(void)
{
    CHECK_INT(ask("GET", "/write", NULL), 500);
    CHECK_INT(ask("HEAD", "/write", NULL), 500);
    CHECK_INT(ask("GET", "/write-tx", NULL), 500);
    CHECK_STR(stored("select count(*) from notes where title = 'from a get'"), "0");
}

static void transactions(void)
{
    CHECK_INT(ask("POST", "/tx", "{\"title\":\"tx\"}"), 201);
    CHECK_STR(stored("select count(*) from notes where title = 'tx'"), "1");
    CHECK_INT(ask("POST", "/tx", "{\"title\":\"tx fails\"}"), 409);
    CHECK(body_has("CHANGED_MIND"));
    CHECK_INT(ask("POST", "/by-hand", "{\"title\":\"by hand\"}"), 201);
    CHECK_INT(ask("POST", "/by-hand", "{\"title\":\"rolled back\"}"), 201);
    CHECK_INT(ask("POST", "/by-hand", "{\"title\":\"left open\"}"), 500);
    CHECK_INT(ask("POST", "/two-tx", NULL), 500);
    CHECK_STR(stored("select string_agg(title, ',' order by id) from notes where title in "
                     "('by hand', 'rolled back', 'left open', 'tx fails')"),
              "by hand");
}

/* A constraint that is checked at COMMIT: everything before it went well. */
static void answers_after_the_commit(void)
{
    CHECK_INT(ask("POST", "/tx", "{\"title\":\"late\",\"stars\":1}"), 409);
    CHECK(body_has("\"code\":\"CONFLICT\"") && !body_has("late"));
    CHECK_INT(ask("POST", "/tx", "{\"title\":\"tx ignores\"}"), 500);
    CHECK_INT(ask("POST", "/slow-tx", NULL), 503);
    CHECK_INT(ask("POST", "/ignores-commit", "{\"title\":\"late\",\"stars\":1}"), 409);
    CHECK_STR(stored("select count(*) from notes where title in ('late', 'tx ignores', 'slow tx')"), "0");
    CHECK_INT(ask("POST", "/tries-again", "{\"title\":\"late\",\"stars\":1}"), 201);
    CHECK(body_has("\"title\":\"again\""));
}

static void a_client_leaves_its_query(void)
{
    forget_log();
    CHECK_INT(ask_for("GET", "/slow", NULL, 50), 0);
    CHECK_INT(ask_for("POST", "/slow-tx", NULL, 50), 0);
    CHECK_INT(ask("GET", "/slow-short", NULL), 503);
    CHECK_INT(ask("GET", "/notes/one", NULL), 200);
    CHECK(strstr(logged, "\"status\":499") && strstr(logged, "ERR_CANCELLED") && strstr(logged, "ERR_DEADLINE"));
}

static void errors_stay_here(void)
{
    forget_log();
    CHECK_INT(ask("POST", "/syntax", NULL), 500);
    CHECK_STR(last.body,
              "{\"success\":false,\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"Something went wrong\"}}");
    CHECK(strstr(logged, "\"sqlstate\":\"42601\"") && strstr(logged, "syntax error"));
    CHECK(strstr(logged, "\"statement\":\"selekt 'hush'\"")); /* where to look */
    CHECK_INT(ask("POST", "/bad-cast", NULL), 500);
    CHECK(strstr(logged, "\"sqlstate\":\"22P02\"") && !strstr(logged, "topsecret")); /* LG2 */
}

static const check_test tests[] = {TEST(answers_rows),
                                   TEST(another_org_sees_nothing),
                                   TEST(a_foreign_row_is_unknown),
                                   TEST(no_org_no_rows),
                                   TEST(updates_what_is_there),
                                   TEST(conflicts_have_codes),
                                   TEST(several_statements),
                                   TEST(pages),
                                   TEST(a_get_changes_nothing),
                                   TEST(transactions),
                                   TEST(answers_after_the_commit),
                                   TEST(a_client_leaves_its_query),
                                   TEST(errors_stay_here)};

int main(int argc, char **argv)
{
    static saas_error e;
    const saas_app_options *options = SAAS_APP(.name = "test", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations));
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, options, &e) ||
        saas_test_client_new(&client, options, &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_client_free(client);
    saas_test_pg_stop(pg);
    return failed + check_failed != 0;
}
