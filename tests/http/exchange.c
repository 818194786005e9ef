/* A request through the whole chain without a database: envelope, statuses, headers, steps before the handler. */
#include "site.h"
#include <cjson/cJSON.h>

#define NOTE(F, T)                                                                                                     \
    F(T, text(1, 10), title, .required = true)                                                                         \
    F(T, i64(0, 9), stars)
SAAS_STRUCT(note, NOTE);
#define SEARCH(F, T) F(T, i64(1, 100), limit, .def = "20")
SAAS_STRUCT(search, SEARCH);

static saas_err ping(saas_ctx *c)
{
    return saas_reply_null(c, 0);
}

static saas_err create(saas_ctx *c)
{
    return saas_reply(c, 201, &note_schema, saas_body(c, note));
}

static saas_err list(saas_ctx *c)
{
    const struct search *in = saas_url_query(c, search);
    return saas_reply_raw(c, 200, saas_format(c, "[%lld]", (long long)in->limit));
}

static saas_err by_name(saas_ctx *c)
{
    saas_uuid id;
    if (saas_text_equal(saas_param(c, "id"), SAAS_LIT("a b/\xc3\xa9")))
        return saas_reply_null(c, 202);
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    return saas_reply_raw(c, 200, saas_param(c, "other").ptr ? SAAS_LIT("1") : SAAS_LIT("2"));
}

static saas_err named(saas_ctx *c)
{
    CHECK_INT(saas_param(c, "name").len, strlen(saas_param(c, "name").ptr));
    return saas_reply_null(c, 200);
}

static saas_err teapot(saas_ctx *c)
{
    SAAS_TRY(saas_reply_header(c, "Retry-After", "30"));
    return saas_fail(c, 429, "OWN_CODE", "own \"text\"");
}

static saas_err fields(saas_ctx *c)
{
    saas_err e = saas_fail_field(c, "a.b", "first");
    saas_fail_field(c, "a.b", "second");
    saas_fail_field(c, "z", "third");
    return e;
}

static saas_err twice(saas_ctx *c)
{
    SAAS_TRY(saas_reply_null(c, 0));
    CHECK_INT(saas_reply_null(c, 0), SAAS_ERR_BUG);
    return SAAS_OK;
}

static saas_err none(saas_ctx *c)
{
    (void)c;
    return SAAS_OK;
}

static saas_err error_after_reply(saas_ctx *c)
{
    SAAS_TRY(saas_reply_header(c, "x-own", "1"));
    SAAS_TRY(saas_reply_null(c, 201));
    return SAAS_ERR_CONFLICT;
}

static saas_err wrong_schema(saas_ctx *c)
{
    const struct note *in = saas_body(c, note);
    CHECK(in && !in->title.ptr);
    return saas_reply_null(c, 200);
}

static saas_err not_json(saas_ctx *c)
{
    return saas_reply_raw(c, 200, SAAS_LIT("{\"a\":1,}"));
}

static saas_err bad_header(saas_ctx *c)
{
    return saas_reply_header(c, "x-own", "a\r\nset-cookie: b");
}

static saas_err tree(saas_ctx *c)
{
    cJSON *t = cJSON_Parse("{\"a\":[1,2.5,\"x\\u00e9\",true,null],\"big\":9007199254740992}");
    saas_err e = saas_reply_cjson(c, 200, t);
    cJSON_Delete(t);
    return e;
}

static saas_err tree_too_big(saas_ctx *c)
{
    cJSON *t = cJSON_Parse("[9007199254740994]");
    saas_err e = saas_reply_cjson(c, 200, t);
    cJSON_Delete(t);
    CHECK_INT(e, SAAS_ERR_BUG);
    return e;
}

static saas_err who(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    return saas_reply_raw(c, 200, me ? SAAS_LIT("\"me\"") : SAAS_LIT("\"nobody\""));
}

static saas_err greedy(saas_ctx *c)
{
    size_t got = 0;
    while (saas_alloc(c, 4096))
        got += 4096;
    CHECK(got > (1 << 20) && got < (4 << 20));
    return SAAS_ERR_NO_MEMORY;
}

#define MONTH(F, T)                                                                                                    \
    F(T, i32(1900, 2100), year)                                                                                        \
    F(T, uuid, account_id)
