/* The adapter against saas/host.h, over real sockets: what reaches the library, what reaches the client, and that each
 * exchange is released once. HT2 slow peers and limits, HT5 stopping. */
#include "client.h"
#include "fake.h"
#include <pthread.h>
#include <saas/h2o.h>

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

enum { BODY_MAX = 100000, H2O_SLACK = 65536 };

static saas_app app;
static saas_h2o_server *server;
static uint16_t port;

static void start(saas_h2o_options options)
{
    saas_error e = {0};
    memset(&app, 0, sizeof app);
    app.body_max = BODY_MAX;
    options.size = sizeof options;
    options.address = "127.0.0.1";
    if (!options.grace_ms)
        options.grace_ms = 400;
    saas_err err = saas_h2o_serve(&server, &app, &options, &e);
    if (err) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    port = saas_h2o_port(server);
}

static void stop(void)
{
    saas_h2o_stop(server);
    CHECK_INT(app.released, app.begun);
    CHECK_INT(app.replied + app.left, app.begun);
    CHECK_INT(app.shards, 0);
}

static bool soon(atomic_uint *counter, unsigned want)
{
    for (int i = 0; i < 1000 && *counter != want; i++)
        usleep(10000);
    return *counter == want;
}

static void requests_are_answered(void)
{
    start((saas_h2o_options){0});
    reply r = client_ask(port, GET("/ok"));
    CHECK_INT(reply_status(&r), 200);
    CHECK_STR(reply_body(&r), "{\"ok\":true}");
    CHECK(strstr(r.bytes, "content-type: application/json\r\n"));
    CHECK(strstr(r.bytes, "x-own: 1\r\n"));
    CHECK(strstr(r.bytes, "Date: "));
    CHECK(!strstr(r.bytes, "erver:"));
    r = client_ask(port, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    CHECK_STR(reply_body(&r), "hello");
    r = client_ask(port, GET("/wait/100"));
    CHECK_STR(reply_body(&r), "{\"late\":true}");
    CHECK_INT(app.handled, 3);
    stop();
}

static void head_has_a_length_and_no_body(void)
{
    start((saas_h2o_options){0});
    int fd = client_open(port);
    client_send_z(fd, "HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\n" LAST("/nothing"));
    reply r = client_read(fd, true, 5000);
    CHECK_INT(reply_count(&r, "HTTP/1.1 200"), 1);
    CHECK_INT(reply_count(&r, "HTTP/1.1 204"), 1);
    CHECK_INT(reply_count(&r, "Content-Length: 11\r\n"), 1);
    CHECK_INT(reply_count(&r, "Content-Length: "), 1);
    CHECK(!strstr(r.bytes, "ok\":true"));
    close(fd);
    stop();
}

static void pipelined_requests_keep_their_order(void)
{
    start((saas_h2o_options){0});
    int fd = client_open(port);
    client_send_z(fd, GET("/wait/50")
                          GET("/ok") "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" LAST("/ok"));
    reply r = client_read(fd, true, 5000);
    CHECK(r.ended && !r.error);
    CHECK_INT(reply_count(&r, "HTTP/1.1 200 OK"), 4);
    const char *late = strstr(r.bytes, "late"), *ok = strstr(r.bytes, "ok\":"), *abc = strstr(r.bytes, "abc");
    CHECK(late && ok && abc && late < ok && ok < abc);
    close(fd);
    stop();
}

static void bodies_come_in_pieces(void)
{
    start((saas_h2o_options){0});
    int fd = client_open(port);
    client_send_z(fd, "POST /echo HT");
    usleep(20000);
    client_send_z(fd, "TP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n");
    reply r = client_read(fd, false, 5000);
    CHECK(!strncmp(r.bytes, "HTTP/1.1 100 ", 13));
    client_send_z(fd, "abc");
    usleep(20000);
    client_send_z(fd, "def");
    r = client_read(fd, false, 5000);
    CHECK_STR(reply_body(&r), "abcdef");
    close(fd);
    stop();
}

static int post_of(size_t len)
{
    static char body[4 << 20];
    char head[128];
    memset(body, 'x', len);
    int fd = client_open(port);
    snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
    client_send_z(fd, head);
    client_send(fd, body, len);
    return fd;
}

/* VA6: up to h2o's limit the app itself decides; past it the client still reads the answer. */
static void bodies_past_the_limit_are_told_so(void)
{
    start((saas_h2o_options){0});
    int fd = post_of(BODY_MAX + H2O_SLACK);
    reply r = client_read(fd, false, 5000);
    CHECK_INT(reply_status(&r), 200);
    close(fd);
    const size_t sizes[] = {BODY_MAX + H2O_SLACK + 1, 1 << 20, 3 << 20};
    for (size_t i = 0; i < 3; i++) {
        fd = post_of(sizes[i]);
        r = client_read(fd, true, 5000);
        CHECK_INT(reply_status(&r), 413);
        CHECK(strstr(r.bytes, "{\"success\":false,\"error\":{\"code\":\"PAYLOAD_TOO_LARGE\""));
        CHECK(strstr(r.bytes, "\r\nx-request-id: 0"));
        CHECK_INT(r.error, 0);
        close(fd);
    }
    CHECK_INT(app.handled, 1);
    stop();
}

static void close_ends_the_connection_cleanly(void)
{
    start((saas_h2o_options){0});
    int fd = client_open(port);
    client_send_z(fd, GET("/close") GET("/ok"));
    reply r = client_read(fd, true, 5000);
    CHECK_INT(reply_count(&r, "HTTP/1.1 200"), 1);
    CHECK(strstr(r.bytes, "Connection: close\r\n"));
    CHECK(r.ended && !r.error);
    close(fd);
    stop();
}

static void a_client_that_leaves_is_noticed(void)
{
    start((saas_h2o_options){0});
    int fd = client_open(port);
    client_send_z(fd, GET("/wait/9000"));
    CHECK(soon(&app.handled, 1));
    uint64_t left = now_ms();
    close(fd);
    CHECK(soon(&app.left, 1));
    CHECK(now_ms() - left < 3000);
    /* also one that leaves with unread input behind it, and one that resets */
    fd = client_open(port);
    client_send_z(fd, GET("/wait/9000") GET("/ok"));
    CHECK(soon(&app.handled, 2));
    close(fd);
    CHECK(soon(&app.left, 2));
    fd = client_open(port);
    client_send_z(fd, GET("/wait/9000"));
    CHECK(soon(&app.handled, 3));
    usleep(100000);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
    CHECK(soon(&app.left, 3));
    stop();
}

static void slow_readers_of_requests_are_closed(void)
{
    static const char *const slow[] = {"", "GET /ok HT",
                                       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"};
    start((saas_h2o_options){.read_ms = 300});
    for (size_t i = 0; i < 3; i++) {
        int fd = client_open(port);
        client_send_z(fd, slow[i]);
        uint64_t begin = now_ms();
        reply r = client_read(fd, true, 5000);
        CHECK(r.ended);
        CHECK(now_ms() - begin >= 250 && now_ms() - begin < 4000);
        close(fd);
    }
    CHECK_INT(app.handled, 0);
    stop();
}

/* HT2: h2o has no limit on how long an answer takes to be written. */
static void a_client_that_does_not_read_is_closed(void)
{
    start((saas_h2o_options){.write_ms = 200});
    int fd = client_open(port), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    uint64_t begin = now_ms();
    client_send_z(fd, GET("/big/16000000"));
    CHECK(soon(&app.replied, 1));
    CHECK(soon(&app.released, 1));
    /* the limit grows with the answer: 200 ms, and as much again for each 2 MiB */
    CHECK(now_ms() - begin >= 1200 && now_ms() - begin < 8000);
    close(fd);
    /* one that reads gets all of it */
    fd = client_open(port);
    client_send_z(fd, LAST("/big/16000000"));
    reply r = client_read(fd, true, 5000);
    CHECK(r.len > 16000000);
    close(fd);
    stop();
}

/* ---- stopping ---- */

typedef struct hammer {
    pthread_t thread;
    unsigned answered, lost;
} hammer;

/* Asks on one connection after another, keeping each while the server does. A request counts as lost when it was sent
 * on a new connection, or behind an answer that said keep-alive, and none came. */
static void *hammer_on(void *arg)
{
    hammer *h = arg;
    for (;;) {
        int fd = client_open(port);
        if (fd < 0)
            return NULL;
        for (bool open = true; open;) {
            char bytes[2048];
            size_t len = 0;
            ssize_t n = 1;
            client_send_z(fd, GET("/wait/3"));
            bytes[0] = 0;
            while (!strstr(bytes, "true}") && (n = read(fd, bytes + len, sizeof bytes - len - 1)) > 0)
                bytes[len += (size_t)n] = 0;
            h->answered += n > 0;
            h->lost += n <= 0;
            open = n > 0 && strstr(bytes, "keep-alive");
        }
        close(fd);
    }
}

static void stopping_under_load_loses_no_request(void)
{
    enum { HAMMERS = 8 };
    hammer hammers[HAMMERS] = {0};
    start((saas_h2o_options){.threads = 2, .grace_ms = 4000});
    for (int i = 0; i < HAMMERS; i++)
        pthread_create(&hammers[i].thread, NULL, hammer_on, &hammers[i]);
    usleep(300000);
    uint64_t begin = now_ms();
    stop();
    CHECK(now_ms() - begin < 4000);
    unsigned answered = 0, lost = 0;
    for (int i = 0; i < HAMMERS; i++) {
        pthread_join(hammers[i].thread, NULL);
        answered += hammers[i].answered;
        lost += hammers[i].lost;
    }
    CHECK_INT(app.threads_seen, 2);
    CHECK(answered > 100);
    CHECK_INT(lost, 0);
}

/* More than are accepted in one turn. */
static void stopping_answers_those_who_wait_to_be_accepted(void)
{
    enum { COUNT = 100 };
    int fds[COUNT];
    start((saas_h2o_options){.grace_ms = 3000});
    int blocks = client_open(port);
    client_send_z(blocks, GET("/block/300"));
    CHECK(soon(&app.handled, 1));
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_open(port);
        client_send_z(fds[i], GET("/ok"));
    }
    stop();
    for (int i = 0; i < COUNT; i++) {
        reply r = client_read(fds[i], true, 1000);
        CHECK_INT(reply_status(&r), 200);
        CHECK(!r.error);
        close(fds[i]);
    }
    close(blocks);
}

static void stopping_closes_the_idle_and_waits_for_the_others(void)
{
    start((saas_h2o_options){.grace_ms = 3000});
    int idle = client_open(port), busy = client_open(port);
    client_send_z(idle, GET("/ok"));
    client_read(idle, false, 5000);
    client_send_z(busy, GET("/wait/900"));
    CHECK(soon(&app.handled, 2));
    uint64_t begin = now_ms();
    stop();
    CHECK(now_ms() - begin >= 700 && now_ms() - begin < 4000);
    reply r = client_read(busy, true, 1000);
    CHECK_INT(reply_status(&r), 200);
    CHECK(strstr(r.bytes, "Connection: close\r\n"));
    r = client_read(idle, true, 1000);
    CHECK(r.ended && !r.len);
    close(idle);
    close(busy);
}

static void stopping_does_not_wait_for_those_who_do_not_read(void)
{
    start((saas_h2o_options){.grace_ms = 300});
    int fd = client_open(port), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_send_z(fd, GET("/big/16000000"));
    CHECK(soon(&app.replied, 1));
    uint64_t begin = now_ms();
    stop();
    CHECK(now_ms() - begin < 4000);
    close(fd);
}

static void two_servers_live_in_one_process(void)
{
    static saas_app other = {.body_max = 10};
    saas_h2o_server *second;
    saas_error e = {0};
    start((saas_h2o_options){0});
    REQUIRE(saas_h2o_serve(&second, &other, &(saas_h2o_options){.size = sizeof(saas_h2o_options)}, &e) == SAAS_OK);
    CHECK(saas_h2o_port(second) != port);
    reply r = client_ask(saas_h2o_port(second), GET("/ok"));
    CHECK_INT(reply_status(&r), 200);
    CHECK_INT(other.handled, 1);
    CHECK_INT(app.handled, 0);
    saas_h2o_stop(second);
    r = client_ask(port, GET("/ok"));
    CHECK_INT(reply_status(&r), 200);
    stop();
}

static void a_port_in_use_is_not_shared(void)
{
    saas_h2o_server *second = NULL;
    saas_error e = {0};
    start((saas_h2o_options){0});
    const saas_h2o_options same = {.size = sizeof same, .address = "127.0.0.1", .port = port};
    CHECK_INT(saas_h2o_serve(&second, &app, &same, &e), SAAS_ERR_UNAVAILABLE);
    CHECK(strstr(e.text, "in use"));
    CHECK(!second);
    stop();
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void a_server_leaves_no_descriptor_behind(void)
{
    unsigned before = open_descriptors();
    for (int i = 0; i < 3; i++) {
        start((saas_h2o_options){.threads = 2});
        client_ask(port, GET("/ok"));
        client_ask(port, GET("/close"));
        stop();
    }
    CHECK_INT(open_descriptors(), before);
}

static const check_test tests[] = {
    TEST(requests_are_answered),
    TEST(head_has_a_length_and_no_body),
    TEST(pipelined_requests_keep_their_order),
    TEST(bodies_come_in_pieces),
    TEST(bodies_past_the_limit_are_told_so),
    TEST(close_ends_the_connection_cleanly),
    TEST(a_client_that_leaves_is_noticed),
    TEST(slow_readers_of_requests_are_closed),
    TEST(a_client_that_does_not_read_is_closed),
    TEST(stopping_under_load_loses_no_request),
    TEST(stopping_answers_those_who_wait_to_be_accepted),
    TEST(stopping_closes_the_idle_and_waits_for_the_others),
    TEST(stopping_does_not_wait_for_those_who_do_not_read),
    TEST(two_servers_live_in_one_process),
    TEST(a_port_in_use_is_not_shared),
    TEST(a_server_leaves_no_descriptor_behind),
};
CHECK_MAIN(tests)
