#include "envelope/envelope.h"
#include "http/ctx.h"
#include "http/etag.h"
#include "http/reply.h"
#include "json/scan.h"
#include "schema/write.h"

enum { OUT_FIRST = 512, HOST_HEADERS_MAX = SAAS_REPLY_HEADERS_MAX - 32 };

void saas_ctx_clear_reply(saas_ctx *c)
{
    c->replied = false;
    c->file = NULL;
    c->out.len = 0;
    c->out.failed = false;
    if (!c->out.arena)
        saas_buf_init(&c->out, &c->arena, OUT_FIRST);
}

saas_err saas_reply_begin(saas_json *j, saas_ctx *c, int status)
{
    if (c->replied || c->answered)
        return saas_ctx_bug(c, "a second reply");
    if (status && (status < 200 || status > 299 || status == 204 || status == 205))
        return saas_ctx_bug(c, "a reply with a status that is no success with a body");
    saas_ctx_clear_reply(c);
    c->status = status ? status : 200;
    *j = saas_json_on(&c->out);
    saas_envelope_ok(j);
    return SAAS_OK;
}

saas_err saas_reply_end(saas_ctx *c, saas_json *j, const saas_meta *meta)
{
    saas_envelope_ok_end(j, meta);
    if (c->out.failed)
        return SAAS_ERR_NO_MEMORY;
    c->replied = true;
    return SAAS_OK;
}

saas_err saas_reply(saas_ctx *c, int status, const saas_schema *schema, const void *in)
{
    saas_json j;
    SAAS_TRY(saas_reply_begin(&j, c, status));
    saas_idempotency_watch(c, schema);
    saas_write_struct(&j, schema, in);
    return saas_reply_end(c, &j, NULL);
}

saas_err saas_reply_null(saas_ctx *c, int status)
{
    saas_json j;
    SAAS_TRY(saas_reply_begin(&j, c, status));
    saas_json_null(&j);
    return saas_reply_end(c, &j, NULL);
}

saas_err saas_reply_raw(saas_ctx *c, int status, saas_text json)
{
    saas_json j;
    if (saas_json_check(json))
        return saas_ctx_bug(c, "saas_reply_raw: this is no JSON");
    SAAS_TRY(saas_reply_begin(&j, c, status));
    saas_json_raw(&j, json);
    return saas_reply_end(c, &j, NULL);
}

/* ---- headers ---- */

static bool token_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

bool saas_is_token(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!token_char(t.ptr[i]))
            return false;
    return t.len > 0;
}

/* RFC 9110 field-value: no controls but tab. */
static bool is_field_value(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (((unsigned char)t.ptr[i] < 0x20 && t.ptr[i] != '\t') || t.ptr[i] == 0x7f)
            return false;
    return true;
}

static bool is_framing(saas_text name)
{
    static const char *const ours[] = {
        "connection", "content-length", "content-type", "date", "transfer-encoding", "x-request-id", NULL};
    for (const char *const *at = ours; *at; at++)
        if (saas_text_equal_ci(name, saas_text_z(*at)))
            return true;
    return false;
}

bool saas_header_fits(saas_text name, saas_text value)
{
    return saas_is_token(name) && is_field_value(value) && !is_framing(name);
}

/* RFC 9110 section 5.3: those that may be there more than once. */
static bool is_list(saas_text name)
{
    return saas_text_equal_ci(name, SAAS_LIT("set-cookie")) || saas_text_equal_ci(name, SAAS_LIT("vary")) ||
           saas_text_equal_ci(name, SAAS_LIT("link"));
}

static saas_header *find_header(const saas_ctx *c, saas_text name)
{
    for (size_t i = 0; i < c->reply_header_count; i++)
        if (saas_text_equal_ci(c->reply_headers[i].name, name))
            return (saas_header *)(uintptr_t)&c->reply_headers[i];
    return NULL;
}

saas_err saas_reply_header(saas_ctx *c, const char *name, const char *value)
{
    saas_text n = saas_text_z(name), v = saas_text_z(value);
    if (!saas_header_fits(n, v))
        return saas_ctx_bug(c, "saas_reply_header: a name or value that can't be sent, or a header of the transport's");
    saas_header *known = is_list(n) ? NULL : find_header(c, n);
    if (!known && c->reply_header_count >= HOST_HEADERS_MAX)
        return SAAS_ERR_NO_MEMORY;
    n.ptr = saas_arena_copy(&c->arena, n.ptr, n.len);
    v.ptr = saas_arena_copy(&c->arena, v.ptr, v.len);
    if (!n.ptr || !v.ptr)
        return SAAS_ERR_NO_MEMORY;
    *(known ? known : &c->reply_headers[c->reply_header_count++]) = (saas_header){n, v};
    return SAAS_OK;
}

