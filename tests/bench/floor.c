/* The floor: what libh2o and libpq cost by themselves. One loop, no checks, no library of ours, the same bytes on the
 * wire as tests/bench/server.c.
 *
 *   floor PORT                       GET /health, POST /echo
 *   floor PORT CONNECTIONS DSN ORG   and GET /v1/users/ID: the tenant unit (organization, READ ONLY, what is left of a
 *                                    deadline; the select; Sync) pipelined over that many connections */
#include <h2o.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- replies ---- */

static void reply(h2o_req_t *req, const char *body, size_t len)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_iovec_t buf = h2o_iovec_init(body, len);
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("application/json"));
    h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-request-id"), 0, NULL,
                          H2O_STRLIT("01890a5d-ac96-774b-bcce-b302099a8057"));
    h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-content-type-options"), 0, NULL,
                          H2O_STRLIT("nosniff"));
    h2o_start_response(req, &generator);
    h2o_send(req, &buf, 1, H2O_SEND_STATE_FINAL);
}

static int on_health(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    reply(req, H2O_STRLIT("{\"success\":true,\"data\":{\"status\":\"ok\"}}"));
    return 0;
}

static int on_echo(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    h2o_iovec_t body = h2o_concat(&req->pool, h2o_iovec_init(H2O_STRLIT("{\"success\":true,\"data\":")), req->entity,
                                  h2o_iovec_init(H2O_STRLIT("}")));
    reply(req, body.base, body.len);
    return 0;
}

/* ---- the database ---- */

enum { DEPTH = 1024 };

typedef struct unit {
    h2o_req_t *req;     /* NULL: its client has left */
    struct unit **held; /* by the request's pool, to tell that */
} unit;

typedef struct lane {
    PGconn *pg;
    unit *units[DEPTH]; /* sent, oldest at `first` */
    size_t first, count;
    PGresult *row;
    unsigned results; /* of the oldest one */
} lane;

static lane lanes[64];
static size_t lane_count, next_lane;
static const char *org;

static void unit_gone(void *arg)
{
    unit **held = arg;
    if (*held)
        (*held)->req = NULL;
}

static void answer(lane *l)
{
    unit *u = l->units[l->first];
    l->first = (l->first + 1) % DEPTH;
    l->count--;
    if (u->req && l->row && PQntuples(l->row) == 1) {
        char *body = h2o_mem_alloc_pool(&u->req->pool, 512);
        int len = snprintf(
            body, 512,
            "{\"success\":true,\"data\":{\"id\":\"%s\",\"email\":\"%s\",\"role\":\"%s\",\"createdAt\":\"%s\"}}",
            PQgetvalue(l->row, 0, 0), PQgetvalue(l->row, 0, 1), PQgetvalue(l->row, 0, 2), PQgetvalue(l->row, 0, 3));
        reply(u->req, body, (size_t)len);
    } else if (u->req) {
        h2o_send_error_503(u->req, "Service Unavailable", "no row", 0);
    }
    PQclear(l->row);
    l->row = NULL;
    l->results = 0;
    if (u->req)
        *u->held = NULL;
    free(u);
}

static void on_result(lane *l, PGresult *r)
{
    if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
        PQclear(r);
        answer(l);
    } else if (++l->results == 2) {
        l->row = r;
    } else {
        PQclear(r);
    }
}

static void on_readable(h2o_socket_t *sock, const char *err)
{
    (void)err;
    lane *l = sock->data;
    if (!PQconsumeInput(l->pg)) {
        fprintf(stderr, "%s", PQerrorMessage(l->pg));
        exit(1);
    }
    while (l->count && !PQisBusy(l->pg)) {
        PGresult *r = PQgetResult(l->pg);
        if (r)
            on_result(l, r);
    }
}

