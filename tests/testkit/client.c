/* The client without sockets: what goes in comes out as a transport would bring it. */
#include "check.h"
#include <saas/test.h>

#define ECHO(F, T)                                                                                                     \
    F(T, text(0, 100), text, .required = true)                                                                         \
    F(T, i64(INT64_MIN, INT64_MAX), number)
SAAS_STRUCT(echo, ECHO);

static saas_test_client *t;
static saas_error e;
static int defers;

static saas_err echo(saas_ctx *c)
{
    SAAS_TRY(saas_reply_header(c, "X-Echo", "yes"));
    return saas_reply(c, 201, &echo_schema, saas_body(c, echo));
}

static saas_err me(saas_ctx *c)
{
    char id[SAAS_UUID_CHARS + 1];
    saas_uuid_format(id, saas_me(c)->user_id);
    saas_text json = saas_format(c, "{\"id\":\"%s\",\"role\":%d,\"type\":\"%s\"}", id, (int)saas_me(c)->role,
                                 saas_header_get(c, "x-type").ptr);
    return saas_reply_raw(c, 200, json);
}

static void count(void *arg)
{
    (void)arg;
    defers++;
}

static saas_err nap(saas_ctx *c)
{
    SAAS_TRY(saas_defer(c, count, NULL));
    SAAS_TRY(saas_sleep(c, 5000));
    return saas_reply_null(c, 200);
}

static saas_err turn(saas_ctx *c)
{
    SAAS_TRY(saas_sleep(c, 1));
    return saas_reply_null(c, 200);
}

static saas_err ask(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "select 1", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/ask", ask),
    SAAS_POST("/echo", echo, .open = true, .body = &echo_schema),
    SAAS_GET("/me", me),
    SAAS_GET("/nap", nap, .open = true),
    SAAS_GET("/turn", turn, .open = true),
};

static const char *json(const saas_test_response *r, const char *path)
{
    return saas_test_json(t, r->body, path).ptr;
}

static void answers_come_with_status_headers_and_body(void)
{
    saas_test_response r;
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/echo",
                            .body = "{\"text\":\"a\\u00e9\\ud83d\\ude00\\n\\\"\",\"number\":9223372036854775807}"));
    CHECK_INT(r.status, 201);
    CHECK_STR(saas_test_header(&r, "x-echo").ptr, "yes");
    CHECK(!saas_test_header(&r, "x-nothing").ptr);
    CHECK_STR(json(&r, "success"), "true");
    CHECK_STR(json(&r, "data.text"), "aé😀\n\"");
    CHECK_STR(json(&r, "data.number"), "9223372036854775807");
    CHECK(!json(&r, "data.none") && !json(&r, "data[0]") && !json(&r, "data.text.more"));
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/none"));
    CHECK_INT(r.status, 404);
    CHECK_STR(json(&r, "error.code"), "NOT_FOUND");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/echo", .body = "{}", .content_type = "text/plain"));
    CHECK_INT(r.status, 415);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "HEAD", .target = "/health"));
    CHECK_INT(r.status, 200);
    CHECK_INT(r.body.len, 0);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/health"));
    CHECK_STR(json(&r, "data.status"), "ok");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/ready"));
    CHECK_INT(r.status, 200);
}

static void anyone_can_be_signed_in(void)
{
    const saas_principal who = {.user_id = {{1}}, .org_id = {{2}}, .session_id = {{3}}, .role = SAAS_MEMBER};
    const saas_header header = {saas_text_z("X-Type"), saas_text_z("mine")};
    saas_test_response r;
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/me"));
    CHECK_INT(r.status, 401);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/me", .as = &who, .headers = &header, .header_count = 1));
    CHECK_INT(r.status, 200);
    CHECK_STR(json(&r, "data.id"), "01000000-0000-0000-0000-000000000000");
    CHECK_STR(json(&r, "data.role"), "2");
    CHECK_STR(json(&r, "data.type"), "mine");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/me", .bearer = "no token"));
    CHECK_INT(r.status, 401);
}

