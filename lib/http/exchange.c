#include "base/clock.h"
#include "base/uuid.h"
#include "http/ctx.h"

enum { ARENA_BASE = 1 << 20, ARENA_PER_BODY_BYTE = 8, REQUEST_ID_MAX = 128, TIMEOUT_BEFORE_ROUTE_MS = 10000 };

static saas_ctx *ctx_of(saas_exchange *x)
{
    return (saas_ctx *)(void *)x;
}

/* ---- copying the request ---- */

static const saas_header *header_at(const saas_host_request *r, size_t i)
{
    return (const saas_header *)(const void *)((const char *)r->headers + i * r->header_size);
}

/* Texts one after another in one allocation, each with a NUL behind it. */
static saas_text put(char **at, saas_text t)
{
    char *start = *at;
    if (t.len)
        memcpy(start, t.ptr, t.len);
    start[t.len] = 0;
    *at += t.len + 1;
    return (saas_text){t.ptr ? start : NULL, t.len};
}

static size_t text_bytes(const saas_host_request *r)
{
    size_t n = r->method.len + r->target.len + r->content_type.len + r->remote.len + r->body.len + 5;
    for (size_t i = 0; i < r->header_count; i++) {
        const saas_header *h = header_at(r, i);
        n += h->name.len + h->value.len + 2;
    }
    return n;
}

/* In place: path and query string are each NUL-terminated. */
static void split_target(saas_ctx *c, char *target, size_t len)
{
    char *mark = len ? memchr(target, '?', len) : NULL;
    size_t path = mark ? (size_t)(mark - target) : len;
    c->path = (saas_text){target, path};
    if (!mark)
        return;
    *mark = 0;
    c->url_query = (saas_text){mark + 1, len - path - 1};
}

static void note_header(saas_ctx *c, const saas_header *h)
{
    if (h->name.len == 12 && !c->request_id.ptr && !memcmp(h->name.ptr, "x-request-id", 12))
        c->request_id = h->value;
    else if (h->name.len == 13 && !c->authorization.ptr && !memcmp(h->name.ptr, "authorization", 13))
        c->authorization = h->value;
}

static saas_err copy_request(saas_ctx *c, const saas_host_request *r)
{
    char *at = saas_arena_alloc(&c->arena, text_bytes(r));
    saas_header *headers = saas_arena_alloc(&c->arena, r->header_count * sizeof *headers);
    if (!at || !headers)
        return SAAS_ERR_NO_MEMORY;
    c->method = put(&at, r->method);
    char *target = at;
    put(&at, r->target);
    split_target(c, target, r->target.len);
    c->content_type = put(&at, r->content_type);
    c->remote = put(&at, r->remote);
    c->body_sent = r->body.ptr != NULL;
    c->body = put(&at, r->body);
    for (size_t i = 0; i < r->header_count; i++) {
        const saas_header *h = header_at(r, i);
        headers[i].name = put(&at, h->name);
        headers[i].value = put(&at, h->value);
        note_header(c, &headers[i]);
    }
    c->headers = headers;
    c->header_count = r->header_count;
    c->refused = r->refused;
    return SAAS_OK;
}

/* ---- request id ---- */

static bool sane(saas_text id)
{
    if (!id.len || id.len > REQUEST_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char ch = id.ptr[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '.' ||
                  ch == '_' || ch == '-';
        if (!ok)
            return false;
    }
    return true;
}

static saas_err name_request(saas_ctx *c)
{
    saas_shard *shard = c->shard;
    if (sane(c->request_id))
        return SAAS_OK;
    if (!shard->random_left) {
        SAAS_TRY(saas_random(shard->random, sizeof shard->random));
        shard->random_left = sizeof shard->random;
    }
    shard->random_left -= SAAS_UUID_RANDOM;
    char *id = saas_arena_alloc(&c->arena, SAAS_UUID_CHARS + 1);
    if (!id)
        return SAAS_ERR_NO_MEMORY;
    saas_uuid_format(id, saas_uuid_v7_of(c->wall_us, shard->random + shard->random_left));
    c->request_id = (saas_text){id, SAAS_UUID_CHARS};
    return SAAS_OK;
}

/* ---- the border ---- */

static saas_err open_exchange(saas_ctx *c, const saas_host_request *r)
{
    c->started_us = saas_clock_mono_us();
    c->wall_us = saas_clock_wall_us();
    c->deadline_us = c->started_us + TIMEOUT_BEFORE_ROUTE_MS * UINT64_C(1000);
    SAAS_TRY(copy_request(c, r));
    return name_request(c);
}

saas_err saas_exchange_new(saas_exchange **out, saas_shard *shard, const saas_host_request *request,
                           const saas_host_ops *ops, void *transport)
{
    saas_host_request r = {0};
    if (shard->stopping)
        return SAAS_ERR_UNAVAILABLE;
    if (shard->live >= shard->requests_max)
        return SAAS_ERR_BUSY;
    memcpy(&r, request, request->size < sizeof r ? request->size : sizeof r);
    saas_ctx *c = saas_ctx_new(shard, ARENA_BASE + ARENA_PER_BODY_BYTE * shard->body_max_bytes + r.body.len);
    if (!c)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = open_exchange(c, &r);
    if (e) {
        saas_ctx_drop(c);
        return e;
    }
    c->ops = ops;
    c->transport = transport;
    *out = (saas_exchange *)(void *)c;
    return SAAS_OK;
}

void saas_exchange_start(saas_exchange *x)
{
    saas_ctx *c = ctx_of(x);
    c->owners++;
    saas_err e = saas_fiber_start(c->shard->fibers, saas_ctx_run, c);
    if (e)
        saas_ctx_conclude(c, e);
    saas_ctx_settle(c);
}

void saas_exchange_release(saas_exchange *x)
{
    saas_ctx *c = ctx_of(x);
    c->gone = true;
    if (!c->sent)
        saas_ctx_cut(c, SAAS_ERR_CANCELLED);
    saas_ctx_drop(c);
}
