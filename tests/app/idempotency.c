/* A POST with an Idempotency-Key: one effect, its answer as often as it is asked for (JB3). */
#include "notes.h"
#include <saas/db.h>

#define TOKEN(F, T) F(T, text(1, 40), token, .secret = true)
SAAS_STRUCT(token, TOKEN);

static const char insert_note[] = "insert into notes (title) values ($1) returning *";
static unsigned runs, unstable;

static saas_err create(saas_ctx *c)
{
    runs++;
    SAAS_TRY(saas_reply_header(c, "Location", "/somewhere"));
    return saas_reply_one(c, 201, &note_schema, insert_note, SAAS_ARGS(saas_body(c, note)->title));
}

static saas_err insert(saas_ctx *c, void *arg)
{
    (void)arg;
    return saas_exec(c, NULL, "insert into notes (title) values ($1)", SAAS_ARGS(saas_body(c, note)->title));
}

/* Writes, then says no: nothing of it stays. */
static saas_err refuse(saas_ctx *c)
{
    runs++;
    SAAS_TRY(insert(c, NULL));
    return saas_fail(c, 409, "TOO_LATE", "Too late");
}

static saas_err falter(saas_ctx *c)
{
    runs++;
    SAAS_TRY(insert(c, NULL));
    if (unstable)
        return SAAS_ERR_UNAVAILABLE;
    return saas_reply_null(c, 201);
}

static saas_err token(saas_ctx *c)
{
    runs++;
    SAAS_TRY(insert(c, NULL));
    const struct token given = {.token = SAAS_LIT("canary"), .has.token = SAAS_SET};
    return saas_reply(c, 201, &token_schema, &given);
}

/* With transactions of its own, one taken back. */
static saas_err own(saas_ctx *c)
{
    runs++;
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ('taken back')", SAAS_ARGS()));
    saas_tx_rollback(c);
    SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(insert(c, NULL));
    SAAS_TRY(saas_tx_commit(c));
    return saas_reply_null(c, 201);
}

static saas_err serial(saas_ctx *c)
{
    saas_rows *rows;
    runs++;
    SAAS_TRY(saas_tx_run(c, insert, NULL, 0));
    SAAS_TRY(saas_query_one(c, &rows, "select current_setting('transaction_isolation') as level", SAAS_ARGS()));
    return saas_reply_raw(c, 201, saas_format(c, "\"%s\"", saas_rows_text(rows, 0, "level").ptr));
}

static saas_err nap(saas_ctx *c)
{
    runs++;
    SAAS_TRY(insert(c, NULL));
    SAAS_TRY(saas_sleep(c, 50));
    return saas_reply_null(c, 201);
}

static const saas_conflict taken[] = {{"notes_title_key", 409, "TITLE_TAKEN", "Taken", "title"}};

static const saas_route routes[] = {
    SAAS_POST("/notes", create, .body = &note_schema, SAAS_CONFLICTS(taken)),
    SAAS_POST("/notes/:id", create, .body = &note_schema),
    SAAS_POST("/tx", create, .body = &note_schema, .tx = true, SAAS_CONFLICTS(taken)),
    SAAS_POST("/refuse", refuse, .body = &note_schema),
    SAAS_POST("/falter", falter, .body = &note_schema),
    SAAS_POST("/token", token, .body = &note_schema),
    SAAS_POST("/own", own, .body = &note_schema),
    SAAS_POST("/serial", serial, .body = &note_schema),
    SAAS_POST("/nap", nap, .body = &note_schema),
};

static const saas_app_options *options(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "once", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps));
    return &o;
}

static saas_principal me;
static char first[4096];

static saas_test_response post(const char *path, const char *key, const char *title)
{
    saas_test_response r = {0};
    char body[256];
    const saas_header header = {SAAS_LIT("idempotency-key"), saas_text_z(key)};
    snprintf(body, sizeof body, "{\"title\":\"%s\"}", title);
    CHECK_INT(SAAS_TEST_SEND(&r, t, .method = "POST", .target = path, .body = body, .as = &me, .headers = &header,
                             .header_count = key ? 1 : 0),
              SAAS_OK);
    return r;
}

