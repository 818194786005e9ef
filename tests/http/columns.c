/* Results against field tables: a column that is not there or of another type is an error that names it, before a
 * statement writes where that can be; arrays and JSON go in and out. */
#include "kit.h"

#define STATES(W, T) W(T, draft) W(T, live)
SAAS_ENUM(state, STATES);
#define PLACE(F, T) F(T, text(1, 40), city, .required = true)
SAAS_STRUCT(place, PLACE);
#define THING(F, T)                                                                                                    \
    F(T, i64(1, INT64_MAX), id, .read_only = true)                                                                     \
    F(T, text(0, 40), title)                                                                                           \
    F(T, list(text(0, 20), 0, 3), tags)                                                                                \
    F(T, list(i64(0, 9), 0, 3), counts)                                                                                \
    F(T, list(uuid, 0, 3), owners)                                                                                     \
    F(T, list(text(0, 20), 0, 3), extra)                                                                               \
    F(T, list(word(state), 0, 3), states)                                                                              \
    F(T, object(place), place)
SAAS_STRUCT(thing, THING);
#define ITEM(F, T) F(T, text(1, 9), name, .required = true) F(T, text(1, 9), pin, .write_only = true)
SAAS_STRUCT(item, ITEM);
#define PARCEL(F, T)                                                                                                   \
    F(T, i64(1, INT64_MAX), id, .read_only = true)                                                                     \
    F(T, text(0, 40), title)                                                                                           \
    F(T, list(f64(-1e9, 1e9), 0, 4), weights)                                                                          \
    F(T, list(bool, 0, 4), marks)                                                                                      \
    F(T, list(f64(-1e9, 1e9), 0, 4), loose)                                                                            \
    F(T, list(object(item), 0, 4), items)
SAAS_STRUCT(parcel, PARCEL);
#define NUMBER(F, T) F(T, i64(0, 100), title)
SAAS_STRUCT(number, NUMBER);
#define WIDE(F, T) F(T, text(0, 40), title) F(T, text(0, 10), colour)
SAAS_STRUCT(wide, WIDE);
SAAS_STRUCT(paged, SAAS_PAGE_FIELDS);

static const saas_migration migrations[] = {
    {1, "things",
     "create table things (org_id uuid not null default saas_current_org(), id bigint generated always as identity,"
     " title text, tags text[], counts int[], owners uuid[], extra jsonb, states text[], place jsonb,"
     " primary key (org_id, id));"
     "select saas_enable_tenant('things');"},
    {2, "parcels",
     "create table parcels (org_id uuid not null default saas_current_org(), id bigint generated always as identity,"
     " title text default 'none', weights float8[], marks bool[], loose jsonb, items jsonb, primary key (org_id, id));"
     "select saas_enable_tenant('parcels');"},
};

#define ALL "id, title, tags, counts, owners, extra, states, place"

static saas_err create(saas_ctx *c)
{
    const struct thing *in = saas_body(c, thing);
    return saas_reply_one(
        c, 201, &thing_schema,
        "insert into things (title, tags, counts, owners, extra) values ($1, $2, $3, $4, $5) returning " ALL,
        SAAS_ARGS(SAAS_IF(in, title), SAAS_ARRAY(in->tags), SAAS_ARRAY(in->counts), SAAS_ARRAY(in->owners),
                  SAAS_ARRAY(in->extra)));
}

static saas_err change(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "things", saas_body(c, thing), &thing_schema, "id = $1", SAAS_ARGS(1)));
    return saas_reply_row(c, 200, row, &thing_schema);
}

static saas_err create_parcel(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_insert(c, &row, "parcels", saas_body(c, parcel), &parcel_schema));
    return saas_reply_row(c, 201, row, &parcel_schema);
}

static saas_err change_parcel(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "parcels", saas_body(c, parcel), &parcel_schema, "id = $1", SAAS_ARGS(1)));
    return saas_reply_row(c, 200, row, &parcel_schema);
}

static saas_err of_weights(saas_ctx *c)
{
    const struct parcel *in = saas_body(c, parcel);
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select * from parcels where weights = $1 and marks = $2 and loose = $3",
                        SAAS_ARGS(SAAS_ARRAY(in->weights), SAAS_ARRAY(in->marks), SAAS_ARRAY(in->weights))));
    return saas_reply_rows(c, 200, rows, &parcel_schema);
}

static saas_err of_titles(saas_ctx *c)
{
    const struct thing *in = saas_body(c, thing);
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select " ALL " from things where title = any ($1) order by id",
                        SAAS_ARGS(SAAS_ARRAY(in->tags))));
    return saas_reply_rows(c, 200, rows, &thing_schema);
}

