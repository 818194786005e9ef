#include "h2o/request.h"

static void sweep(void *user);

/* Without memory for it there is none until the next request tries again. */
static void arm_sweep(saas_h2o_worker *w)
{
    if (!w->sweep.slot && saas_timer_start(w->loop.loop, &w->sweep, SAAS_H2O_SWEEP_MS, sweep, w))
        w->sweep.slot = 0;
}

/* ---- the answer ---- */

static bool has_body(const h2o_req_t *req)
{
    bool head = req->input.method.len == 4 && !memcmp(req->input.method.base, "HEAD", 4);
    return !head && req->res.content_length != SIZE_MAX && req->res.content_length > 0;
}

static void deliver(h2o_req_t *req, const saas_host_reply *reply)
{
    static h2o_generator_t generator = {NULL, NULL}; /* h2o never writes to it, nor calls it: all goes in one piece */
    saas_h2o_fill(req, reply);
    h2o_iovec_t body = {(char *)(uintptr_t)reply->body.ptr, reply->body.len};
    h2o_start_response(req, &generator);
    h2o_send(req, &body, has_body(req), H2O_SEND_STATE_FINAL);
}

static h2o_socket_t *socket_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn);
}

static void reply_to(saas_h2o_request *r, const saas_host_reply *reply)
{
    saas_h2o_request_unwatch(r);
    r->since_ms = saas_loop_now_ms(r->worker->loop.loop);
    r->allowed_ms = r->worker->write_ms + reply->body.len * r->worker->write_ms / SAAS_H2O_WRITE_BYTES;
    if (r->worker->stopping)
        r->req->http1_is_persistent = 0;
    deliver(r->req, reply);
}

static void on_reply(void *transport, const saas_host_reply *reply)
{
    saas_h2o_request *r = transport;
    if (r->conn && (reply->close || r->refused))
        saas_h2o_conn_linger(r->conn);
    reply_to(r, reply);
}

void saas_h2o_refuse(h2o_req_t *req, saas_err e)
{
    const saas_host_reply *reply = saas_host_refusal(e);
    saas_h2o_conn *conn = saas_h2o_conn_of(socket_of(req));
    if (conn && reply->close)
        saas_h2o_conn_linger(conn);
    deliver(req, reply);
}

void saas_h2o_request_abandon(saas_h2o_request *r)
{
    saas_exchange *x = r->x;
    r->x = NULL;
    saas_exchange_release(x);
    reply_to(r, saas_host_refusal(SAAS_ERR_CANCELLED));
}

/* ---- from h2o ---- */

static void on_dispose(void *block)
{
    saas_h2o_request *r = block;
    saas_h2o_request_unwatch(r);
    h2o_linklist_unlink(&r->link);
    if (r->conn)
        saas_h2o_conn_done(r->conn);
    if (r->x)
        saas_exchange_release(r->x);
}

static saas_h2o_request *request_new(saas_h2o_worker *w, h2o_req_t *req)
{
    h2o_socket_t *sock = socket_of(req);
    saas_h2o_request *r = h2o_mem_alloc_shared(&req->pool, sizeof *r, on_dispose);
    *r = (saas_h2o_request){.req = req,
                            .worker = w,
                            .conn = saas_h2o_conn_of(sock),
                            .fd = h2o_socket_get_fd(sock),
                            .since_ms = saas_loop_now_ms(w->loop.loop)};
    h2o_linklist_insert(&w->requests, &r->link);
    if (r->conn)
        saas_h2o_conn_begin(r->conn);
    arm_sweep(w);
    return r;
}

/* The mount's part of the target. It is matched by h2o on a normalized path; a target that says it in another way is
 * refused rather than guessed at. */
static bool strip(saas_text *target, h2o_req_t *req, size_t prefix_len)
{
    const char *prefix = req->pathconf->path.base;
    if (target->len < prefix_len || memcmp(target->ptr, prefix, prefix_len) != 0)
        return prefix_len == 0;
    saas_text rest = {target->ptr + prefix_len, target->len - prefix_len};
    if (rest.len && rest.ptr[0] == '/') {
        *target = rest;
        return true;
    }
    if (rest.len && rest.ptr[0] != '?')
        return false;
    char *with_slash = h2o_mem_alloc_pool(&req->pool, rest.len + 1);
    with_slash[0] = '/';
    memcpy(with_slash + 1, rest.ptr, rest.len);
    *target = (saas_text){with_slash, rest.len + 1};
    return true;
}

/* What the guard read, if h2o read the same. */
static saas_err read_http1(saas_host_request *to, saas_h2o_head *head, h2o_req_t *req)
{
    const h2o_buffer_t *input = socket_of(req)->input;
    SAAS_TRY(saas_h2o_guard(head, input->bytes, input->size));
    if (head->has_length ? req->entity.base != input->bytes + head->size || req->entity.len != head->length
                         : req->entity.base != NULL)
        return SAAS_ERR_BAD_REQUEST;
    to->method = head->method;
    to->target = head->target;
    to->content_type = head->content_type;
    to->headers = head->headers;
    to->header_count = head->header_count;
    if (req->entity.len)
        to->body = (saas_text){req->entity.base, req->entity.len};
    return SAAS_OK;
}

