#include "middleware/validate.h"
#include "base/percent.h"
#include "http/ctx.h"
#include "json/chars.h"
#include "schema/coerce.h"
#include "schema/write.h"

/* ---- media type ---- */

static saas_text trim(saas_text t)
{
    while (t.len && (*t.ptr == ' ' || *t.ptr == '\t'))
        t = (saas_text){t.ptr + 1, t.len - 1};
    while (t.len && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t'))
        t.len--;
    return t;
}

bool saas_is_json_type(saas_text t)
{
    const char *semicolon = t.len ? memchr(t.ptr, ';', t.len) : NULL;
    size_t type = semicolon ? (size_t)(semicolon - t.ptr) : t.len;
    if (!saas_text_equal_ci(trim((saas_text){t.ptr, type}), SAAS_LIT("application/json")))
        return false;
    if (!semicolon)
        return true;
    saas_text parameter = trim((saas_text){semicolon + 1, t.len - type - 1});
    return !parameter.len || saas_text_equal_ci(parameter, SAAS_LIT("charset=utf-8")) ||
           saas_text_equal_ci(parameter, SAAS_LIT("charset=\"utf-8\""));
}

/* ---- path ---- */

/* What is no text in UTF-8 without U+0000 can't be the name of anything. */
static saas_err decode(saas_text *value, saas_arena *a)
{
    size_t len;
    char *out = saas_arena_alloc(a, value->len + 1);
    if (!out)
        return SAAS_ERR_NO_MEMORY;
    if (saas_percent_decode(out, &len, *value, false) || memchr(out, 0, len) ||
        saas_utf8_span(out, out + len) != out + len)
        return SAAS_ERR_NOT_FOUND;
    *value = (saas_text){out, len};
    return SAAS_OK;
}

/* What is wrong with a name of the path is nobody's to mend: it names nothing. */
static saas_err read_params(saas_ctx *c, const saas_schema *schema)
{
    char name[64];
    saas_issues issues = {0};
    void *in = saas_arena_calloc(&c->arena, 1, schema->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        saas_text path = saas_field_json_name(name, f);
        SAAS_TRY(saas_coerce(in, &issues, &c->arena, f, path, saas_param(c, name)));
    }
    c->params_in = in;
    return SAAS_OK;
}

static saas_err read_path(saas_ctx *c)
{
    for (size_t i = 0; i < c->match.param_count; i++)
        SAAS_TRY(decode(&c->match.values[i], &c->arena));
    return c->match.route->params ? read_params(c, c->match.route->params) : SAAS_OK;
}

/* ---- query string and body ---- */

static saas_err read_query(saas_ctx *c)
{
    static const saas_schema none = {.name = "none", .struct_size = 1, .field_size = sizeof(saas_field)};
    const saas_schema *schema = c->match.route->query;
    void *in;
    if (!schema && !c->url_query.len)
        return SAAS_OK;
    SAAS_TRY(saas_read_query(&in, &c->issues, schema ? schema : &none, &c->arena, c->url_query));
    c->query_in = in;
    return SAAS_OK;
}

/* Where, but nothing of what is there. */
static saas_err malformed(saas_ctx *c, size_t at)
{
    saas_text where = at < c->body.len ? saas_arena_format(&c->arena, "The body is not valid JSON at byte %zu", at + 1)
                                       : SAAS_LIT("The body ends before its JSON does");
    return where.ptr ? saas_fail(c, saas_err_status(SAAS_ERR_MALFORMED_JSON), saas_err_code(SAAS_ERR_MALFORMED_JSON),
                                 where.ptr)
                     : SAAS_ERR_NO_MEMORY;
}

static saas_err read_body(saas_ctx *c)
{
    const saas_schema *schema = c->match.route->body;
    void *in;
    if (!schema)
        return c->body.len ? saas_fail_field(c, "", "no body is taken here") : SAAS_OK;
    saas_err (*read)(void **, saas_issues *, const saas_schema *, saas_arena *, char *, size_t) =
        c->match.route->partial ? saas_read_json_partial : saas_read_json;
    saas_err err = read(&in, &c->issues, schema, &c->arena, (char *)(uintptr_t)c->body.ptr, c->body.len);
    if (err == SAAS_ERR_MALFORMED_JSON)
        return malformed(c, c->issues.malformed_at);
    if (!err)
        c->body_in = in;
    return err;
}

static saas_err check_media_type(saas_ctx *c)
{
    if (!c->match.route->body)
        return SAAS_OK;
    if (!c->body.len)
        return saas_fail(c, saas_err_status(SAAS_ERR_MALFORMED_JSON), saas_err_code(SAAS_ERR_MALFORMED_JSON),
                         "A JSON body is required here");
    return saas_is_json_type(c->content_type) ? SAAS_OK : SAAS_ERR_UNSUPPORTED_MEDIA_TYPE;
}

saas_err saas_validate(saas_ctx *c)
{
    if (c->body.len > c->match.route->body_max_bytes)
        return SAAS_ERR_PAYLOAD_TOO_LARGE;
    if (c->match.file)
        return SAAS_OK; /* whatever follows its name: clients ask for "app.js?v=2" */
    c->issues.messages = c->shard->site->messages;
    saas_err path = read_path(c);
    if (path)
        return path == SAAS_ERR_VALIDATION ? SAAS_ERR_NOT_FOUND : path;
    SAAS_TRY(check_media_type(c));
    saas_err query = read_query(c);
    if (query && query != SAAS_ERR_VALIDATION)
        return query;
    saas_err body = read_body(c);
    return body ? body : query;
}