SAAS_STRUCT(month, MONTH);

static saas_err of_month(saas_ctx *c)
{
    const struct month *in = saas_params(c, month);
    CHECK(in->has.year == SAAS_SET && in->has.account_id == SAAS_SET && in->account_id.b[15] == 10);
    return saas_reply_raw(c, 200, saas_format(c, "%d", (int)in->year));
}

static saas_err wrong_params(saas_ctx *c)
{
    CHECK(!saas_params(c, month)->year);
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/months/:year/:accountId", of_month, .open = true, .params = &month_schema,
             .not_found = {"MONTH_NOT_FOUND", "Month does not exist"}),
    SAAS_GET("/wrong-params", wrong_params, .open = true),
    SAAS_GET("/ping", ping, .open = true),
    SAAS_POST("/notes", create, .open = true, .body = &note_schema, .body_max_bytes = 200),
    SAAS_GET("/notes", list, .open = true, .query = &search_schema),
    SAAS_GET("/notes/:id", by_name, .open = true, .not_found = {"NOTE_NOT_FOUND", "Note does not exist"}),
    SAAS_GET("/names/:name", named, .open = true, .not_found = {"NAME_NOT_FOUND", "Name does not exist"}),
    SAAS_GET("/teapot", teapot, .open = true),
    SAAS_POST("/fields", fields, .open = true),
    SAAS_GET("/twice", twice, .open = true),
    SAAS_GET("/none", none, .open = true),
    SAAS_GET("/error-after-reply", error_after_reply, .open = true),
    SAAS_POST("/wrong-schema", wrong_schema, .open = true),
    SAAS_GET("/not-json", not_json, .open = true),
    SAAS_GET("/bad-header", bad_header, .open = true),
    SAAS_GET("/tree", tree, .open = true),
    SAAS_GET("/tree-too-big", tree_too_big, .open = true),
    SAAS_GET("/who", who, .open = true),
    SAAS_GET("/mine", who),
    SAAS_POST("/mine", who),
    SAAS_DELETE("/mine", who, .role = SAAS_ADMIN),
    SAAS_POST("/mine/note", create, .body = &note_schema),
    SAAS_GET("/greedy", greedy, .open = true),
};

#define NOT_FOUND "{\"success\":false,\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"Not found\"}}"
#define INTERNAL  "{\"success\":false,\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"Something went wrong\"}}"

static bool code_is(const char *code)
{
    char want[64];
    snprintf(want, sizeof want, "\"error\":{\"code\":\"%s\"", code);
    return strstr(last.body, want) != NULL;
}

static void success(void)
{
    CHECK_INT(ask("GET", "/ping", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":null}");
    CHECK(has_header("content-type: application/json"));
    CHECK(has_header("x-content-type-options: nosniff"));
    CHECK(!strstr(last.headers, "cache-control"));
    CHECK(!last.close);
    CHECK_INT(ask("HEAD", "/ping", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":null}");
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"x\",\"stars\":3}"), 201);
    CHECK_STR(last.body, "{\"success\":true,\"data\":{\"title\":\"x\",\"stars\":3}}");
    CHECK(has_header("cache-control: no-store"));
    CHECK_INT(ask("GET", "/tree", NULL), 200);
    CHECK_STR(last.body,
              "{\"success\":true,\"data\":{\"a\":[1,2.5,\"x\xc3\xa9\",true,null],\"big\":9007199254740992}}");
}

static void unknown_routes_and_methods(void)
{
    CHECK_INT(ask("GET", "/nowhere?x=1", NULL), 404);
    CHECK_STR(last.body, NOT_FOUND);
    CHECK_INT(ask("PUT", "/notes", NULL), 405);
    CHECK(code_is("METHOD_NOT_ALLOWED"));
    CHECK(has_header("allow: GET, HEAD, POST, OPTIONS"));
    CHECK(!last.close);
    CHECK_INT(ask("TRACE", "/nowhere", NULL), 405); /* VA7 */
    CHECK(last.close && strstr(last.headers, "allow: "));
    CHECK_INT(ask("CONNECT", "example.org:443", NULL), 405);
    CHECK(last.close);
    CHECK_INT(ask("GET", "*", NULL), 404);
}

