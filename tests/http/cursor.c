/* Lists by cursor against a real Postgres: each row once, in order, whatever is written meanwhile; and a cursor is good
 * for the list that gave it and for no other. */
#include "http/keyset.h"
#include "base/arena.h"
#include "check.h"
#include <libpq-fe.h>
#include <saas.h>
#include <saas/test.h>

enum { ROWS = 1000 };

#define SORT(W, T) W(T, newest) W(T, oldest) W(T, mixed) W(T, by_name) W(T, by_number)
SAAS_ENUM(sort, SORT);
#define ITEM(F, T)                                                                                                     \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 600), name, .required = true)                                                                         \
    F(T, i64(0, INT64_MAX), number, .required = true)                                                                  \
    F(T, bool, done)                                                                                                   \
    F(T, i64(0, INT64_MAX), maybe)                                                                                     \
    F(T, time, created_at, .read_only = true)
SAAS_STRUCT(item, ITEM);
#define LIST(F, T)                                                                                                     \
    SAAS_PAGE_FIELDS(F, T)                                                                                             \
    F(T, word(sort), sort, .def = "newest")                                                                            \
    F(T, text(0, 20), q)                                                                                               \
    F(T, i64(0, 9), least)
SAAS_STRUCT(list, LIST);
#define NUMBERED(F, T) F(T, i64(1, 99), page, .def = "1") F(T, i64(1, 99), per_page, .def = "20")
SAAS_STRUCT(numbered, NUMBERED);
SAAS_STRUCT(plain, SAAS_PAGE_FIELDS);

static const char *const orders[] = {[sort_newest] = "created_at desc, id desc",
                                     [sort_oldest] = "created_at, id",
                                     [sort_mixed] = "done, created_at desc, number asc, id desc",
                                     [sort_by_name] = "name, id",
                                     [sort_by_number] = "number desc, id desc"};

static const saas_migration migrations[] = {
    {1, "items",
     "create table items (org_id uuid not null default saas_current_org() references organizations,"
     " id uuid not null default gen_random_uuid(), name text not null, number bigint not null,"
     " done boolean not null, maybe bigint, created_at timestamptz not null, rating double precision,"
     " primary key (org_id, id));"
     "select saas_enable_tenant('items');"
     "create index items_created on items (org_id, created_at desc, id desc);"},
};

static saas_test_pg *pg;
static saas_test_db db;
static saas_test_client *client;
static saas_uuid mine = {{0xaa, 1}}, theirs = {{0xaa, 2}};
static PGconn *super;

/* ---- handlers ---- */

#define COLUMNS "id, name, number, done, maybe, created_at"

static saas_err items(saas_ctx *c)
{
    const struct list *in = saas_url_query(c, list);
    return saas_reply_page(c, &item_schema,
                           "select " COLUMNS " from items where ($1::text is null or name like $1 || '%')"
                           " and number >= $2",
                           SAAS_ARGS(SAAS_IF(in, q), in->least), .order = orders[in->sort]);
}

static saas_err plain(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select " COLUMNS " from items", SAAS_NO_ARGS, .order = "created_at, id");
}

static saas_err by_expression(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select " COLUMNS " from items", SAAS_NO_ARGS, .order = "lower(name), id");
}

static saas_err by_null(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select " COLUMNS " from items", SAAS_NO_ARGS, .order = "maybe desc, id");
}

/* Nulls come last here: none is seen, and all would be lost. */
static saas_err by_null_up(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select " COLUMNS " from items where number < 10", SAAS_NO_ARGS,
                           .order = "maybe, id");
}

static bool turned;

static saas_err turning(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select " COLUMNS " from items", SAAS_NO_ARGS,
                           .order = turned ? "created_at desc, id" : "created_at, id");
}

/* What no catalogue knows. */
static saas_err by_result(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select id, name, number + 1 as number, done, maybe, created_at from items",
                           SAAS_NO_ARGS, .order = "number");
}

static saas_err by_float(saas_ctx *c)
{
    return saas_reply_page(c, &item_schema, "select id, name, rating as number, done, maybe, created_at from items",
                           SAAS_NO_ARGS, .order = "number, id");
}

