/* LG1, LG2, LG3: every line of the log is one JSON object; what is secret is in none; what a client writes forges none.
 */
#include "notes.h"
#include <cjson/cJSON.h>
#include <saas.h>
#include <saas/auth.h>

#define METRICS "metrics token of a test, of no worth 1"
#define FORGED  "x\n{\"time\":\"t\",\"level\":\"info\",\"msg\":\"forged\"}\n\x1b[2J\xe2\x80\xa8"

#define SECRET_NOTE(F, T)                                                                                              \
    F(T, text(1, 120), title, .required = true)                                                                        \
    F(T, text(1, 120), pin, .secret = true)                                                                            \
    F(T, text(1, 120), answer, .write_only = true)
SAAS_STRUCT(secret_note, SECRET_NOTE);

static saas_err tell(saas_ctx *c)
{
    const struct secret_note *in = saas_body(c, secret_note);
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_INFO, "told", {"body", SAAS_ARG(saas_redacted(c, secret_note, in))},
             {"cookie", SAAS_ARG(saas_header_redacted(c, "cookie"))},
             {"authorization", SAAS_ARG(saas_header_redacted(c, "authorization"))},
             {"x-api-key", SAAS_ARG(saas_header_redacted(c, "x-api-key"))},
             {"x-vendor-session-id", SAAS_ARG(saas_header_redacted(c, "x-vendor-session-id"))},
             {"idempotency-key", SAAS_ARG(saas_header_redacted(c, "idempotency-key"))},
             {"user-agent", SAAS_ARG(saas_header_redacted(c, "user-agent"))},
             {"x-monkey", SAAS_ARG(saas_header_redacted(c, "x-monkey"))},
             {"absent", SAAS_ARG(saas_header_redacted(c, "x-token"))});
    return saas_reply_null(c, 201);
}

static saas_err fails(saas_ctx *c)
{
    saas_rows *rows;
    return saas_query(c, &rows, "select $1::text::int", SAAS_ARGS("canary-value"));
}

static const saas_route routes[] = {SAAS_POST("/tell", tell, .body = &secret_note_schema), SAAS_GET("/fails", fails),
                                    SAAS_GET("/never/:id", fails)};

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
static const char *const env[] = {"METRICS_TOKEN=" METRICS, "LOG_LEVEL=debug", NULL};

/* ---- requests ---- */

static saas_test_response r;
static char logged[1 << 20], access[2048], refresh[256];
static size_t logged_len;

static void keep_log(void)
{
    const char *more = saas_test_client_logged(t);
    const size_t len = strlen(more);
    REQUIRE(logged_len + len < sizeof logged);
    memcpy(logged + logged_len, more, len + 1);
    logged_len += len;
}

static int send_as(const char *bearer, const char *method, const char *target, const char *body)
{
    const saas_header headers[] = {
        {SAAS_LIT("user-agent"), SAAS_LIT(FORGED)},
        {SAAS_LIT("x-request-id"), SAAS_LIT(FORGED)},
        {SAAS_LIT("cookie"), SAAS_LIT("s=canary-cookie")},
        {SAAS_LIT("x-api-key"), SAAS_LIT("canary-key")},
        {SAAS_LIT("x-monkey"), SAAS_LIT("harmless")},
        {SAAS_LIT("x-vendor-session-id"), SAAS_LIT("canary-id")},
        {SAAS_LIT("traceparent"), SAAS_LIT("canary-parent")},
        {SAAS_LIT("tracestate"), SAAS_LIT("a=canary-state")},
        {SAAS_LIT("idempotency-key"), SAAS_LIT("canary-idempotency")},
    };
    r = (saas_test_response){0};
    CHECK_INT(SAAS_TEST_SEND(&r, t, .method = method, .target = target, .body = body, .bearer = bearer,
                             .headers = headers, .header_count = sizeof headers / sizeof *headers),
              SAAS_OK);
    keep_log();
    return r.status;
}