static void bodies(void)
{
    CHECK_INT(ask("POST", "/notes", "{\"title\":"), 400);
    CHECK(code_is("MALFORMED_JSON") && strstr(last.body, "The body ends before its JSON does"));
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"a\\nb\", secret}"), 400);
    CHECK(code_is("MALFORMED_JSON") && strstr(last.body, "not valid JSON at byte 18\"") &&
          !strstr(last.body, "secret"));
    CHECK_INT(ask("POST", "/notes", NULL), 400);
    CHECK(code_is("MALFORMED_JSON") && strstr(last.body, "A JSON body is required here"));
    CHECK_INT(ask("POST", "/notes", "{\"stars\":10,\"orgId\":\"x\"}"), 400);
    CHECK(code_is("VALIDATION_ERROR"));
    CHECK(strstr(last.body, "\"details\":{") && strstr(last.body, "\"stars\":[") && strstr(last.body, "\"title\":[") &&
          strstr(last.body, "\"orgId\":["));
    last.content_type = "text/plain";
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"x\"}"), 415);
    CHECK(code_is("UNSUPPORTED_MEDIA_TYPE"));
    last.content_type = "application/json; charset=latin1";
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"x\"}"), 415);
    last.content_type = "Application/JSON ; Charset=UTF-8";
    CHECK_INT(ask("POST", "/notes", "{\"title\":\"x\"}"), 201);
    char big[300];
    memset(big, ' ', sizeof big);
    big[sizeof big - 1] = 0;
    CHECK_INT(ask("POST", "/notes", big), 413);
    CHECK(code_is("PAYLOAD_TOO_LARGE"));
    CHECK_INT(ask("POST", "/fields", "{}"), 400);
    CHECK(code_is("VALIDATION_ERROR") && strstr(last.body, "no body"));
}

