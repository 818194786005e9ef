/* Requests of many organizations interleaved on one database connection, with SQL errors, time limits and clients that
 * leave among them: nobody ever sees or changes what belongs to another one (TN5).
 *
 * --long: 100,000 of them on four connections. --pooler: through PgBouncer in transaction mode, whose connections to the
 * server are half as many. */
#include "../db/bouncer.h"
#include "check.h"
#include "notes.h"

enum { ORGS = 50, AT_ONCE = 64 };

static unsigned rounds = 10000;

#define NOTE(F, T)                                   \
    F(T, uuid,          id,     .read_only = true)   \
    F(T, uuid,          org_id, .read_only = true)   \
    F(T, text(1, 120),  mark,   .required = true)
SAAS_STRUCT(note, NOTE);
SAAS_STRUCT(note_list, SAAS_PAGE_FIELDS);

static saas_err list_notes(saas_ctx *c)
{
    return saas_reply_page(c, &note_schema, "select id, org_id, mark from notes", SAAS_NO_ARGS, .order = "id");
}

static saas_err create_note(saas_ctx *c)
{
    return saas_reply_one(c, 201, &note_schema, "insert into notes (mark) values ($1) returning id, org_id, mark",
                          SAAS_ARGS(saas_body(c, note)->mark));
}

