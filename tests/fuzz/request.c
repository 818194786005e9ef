/* A whole request through router, steps and a handler: one answer, in the envelope, with a request id of a sane form.
 * The input's lines: method, target, Content-Type, Authorization, X-Request-Id; the rest is the body. */
#include "http/site.h"
#include "json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define THING(F, T)                                                                                                    \
    F(T, text(1, 20), name, .required = true)                                                                          \
    F(T, i64(0, 9), stars)
SAAS_STRUCT(thing, THING);
SAAS_STRUCT(paged, SAAS_PAGE_FIELDS);

static void hold(bool cond)
{
    if (!cond)
        abort();
}

static saas_err echo(saas_ctx *c)
{
    return saas_reply(c, 201, &thing_schema, saas_body(c, thing));
}

static saas_err get(saas_ctx *c)
{
    saas_text id = saas_param(c, "id");
    hold(strlen(id.ptr) == id.len && saas_param(c, "tag").ptr != NULL);
    const struct paged *q = saas_url_query(c, paged);
    hold(q->has.page == SAAS_SET ? q->page >= 1 : q->page == 0);
    return saas_reply_null(c, 0);
}

static const saas_route routes[] = {
    SAAS_POST("/things", echo, .open = true, .body = &thing_schema, .body_max_bytes = 4096),
    SAAS_GET("/things/:id/:tag", get, .open = true, .query = &paged_schema),
    SAAS_GET("/things/mine/:tag", get, .query = &paged_schema),
};

static void look_at(void *transport, const saas_host_reply *r)
{
    client *t = transport;
    t->replies++;
    hold(r->status >= 200 && r->status < 600 && r->body.ptr);
    hold(r->status == 204 ? !r->body.len : saas_json_check(r->body) == SAAS_OK);
    hold(r->status == 204 || !strncmp(r->body.ptr, r->status < 300 ? "{\"success\":true," : "{\"success\":false,",
                  r->status < 300 ? 16 : 17));
    for (size_t i = 0; i < r->header_count; i++)
        hold(!strpbrk(r->headers[i].value.ptr, "\r\n") && strlen(r->headers[i].value.ptr) == r->headers[i].value.len);
}

static saas_text line(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *start = *at, *stop = memchr(start, '\n', (size_t)(end - start));
    *at = stop ? stop + 1 : end;
    return (saas_text){(const char *)start, (size_t)((stop ? stop : end) - start)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const saas_host_ops looking = {sizeof looking, look_at};
    const uint8_t *at = data, *end = data + size;
    client t = {0};
    if (!shard)
        site_up(routes, sizeof routes / sizeof *routes, NULL);
    saas_host_request r = {.size = sizeof r, .remote = SAAS_LIT("192.0.2.1"), .header_size = sizeof(saas_header)};
    r.method = line(&at, end);
    r.target = line(&at, end);
    r.content_type = line(&at, end);
    const saas_header headers[] = {{SAAS_LIT("authorization"), line(&at, end)},
                                   {SAAS_LIT("x-request-id"), line(&at, end)}};
    r.headers = headers;
    r.header_count = 2;
    r.body = (saas_text){(const char *)at, (size_t)(end - at)};
    MUST(saas_exchange_new(&t.x, shard, &r, &looking, &t));
    saas_exchange_start(t.x);
    hold(t.replies == 1);
    leave(&t);
    hold(shard->live == 0);
    forget_log();
    return 0;
}
