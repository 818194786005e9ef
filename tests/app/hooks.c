/* Hooks and transactions: what a hook writes is written for itself, whatever becomes of the handler's transaction. */
#include "notes.h"
#include <saas/db.h>

static const char *wish = "";
static unsigned befores, afters, handled;
static int last_status;

static saas_err note(saas_ctx *c, const char *title)
{
    return saas_exec(c, NULL, "insert into notes (title) values ($1)", SAAS_ARGS(title));
}

static saas_err before(saas_ctx *c)
{
    befores++;
    if (!strcmp(wish, "leave open")) {
        SAAS_TRY(saas_tx_begin(c));
        return note(c, "open");
    }
    if (!strcmp(wish, "own")) {
        SAAS_TRY(saas_tx_begin(c));
        SAAS_TRY(note(c, "own"));
        return saas_tx_commit(c);
    }
    if (!strcmp(wish, "answer"))
        return saas_reply_null(c, 202);
    return note(c, "before");
}

static saas_err after(saas_ctx *c)
{
    afters++;
    last_status = saas_reply_status(c);
    if (!strcmp(wish, "after leaves open")) {
        SAAS_TRY(saas_tx_begin(c));
        return note(c, "after, open");
    }
    SAAS_TRY(note(c, "after"));
    return saas_reply_header(c, "X-After", "yes");
}

static saas_err handle(saas_ctx *c)
{
    handled++;
    SAAS_TRY(note(c, "handler"));
    return strcmp(wish, "fail") ? saas_reply_null(c, 201) : saas_fail(c, 409, "TOO_LATE", "Too late");
}

static const saas_hook hooks[] = {{.before = before, .after = after}};
static const saas_group group = SAAS_GROUP(SAAS_HOOKS(hooks));
static const saas_route routes[] = {
    SAAS_POST("/tx", handle, .tx = true),
    SAAS_POST("/plain", handle),
};

static saas_route_list list(void)
{
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}

static const saas_mount mounts[] = {{"/v1", list, &group}};

static const saas_app_options *options(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "hooks", SAAS_MOUNTS(mounts), SAAS_MIGRATIONS(steps));
    return &o;
}

/* Titles that are there after a request, in order. */
static const char *after_a(const char *what, const char *path, const char *key)
{
    static char titles[600];
    saas_test_response r = {0};
    const saas_principal me = member_of(0, SAAS_MEMBER);
    const saas_header header = {SAAS_LIT("idempotency-key"), saas_text_z(key)};
    wish = what;
    CHECK_STR(sql_on(db.super_dsn, "alter table notes drop constraint if exists notes_title_key; delete from notes"),
              "");
    CHECK_INT(SAAS_TEST_SEND(&r, t, .method = "POST", .target = path, .as = &me, .headers = &header,
                             .header_count = key ? 1 : 0),
              SAAS_OK);
    const char *said = sql_on(db.super_dsn, "select string_agg(title, ', ' order by title) from notes");
    snprintf(titles, sizeof titles, "%d %s: %s", r.status,
             saas_text_equal(saas_test_header(&r, "x-after"), SAAS_LIT("yes")) ? "+" : "-", said);
    return titles;
}

static void starts(void)
{
    REQUIRE(serve(options()));
}

static void each_writes_for_itself(void)
{
    CHECK_STR(after_a("", "/v1/tx", NULL), "201 +: after, before, handler");
    CHECK_STR(after_a("fail", "/v1/tx", NULL), "409 +: after, before");
    CHECK_INT(last_status, 409);
    CHECK_STR(after_a("fail", "/v1/plain", NULL), "409 +: after, before, handler");
    CHECK_STR(after_a("own", "/v1/tx", NULL), "201 +: after, handler, own");
}

static void a_transaction_left_open_is_rolled_back(void)
{
    CHECK_STR(after_a("leave open", "/v1/tx", NULL), "500 +: after");
    CHECK_STR(after_a("after leaves open", "/v1/tx", NULL), "201 -: before, handler");
}

static void an_answer_of_a_hook_is_not_the_handlers(void)
{
    handled = 0;
    CHECK_STR(after_a("answer", "/v1/tx", "key-hook"), "202 +: after");
    CHECK_INT(handled, 0);
    CHECK_STR(after_a("", "/v1/tx", "key-hook"), "201 +: after, before, handler");
}

static void hooks_run_for_what_is_answered_as_before_too(void)
{
    befores = afters = handled = 0;
    CHECK_STR(after_a("", "/v1/tx", "key-1"), "201 +: after, before, handler");
    CHECK_STR(after_a("", "/v1/tx", "key-1"), "201 +: after, before");
    CHECK_INT(befores + afters, 4);
    CHECK_INT(handled, 1);
    CHECK_STR(after_a("leave open", "/v1/tx", "key-1"), "500 +: after");
}

static void ends(void)
{
    serve_no_more();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(each_writes_for_itself),
    TEST(a_transaction_left_open_is_rolled_back),
    TEST(an_answer_of_a_hook_is_not_the_handlers),
    TEST(hooks_run_for_what_is_answered_as_before_too),
    TEST(ends),
};
CLUSTER_MAIN(tests)
