/* An app inside a host's own h2o: its configuration, its loop, its other handlers. */
#include "client.h"
#include <h2o.h>
#include <pthread.h>
#include <saas/h2o.h>
#include <signal.h>
#include <stdatomic.h>

/* The host here is this test, and libh2o frees neither a context's queue nor what a thread kept for recycling. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:h2o_multithread_create_queue\nleak:h2o_mem_alloc_recycle\n";
}

static saas_err where(saas_ctx *c)
{
    return saas_reply_raw(c, 200, saas_format(c, "\"%s %s\"", saas_path(c).ptr, saas_remote(c).ptr));
}

static saas_err patient(saas_ctx *c)
{
    SAAS_TRY(saas_sleep(c, 200));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/", where, .open = true),
    SAAS_GET("/where", where, .open = true),
    SAAS_GET("/patient", patient, .open = true),
};

static const char *const env[] = {"APP_ENV=development",
                                  "DATABASE_URL=host=/nowhere",
                                  "LOG_LEVEL=error",
                                  "JWT_ACCESS_SECRET=access token key of these tests, worthless",
                                  "JWT_REFRESH_SECRET=refresh token key of these tests, worthless",
                                  NULL};

/* The host: what an embedder writes. */
static saas_app *app;
static h2o_globalconf_t config;
static h2o_accept_ctx_t accept_ctx;
static atomic_bool stopping, stopped;
static int listener_fd;

static int on_own(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    req->res.status = 200;
    h2o_send_inline(req, H2O_STRLIT("the host's own"));
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    (void)err;
    h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
    if (sock)
        h2o_accept(&accept_ctx, sock);
}

static void on_stopped(void *user)
{
    (void)user;
    stopped = true;
}

static void *host(void *arg)
{
    static h2o_context_t context;
    saas_shard *shard;
    (void)arg;
    h2o_evloop_t *loop = h2o_evloop_create();
    h2o_context_init(&context, loop, &config);
    accept_ctx = (h2o_accept_ctx_t){.ctx = &context, .hosts = config.hosts};
    CHECK_INT(saas_h2o_attach(&shard, app, &context), SAAS_OK);
    h2o_socket_t *listener = h2o_evloop_socket_create(loop, listener_fd, H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(listener, on_accept);
    while (!stopping)
        h2o_evloop_run(loop, 10);
    h2o_socket_close(listener);
    saas_shard_stop(shard, 100, on_stopped, NULL);
    while (!stopped || context.http1._conns.next != &context.http1._conns)
        h2o_evloop_run(loop, 10);
    saas_shard_free(shard);
    h2o_context_dispose(&context);
    h2o_evloop_destroy(loop);
    return NULL;
}

static uint16_t listen_somewhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(listener_fd, (struct sockaddr *)&at, len), 0);
    CHECK_INT(listen(listener_fd, 16), 0);
    getsockname(listener_fd, (struct sockaddr *)&at, &len);
    return ntohs(at.sin_port);
}

static void an_app_lives_under_a_path_of_its_host(void)
{
    static saas_error e;
    pthread_t thread;
    h2o_config_init(&config);
    h2o_hostconf_t *hostconf = h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    REQUIRE(saas_app_new(&app, SAAS_APP(.name = "test", SAAS_ROUTES(routes), .env = env), &e) == SAAS_OK);
    CHECK_INT(saas_h2o_mount(app, hostconf, "/api"), SAAS_OK);
    h2o_create_handler(h2o_config_register_path(hostconf, "/", 0), sizeof(h2o_handler_t))->on_req = on_own;
    uint16_t port = listen_somewhere();
    pthread_create(&thread, NULL, host, NULL);

    static const struct {
        const char *path;
        int status;
        const char *body;
    } asks[] = {
        {"/api/where?a=b", 400, "VALIDATION_ERROR"},
        {"/api/where", 200, "\"/where 127.0.0.1\""},
        {"/api", 200, "\"/ 127.0.0.1\""},
        {"/api/", 200, "\"/ 127.0.0.1\""},
        {"/api/patient", 200, "null"},
        {"/api/nothing", 404, "\"NOT_FOUND\""},
        {"/./api/where", 400, "BAD_REQUEST"},
        {"/x/../api/where", 400, "BAD_REQUEST"},
        {"/other", 200, "the host's own"},
        {"/apiary", 200, "the host's own"},
    };
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        char request[200];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", asks[i].path);
        int fd = client_open(port);
        client_send_z(fd, request);
        reply r = client_read(fd, true, 5000);
        if (reply_status(&r) != asks[i].status || !strstr(reply_body(&r), asks[i].body))
            fprintf(stderr, "%s: %s\n", asks[i].path, r.bytes);
        CHECK_INT(reply_status(&r), asks[i].status);
        CHECK(strstr(reply_body(&r), asks[i].body) != NULL);
        close(fd);
    }
    stopping = true;
    pthread_join(thread, NULL);
    h2o_config_dispose(&config);
    saas_app_free(app);
}

static void an_app_that_is_not_mounted_can_not_be_attached(void)
{
    static saas_error e;
    saas_shard *shard = NULL;
    h2o_globalconf_t other;
    h2o_context_t context;
    h2o_config_init(&other);
    h2o_config_register_host(&other, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_evloop_t *loop = h2o_evloop_create();
    h2o_context_init(&context, loop, &other);
    REQUIRE(saas_app_new(&app, SAAS_APP(.name = "test", SAAS_ROUTES(routes), .env = env), &e) == SAAS_OK);
    CHECK_INT(saas_h2o_attach(&shard, app, &context), SAAS_ERR_BUG);
    CHECK(!shard);
    saas_app_free(app);
    h2o_context_dispose(&context);
    h2o_evloop_destroy(loop);
    h2o_config_dispose(&other);
}

static const check_test tests[] = {TEST(an_app_lives_under_a_path_of_its_host),
                                   TEST(an_app_that_is_not_mounted_can_not_be_attached)};
int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