static void query_strings(void)
{
    CHECK_INT(ask("GET", "/notes", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[20]}");
    CHECK_INT(ask("GET", "/notes?limit=7", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":[7]}");
    CHECK_INT(ask("GET", "/notes?limit=0&org_id=1", NULL), 400);
    CHECK(code_is("VALIDATION_ERROR") && strstr(last.body, "\"limit\":[") && strstr(last.body, "\"org_id\":["));
    CHECK_INT(ask("GET", "/ping?x=1", NULL), 400);
    CHECK(code_is("VALIDATION_ERROR") && strstr(last.body, "\"x\":["));
    CHECK_INT(ask("GET", "/ping?", NULL), 200);
}

static void path_parameters(void)
{
    static const char *const bad[] = {"/notes/7",
                                      "/notes/%",
                                      "/notes/%zz",
                                      "/notes/a%00b",
                                      "/notes/%ff",
                                      "/notes/\xff",
                                      "/notes/00000000-0000-0000-0000-00000000000"};
    CHECK_INT(ask("GET", "/notes/0190b0a0-0000-7000-8000-00000000000A", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":2}");
    CHECK_INT(ask("GET", "/notes/a%20b%2f%C3%A9", NULL), 202);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(ask("GET", bad[i], NULL), 404);
        CHECK_STR(last.body,
                  "{\"success\":false,\"error\":{\"code\":\"NOTE_NOT_FOUND\",\"message\":\"Note does not exist\"}}");
    }
}

static void typed_path_parameters(void)
{
    static const char *const bad[] = {"/months/1899/0190b0a0-0000-7000-8000-00000000000A",
                                      "/months/2024/7",
                                      "/months/02024/7",
                                      "/months/2024.0/0190b0a0-0000-7000-8000-00000000000A",
                                      "/months/%zz/0190b0a0-0000-7000-8000-00000000000A",
                                      "/months/ 2024/0190b0a0-0000-7000-8000-00000000000A"};
    CHECK_INT(ask("GET", "/months/2024/0190b0a0-0000-7000-8000-00000000000A", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":2024}");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(ask("GET", bad[i], NULL), 404);
        CHECK(code_is("MONTH_NOT_FOUND"));
    }
    CHECK_INT(ask("GET", "/wrong-params", NULL), 500);
}

static void issues_in_another_language(void)
{
    static const saas_message german_list[] = {{SAAS_ISSUE_REQUIRED, "fehlt", NULL}};
    static const saas_messages german = SAAS_MESSAGES(german_list);
    app.site.messages = &german;
    CHECK_INT(ask("POST", "/notes", "{}"), 400);
    CHECK(strstr(last.body, "\"title\":[\"fehlt\"]"));
    app.site.messages = NULL;
    CHECK_INT(ask("POST", "/notes", "{}"), 400);
    CHECK(!strstr(last.body, "fehlt"));
}

/* What can't be the name of anything reaches no handler. */
static void odd_path_parameters(void)
{
    static const char *const bad[] = {"/names/%",      "/names/a%2",   "/names/%zz",      "/names/a%00b",
                                      "/names/%00",    "/names/%ff",   "/names/\xff",     "/names/%c3",
                                      "/names/%c0%af", "/names/\xc3(", "/names/%ed%a0%80"};
    static const char *const good[] = {"/names/%c3%a9", "/names/\xc3\xa9", "/names/a+b", "/names/%2e%2e",
                                       "/names/%2525"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(ask("GET", bad[i], NULL), 404);
        CHECK(code_is("NAME_NOT_FOUND"));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_INT(ask("GET", good[i], NULL), 200);
}

static void failures(void)
{
    CHECK_INT(ask("GET", "/teapot", NULL), 429);
    CHECK_STR(last.body, "{\"success\":false,\"error\":{\"code\":\"OWN_CODE\",\"message\":\"own \\\"text\\\"\"}}");
    CHECK(has_header("Retry-After: 30") && !strstr(last.headers, "retry-after"));
    CHECK_INT(ask("POST", "/fields", NULL), 400);
    CHECK(strstr(last.body, "\"details\":{\"a.b\":[\"first\",\"second\"],\"z\":[\"third\"]}"));
    CHECK_INT(ask("GET", "/error-after-reply", NULL), 409);
    CHECK(code_is("CONFLICT") && !strstr(last.headers, "x-own"));
    CHECK_INT(ask("GET", "/greedy", NULL), 503);
    CHECK(code_is("UNAVAILABLE") && has_header("retry-after: 1"));
}

static void programming_errors_are_500(void)
{
    static const char *const paths[] = {"/twice", "/none", "/not-json", "/bad-header", "/tree-too-big"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        forget_log();
        CHECK_INT(ask("GET", paths[i], NULL), 500);
        CHECK_STR(last.body, INTERNAL);
        CHECK(strstr(logged, "\"level\":\"error\"") && strstr(logged, last.headers) == NULL);
    }
    CHECK_INT(ask("POST", "/wrong-schema", NULL), 500);
    CHECK_STR(last.body, INTERNAL);
}

static void sign_in_and_roles(void)
{
    CHECK_INT(ask("GET", "/mine", NULL), 401);
    CHECK(code_is("UNAUTHENTICATED") && has_header("www-authenticate: Bearer") &&
          has_header("cache-control: no-store"));
    CHECK_INT(ask("GET", "/who", NULL), 200);
    CHECK(strstr(last.body, "nobody"));
    strcpy(bearer_value, "Bearer a.b.c");
    CHECK_INT(ask("GET", "/mine", NULL), 401);
    CHECK_INT(ask("GET", "/who", NULL), 200);
    CHECK(strstr(last.body, "nobody"));
    sign_in_as(SAAS_VIEWER);
    CHECK_INT(ask("GET", "/who", NULL), 200);
    CHECK(strstr(last.body, "\"me\"") && has_header("cache-control: no-store"));
    CHECK_INT(ask("GET", "/mine", NULL), 200);
    CHECK_INT(ask("HEAD", "/mine", NULL), 200);
    CHECK_INT(ask("POST", "/mine", NULL), 403);
    CHECK(code_is("FORBIDDEN"));
    sign_in_as(SAAS_MEMBER);
    CHECK_INT(ask("POST", "/mine", NULL), 200);
    CHECK_INT(ask("DELETE", "/mine", NULL), 403);
    sign_in_as(SAAS_ADMIN);
    CHECK_INT(ask("DELETE", "/mine", NULL), 200);
    memcpy(bearer_value, "bEARER", 6);
    CHECK_INT(ask("GET", "/mine", NULL), 200);
    memcpy(bearer_value, "Basic ", 6);
    CHECK_INT(ask("GET", "/mine", NULL), 401);
    bearer_value[0] = 0;
    /* who one is comes before what one sends */
    last.content_type = "text/plain";
    CHECK_INT(ask("POST", "/mine/note", "x"), 401);
}

static const char *request_id(void)
{
    static char id[200];
    const char *at = strstr(last.headers, "x-request-id: ");
    snprintf(id, sizeof id, "%.*s", at ? (int)strcspn(at + 14, "\n") : 0, at ? at + 14 : "");
    return id;
}

static void request_ids(void)
{
    char too_long[130];
    memset(too_long, 'a', sizeof too_long);
    too_long[sizeof too_long - 1] = 0;
    const char *const odd[] = {"a b", "a\"b", "\xc3\xa9", "a/b", too_long};
    saas_uuid id;
    char first[64];
    ask("GET", "/ping", NULL);
    CHECK(!saas_uuid_parse(&id, saas_text_z(request_id())) && id.b[6] >> 4 == 7);
    snprintf(first, sizeof first, "%.40s", request_id());
    ask("GET", "/nowhere", NULL);
    CHECK(!saas_uuid_parse(&id, saas_text_z(request_id())) && strcmp(first, request_id()) != 0);
    last.header = "x-request-id";
    last.value = "My_request.1-2";
    ask("GET", "/mine", NULL);
    CHECK_STR(request_id(), "My_request.1-2");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        last.header = "x-request-id";
        last.value = odd[i];
        ask("GET", "/ping", NULL);
        CHECK(!saas_uuid_parse(&id, saas_text_z(request_id())));
    }
}

static void logs_one_line_a_request(void)
{
    sign_in_as(SAAS_MEMBER);
    forget_log();
    last.header = "x-request-id";
    last.value = "line-1";
    ask("GET", "/notes?limit=717171&secret=hush", NULL);
    CHECK(strstr(logged, "\"msg\":\"request\"") && strstr(logged, "\"method\":\"GET\"") &&
          strstr(logged, "\"route\":\"/notes\"") && strstr(logged, "\"status\":400") &&
          strstr(logged, "\"request_id\":\"line-1\"") && strstr(logged, "\"error\":\"ERR_VALIDATION\"") &&
          strstr(logged, "\"user\":\"bb02") && strstr(logged, "\"org\":\"aa01"));
    CHECK(!strstr(logged, "717171") && !strstr(logged, "hush") && !strstr(logged, bearer_value + 7)); /* LG2 */
    CHECK(strchr(logged, '\n') == logged + strlen(logged) - 1);
    bearer_value[0] = 0;
}

static void refused_by_the_transport(void)
{
    last.refused = SAAS_ERR_BAD_REQUEST;
    CHECK_INT(ask("GET", "/ping", NULL), 400);
    CHECK(code_is("BAD_REQUEST") && last.close && *request_id());
    last.refused = SAAS_ERR_PAYLOAD_TOO_LARGE;
    CHECK_INT(ask("POST", "/notes", NULL), 413);
}

static void static_refusals(void)
{
    const saas_host_reply *r = saas_host_refusal(SAAS_ERR_BUSY);
    CHECK_INT(r->status, 503);
    CHECK(r->close);
    CHECK_STR(r->body.ptr, "{\"success\":false,\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"Try again later\"}}");
    CHECK_INT(r->body.len, strlen(r->body.ptr));
    CHECK_STR(r->headers[r->header_count - 1].name.ptr, "retry-after");
    CHECK_INT(saas_host_refusal(SAAS_ERR_PAYLOAD_TOO_LARGE)->status, 413);
    CHECK_INT(saas_host_refusal(SAAS_OK)->status, 500);
}

static const check_test tests[] = {TEST(success),
                                   TEST(unknown_routes_and_methods),
                                   TEST(bodies),
                                   TEST(query_strings),
                                   TEST(path_parameters),
                                   TEST(odd_path_parameters),
                                   TEST(typed_path_parameters),
                                   TEST(issues_in_another_language),
                                   TEST(failures),
                                   TEST(programming_errors_are_500),
                                   TEST(sign_in_and_roles),
                                   TEST(request_ids),
                                   TEST(logs_one_line_a_request),
                                   TEST(refused_by_the_transport),
                                   TEST(static_refusals)};

int main(int argc, char **argv)
{
    site_up(routes, sizeof routes / sizeof *routes, NULL);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    site_down();
    return failed + check_failed != 0;
}