saas_text saas_reply_header_get(const saas_ctx *c, const char *name)
{
    const saas_header *known = find_header(c, saas_text_z(name));
    return known ? known->value : (saas_text){NULL, 0};
}

int saas_reply_status(const saas_ctx *c)
{
    return c->replied || c->answered ? c->status : 0;
}

void saas_ctx_header_more(saas_ctx *c, saas_text name, saas_text value)
{
    c->reply_headers[c->reply_header_count++] = (saas_header){name, value};
}

void saas_ctx_header(saas_ctx *c, saas_text name, saas_text value)
{
    if (!find_header(c, name))
        saas_ctx_header_more(c, name, value);
}

/* ---- the whole answer ---- */

/* Only what an open GET says to everybody may be kept by a cache. */
static bool is_public(const saas_ctx *c)
{
    const saas_route *route = c->match.route;
    return route && route->open && !c->signed_in && c->status < 300 && saas_ctx_reads(c);
}

/* Where there are ETags, whoever keeps an answer asks again each time, so nobody is shown what another one has seen. */
static void control_caches(saas_ctx *c, bool tagged)
{
    if (tagged)
        saas_ctx_header(c, SAAS_LIT("cache-control"),
                        c->signed_in ? SAAS_LIT("private, no-cache") : SAAS_LIT("no-cache"));
    else if (!is_public(c))
        saas_ctx_header(c, SAAS_LIT("cache-control"), SAAS_LIT("no-store"));
}

static bool forbids_storing(const saas_ctx *c)
{
    const saas_text said = saas_reply_header_get(c, "cache-control");
    return said.ptr && strcasestr(said.ptr, "no-store");
}

/* 304 for who has the body already. */
static void revalidate(saas_ctx *c, saas_text *body)
{
    const saas_policy *p = c->match.policy;
    const bool tagged = p && p->etag && c->status == 200 && saas_ctx_reads(c) && !forbids_storing(c);
    control_caches(c, tagged);
    if (!tagged)
        return;
    saas_text tag = saas_reply_header_get(c, "etag");
    if (!tag.ptr) {
        char *made = saas_arena_alloc(&c->arena, SAAS_ETAG_CHARS + 1);
        if (!made)
            return;
        saas_etag_of(made, *body);
        tag = (saas_text){made, SAAS_ETAG_CHARS};
        saas_ctx_header(c, SAAS_LIT("etag"), tag);
    }
    if (!saas_etag_known(c, tag))
        return;
    c->status = 304;
    *body = SAAS_LIT("");
}

static saas_text body_of(saas_ctx *c)
{
    if (c->file)
        return c->file->body;
    const saas_text body = saas_buf_done(&c->out);
    if (body.ptr)
        return body;
    const saas_host_reply *plain = saas_host_refusal(SAAS_ERR_NO_MEMORY);
    c->status = plain->status;
    c->result = SAAS_ERR_NO_MEMORY;
    saas_ctx_header(c, SAAS_LIT("retry-after"), SAAS_LIT("1"));
    return plain->body;
}

static void policy_headers(saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    if (!p)
        return;
    for (size_t i = 0; i < p->header_count; i++)
        saas_ctx_header(c, p->headers[i].name, p->headers[i].value);
    if (!c->preflight)
        saas_cors_answer(c, c->match.cors);
}

void saas_ctx_seal(saas_ctx *c)
{
    saas_text body = body_of(c);
    policy_headers(c);
    revalidate(c, &body);
    if (c->status != 204 && c->status != 304)
        saas_ctx_header(c, SAAS_LIT("content-type"), SAAS_LIT("application/json"));
    saas_ctx_header(c, SAAS_LIT("x-request-id"), c->request_id);
    saas_ctx_header(c, SAAS_LIT("x-content-type-options"), SAAS_LIT("nosniff"));
    if (c->limit_policy.ptr) {
        saas_ctx_header(c, SAAS_LIT("ratelimit-policy"), c->limit_policy);
        saas_ctx_header(c, SAAS_LIT("ratelimit"), c->limit_state);
    }
    c->reply = (saas_host_reply){.size = sizeof(saas_host_reply),
                                 .status = c->status,
                                 .headers = c->reply_headers,
                                 .header_count = c->reply_header_count,
                                 .header_size = sizeof(saas_header),
                                 .body = body,
                                 .close = c->close};
}

void saas_ctx_answer(saas_ctx *c, saas_err e)
{
    c->result = c->bug ? SAAS_ERR_BUG : e;
    if (c->result && !c->failure_written && !c->gone)
        saas_ctx_write_failure(c, c->result);
    c->answered = true;
}

void saas_ctx_conclude(saas_ctx *c, saas_err e)
{
    if (!c->answered)
        saas_ctx_answer(c, e);
    if (!c->gone)
        saas_ctx_seal(c);
    c->finished = true;
}