static const saas_route routes[] = {
    SAAS_GET("/items", items, .query = &list_schema),
    SAAS_GET("/plain", plain, .query = &plain_schema),
    SAAS_GET("/other", plain, .query = &plain_schema),
    SAAS_GET("/in/:folder", plain, .query = &plain_schema),
    SAAS_GET("/by-expression", by_expression, .query = &plain_schema),
    SAAS_GET("/by-expression-numbered", by_expression, .query = &numbered_schema),
    SAAS_GET("/by-null", by_null, .query = &plain_schema),
    SAAS_GET("/by-null-up", by_null_up, .query = &plain_schema),
    SAAS_GET("/turning", turning, .query = &plain_schema),
    SAAS_GET("/by-result", by_result, .query = &plain_schema),
    SAAS_GET("/by-float", by_float, .query = &plain_schema),
};

/* ---- asking ---- */

static saas_test_response last;
static char next[4096]; /* empty: null */

static saas_text value(const char *path)
{
    return saas_test_json(client, last.body, path);
}

static bool says(const char *path, const char *want)
{
    saas_text got = value(path);
    if (saas_text_equal(got, saas_text_z(want)))
        return true;
    fprintf(stderr, "%s is %.*s, not %s\n", path, (int)got.len, got.ptr ? got.ptr : "", want);
    return false;
}

static int ask_as(saas_uuid org, const char *target)
{
    saas_principal me = {.user_id = {{0xbb, 2}}, .org_id = org, .session_id = {{0xcc, 3}}, .role = SAAS_VIEWER};
    CHECK_INT(SAAS_TEST_SEND(&last, client, .target = target, .as = &me), SAAS_OK);
    saas_text cursor = last.status == 200 ? value("meta.nextCursor") : (saas_text){"", 0};
    bool none = !cursor.ptr || saas_text_equal(cursor, SAAS_LIT("null"));
    snprintf(next, sizeof next, "%.*s", none ? 0 : (int)cursor.len, none ? "" : cursor.ptr);
    return last.status;
}

static int ask(const char *target)
{
    return ask_as(mine, target);
}

static const char *with(const char *path, const char *cursor)
{
    static char target[8192];
    snprintf(target, sizeof target, "%s%ccursor=%s", path, strchr(path, '?') ? '&' : '?', cursor);
    return target;
}

static void run(const char *sql)
{
    PGresult *r = PQexec(super, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s", PQerrorMessage(super));
        exit(1);
    }
    PQclear(r);
}

/* ---- walking ---- */

/* Numbers of the rows in the order seen; what was written meanwhile has numbers from ROWS on. */
static int seen[4 * ROWS], seen_count;

static void note_rows(void)
{
    char path[64];
    for (int i = 0;; i++) {
        snprintf(path, sizeof path, "data[%d].number", i);
        saas_text number = value(path);
        if (!number.ptr)
            return;
        if (seen_count < 4 * ROWS)
            seen[seen_count++] = atoi(number.ptr);
    }
}

static int walk(const char *path, const char *between)
{
    char cursor[4096] = "";
    int pages = 0;
    seen_count = 0;
    do {
        if (ask(with(path, cursor)) != 200) {
            fprintf(stderr, "%.*s\n", (int)last.body.len, last.body.ptr);
            return -1;
        }
        note_rows();
        strcpy(cursor, next);
        pages++;
        if (between)
            run(between);
    } while (*cursor && pages < 100);
    return pages;
}

static bool each_seen_once(void)
{
    static int count[ROWS];
    memset(count, 0, sizeof count);
    for (int i = 0; i < seen_count; i++)
        if (seen[i] < ROWS)
            count[seen[i]]++;
    for (int i = 0; i < ROWS; i++)
        if (count[i] != 1) {
            fprintf(stderr, "row %d was seen %d times\n", i, count[i]);
            return false;
        }
    return true;
}

/* The database's word on the order. */
static bool in_order(const char *order)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "select number from items where org_id = 'aa010000-0000-0000-0000-000000000000'"
             " order by %s",
             order);
    PGresult *r = PQexec(super, sql);
    bool same = PQntuples(r) == seen_count;
    for (int i = 0; same && i < seen_count; i++)
        same = atoi(PQgetvalue(r, i, 0)) == seen[i];
    PQclear(r);
    return same;
}