static void everything_is_asked(void)
{
    REQUIRE(serve(SAAS_APP(.name = "canary", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), .env = env)));
    CHECK_INT(send_as(NULL, "POST", "/v1/auth/signup",
                      "{\"orgName\":\"canary org\",\"email\":\"a@example.com\",\"password\":\"canary-password\"}"),
              201);
    snprintf(access, sizeof access, "%s", json(&r, "data.accessToken"));
    snprintf(refresh, sizeof refresh, "%s", json(&r, "data.refreshToken"));
    CHECK_INT(send_as(NULL, "POST", "/v1/auth/login", "{\"email\":\"a@example.com\",\"password\":\"canary-wrong\"}"),
              401);
    send_as(NULL, "POST", "/v1/auth/login",
            "{\"email\":\"a\\n{\\\"msg\\\":\\\"forged\\\"}@example.com\",\"password\":\"canary-wrong\"}");
    CHECK_INT(send_as(NULL, "POST", "/v1/auth/refresh", "{\"refreshToken\":\"srt_canary-refresh\"}"), 401);
    CHECK_INT(send_as("canary-bearer", "GET", "/fails", NULL), 401);
    CHECK_INT(send_as(access, "GET", "/fails?token=canary-query", NULL), 400);
    send_as(access, "GET", "/fails", NULL);
    CHECK_INT(
        send_as(access, "POST", "/tell", "{\"title\":\"plain\",\"pin\":\"canary-pin\",\"answer\":\"canary-answer\"}"),
        201);
    CHECK_INT(send_as(access, "POST", "/tell", "{\"title\":\"plain\",\"pin\":\"canary-pin\",\"other\":1}"), 400);
    CHECK_INT(send_as(access, "GET", "/nowhere/canary-path\n{\"msg\":\"forged\"}", NULL), 404);
    send_as(access, "GET", "/never/canary-param", NULL);
    CHECK_INT(send_as(METRICS, "GET", "/metrics", NULL), 200);
    CHECK_INT(send_as(METRICS, "GET", "/debug/inflight", NULL), 200);
    CHECK_INT(send_as(METRICS, "PUT", "/debug/log-level/debug", NULL), 200);
    CHECK_INT(send_as("canary-token-of-metrics-that-is-wrong", "GET", "/metrics", NULL), 404);
    char body[512];
    snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", refresh);
    CHECK_INT(send_as(NULL, "POST", "/v1/auth/refresh", body), 200);
    CHECK_INT(send_as(NULL, "POST", "/v1/auth/logout", body), 200);
}

static void no_secret_is_in_it(void)
{
    CHECK(logged_len > 4000);
    CHECK(!strstr(logged, "canary-"));
    CHECK(!strstr(logged, METRICS));
    REQUIRE(strlen(access) > 40 && strlen(refresh) > 20);
    CHECK(!strstr(logged, access) && !strstr(logged, refresh));
    CHECK(!strstr(logged, strrchr(access, '.') + 1)); /* nor its signature alone */
}

static void each_line_is_an_object_of_ours(void)
{
    size_t requests = 0, lines = 0;
    char *copy = strdup(logged), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        cJSON *object = cJSON_ParseWithOpts(line, NULL, 1);
        const cJSON *msg = cJSON_GetObjectItem(object, "msg");
        REQUIRE(cJSON_IsObject(object) && cJSON_IsString(msg));
        CHECK(strcmp(msg->valuestring, "forged") != 0);
        CHECK(cJSON_IsString(cJSON_GetObjectItem(object, "time")) &&
              cJSON_IsString(cJSON_GetObjectItem(object, "level")));
        if (!strcmp(msg->valuestring, "request")) {
            requests++;
            CHECK_INT(strlen(cJSON_GetObjectItem(object, "request_id")->valuestring), SAAS_UUID_CHARS);
            CHECK_INT(strlen(cJSON_GetObjectItem(object, "trace_id")->valuestring), 32);
        }
        cJSON_Delete(object);
    }
    free(copy);
    CHECK_INT(requests, 17);
    CHECK(lines > requests);
}

static void what_is_no_secret_is_there(void)
{
    const char *line = strstr(logged, "\"msg\":\"told\"");
    REQUIRE(line);
    CHECK(strstr(
        line,
        "\"body\":\"{\\\"title\\\":\\\"plain\\\",\\\"pin\\\":\\\"[redacted]\\\",\\\"answer\\\":\\\"[redacted]\\\"}\""));
    CHECK(strstr(line,
                 "\"cookie\":\"[redacted]\",\"authorization\":\"[redacted]\",\"x-api-key\":\"[redacted]\","
                 "\"x-vendor-session-id\":\"[redacted]\",\"idempotency-key\":\"[redacted]\",\"user-agent\":\"x\\n{"));
    CHECK(strstr(line, "\"x-monkey\":\"harmless\",\"absent\":null"));
    serve_no_more();
}

static const check_test tests[] = {TEST(everything_is_asked), TEST(no_secret_is_in_it),
                                   TEST(each_line_is_an_object_of_ours), TEST(what_is_no_secret_is_there)};

CLUSTER_MAIN(tests)
