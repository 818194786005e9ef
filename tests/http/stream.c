/* Streams of handlers: many rows, little memory; every way out of one. */
#include "kit.h"

#define ITEM(F, T)                                                                                                     \
    F(T, i64(0, INT64_MAX), n)                                                                                         \
    F(T, text(0, 40), name)
SAAS_STRUCT(item, ITEM);
#define TOTAL(F, T)                                                                                                    \
    F(T, i64(0, INT64_MAX), rows)                                                                                      \
    F(T, i64(0, INT64_MAX), sum)                                                                                       \
    F(T, i64(0, INT64_MAX), batches)
SAAS_STRUCT(total, TOTAL);

static const saas_migration migrations[] = {
    {1, "items",
     "create table items (org_id uuid not null default saas_current_org(), n bigint, name text, primary key (org_id, "
     "n));"
     "select saas_enable_tenant('items')"},
};

#define MANY "select i::bigint as n, 'item ' || i as name from generate_series(1, 30000) i"

static long live(void)
{
    return strtol(stored("select count(*) from pg_stat_activity where query like '%generate\\_series%'"
                         " and state = 'active' and pid <> pg_backend_pid()"),
                  NULL, 10);
}

static void turn_until_none_is_live(void)
{
    for (int i = 0; i < 500 && live(); i++)
        saas_poll_loop_turn(saas_test_client_loop(client), 10);
    CHECK_INT(live(), 0);
}

static saas_err add_up(struct total *t, saas_ctx *c, saas_rows *rows)
{
    t->batches++;
    for (size_t i = 0; i < saas_rows_count(rows); i++) {
        struct item *item;
        SAAS_TRY(saas_rows_read(&item, c, rows, i, item));
        t->sum += item->n;
        t->rows++;
    }
    return SAAS_OK;
}

static saas_err drain(struct total *t, saas_ctx *c, saas_stream *s)
{
    for (;;) {
        saas_rows *rows;
        SAAS_TRY(saas_stream_next(s, &rows));
        if (!rows)
            return SAAS_OK;
        SAAS_TRY(add_up(t, c, rows));
    }
}

static saas_err drain_all(struct total *t, saas_ctx *c, uint64_t rows, uint64_t bytes, const char *sql)
{
    saas_stream *s;
    *t = (struct total){.has = {SAAS_SET, SAAS_SET, SAAS_SET}};
    SAAS_TRY(saas_stream_open(&s, c, rows, bytes, sql, SAAS_NO_ARGS));
    return drain(t, c, s);
}

/* ---- to the end ---- */

/* Its structs together would be past what a request may allocate. */
static saas_err adds_up(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(drain_all(&t, c, 0, 0, MANY));
    return saas_reply(c, 200, &total_schema, &t);
}

static void nothing(void *arg)
{
    (void)arg;
}

/* What a handler does between two batches is up to it. */
static saas_err works(saas_ctx *c)
{
    saas_stream *s;
    saas_rows *rows, *other;
    SAAS_TRY(saas_stream_open(&s, c, 0, 0, "select i::bigint as n, 'x' as name from generate_series(1, $1::int) i",
                              SAAS_ARGS(1500)));
    SAAS_TRY(saas_sleep(c, 30));
    for (int i = 0; i < 3; i++) {
        SAAS_TRY(saas_stream_next(s, &rows));
        SAAS_TRY(saas_work(c, nothing, NULL));
        SAAS_TRY(saas_query_one(c, &other, "select 7 as n", SAAS_NO_ARGS));
        CHECK_INT(saas_rows_count(rows), i < 2 ? 512 : 476);
    }
    SAAS_TRY(saas_stream_next(s, &rows));
    CHECK(!rows);
    SAAS_TRY(saas_stream_next(s, &rows));
    CHECK(!rows);
    return saas_reply_null(c, 200);
}

static void rows_come_in_batches(void)
{
    CHECK_INT(ask("GET", "/adds_up", NULL), 200);
    CHECK(body_has("\"rows\":30000,\"sum\":450015000,\"batches\":59"));
    CHECK_INT(ask("GET", "/works", NULL), 200);
    CHECK(!strstr(logged, "left"));
}

static saas_err reads_own(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(drain_all(&t, c, 0, 0, "select n, name from items"));
    return saas_reply(c, 200, &total_schema, &t);
}

static saas_err writes(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(drain_all(&t, c, 0, 0, "insert into items (n) select generate_series(1, 1000) returning n, '' as name"));
    return saas_reply(c, 200, &total_schema, &t);
}