static void keep(const saas_test_response *r)
{
    snprintf(first, sizeof first, "%s", r->body.ptr);
}

static int notes_of(const char *title)
{
    char sql[256];
    snprintf(sql, sizeof sql, "select count(*) from notes where title = '%s'", title);
    return atoi(sql_on(db.super_dsn, sql));
}

static void starts(void)
{
    me = member_of(0, SAAS_MEMBER);
    if (!serve(options()))
        exit(1);
}

static void repeated_it_answers_the_same(void)
{
    static const char *const paths[] = {"/notes", "/tx", "/own", "/serial"};
    for (size_t i = 0; i < 4; i++) {
        runs = 0;
        saas_test_response r = post(paths[i], "key-1", paths[i] + 1);
        CHECK_INT(r.status, 201);
        CHECK(!saas_test_header(&r, "idempotency-replayed").ptr);
        keep(&r);
        for (int again = 0; again < 3; again++) {
            r = post(paths[i], "key-1", paths[i] + 1);
            CHECK_INT(r.status, 201);
            CHECK_STR(r.body.ptr, first);
            CHECK(saas_text_equal(saas_test_header(&r, "idempotency-replayed"), SAAS_LIT("true")));
            CHECK(i > 1 || saas_text_equal(saas_test_header(&r, "location"), SAAS_LIT("/somewhere")));
        }
        CHECK_INT(runs, 1);
        CHECK_INT(notes_of(paths[i] + 1), 1);
    }
    CHECK(strstr(first, "serializable"));
    CHECK_INT(notes_of("taken back"), 0);
}

static void another_request_does_not_match(void)
{
    CHECK_INT(post("/notes", "key-2", "two").status, 201);
    saas_test_response r = post("/notes", "key-2", "three");
    CHECK_INT(r.status, 422);
    CHECK_STR(json(&r, "error.code"), "IDEMPOTENCY_MISMATCH");
    CHECK_INT(post("/notes/1", "key-2", "four").status, 201);
    CHECK_INT(post("/notes/2", "key-2", "four").status, 422);
    CHECK_INT(notes_of("three"), 0);
}

/* TN7: scoped by organization and user. */
static void others_have_keys_of_their_own(void)
{
    const saas_principal kept = me;
    CHECK_INT(post("/notes", "key-3", "mine").status, 201);
    me.user_id.b[0] += 9;
    CHECK_INT(post("/notes", "key-3", "theirs").status, 201);
    me = member_of(1, SAAS_MEMBER);
    CHECK_INT(post("/notes", "key-3", "mine").status, 201);
    me = kept;
    CHECK_INT(notes_of("mine"), 2);
}

static void the_role_is_checked_again(void)
{
    CHECK_INT(post("/notes", "key-4", "member").status, 201);
    me.role = SAAS_VIEWER;
    CHECK_INT(post("/notes", "key-4", "member").status, 403);
    me.role = SAAS_MEMBER;
    CHECK_INT(post("/notes", "key-4", "member").status, 201);
}

static void refusals_are_kept_and_their_work_is_not(void)
{
    runs = 0;
    for (int i = 0; i < 3; i++) {
        saas_test_response r = post("/refuse", "key-5", "refused");
        CHECK_INT(r.status, 409);
        CHECK_STR(json(&r, "error.code"), "TOO_LATE");
    }
    CHECK_INT(runs, 1);
    CHECK_INT(notes_of("refused"), 0);
    CHECK_INT(post("/notes", "key-6", "mine").status, 409);
    saas_test_response r = post("/notes", "key-6", "mine");
    CHECK_INT(r.status, 409);
    CHECK_STR(r.body.ptr, "{\"success\":false,\"error\":{\"code\":\"TITLE_TAKEN\",\"message\":\"Taken\","
                          "\"details\":{\"title\":[\"Taken\"]}}}");
}

static void failures_of_ours_are_tried_again(void)
{
    unstable = 1;
    CHECK_INT(post("/falter", "key-7", "falter").status, 503);
    CHECK_INT(post("/falter", "key-7", "falter").status, 503);
    CHECK_INT(notes_of("falter"), 0);
    unstable = 0;
    CHECK_INT(post("/falter", "key-7", "falter").status, 201);
    CHECK_INT(post("/falter", "key-7", "falter").status, 201);
    CHECK_INT(notes_of("falter"), 1);
}