static saas_err read(saas_ctx *c)
{
    saas_rows *rows;
    struct thing *t;
    SAAS_TRY(saas_query_one(c, &rows, "select " ALL " from things where title = 'read'", SAAS_NO_ARGS));
    SAAS_TRY(saas_rows_read(&t, c, rows, 0, thing));
    CHECK_INT(t->tags.count, 2);
    CHECK_STR(t->tags.items[1].ptr, "b \"c\"");
    CHECK_INT(t->counts.items[0], 7);
    CHECK_INT(t->owners.items[0].b[0], 0xaa);
    CHECK(t->has.extra == SAAS_SET && !t->extra.count && t->has.place == SAAS_NULL && t->has.states == SAAS_NULL);
    return saas_reply_null(c, 200);
}

static saas_err wrong_type(saas_ctx *c)
{
    return saas_reply_one(c, 201, &number_schema, "insert into things (title) values ('42') returning title",
                          SAAS_NO_ARGS);
}

static saas_err missing(saas_ctx *c)
{
    return saas_reply_one(c, 201, &wide_schema, "insert into things (title) values ('lost') returning title",
                          SAAS_NO_ARGS);
}

static saas_err rows_of(saas_ctx *c, const char *sql, const saas_schema *schema)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, sql, SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, schema);
}

static saas_err no_rows_wrong_type(saas_ctx *c)
{
    return rows_of(c, "select title from things where false", &number_schema);
}

static saas_err read_wrong_type(saas_ctx *c)
{
    saas_rows *rows;
    struct number *n;
    SAAS_TRY(saas_query(c, &rows, "select '42'::text as title", SAAS_NO_ARGS));
    CHECK_INT(saas_rows_read(&n, c, rows, 0, number), SAAS_ERR_BUG);
    return SAAS_ERR_BUG;
}

static saas_err page_wrong_type(saas_ctx *c)
{
    return saas_reply_page(c, &number_schema, "select title from things", SAAS_NO_ARGS, .order = "title");
}

static saas_err time_as_text(saas_ctx *c)
{
    return rows_of(c, "select now() as title", &place_schema);
}

/* The context goes on as if nothing had been asked. */
static saas_err too_large(saas_ctx *c)
{
    saas_rows *rows = NULL;
    CHECK_INT(saas_query(c, &rows, "select n from generate_series(1, 100001) n", SAAS_NO_ARGS), SAAS_ERR_TOO_MANY_ROWS);
    CHECK_INT(saas_query(c, &rows, "select repeat('x', 1000) as x from generate_series(1, 17000)", SAAS_NO_ARGS),
              SAAS_ERR_TOO_MANY_ROWS);
    CHECK(!rows);
    SAAS_TRY(saas_query(c, &rows, "select n from generate_series(1, 100000) n", SAAS_NO_ARGS));
    CHECK_INT(saas_rows_count(rows), 100000);
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/too-large", too_large, .slow = true),
    SAAS_POST("/things", create, .body = &thing_schema),
    SAAS_PATCH("/things", change, .body = &thing_schema),
    SAAS_POST("/parcels", create_parcel, .body = &parcel_schema),
    SAAS_PATCH("/parcels", change_parcel, .body = &parcel_schema, .partial = true),
    SAAS_POST("/weights", of_weights, .body = &parcel_schema),
    SAAS_POST("/titles", of_titles, .body = &thing_schema),
    SAAS_GET("/read", read),
    SAAS_POST("/wrong-type", wrong_type),
    SAAS_POST("/missing", missing),
    SAAS_GET("/no-rows-wrong-type", no_rows_wrong_type),
    SAAS_GET("/read-wrong-type", read_wrong_type),
    SAAS_GET("/page-wrong-type", page_wrong_type, .query = &paged_schema),
    SAAS_GET("/time-as-text", time_as_text),
};

static void arrays_and_json(void)
{
    CHECK_INT(ask("POST", "/things",
                  "{\"title\":\"a\",\"tags\":[\"x\",\"y \\\"z\\\", {\\\\}\",\"NULL\"],\"counts\":[1,2],"
                  "\"owners\":[\"aa000000-0000-0000-0000-000000000101\"],\"extra\":[\"p\"]}"),
              201);
    CHECK_STR(last.body,
              "{\"success\":true,\"data\":{\"id\":1,\"title\":\"a\",\"tags\":[\"x\",\"y \\\"z\\\", {\\\\}\",\"NULL\"],"
              "\"counts\":[1,2],\"owners\":[\"aa000000-0000-0000-0000-000000000101\"],\"extra\":[\"p\"],"
              "\"states\":null,\"place\":null}}");
    CHECK_INT(
        ask("PATCH", "/things", "{\"tags\":[\"new\"],\"counts\":[],\"extra\":[\"q\"],\"place\":{\"city\":\"Ulm\"}}"),
        200);
    CHECK(body_has("\"tags\":[\"new\"],\"counts\":[],") && body_has("\"extra\":[\"q\"],\"states\":null,"));
    CHECK(body_has("\"place\":{\"city\":\"Ulm\"}"));
    CHECK_STR(stored("insert into things (org_id, title, tags, counts, owners, extra) values"
                     " ('aa010000-0000-0000-0000-000000000000', 'read', '{a,\"b \\\"c\\\"\"}', '{7}',"
                     " '{aa000000-0000-0000-0000-000000000101}', '[]'),"
                     " ('aa010000-0000-0000-0000-000000000000', 'null', '{a,NULL}', '{{1},{2}}', null, null)"
                     " returning 'done'"),
              ""); /* two rows */
    CHECK_INT(ask("GET", "/read", NULL), 200);
    CHECK_INT(ask("POST", "/titles", "{\"tags\":[\"read\",\"none\"]}"), 200);
    CHECK(body_has("\"title\":\"read\",\"tags\":[\"a\",\"b \\\"c\\\"\"]") && !body_has("\"title\":\"a\""));
    CHECK_INT(ask("POST", "/titles", "{\"tags\":[]}"), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[]}");
    CHECK_INT(ask("POST", "/titles", "{\"tags\":[\"null\"]}"), 500); /* two dimensions are no list */
    CHECK_INT(times_logged("\"field\":\"counts\""), 1);
}