static void send_unit(lane *l, unit *u, const char *id)
{
    char until[32];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(until, sizeof until, "%lld.%06ld", (long long)now.tv_sec + 10, now.tv_nsec / 1000);
    const char *scope[] = {org, until}, *key[] = {id};
    if (!PQsendQueryPrepared(l->pg, "scope", 2, scope, NULL, NULL, 0) ||
        !PQsendQueryPrepared(l->pg, "get", 1, key, NULL, NULL, 0) || !PQpipelineSync(l->pg)) {
        fprintf(stderr, "%s", PQerrorMessage(l->pg));
        exit(1);
    }
    l->units[(l->first + l->count++) % DEPTH] = u;
}

static int on_user(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    lane *l = &lanes[next_lane++ % lane_count];
    if (req->path_normalized.len != sizeof "/v1/users/" - 1 + 36 || l->count == DEPTH) {
        h2o_send_error_503(req, "Service Unavailable", "too many", 0);
        return 0;
    }
    char id[37];
    memcpy(id, req->path_normalized.base + sizeof "/v1/users/" - 1, 36);
    id[36] = 0;
    unit *u = malloc(sizeof *u);
    u->req = req;
    u->held = h2o_mem_alloc_shared(&req->pool, sizeof u, unit_gone);
    *u->held = u;
    send_unit(l, u, id);
    return 0;
}

static void prepare(PGconn *pg, const char *name, const char *sql)
{
    PGresult *r = PQprepare(pg, name, sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s", PQerrorMessage(pg));
        exit(1);
    }
    PQclear(r);
}

static void open_lane(lane *l, h2o_loop_t *loop, const char *dsn)
{
    l->pg = PQconnectdb(dsn);
    prepare(l->pg, "scope",
            "select set_config('app.current_org_id', $1, true), set_config('transaction_read_only', 'on', true), "
            "set_config('statement_timeout', (case when ms < 1 then -1 else ms end)::text, true) from "
            "(select floor(($2::float8 - extract(epoch from clock_timestamp())) * 1000)::int as ms) d");
    prepare(l->pg, "get", "select id, email, role, created_at from users where id = $1");
    if (!PQenterPipelineMode(l->pg) || PQsetnonblocking(l->pg, 1))
        exit(1);
    h2o_socket_t *sock = h2o_evloop_socket_create(loop, dup(PQsocket(l->pg)), H2O_SOCKET_FLAG_DONT_READ);
    sock->data = l;
    h2o_socket_read_start(sock, on_readable);
}

/* ---- the server ---- */

static h2o_accept_ctx_t accept_ctx;

static void on_accept(h2o_socket_t *listener, const char *err)
{
    h2o_socket_t *sock;
    (void)err;
    while ((sock = h2o_evloop_socket_accept(listener)))
        h2o_accept(&accept_ctx, sock);
}

static void on_path(h2o_hostconf_t *host, const char *path, int (*fn)(h2o_handler_t *self, h2o_req_t *req))
{
    h2o_create_handler(h2o_config_register_path(host, path, 0), sizeof(h2o_handler_t))->on_req = fn;
}

static int listen_on(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, SOMAXCONN)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static h2o_globalconf_t config;
    static h2o_context_t context;
    if (argc != 2 && argc != 5)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    h2o_loop_t *loop = h2o_evloop_create();
    if (argc == 5) {
        lane_count = (size_t)atoi(argv[2]);
        org = argv[4];
        for (size_t i = 0; i < lane_count; i++)
            open_lane(&lanes[i], loop, argv[3]);
    }
    h2o_config_init(&config);
    config.server_name.len = 0;
    config.http1.upgrade_to_http2 = 0;
    h2o_hostconf_t *host = h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    on_path(host, "/health", on_health);
    on_path(host, "/echo", on_echo);
    if (lane_count)
        on_path(host, "/v1/users", on_user);
    h2o_context_init(&context, loop, &config);
    accept_ctx = (h2o_accept_ctx_t){.ctx = &context, .hosts = config.hosts};
    h2o_socket_t *listener =
        h2o_evloop_socket_create(loop, listen_on((uint16_t)atoi(argv[1])), H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(listener, on_accept);
    while (h2o_evloop_run(loop, INT32_MAX) == 0)
        ;
    return 0;
}