/* Reaches for everything; the policy alone decides. */
static saas_err take_over(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "update notes set mark = mark where true returning id, org_id, mark", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err fail_division(saas_ctx *c)
{
    saas_rows *rows;
    return saas_query(c, &rows, "select 1 / (count(*) - count(*)) as x from notes", SAAS_NO_ARGS);
}

static saas_err dawdle(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select id, org_id, mark from notes, pg_sleep(0.002)", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err overrun(saas_ctx *c)
{
    saas_rows *rows;
    return saas_query(c, &rows, "select mark from notes, pg_sleep(0.03)", SAAS_NO_ARGS);
}

static const saas_route routes[] = {
    SAAS_GET("/notes", list_notes, .query = &note_list_schema),
    SAAS_POST("/notes", create_note, .body = &note_schema),
    SAAS_POST("/notes-tx", create_note, .body = &note_schema, .tx = true),
    SAAS_POST("/take-over", take_over),
    SAAS_POST("/take-over-tx", take_over, .tx = true),
    SAAS_GET("/division", fail_division),
    SAAS_GET("/dawdle", dawdle),
    SAAS_GET("/overrun", overrun, .timeout_ms = 15),
};

static struct member {
    saas_principal who;
    char id[SAAS_UUID_CHARS + 1];
    char mark[16];
} members[ORGS];

static saas_test_pg *pg;
static saas_test_db db;
static saas_test_client *t;
static unsigned long foreign, answered, refused, failed, left;

/* Every org_id and mark in an answer is the asker's. */
static void on_answer(const saas_test_response *r, void *user)
{
    const struct member *m = user;
    answered += r->status != 0;
    left += r->status == 0;
    if (r->status == 503)
        refused++;
    else if (r->status >= 400)
        failed++;
    for (const char *at = r->body.ptr; at && (at = strstr(at, "\"orgId\":\"")); at++)
        foreign += strncmp(at + 9, m->id, SAAS_UUID_CHARS) != 0;
    for (const char *at = r->body.ptr; at && (at = strstr(at, "\"mark\":\"")); at++)
        foreign += strncmp(at + 8, m->mark, strlen(m->mark)) != 0;
}

static void ask(unsigned n)
{
    struct member *m = &members[(unsigned)rand() % ORGS];
    char body[64];
    static const char *const reads[] = {"/notes", "/notes?perPage=100", "/notes", "/dawdle", "/division", "/overrun"};
    saas_test_request q = {.size = sizeof q, .as = &m->who};
    unsigned dice = (unsigned)rand() % 100;
    snprintf(body, sizeof body, "{\"mark\":\"%s%u\"}", m->mark, dice < 5 ? 0 : n);
    if (dice < 25)
        q.method = "POST", q.target = dice < 22 ? "/notes" : "/notes-tx", q.body = body;
    else if (dice < 40)
        q.method = "POST", q.target = dice < 38 ? "/take-over" : "/take-over-tx";
    else
        q.target = reads[dice < 88 ? dice % 3 : 3 + dice % 3];
    q.leave_after_ms = (unsigned)rand() % 100 < 5 ? 1 : 0;
    CHECK(!saas_test_begin(t, &q, on_answer, m));
}

static void furnish(void)
{
    for (size_t i = 0; i < ORGS; i++) {
        REQUIRE(!notes_member(&members[i].who, &db, SAAS_MEMBER));
        saas_uuid_format(members[i].id, members[i].who.org_id);
        snprintf(members[i].mark, sizeof members[i].mark, "of%zu.", i);
    }
}

static void nobody_sees_another_organization(void)
{
    for (unsigned n = 0; n < rounds;) {
        for (unsigned i = 0; i < AT_ONCE && n < rounds; i++)
            ask(++n);
        REQUIRE(!saas_test_wait(t, 30000));
    }
    CHECK_INT(foreign, 0);
    CHECK_INT(answered + left, rounds);
    CHECK(left > rounds / 100);
    CHECK(failed > rounds / 50);
    CHECK(refused > rounds / 100 && refused < rounds / 5);
    printf("     %lu answered, %lu of them errors and %lu refused, %lu clients left, %lu foreign rows\n", answered, failed,
           refused, left, foreign);
}

/* A row's mark says who wrote it. */
static void every_row_is_where_it_belongs(void)
{
    long long wrong = 0;
    char sql[256];
    for (size_t i = 0; i < ORGS; i++) {
        snprintf(sql, sizeof sql, "select count(*) from notes where (org_id = '%s') <> starts_with(mark, '%s')", members[i].id,
                 members[i].mark);
        wrong += notes_super(&db, sql);
    }
    CHECK_INT(wrong, 0);
    CHECK(notes_super(&db, "select count(*) from notes") > rounds / 10);
}

static const check_test tests[] = {TEST(nobody_sees_another_organization), TEST(every_row_is_where_it_belongs)};

static bouncer b;

static bool begin_pooler(bool is_long, char *url, size_t size)
{
    char socket[64];
    const bool ok = sscanf(db.app_dsn, "host=%63s", socket) == 1 && bouncer_start(&b, socket, db.name, is_long ? 2 : 1);
    snprintf(url, size, "DATABASE_URL=%s", b.dsn);
    return ok;
}

/* Whether it serves: through the pooler, of which this many connections are, or past it. */
static bool serve(bool is_long, bool pooled)
{
    static saas_error e;
    static char url[200], listen[600];
    static const char *const env[] = {url, listen, "DATABASE_POOLER=transaction", NULL};
    const saas_app_options *app = SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(notes_migrations),
                                           .lanes_shared = is_long ? 2 : 1, .lanes_slow = 1, .lanes_exclusive = 1,
                                           .env = pooled ? env : NULL);
    saas_app_options plain = *app;
    plain.env = NULL;
    bool ok = !saas_test_pg_start(&pg, &e) && !saas_test_db_new(&db, pg, &plain, &e);
    if (ok && pooled) {
        snprintf(listen, sizeof listen, "LISTEN_DATABASE_URL=%s", db.app_dsn);
        ok = begin_pooler(is_long, url, sizeof url);
    }
    ok = ok && !saas_test_client_new(&t, app, &db, &e);
    if (!ok)
        fprintf(stderr, "%s\n", *e.text ? e.text : "PgBouncer does not start");
    return ok;
}

int main(int argc, char **argv)
{
    bool is_long = false, pooled = false;
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        is_long |= !strcmp(argv[1], "--long");
        pooled |= !strcmp(argv[1], "--pooler");
    }
    if (is_long)
        rounds = 100000;
    if (pooled && access(bouncer_program, X_OK)) {
        fprintf(stderr, "PgBouncer is not installed: no %s\n", bouncer_program);
        return 77;
    }
    int code = 1;
    if (serve(is_long, pooled)) {
        srand(20);
        furnish();
        code = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    }
    saas_test_client_free(t);
    if (pooled)
        bouncer_stop(&b);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return code;
}