static void secrets_are_not_kept(void)
{
    saas_test_response r = post("/token", "key-8", "token");
    CHECK_INT(r.status, 201);
    r = post("/token", "key-8", "token");
    CHECK_INT(r.status, 409);
    CHECK_STR(json(&r, "error.code"), "IDEMPOTENCY_REPLAYED");
    CHECK_INT(notes_of("token"), 1);
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from saas_idempotency where reply like '%canary%'"), "0");
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from saas_idempotency i where i::text like '%key-8%'"), "0");
}

static void a_bad_key_is_refused(void)
{
    runs = 0;
    CHECK_INT(post("/notes", "", "bad").status, 400);
    CHECK_INT(post("/notes", "with space", "bad").status, 400);
    char longest[257] = {0};
    memset(longest, 'k', 256);
    CHECK_INT(post("/notes", longest, "bad").status, 400);
    CHECK_INT(runs, 0);
    longest[255] = 0;
    CHECK_INT(post("/notes", longest, "longest").status, 201);
}

typedef struct tally {
    unsigned created, running, other;
} tally;

static void count(const saas_test_response *r, void *user)
{
    tally *n = user;
    if (r->status == 201)
        n->created++;
    else if (r->status == 409 && strstr(r->body.ptr, "IDEMPOTENCY_IN_PROGRESS"))
        n->running++;
    else
        n->other++;
}

static void parallel_equal_requests_have_one_effect(void)
{
    const saas_header header = {SAAS_LIT("idempotency-key"), SAAS_LIT("key-9")};
    const saas_test_request r = {.size = sizeof r,
                                 .method = "POST",
                                 .target = "/nap",
                                 .body = "{\"title\":\"parallel\"}",
                                 .as = &me,
                                 .headers = &header,
                                 .header_count = 1};
    tally n = {0};
    runs = 0;
    for (int i = 0; i < 20; i++)
        CHECK_INT(saas_test_begin(t, &r, count, &n), SAAS_OK);
    CHECK_INT(saas_test_wait(t, 20000), SAAS_OK);
    CHECK_INT(n.created + n.running, 20);
    CHECK(n.created >= 1);
    CHECK_INT(n.other, 0);
    CHECK_INT(runs, 1);
    CHECK_INT(notes_of("parallel"), 1);
    CHECK_INT(post("/nap", "key-9", "parallel").status, 201);
    CHECK_INT(runs, 1);
}

static void old_ones_are_forgotten(void)
{
    CHECK_INT(post("/notes", "key-10", "old").status, 201);
    sql_on(db.super_dsn, "update saas_idempotency set created_at = now() - interval '25 hours'");
    const int before = atoi(sql_on(db.super_dsn, "select count(*) from saas_idempotency"));
    CHECK_INT(post("/notes", "key-10", "old").status, 409); /* handled anew: the title is taken */
    for (int i = 0; i < 4; i++) {
        char key[8];
        snprintf(key, sizeof key, "n%d", i);
        CHECK_INT(post("/notes", key, key).status, 201);
    }
    CHECK(before > 5);
    CHECK_STR(sql_on(db.super_dsn,
                     "select count(*) from saas_idempotency where created_at < now() - interval '24 hours'"
                     " and org_id = '0a000000-0000-7000-8000-000000000000'"),
              "0");
}

static void ends(void)
{
    serve_no_more();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(repeated_it_answers_the_same),
    TEST(another_request_does_not_match),
    TEST(others_have_keys_of_their_own),
    TEST(the_role_is_checked_again),
    TEST(refusals_are_kept_and_their_work_is_not),
    TEST(failures_of_ours_are_tried_again),
    TEST(secrets_are_not_kept),
    TEST(a_bad_key_is_refused),
    TEST(parallel_equal_requests_have_one_effect),
    TEST(old_ones_are_forgotten),
    TEST(ends),
};
CLUSTER_MAIN(tests)