static void it_is_the_requests_own(void)
{
    stored("insert into items values ('ff000000-0000-0000-0000-000000000000', 5, 'theirs')");
    CHECK_INT(ask("GET", "/writes", NULL), 500);
    CHECK(strstr(logged, "25006"));
    CHECK_INT(ask("POST", "/writes", NULL), 200);
    CHECK_INT(ask("GET", "/reads_own", NULL), 200);
    CHECK(body_has("\"rows\":1000,"));
    CHECK_STR(stored("select count(*) from items"), "1001");
    CHECK_INT(ask("POST", "/writes", NULL), 409);
}

/* ---- not to the end ---- */

static saas_err by_rows(saas_ctx *c)
{
    struct total t;
    CHECK_INT(drain_all(&t, c, 30000, 0, MANY), SAAS_OK);
    CHECK_INT(drain_all(&t, c, 29999, 0, MANY), SAAS_ERR_TOO_MANY_ROWS);
    CHECK_INT(t.rows, 29696);
    return saas_reply_null(c, 200);
}

static saas_err by_bytes(saas_ctx *c)
{
    struct total t;
    CHECK_INT(drain_all(&t, c, 0, 1 << 20, MANY), SAAS_ERR_TOO_MANY_ROWS);
    CHECK(t.rows > 1000 && t.rows < 20000);
    return saas_reply_null(c, 200);
}

static void it_has_a_cap(void)
{
    CHECK_INT(ask("POST", "/by_rows", NULL), 200);
    CHECK(strstr(logged, "a result is too large"));
    CHECK_INT(ask("POST", "/by_bytes", NULL), 200);
    turn_until_none_is_live();
}

static saas_err leaves(saas_ctx *c)
{
    saas_stream *s;
    saas_rows *rows;
    SAAS_TRY(saas_stream_open(&s, c, 0, 0, MANY, SAAS_NO_ARGS));
    SAAS_TRY(saas_stream_next(s, &rows));
    return saas_reply_null(c, 200);
}

static saas_err closes(saas_ctx *c)
{
    saas_stream *s;
    saas_rows *rows;
    SAAS_TRY(saas_stream_open(&s, c, 0, 0, MANY, SAAS_NO_ARGS));
    SAAS_TRY(saas_stream_next(s, &rows));
    saas_stream_close(s);
    CHECK_INT(saas_stream_next(s, &rows), SAAS_ERR_CANCELLED);
    saas_stream_close(s);
    return saas_reply_null(c, 200);
}

static saas_err fails(saas_ctx *c)
{
    struct total t;
    saas_stream *s;
    saas_rows *rows;
    CHECK_INT(drain_all(&t, c, 0, 0, "select i as n, (1 / (2000 - i))::text as name from generate_series(1, 3000) i"),
              SAAS_ERR_SQL);
    CHECK_INT(t.rows, 1536);
    CHECK_INT(saas_stream_open(&s, c, 0, 0, "select $1::int", SAAS_ARGS(1, 2)), SAAS_OK);
    CHECK_INT(saas_stream_next(s, &rows), SAAS_ERR_BUG);
    CHECK_INT(saas_stream_next(s, &rows), SAAS_ERR_BUG);
    return saas_reply_null(c, 200);
}

static saas_err stays(saas_ctx *c)
{
    saas_stream *s;
    saas_rows *rows;
    SAAS_TRY(saas_stream_open(&s, c, 0, 0, MANY, SAAS_NO_ARGS));
    SAAS_TRY(saas_stream_next(s, &rows));
    saas_err e = saas_sleep(c, 3000);
    CHECK(e);
    CHECK_INT(saas_stream_next(s, &rows), e);
    return e;
}

static saas_err waits(saas_ctx *c)
{
    struct total t;
    saas_err e = drain_all(&t, c, 0, 0, "select i as n, pg_sleep(1)::text as name from generate_series(1, 5) i");
    CHECK(e == SAAS_ERR_CANCELLED || e == SAAS_ERR_DEADLINE);
    return e;
}

static void every_way_out_ends_it(void)
{
    CHECK_INT(ask("GET", "/leaves", NULL), 200);
    turn_until_none_is_live();
    CHECK_INT(ask("POST", "/leaves", NULL), 500);
    turn_until_none_is_live();
    CHECK_INT(ask("POST", "/closes", NULL), 200);
    turn_until_none_is_live();
    CHECK_INT(ask("POST", "/fails", NULL), 200);
    CHECK_INT(ask_for("GET", "/stays", NULL, 50), 0);
    turn_until_none_is_live();
    CHECK_INT(ask("GET", "/stays_too_long", NULL), 503);
    turn_until_none_is_live();
    CHECK_INT(ask_for("GET", "/waits", NULL, 50), 0);
    CHECK_INT(ask("GET", "/waits_too_long", NULL), 503);
    CHECK_INT(ask("GET", "/adds_up", NULL), 200);
}