/* Of a host that speaks HTTP/2, whose frames leave no head to read again. */
static saas_err read_http2(saas_host_request *to, saas_h2o_head *head, h2o_req_t *req)
{
    if (req->headers.size > SAAS_H2O_HEADERS_MAX)
        return SAAS_ERR_BAD_REQUEST;
    for (size_t i = 0; i < req->headers.size; i++) {
        const h2o_header_t *from = &req->headers.entries[i];
        head->headers[i] = (saas_header){{from->name->base, from->name->len}, {from->value.base, from->value.len}};
        if (from->name == &H2O_TOKEN_CONTENT_TYPE->buf)
            to->content_type = head->headers[i].value;
    }
    to->headers = head->headers;
    to->header_count = req->headers.size;
    if (req->entity.len)
        to->body = (saas_text){req->entity.base, req->entity.len};
    return SAAS_OK;
}

static saas_text remote_of(saas_h2o_request *r, char space[NI_MAXHOST])
{
    if (r->conn)
        return (saas_text){r->conn->remote, r->conn->remote_len};
    struct sockaddr_storage peer;
    socklen_t len = r->req->conn->callbacks->get_peername(r->req->conn, (struct sockaddr *)&peer);
    size_t n = len ? h2o_socket_getnumerichost((struct sockaddr *)&peer, len, space) : SIZE_MAX;
    return n == SIZE_MAX ? (saas_text){NULL, 0} : (saas_text){space, n};
}

/* A frame of its own for the head. */
__attribute__((noinline)) static saas_err begin(saas_h2o_request *r, saas_host_request *to, size_t prefix_len)
{
    static const saas_host_ops ops = {.size = sizeof ops, .reply = on_reply};
    h2o_req_t *req = r->req;
    saas_h2o_head head;
    to->method = (saas_text){req->input.method.base, req->input.method.len};
    to->target = (saas_text){req->input.path.base, req->input.path.len};
    to->refused = req->version < 0x200 ? read_http1(to, &head, req) : read_http2(to, &head, req);
    if (!to->refused && !strip(&to->target, req, prefix_len))
        to->refused = SAAS_ERR_BAD_REQUEST;
    r->refused = to->refused != SAAS_OK;
    if (r->refused)
        req->http1_is_persistent = 0;
    return saas_exchange_new(&r->x, r->worker->shard, to, &ops, r);
}

void saas_h2o_worker_take(saas_h2o_worker *w, h2o_req_t *req, size_t prefix_len)
{
    saas_h2o_request *r = request_new(w, req);
    char space[NI_MAXHOST];
    saas_host_request host = {.size = sizeof host, .remote = remote_of(r, space), .header_size = sizeof(saas_header)};
    saas_err e = begin(r, &host, prefix_len);
    if (e)
        reply_to(r, saas_host_refusal(e));
    else
        saas_exchange_start(r->x);
}

/* ---- the sweep ---- */

static void look_at(saas_h2o_request *r, uint64_t age_ms)
{
    if (!r->allowed_ms) {
        if (age_ms >= SAAS_H2O_SWEEP_MS && r->req->version < 0x200)
            saas_h2o_request_watch(r);
    } else if (age_ms > r->allowed_ms) {
        shutdown(r->fd, SHUT_RDWR); /* the write fails, and h2o closes */
    }
}

static void sweep(void *user)
{
    saas_h2o_worker *w = user;
    uint64_t now = saas_loop_now_ms(w->loop.loop);
    for (h2o_linklist_t *at = w->requests.next; at != &w->requests; at = at->next) {
        saas_h2o_request *r = H2O_STRUCT_FROM_MEMBER(saas_h2o_request, link, at);
        look_at(r, now - r->since_ms);
    }
    if (!h2o_linklist_is_empty(&w->requests))
        arm_sweep(w);
}

void saas_h2o_worker_cut_slowest(saas_h2o_worker *w)
{
    uint64_t now = saas_loop_now_ms(w->loop.loop), longest = SAAS_H2O_SLOW_MS;
    const saas_h2o_request *slowest = NULL;
    for (h2o_linklist_t *at = w->requests.next; at != &w->requests; at = at->next) {
        const saas_h2o_request *r = H2O_STRUCT_FROM_MEMBER(saas_h2o_request, link, at);
        if (!r->allowed_ms || now - r->since_ms < longest)
            continue;
        longest = now - r->since_ms;
        slowest = r;
    }
    if (slowest)
        shutdown(slowest->fd, SHUT_RDWR);
}