/* Ties in every column but the key. */
static void every_row_once_in_each_order(void)
{
    static const struct {
        const char *path;
        enum sort sort;
        int pages;
    } walks[] = {{"/items?perPage=37", sort_newest, 28},
                 {"/items?perPage=100&sort=oldest", sort_oldest, 10},
                 {"/items?perPage=100&sort=mixed", sort_mixed, 10},
                 {"/items?perPage=91&sort=by_name", sort_by_name, 11},
                 {"/items?perPage=99&sort=by_number", sort_by_number, 11}};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        CHECK_INT(walk(walks[i].path, NULL), walks[i].pages);
        CHECK_INT(seen_count, ROWS);
        CHECK(each_seen_once());
        CHECK(in_order(orders[walks[i].sort]));
    }
}

static void the_end_is_null(void)
{
    CHECK_INT(ask("/items?cursor=&perPage=2&q=name%201"), 200);
    CHECK(says("meta.perPage", "2") && *next && !value("meta.total").ptr && !value("meta.page").ptr);
    CHECK_INT(walk("/items?perPage=100&q=name%201", NULL), 2); /* exactly 200 of them */
    CHECK_INT(seen_count, 200);
    static const char end[] = "],\"meta\":{\"perPage\":100,\"nextCursor\":null}}";
    CHECK(!memcmp(last.body.ptr + last.body.len - (sizeof end - 1), end, sizeof end - 1));
    CHECK_INT(ask("/items?cursor=&q=nothing"), 200);
    CHECK(saas_text_equal(last.body, SAAS_LIT("{\"success\":true,\"data\":[],\"meta\":{\"perPage\":20,"
                                              "\"nextCursor\":null}}")));
}

/* ---- what a cursor is good for ---- */

static bool refused(saas_uuid org, const char *path, const char *cursor)
{
    int status = ask_as(org, with(path, cursor));
    return status == 400 && says("error.code", "VALIDATION_ERROR") &&
           says("error.details.cursor[0]", "not a cursor of this list");
}

static void good_for_its_own_list_only(void)
{
    char cursor[4096], longer[4100];
    REQUIRE(ask("/items?cursor=&perPage=10&q=name&least=1") == 200 && *next);
    strcpy(cursor, next);
    CHECK_INT(ask(with("/items?perPage=10&q=name&least=1", cursor)), 200);
    CHECK_INT(ask(with("/items?perPage=99&least=1&q=name&sort=newest", cursor)), 200); /* the same list */
    CHECK(refused(theirs, "/items?perPage=10&q=name&least=1", cursor));
    CHECK(refused(mine, "/items?perPage=10&q=nam&least=1", cursor));
    CHECK(refused(mine, "/items?perPage=10&q=name&least=2", cursor));
    CHECK(refused(mine, "/items?perPage=10&q=name", cursor));
    CHECK(refused(mine, "/items?perPage=10&least=1", cursor));
    CHECK(refused(mine, "/items?perPage=10&q=name&least=1&sort=oldest", cursor));
    CHECK(refused(mine, "/plain", cursor));
    for (size_t i = 0; i < strlen(cursor); i += 5) {
        char was = cursor[i];
        cursor[i] = was == 'x' ? 'y' : 'x';
        CHECK(refused(mine, "/items?perPage=10&q=name&least=1", cursor));
        cursor[i] = was;
    }
    snprintf(longer, sizeof longer, "%sA", cursor);
    CHECK(refused(mine, "/items?perPage=10&q=name&least=1", longer));
    snprintf(longer, sizeof longer, "%s%%3D", cursor);
    CHECK(refused(mine, "/items?perPage=10&q=name&least=1", longer));
    CHECK(refused(mine, "/items?perPage=10&q=name&least=1", "0"));
    CHECK(refused(mine, "/items?perPage=10&q=name&least=1", "%20"));
    CHECK_INT(ask(with("/items?perPage=10&q=name&least=1", cursor)), 200);
}

