/* A whole app behind real sockets: every answer is in the envelope, and what is refused reaches no handler. Without a
 * database. VA6, VA7, HT1, HT6. */
#include "client.h"
#include <saas/h2o.h>
#include <stdatomic.h>

#define ECHO_BODY(F, T) F(T, text(1, 40000), text, .required = true)
SAAS_STRUCT(echo_body, ECHO_BODY);

static atomic_uint handled, cancelled, finished;

static saas_err echo(saas_ctx *c)
{
    handled++;
    return saas_reply(c, 201, &echo_body_schema, saas_body(c, echo_body));
}

static saas_err quick(saas_ctx *c)
{
    handled++;
    return saas_reply_null(c, 200);
}

static saas_err patient(saas_ctx *c)
{
    handled++;
    saas_err e = saas_sleep(c, 5000);
    cancelled += e == SAAS_ERR_CANCELLED;
    SAAS_TRY(e);
    return saas_reply_null(c, 200);
}

static saas_err unhurried(saas_ctx *c)
{
    handled++;
    SAAS_TRY(saas_sleep(c, 400));
    finished++;
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_POST("/echo", echo, .open = true, .body = &echo_body_schema, .body_max_bytes = 50000),
    SAAS_GET("/quick", quick, .open = true),
    SAAS_GET("/patient", patient, .open = true),
    SAAS_GET("/unhurried", unhurried, .open = true),
    SAAS_GET("/closed", quick),
    SAAS_GET("/tagged", quick, .open = true, .etag = SAAS_ON),
};

static const char *const env[] = {"APP_ENV=development", "DATABASE_URL=host=/nowhere",
                                  "JWT_ACCESS_SECRET=access token key of these tests, worthless",
                                  "JWT_REFRESH_SECRET=refresh token key of these tests, worthless", NULL};

static saas_app *app;
static saas_log *quiet;
static saas_h2o_server *server;
static uint16_t port;

static void to_nowhere(const char *line, size_t len, void *user)
{
    (void)line, (void)len, (void)user;
}