/* ---- in a transaction ---- */

static saas_err put(saas_ctx *c, int64_t n)
{
    return saas_exec(c, NULL, "insert into items (n) values ($1)", SAAS_ARGS(n));
}

static saas_err in_tx(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(put(c, 1));
    SAAS_TRY(drain_all(&t, c, 0, 0, "select n, name from items union all " MANY));
    CHECK_INT(t.rows, 30001);
    SAAS_TRY(put(c, 2));
    return saas_reply_null(c, 200);
}

static saas_err in_tx_amid(saas_ctx *c)
{
    saas_stream *s;
    saas_rows *rows;
    SAAS_TRY(put(c, 1));
    SAAS_TRY(saas_stream_open(&s, c, 0, 0, MANY, SAAS_NO_ARGS));
    SAAS_TRY(saas_stream_next(s, &rows));
    CHECK_INT(put(c, 2), SAAS_ERR_BUG);
    return saas_reply_null(c, 200);
}

static saas_err in_tx_left(saas_ctx *c)
{
    SAAS_TRY(put(c, 1));
    return leaves(c);
}

static saas_err in_tx_closed(saas_ctx *c)
{
    SAAS_TRY(put(c, 1));
    return closes(c);
}

static saas_err in_tx_failed(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(put(c, 1));
    CHECK_INT(drain_all(&t, c, 0, 0, "select i as n, (1 / (2000 - i))::text as name from generate_series(1, 3000) i"),
              SAAS_ERR_SQL);
    return saas_reply_null(c, 200);
}

static saas_err in_tx_too_large(saas_ctx *c)
{
    struct total t;
    SAAS_TRY(put(c, 1));
    return drain_all(&t, c, 100, 0, MANY);
}

static void in_a_transaction_it_is_part_of_it(void)
{
    static const struct {
        const char *path, *left;
        int status;
    } cases[] = {{"/in_tx", "2", 200},        {"/in_tx_amid", "0", 500},   {"/in_tx_left", "0", 500},
                 {"/in_tx_closed", "0", 500}, {"/in_tx_failed", "0", 500}, {"/in_tx_too_large", "0", 500}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stored("delete from items");
        int status = ask("POST", cases[i].path, NULL);
        if (status != cases[i].status)
            fprintf(stderr, "%s: %d\n", cases[i].path, status);
        CHECK_INT(status, cases[i].status);
        turn_until_none_is_live();
        CHECK_STR(stored("select count(*) from items"), cases[i].left);
    }
}

#define IN_TX(name) SAAS_POST("/" #name, name, .tx = true)

static const saas_route routes[] = {
    SAAS_GET("/adds_up", adds_up),
    SAAS_GET("/works", works),
    SAAS_GET("/reads_own", reads_own),
    SAAS_GET("/writes", writes),
    SAAS_POST("/writes", writes),
    SAAS_POST("/by_rows", by_rows),
    SAAS_POST("/by_bytes", by_bytes),
    SAAS_GET("/leaves", leaves),
    SAAS_POST("/leaves", leaves),
    SAAS_POST("/closes", closes),
    SAAS_POST("/fails", fails),
    SAAS_GET("/stays", stays),
    SAAS_GET("/stays_too_long", stays, .timeout_ms = 100),
    SAAS_GET("/waits", waits),
    SAAS_GET("/waits_too_long", waits, .timeout_ms = 100),
    IN_TX(in_tx),
    IN_TX(in_tx_amid),
    IN_TX(in_tx_left),
    IN_TX(in_tx_closed),
    IN_TX(in_tx_failed),
    IN_TX(in_tx_too_large),
};

static const check_test tests[] = {
    TEST(rows_come_in_batches),
    TEST(it_is_the_requests_own),
    TEST(it_has_a_cap),
    TEST(every_way_out_ends_it),
    TEST(in_a_transaction_it_is_part_of_it),
};

int main(int argc, char **argv)
{
    return kit_run(SAAS_APP(.name = "stream", SAAS_ROUTES(routes), SAAS_MIGRATIONS(migrations)), tests,
                   sizeof tests / sizeof *tests, argc, argv);
}