static void good_for_its_own_path_only(void)
{
    char cursor[4096];
    REQUIRE(ask("/plain?cursor=") == 200 && *next);
    strcpy(cursor, next);
    CHECK(refused(mine, "/other", cursor));
    CHECK_INT(ask(with("/plain", cursor)), 200);
    REQUIRE(ask("/in/a?cursor=") == 200 && *next);
    strcpy(cursor, next);
    CHECK(refused(mine, "/in/b", cursor));
    CHECK_INT(ask(with("/in/a", cursor)), 200);
    CHECK_INT(ask(with("/in/%61", cursor)), 200);
}

static void good_for_its_own_order_only(void)
{
    char cursor[4096];
    REQUIRE(ask("/turning?cursor=") == 200 && *next);
    strcpy(cursor, next);
    turned = true;
    CHECK(refused(mine, "/turning", cursor));
    turned = false;
    CHECK_INT(ask(with("/turning", cursor)), 200);
}

/* The catalogue is asked once; and about the token, where revocations can't be heard of just now. */
static void one_round_trip(void)
{
    bool one = false;
    for (int i = 0; i < 500 && !one; i++) {
        saas_poll_loop_turn(saas_test_client_loop(client), 10);
        CHECK_INT(ask("/items?cursor=&sort=by_number"), 200);
        (void)saas_test_client_logged(client);
        CHECK_INT(ask(with("/items?sort=by_number", next)), 200);
        one = strstr(saas_test_client_logged(client), "\"round_trips\":1,");
    }
    CHECK(one);
}

static void page_or_cursor(void)
{
    CHECK_INT(ask("/items?page=1&cursor="), 400);
    CHECK(says("error.code", "VALIDATION_ERROR") && says("error.details.cursor[0]", "give either page or cursor"));
    CHECK_INT(ask("/items?perPage=3"), 200);
    CHECK(says("meta.page", "1") && says("meta.total", "1000"));
    CHECK_INT(ask("/items?cursor=&perPage=0"), 400);
    static char long_one[2200];
    memset(long_one, 'A', 2049);
    CHECK_INT(ask(with("/items", long_one)), 400);
    CHECK(says("error.details.cursor[0]", "too long: at most 2048 characters"));
}

static bool is_a_bug(const char *target, const char *why)
{
    (void)saas_test_client_logged(client);
    int status = ask(target);
    return status == 500 && strstr(saas_test_client_logged(client), why);
}

static void orders_a_cursor_cannot_keep(void)
{
    CHECK(is_a_bug("/by-expression?cursor=", ".order"));
    CHECK(is_a_bug("/by-expression?page=1", ".order")); /* at once, not with the first cursor */
    CHECK_INT(ask("/by-expression-numbered"), 200);
    CHECK(is_a_bug("/by-null?cursor=&perPage=1", "is null"));
    CHECK(is_a_bug("/by-null-up?cursor=", "is not declared NOT NULL"));
    CHECK(is_a_bug("/by-null-up?cursor=", "is not declared NOT NULL")); /* is not forgotten */
    CHECK(is_a_bug("/by-float?cursor=", "floating-point"));
    CHECK_INT(walk("/by-result?perPage=100", NULL), 10);
    CHECK_INT(seen_count, ROWS);
}

static void long_values(void)
{
    run("insert into items (org_id, name, number, done, created_at) select 'aa020000-0000-0000-0000-000000000000',"
        " repeat(chr(8364), n), n, false, now() from generate_series(400, 600, 200) n");
    CHECK_INT(ask_as(theirs, "/items?cursor=&perPage=1&sort=by_name"), 200);
    CHECK(strlen(next) > 1600 && strlen(next) <= 2048);
    char cursor[4096];
    strcpy(cursor, next);
    CHECK_INT(ask_as(theirs, with("/items?perPage=1&sort=by_name", cursor)), 200);
    CHECK(says("data[0].number", "600") && !*next);
    run("insert into items (org_id, name, number, done, created_at) values ('aa020000-0000-0000-0000-000000000000',"
        " repeat(chr(8365), 600), 1000, false, now())");
    CHECK_INT(ask_as(theirs, "/items?cursor=&perPage=2&sort=by_name"), 500);
}

/* ---- the plan ---- */

