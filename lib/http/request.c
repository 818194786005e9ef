#include "http/ctx.h"

saas_text saas_method(const saas_ctx *c)
{
    return c->method;
}

saas_text saas_path(const saas_ctx *c)
{
    return c->path;
}

saas_text saas_header_get(const saas_ctx *c, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < c->header_count; i++)
        if (c->headers[i].name.len == len && !memcmp(c->headers[i].name.ptr, name, len))
            return c->headers[i].value;
    return (saas_text){NULL, 0};
}

saas_text saas_remote(const saas_ctx *c)
{
    return c->remote;
}

saas_text saas_peer(const saas_ctx *c)
{
    return c->peer;
}

bool saas_is_secure(const saas_ctx *c)
{
    return c->secure;
}

saas_text saas_request_id(const saas_ctx *c)
{
    return c->request_id;
}

saas_text saas_trace_id(saas_ctx *c)
{
    enum { CHARS = 2 * sizeof c->trace.id };
    if (!c->trace_id) {
        char *id = saas_arena_alloc(&c->arena, CHARS + 1);
        if (!id)
            return (saas_text){NULL, 0};
        saas_trace_hex(id, c->trace.id, sizeof c->trace.id);
        id[CHARS] = 0;
        c->trace_id = id;
    }
    return (saas_text){c->trace_id, CHARS};
}

saas_text saas_traceparent(saas_ctx *c)
{
    char *parent = saas_arena_alloc(&c->arena, SAAS_TRACEPARENT_CHARS + 1);
    if (!parent)
        return (saas_text){NULL, 0};
    saas_trace_format(parent, &c->trace);
    return (saas_text){parent, SAAS_TRACEPARENT_CHARS};
}

saas_text saas_tracestate(const saas_ctx *c)
{
    return c->tracestate;
}

saas_text saas_param(const saas_ctx *c, const char *name)
{
    saas_text wanted = saas_text_z(name);
    for (size_t i = 0; i < c->match.param_count; i++)
        if (saas_text_equal(c->match.names[i], wanted))
            return c->match.values[i];
    return (saas_text){NULL, 0};
}

saas_err saas_param_uuid(saas_uuid *out, saas_ctx *c, const char *name)
{
    return saas_uuid_parse(out, saas_param(c, name)) ? SAAS_ERR_NOT_FOUND : SAAS_OK;
}

saas_value saas_param_id(const saas_ctx *c, const char *name)
{
    saas_uuid id;
    return saas_uuid_parse(&id, saas_param(c, name)) ? saas_v_null(NULL) : saas_v_uuid(id);
}

/* A zeroed struct where the right one is not to be had: the handler goes on, its answer will be a 500. */
static const void *zeroed(saas_ctx *c, const saas_schema *schema, const char *why)
{
    saas_ctx_bug(c, why);
    const void *in = saas_arena_calloc(&c->arena, 1, schema->struct_size);
    if (!in)
        saas_ctx_park(c);
    return in;
}

const void *saas_body_(saas_ctx *c, const saas_schema *schema)
{
    if (c->body_in && c->match.route->body == schema)
        return c->body_in;
    return zeroed(c, schema, "saas_body with another schema than the route's");
}

const void *saas_params_(saas_ctx *c, const saas_schema *schema)
{
    if (c->params_in && c->match.route->params == schema)
        return c->params_in;
    return zeroed(c, schema, "saas_params with another schema than the route's");
}

const void *saas_url_query_(saas_ctx *c, const saas_schema *schema)
{
    if (c->query_in && c->match.route->query == schema)
        return c->query_in;
    return zeroed(c, schema, "saas_url_query with another schema than the route's");
}

const saas_principal *saas_me(const saas_ctx *c)
{
    return c->signed_in ? &c->me : NULL;
}

const void *saas_settings_(saas_ctx *c, const saas_schema *schema)
{
    const saas_site *site = c->shard->site;
    if (site->config_values && site->config == schema)
        return site->config_values;
    return zeroed(c, schema, "saas_settings with another schema than the app's");
}

const saas_route *saas_ctx_route(const saas_ctx *c)
{
    return c->match.route;
}

void *saas_alloc(saas_ctx *c, size_t size)
{
    return saas_arena_calloc(&c->arena, 1, size);
}

saas_arena *saas_ctx_arena(saas_ctx *c)
{
    return &c->arena;
}

saas_text saas_format(saas_ctx *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    saas_text made = saas_arena_vformat(&c->arena, format, args);
    va_end(args);
    return made;
}

saas_err saas_defer(saas_ctx *c, void (*fn)(void *arg), void *arg)
{
    saas_defer_item *item = saas_arena_alloc(&c->arena, sizeof *item);
    if (!item) {
        fn(arg);
        return SAAS_ERR_NO_MEMORY;
    }
    *item = (saas_defer_item){.next = c->deferred, .fn = fn, .arg = arg};
    c->deferred = item;
    return SAAS_OK;
}

saas_log *saas_ctx_log(saas_ctx *c)
{
    if (c->log)
        return c->log;
    const saas_log_field fields[] = {{"request_id", saas_v_text(c->request_id)},
                                     {"trace_id", saas_v_text(saas_trace_id(c))}};
    c->log = saas_log_with(&c->arena, c->shard->site->log, fields, sizeof fields / sizeof *fields);
    return c->log ? c->log : c->shard->site->log;
}

bool saas_ctx_reads(const saas_ctx *c)
{
    if (c->writes)
        return false;
    return saas_text_equal(c->method, SAAS_LIT("GET")) || saas_text_equal(c->method, SAAS_LIT("HEAD"));
}
