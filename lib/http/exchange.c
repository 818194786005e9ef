#include "base/clock.h"
#include "base/uuid.h"
#include "http/ctx.h"

/* Past requests_max there is room for what is vital, and for telling the others off. */
enum { LIVE_RESERVE = 128 };
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

static bool named(const saas_header *h, const char *name, size_t len)
{
    return h->name.len == len && !memcmp(h->name.ptr, name, len);
}

/* Of several the first; how many there are decides about a trace. */
static void note_header(saas_ctx *c, const saas_header *h)
{
    if (named(h, "x-request-id", 12) && !c->request_id.ptr)
        c->request_id = h->value;
    else if (named(h, "authorization", 13) && !c->authorization.ptr)
        c->authorization = h->value;
    else if (named(h, "traceparent", 11) && !c->traceparents++)
        c->traceparent = h->value;
    else if (named(h, "tracestate", 10) && !c->tracestates++)
        c->tracestate = h->value;
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
    c->peer = c->remote = put(&at, r->remote);
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

/* ---- behind a proxy ---- */

static saas_err find_client(saas_ctx *c)
{
    const saas_proxies *p = &c->shard->site->proxies;
    saas_address peer;
    saas_caller who;
    if (!p->count || !saas_address_read(&peer, c->peer) || !saas_proxies_have(p, &peer))
        return SAAS_OK;
    saas_proxies_ask(&who, p, c->headers, c->header_count);
    c->secure = who.secure;
    if (!who.len)
        return SAAS_OK;
    c->remote = (saas_text){saas_arena_copy(&c->arena, who.text, who.len), who.len};
    return c->remote.ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
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

/* A trace that begins here has the request's own id, if that is ours: what follows its time is random, as asked. */
static saas_err name_request(saas_ctx *c)
{
    uint8_t random[SAAS_UUID_RANDOM];
    c->trace.flags = SAAS_TRACE_RANDOM;
    if (sane(c->request_id))
        return saas_shard_random(c->trace.id, c->shard, sizeof c->trace.id);
    SAAS_TRY(saas_shard_random(random, c->shard, sizeof random));
    char *id = saas_arena_alloc(&c->arena, SAAS_UUID_CHARS + 1);
    if (!id)
        return SAAS_ERR_NO_MEMORY;
    const saas_uuid made = saas_uuid_v7_of(c->wall_us, random);
    saas_uuid_format(id, made);
    memcpy(c->trace.id, made.b, sizeof made.b);
    c->request_id = (saas_text){id, SAAS_UUID_CHARS};
    return SAAS_OK;
}

/* ---- trace ---- */

/* Several headers are one list. {NULL, 0}: too long, or no memory. */
static saas_text join_states(saas_ctx *c)
{
    if (c->tracestates == 1)
        return c->tracestate;
    char *all = saas_arena_alloc(&c->arena, SAAS_TRACESTATE_MAX + 1);
    size_t len = 0;
    for (size_t i = 0; all && i < c->header_count; i++) {
        const saas_header *h = &c->headers[i];
        if (!named(h, "tracestate", 10))
            continue;
        if (len + 1 + h->value.len > SAAS_TRACESTATE_MAX)
            return (saas_text){NULL, 0};
        if (len)
            all[len++] = ',';
        memcpy(all + len, h->value.ptr, h->value.len);
        len += h->value.len;
    }
    if (!all)
        return (saas_text){NULL, 0};
    all[len] = 0;
    return (saas_text){all, len};
}

static saas_err join_trace(saas_ctx *c)
{
    SAAS_TRY(saas_shard_random(c->trace.span, c->shard, sizeof c->trace.span));
    if (c->traceparents == 1 && saas_trace_parse(&c->trace, c->traceparent) && c->tracestates)
        c->tracestate = join_states(c);
    if (!c->trace.continued || !saas_tracestate_holds(c->tracestate))
        c->tracestate = (saas_text){NULL, 0};
    return SAAS_OK;
}

/* ---- the border ---- */

static saas_err open_exchange(saas_ctx *c, const saas_host_request *r)
{
    c->started_us = saas_clock_mono_us();
    c->wall_us = saas_clock_wall_us();
    c->deadline_us = c->started_us + TIMEOUT_BEFORE_ROUTE_MS * UINT64_C(1000);
    SAAS_TRY(copy_request(c, r));
    SAAS_TRY(find_client(c));
    SAAS_TRY(name_request(c));
    return join_trace(c);
}

saas_err saas_exchange_new(saas_exchange **out, saas_shard *shard, const saas_host_request *request,
                           const saas_host_ops *ops, void *transport)
{
    saas_host_request r = {0};
    if (shard->stopping)
        return SAAS_ERR_UNAVAILABLE;
    if (shard->live >= shard->requests_max + LIVE_RESERVE) {
        saas_pulse_count(shard, SAAS_SHED_REQUESTS);
        return SAAS_ERR_BUSY;
    }
    memcpy(&r, request, request->size < sizeof r ? request->size : sizeof r);
    saas_ctx *c = saas_ctx_new(shard, ARENA_BASE + ARENA_PER_BODY_BYTE * shard->body_max_bytes + r.body.len);
    if (!c)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = open_exchange(c, &r);
    if (e) {
        saas_ctx_drop(c);
        return e;
    }
    saas_pulse_take(shard);
    c->ops = ops;
    c->transport = transport;
    *out = (saas_exchange *)(void *)c;
    return SAAS_OK;
}

void saas_exchange_start(saas_exchange *x)
{
    saas_ctx *c = ctx_of(x);
    c->owners++;
    const uint64_t entered = saas_pulse_entered(&c->shard->pulse, c->match.route);
    saas_err e = saas_fiber_start(c->shard->fibers, saas_ctx_run, c);
    saas_pulse_left(c, entered);
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