/* An index leads to the first row behind the cursor, under row-level security too. */
static void an_index_finds_the_place(void)
{
    saas_keyset k;
    saas_buf b;
    saas_arena *a = saas_arena_new(0);
    saas_buf_init(&b, a, 0);
    REQUIRE(!saas_keyset_parse(&k, orders[sort_newest], &item_schema));
    saas_buf_lit(&b, "explain (costs off) select * from (select " COLUMNS " from items) as saas_listed where ");
    saas_keyset_after(&b, &k, 1);
    saas_buf_lit(&b, " order by ");
    saas_keyset_order(&b, &k);
    saas_buf_lit(&b, " limit 20");
    PGconn *conn = PQconnectdb(db.app_dsn);
    PQclear(PQexec(conn, "select set_config('app.current_org_id', 'aa010000-0000-0000-0000-000000000000', false)"));
    const char *const values[] = {"2026-01-01 00:00:00+00", "00000000-0000-0000-0000-000000000000"};
    PGresult *r = PQexecParams(conn, saas_buf_done(&b).ptr, 2, NULL, values, NULL, NULL, 0);
    bool found = false, sorted = false;
    for (int i = 0; i < PQntuples(r); i++) {
        const char *line = PQgetvalue(r, i, 0);
        found |= strstr(line, "Index Cond: ") && strstr(line, "ROW(") && strstr(line, "org_id = ");
        sorted |= strstr(line, "Sort") != NULL;
    }
    CHECK(found && !sorted);
    for (int i = 0; i < PQntuples(r) && !(found && !sorted); i++)
        fprintf(stderr, "%s\n", PQgetvalue(r, i, 0));
    PQclear(r);
    PQfinish(conn);
    saas_arena_free(a);
}

/* Last: it changes the table. Before the place, behind it, and among the ties of it. */
static void every_row_once_while_others_are_written(void)
{
    static const char between[] =
        "insert into items (org_id, name, number, done, created_at) select 'aa010000-0000-0000-0000-000000000000',"
        " 'name ' || n, 1000 + n, n % 2 = 0, timestamptz '2026-01-01' + (n || ' minutes')::interval"
        " from generate_series(0, 60, 6) n";
    CHECK(walk("/items?perPage=100", between) >= 10);
    CHECK(seen_count > ROWS && each_seen_once());
    CHECK(walk("/items?perPage=100&sort=mixed", between) >= 11);
    CHECK(each_seen_once());
    CHECK_INT(walk("/items?perPage=100&sort=oldest",
                   "delete from items where number in (select number from items where number >= 1000 limit 50)") < 100,
              1);
    CHECK(each_seen_once());
}

static const check_test tests[] = {TEST(every_row_once_in_each_order),
                                   TEST(the_end_is_null),
                                   TEST(good_for_its_own_list_only),
                                   TEST(good_for_its_own_path_only),
                                   TEST(good_for_its_own_order_only),
                                   TEST(one_round_trip),
                                   TEST(page_or_cursor),
                                   TEST(orders_a_cursor_cannot_keep),
                                   TEST(long_values),
                                   TEST(an_index_finds_the_place),
                                   TEST(every_row_once_while_others_are_written)};

static void fill(void)
{
    super = PQconnectdb(db.super_dsn);
    run("insert into organizations (id, name, slug) values ('aa010000-0000-0000-0000-000000000000', 'mine', 'mine'),"
        " ('aa020000-0000-0000-0000-000000000000', 'theirs', 'theirs')");
    run("insert into items (org_id, name, number, done, created_at, rating, maybe)"
        " select 'aa010000-0000-0000-0000-000000000000', 'name ' || n % 5, n, n % 3 = 0,"
        " timestamptz '2026-01-01' + (n % 20 || ' minutes')::interval + (n % 2 || ' microseconds')::interval, n / 7.0,"
        " nullif(n, 500) from generate_series(0, 999) n");
    run("analyze items");
}

int main(int argc, char **argv)
{
    static saas_error e;
    const saas_app_options *options = SAAS_APP(.name = "test", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations));
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, options, &e) ||
        saas_test_client_new(&client, options, &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    fill();
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    PQfinish(super);
    saas_test_client_free(client);
    saas_test_pg_stop(pg);
    return failed + check_failed != 0;
}