static void clients_leave(void)
{
    saas_test_response r;
    defers = 0;
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/nap", .leave_after_ms = 5));
    CHECK_INT(r.status, 0);
    CHECK(!r.body.ptr);
    for (int i = 0; i < 100 && !defers; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    CHECK_INT(defers, 1);
}

static void tell(const saas_test_response *r, void *user)
{
    int *answered = user;
    answered[r->status == 200]++;
}

static void many_run_at_once(void)
{
    int answered[2] = {0, 0};
    const saas_test_request turns = {.size = sizeof turns, .target = "/turn"};
    const saas_test_request naps = {.size = sizeof naps, .target = "/nap", .leave_after_ms = 20};
    for (int i = 0; i < 200; i++) {
        REQUIRE(!saas_test_begin(t, &turns, tell, answered));
        REQUIRE(!saas_test_begin(t, &naps, tell, answered));
    }
    CHECK_INT(answered[0] + answered[1], 0);
    CHECK_INT(saas_test_wait(t, 10000), SAAS_OK);
    CHECK_INT(answered[1], 200);
    CHECK_INT(answered[0], 200);
}

static void waiting_has_an_end(void)
{
    int answered[2] = {0, 0};
    const saas_test_request naps = {.size = sizeof naps, .target = "/nap", .leave_after_ms = 100};
    REQUIRE(!saas_test_begin(t, &naps, tell, answered));
    CHECK_INT(saas_test_wait(t, 5), SAAS_ERR_DEADLINE);
    CHECK_INT(answered[0], 0);
    CHECK_INT(saas_test_wait(t, 5000), SAAS_OK);
    CHECK_INT(answered[0], 1);
}

static void the_log_is_kept(void)
{
    saas_test_response r;
    saas_test_client_logged(t);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/health"));
    CHECK(strstr(saas_test_client_logged(t), "/health"));
    CHECK_STR(saas_test_client_logged(t), "");
}

static void queries_without_a_database_are_unavailable(void)
{
    const saas_principal who = {.org_id = {{2}}, .role = SAAS_MEMBER};
    saas_test_response r;
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/ask", .as = &who));
    CHECK_INT(r.status, 503);
    CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_OK);
    CHECK_INT(saas_app_migrate(saas_test_client_app(t), &e), SAAS_OK);
}

static void json_is_read_strictly(void)
{
    static const char *const bad[] = {"", "{", "{} x", "[1,]", "{\"a\":01}", "{\"a\":1,}", "\"a", "nul", "[\"\\x\"]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!saas_test_json(t, saas_text_z(bad[i]), "").ptr);
    const saas_text body = saas_text_z(" {\"a\" : [ {\"b\":null}, [1, -2.5e3 ], \"x\"], \"c\":{} } ");
    CHECK_STR(saas_test_json(t, body, "a[0].b").ptr, "null");
    CHECK_STR(saas_test_json(t, body, "a[1][1]").ptr, "-2.5e3");
    CHECK_STR(saas_test_json(t, body, "a[2]").ptr, "x");
    CHECK_STR(saas_test_json(t, body, "c").ptr, "{}");
    CHECK(!saas_test_json(t, body, "a[3]").ptr);
    CHECK(!saas_test_json(t, body, "c.d").ptr);
}

/* What is still open when the client goes ends with it. */
static void goes_with_requests_open(void)
{
    saas_test_client *other;
    int answered[2] = {0, 0};
    const saas_test_request naps = {.size = sizeof naps, .target = "/nap"};
    REQUIRE(!saas_test_client_new(&other, SAAS_APP(.name = "t", SAAS_ROUTES(routes)), NULL, &e));
    REQUIRE(!saas_test_begin(other, &naps, tell, answered));
    defers = 0;
    saas_test_client_free(other);
    CHECK_INT(answered[0], 1);
    CHECK_INT(defers, 1);
}

static void starts(void)
{
    e.text[0] = 0;
    CHECK_INT(saas_test_client_new(&t, SAAS_APP(.name = "t", SAAS_ROUTES(routes)), NULL, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    if (!t)
        exit(1);
}

static void ends(void)
{
    saas_test_client_free(t);
}

static const check_test tests[] = {TEST(starts),
                                   TEST(answers_come_with_status_headers_and_body),
                                   TEST(anyone_can_be_signed_in),
                                   TEST(clients_leave),
                                   TEST(many_run_at_once),
                                   TEST(waiting_has_an_end),
                                   TEST(the_log_is_kept),
                                   TEST(queries_without_a_database_are_unavailable),
                                   TEST(json_is_read_strictly),
                                   TEST(goes_with_requests_open),
                                   TEST(ends)};
CHECK_MAIN(tests)