/* What an answer leaves out is stored all the same, and stays out of it. */
static void structs_are_inserted(void)
{
    CHECK_INT(ask("POST", "/parcels",
                  "{\"title\":\"a\",\"weights\":[1,-0.5,1e-9],\"marks\":[true,false],\"loose\":[1,-0.5,1e-9],"
                  "\"items\":[{\"name\":\"box\",\"pin\":\"12\"},{\"name\":\"bag\"}]}"),
              201);
    CHECK_STR(last.body, "{\"success\":true,\"data\":{\"id\":1,\"title\":\"a\",\"weights\":[1,-0.5,1e-9],"
                         "\"marks\":[true,false],\"loose\":[1,-0.5,1e-9],"
                         "\"items\":[{\"name\":\"box\"},{\"name\":\"bag\"}]}}");
    CHECK_STR(stored("select items->0->>'pin' || array_length(weights, 1) from parcels where id = 1"), "123");
    CHECK_INT(ask("POST", "/weights", "{\"weights\":[1,-0.5,1e-9],\"marks\":[true,false]}"), 200);
    CHECK(body_has("\"id\":1"));
    CHECK_INT(ask("PATCH", "/parcels", "{\"weights\":[],\"marks\":[],\"items\":[{\"name\":\"tin\",\"pin\":\"9\"}]}"),
              200);
    CHECK(body_has("\"title\":\"a\",\"weights\":[],\"marks\":[],\"loose\":[1,") && !body_has("pin"));
    CHECK_STR(stored("select items->0->>'pin' from parcels where id = 1"), "9");
    CHECK_INT(ask("POST", "/parcels", "{}"), 201);
    CHECK(body_has("\"id\":2,\"title\":\"none\",\"weights\":null,"));
    CHECK_STR(stored("select count(distinct org_id) from parcels"), "1");
}

static void one_line(const char *field, const char *column, const char *type)
{
    char want[128];
    snprintf(want, sizeof want, "\"field\":\"%s\",\"column\":\"%s\",\"type\":%s", field, column, type);
    CHECK_INT(times_logged(want), 1);
    CHECK_INT(times_logged("\"field\":"), 1);
    CHECK(strstr(logged, "title"));
}

/* The second time the statement is known already. */
static void a_write_with_wrong_columns_writes_nothing(void)
{
    for (int i = 0; i < 2; i++) {
        CHECK_INT(ask("POST", "/wrong-type", NULL), 500);
        one_line("title", "title", "\"text\"");
        CHECK(strstr(logged, "a column does not read as its field") && strstr(logged, "insert into things (title)"));
        CHECK_INT(ask("POST", "/missing", NULL), 500);
        one_line("colour", "colour", "null");
        CHECK(strstr(logged, "a result lacks a column of its table"));
    }
    CHECK_STR(stored("select count(*) from things where title in ('42', 'lost')"), "0");
}

static void never_wrong_data(void)
{
    static const char *const targets[] = {"/no-rows-wrong-type", "/read-wrong-type", "/page-wrong-type"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(ask("GET", targets[i], NULL), 500);
        one_line("title", "title", "\"text\"");
        CHECK(!body_has("title"));
    }
    CHECK_INT(ask("GET", "/time-as-text", NULL), 500);
}

static void results_have_a_limit(void)
{
    CHECK_INT(ask("GET", "/too-large", NULL), 200);
    CHECK_INT(times_logged("a result is too large"), 2);
    CHECK(strstr(logged, "generate_series(1, 17000)"));
}

static const check_test tests[] = {TEST(results_have_a_limit), TEST(arrays_and_json), TEST(structs_are_inserted),
                                   TEST(a_write_with_wrong_columns_writes_nothing), TEST(never_wrong_data)};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "test", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations)), tests,
                   sizeof tests / sizeof *tests, argc, argv);
}
