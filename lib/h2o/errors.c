#include "h2o/errors.h"
#include "h2o/request.h"

typedef struct rewriter {
    h2o_ostream_t super;
    const saas_host_reply *reply;
} rewriter;

static void send_ours(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count, h2o_send_state_t state)
{
    (void)bufs;
    const saas_host_reply *reply = ((const rewriter *)(void *)self)->reply;
    h2o_iovec_t body = {(char *)(uintptr_t)reply->body.ptr, reply->body.len};
    h2o_ostream_send_next(self, req, &body, count ? 1 : 0, state);
}

static saas_err err_of(int status)
{
    switch (status) {
    case 404:
        return SAAS_ERR_NOT_FOUND;
    case 413:
        return SAAS_ERR_PAYLOAD_TOO_LARGE;
    default:
        return SAAS_ERR_BAD_REQUEST;
    }
}

static void on_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    (void)self;
    rewriter *w = (rewriter *)(void *)h2o_add_ostream(req, sizeof *w, slot);
    w->super.do_send = send_ours;
    w->reply = saas_host_refusal(err_of(req->res.status));
    req->res.headers = (h2o_headers_t){0};
    saas_h2o_fill(req, w->reply);
    req->http1_is_persistent = 0;
    saas_h2o_conn *conn = saas_h2o_conn_of(req->conn->callbacks->get_socket(req->conn));
    if (conn)
        saas_h2o_conn_linger(conn);
    h2o_setup_next_ostream(req, &w->super.next);
}

void saas_h2o_errors_register(h2o_hostconf_t *host)
{
    host->fallback_path.error_log.emit_request_errors = 0;
    h2o_create_filter(&host->fallback_path, sizeof(h2o_filter_t))->on_setup_ostream = on_setup;
}