static void start(uint32_t threads, uint32_t grace_ms)
{
    static saas_error e;
    handled = cancelled = finished = 0;
    const saas_h2o_options how = {.size = sizeof how, .address = "127.0.0.1", .threads = threads, .grace_ms = grace_ms};
    if (saas_log_new(&quiet, -1, SAAS_LOG_UNSET, to_nowhere, NULL) ||
        saas_app_new(&app, SAAS_APP(.name = "test", SAAS_ROUTES(routes), .env = env, .log = quiet), &e) ||
        saas_h2o_serve(&server, app, &how, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    port = saas_h2o_port(server);
}

static void stop(void)
{
    saas_h2o_stop(server);
    saas_app_free(app);
    saas_log_free(quiet);
}

#define HEAD(line) line " HTTP/1.1\r\nHost: a\r\n"

typedef struct ask {
    const char *bytes;
    int status;
    const char *holds; /* somewhere in the answer */
    bool closes;
} ask;

static const ask asks[] = {
    {HEAD("GET /health") "\r\n", 200, "{\"success\":true,\"data\":{\"status\":\"ok\"}}", false},
    {HEAD("GET /quick") "\r\n", 200, "\r\nx-content-type-options: nosniff\r\n", false},
    {HEAD("GET /quick") "X-Request-Id: mine-1\r\n\r\n", 200, "\r\nx-request-id: mine-1\r\n", false},
    {HEAD("POST /echo") "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"text\":\"abc\"}", 400,
     "MALFORMED_JSON", false},
    {HEAD("POST /echo") "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"text\":\"abc\"}", 201,
     "\"data\":{\"text\":\"abc\"}", false},
    {HEAD("POST /echo") "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400, "\"details\":{\"text\":[",
     false},
    {HEAD("GET /nothing") "\r\n", 404, "\"NOT_FOUND\"", false},
    {HEAD("DELETE /quick") "\r\n", 405, "\r\nallow: GET, HEAD, OPTIONS\r\n", false},
    {HEAD("get /quick") "\r\n", 405, "METHOD_NOT_ALLOWED", false},
    {HEAD("TRACE /quick") "\r\n", 405, "METHOD_NOT_ALLOWED", true},
    {HEAD("CONNECT a:80") "\r\n", 405, "METHOD_NOT_ALLOWED", true},
    {HEAD("GET /closed") "\r\n", 401, "UNAUTHENTICATED", false},
    {HEAD("POST /echo") "Content-Type: text/plain\r\nContent-Length: 14\r\n\r\n{\"text\":\"abc\"}", 415,
     "UNSUPPORTED_MEDIA_TYPE", false},
    {HEAD("GET /quick") "Host: b\r\n\r\n", 400, "\"BAD_REQUEST\"", true},
    {HEAD("GET /quick") "Host: b\r\n\r\n", 400, "\r\nx-request-id: ", true},
    {HEAD("POST /echo") "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "\"BAD_REQUEST\"", true},
    {HEAD("POST /echo") "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411, "\"LENGTH_REQUIRED\"", true},
    {HEAD("GET http://a/quick") "\r\n", 400, "\"BAD_REQUEST\"", true},
};

static void every_answer_is_in_the_envelope(void)
{
    start(1, 500);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        int fd = client_open(port);
        client_send_z(fd, asks[i].bytes);
        reply r = client_read(fd, asks[i].closes, 5000);
        bool ok = reply_status(&r) == asks[i].status && strstr(r.bytes, asks[i].holds) &&
                  !strncmp(reply_body(&r), "{\"success\":", 11) &&
                  strstr(r.bytes, asks[i].closes ? "Connection: close" : "Connection: keep-alive") &&
                  r.ended == asks[i].closes && strstr(r.bytes, "content-type: application/json");
        if (!ok)
            fprintf(stderr, "%s%s\n", asks[i].bytes, r.bytes);
        CHECK(ok);
        close(fd);
    }
    CHECK_INT(handled, 3);
    stop();
}

static void head_is_get_without_a_body(void)
{
    start(1, 500);
    reply r = client_ask(port, HEAD("HEAD /health") "Connection: close\r\n\r\n");
    CHECK_INT(reply_status(&r), 200);
    CHECK(strstr(r.bytes, "Content-Length: 39\r\n"));
    CHECK_STR(reply_body(&r), "");
    stop();
}

static void answers_without_a_body_leave_the_connection_open(void)
{
    start(1, 500);
    int fd = client_open(port);
    client_send_z(fd, HEAD("OPTIONS /quick") "\r\n" HEAD("GET /tagged") "If-None-Match: *\r\n\r\n"
                      HEAD("GET /health") "Connection: close\r\n\r\n");
    reply r = client_read(fd, true, 5000);
    CHECK_INT(reply_count(&r, "HTTP/1.1 204"), 1);
    CHECK_INT(reply_count(&r, "HTTP/1.1 304"), 1);
    CHECK_INT(reply_count(&r, "HTTP/1.1 200"), 1);
    CHECK_INT(reply_count(&r, "Content-Length: "), 1);
    CHECK_INT(reply_count(&r, "ransfer-"), 0);
    CHECK_INT(reply_count(&r, "{\"success\""), 1);
    close(fd);
    stop();
}

/* 50,000 bytes are the largest route's limit; past it and a little the handler's side is never asked. */
static void too_big_is_said_for_both_limits(void)
{
    static const size_t sizes[] = {50001, 50000 + 65536, 50000 + 65537, 400000};
    static char body[400000];
    char head[200];
    memset(body, 'x', sizeof body);
    start(1, 500);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int fd = client_open(port);
        snprintf(head, sizeof head, HEAD("POST /echo") "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 sizes[i]);
        client_send_z(fd, head);
        client_send(fd, body, sizes[i]);
        reply r = client_read(fd, false, 5000);
        CHECK_INT(reply_status(&r), 413);
        CHECK(strstr(r.bytes, "\"code\":\"PAYLOAD_TOO_LARGE\""));
        close(fd);
    }
    CHECK_INT(handled, 0);
    stop();
}

static bool soon(atomic_uint *counter, unsigned want)
{
    for (int i = 0; i < 300 && *counter != want; i++)
        usleep(10000);
    return *counter == want;
}

static void a_client_that_leaves_cancels_its_handler(void)
{
    start(1, 500);
    int fds[8];
    for (int i = 0; i < 8; i++) {
        fds[i] = client_open(port);
        client_send_z(fds[i], HEAD("GET /patient") "\r\n");
    }
    CHECK(soon(&handled, 8));
    uint64_t left = now_ms();
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    CHECK(soon(&cancelled, 8));
    CHECK(now_ms() - left < 3000);
    reply r = client_ask(port, HEAD("GET /health") "\r\n");
    CHECK_INT(reply_status(&r), 200);
    stop();
}

static void stopping_lets_handlers_finish(void)
{
    enum { COUNT = 16 };
    int fds[COUNT];
    start(3, 3000);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_open(port);
        client_send_z(fds[i], HEAD("GET /unhurried") "\r\n");
    }
    CHECK(soon(&handled, COUNT));
    stop();
    CHECK_INT(finished, COUNT);
    for (int i = 0; i < COUNT; i++) {
        reply r = client_read(fds[i], true, 1000);
        CHECK_INT(reply_status(&r), 200);
        close(fds[i]);
    }
}

static void stopping_cuts_handlers_past_the_grace(void)
{
    start(1, 400);
    int fd = client_open(port);
    client_send_z(fd, HEAD("GET /patient") "\r\n");
    CHECK(soon(&handled, 1));
    uint64_t begin = now_ms();
    stop();
    CHECK(now_ms() - begin >= 350 && now_ms() - begin < 3500);
    CHECK_INT(cancelled, 1);
    reply r = client_read(fd, true, 1000);
    CHECK_INT(reply_status(&r), 503);
    CHECK(strstr(r.bytes, "\r\nx-request-id: "));
    close(fd);
}

static const check_test tests[] = {
    TEST(every_answer_is_in_the_envelope), TEST(head_is_get_without_a_body),
    TEST(answers_without_a_body_leave_the_connection_open),
    TEST(too_big_is_said_for_both_limits), TEST(a_client_that_leaves_cancels_its_handler),
    TEST(stopping_lets_handlers_finish),   TEST(stopping_cuts_handlers_past_the_grace),
};
CHECK_MAIN(tests)
