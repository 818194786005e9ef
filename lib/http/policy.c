#include "http/policy.h"
#include "http/reply.h"
#include <string.h>

static saas_group read(const saas_group *given)
{
    saas_group g = {0};
    memcpy(&g, given, given->size < sizeof g ? given->size : sizeof g);
    return g;
}

static bool has(const saas_groups *g, const saas_group *wanted)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->list[i] == wanted)
            return true;
    return false;
}

bool saas_groups_add(saas_groups *g, const saas_group *first)
{
    const size_t before = g->count;
    for (const saas_group *at = first; at; at = read(at).in) {
        if (has(g, at)) {
            for (size_t i = before; i < g->count; i++)
                if (g->list[i] == at)
                    return false;
            continue;
        }
        if (g->count == SAAS_GROUPS_MAX)
            return false;
        g->list[g->count++] = at;
    }
    return true;
}

static void take_limit(saas_route *r, const saas_group *g)
{
    if (r->limit_per_minute || !g->limit_per_minute)
        return;
    r->limit_per_minute = g->limit_per_minute;
    r->limit_burst = g->limit_burst;
    r->limit_cost = r->limit_cost ? r->limit_cost : g->limit_cost;
}

void saas_groups_complete(saas_route *r, const saas_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        const saas_group g = read(groups->list[i]);
        if (r->role == SAAS_ROLE_DEFAULT && !r->open)
            r->role = g.role;
        if (!r->body_max_bytes)
            r->body_max_bytes = g.body_max_bytes;
        if (!r->timeout_ms)
            r->timeout_ms = g.timeout_ms;
        if (r->etag == SAAS_INHERIT)
            r->etag = g.etag;
        if (!r->limits)
            r->limits = g.limits;
        take_limit(r, &g);
    }
}

/* ---- headers ---- */

static bool is_ours(saas_text name)
{
    static const char *const ours[] = {"vary", "ratelimit",        "ratelimit-policy",       "retry-after", "allow",
                                       "etag", "www-authenticate", "x-content-type-options", NULL};
    static const char prefix[] = "access-control-";
    for (const char *const *at = ours; *at; at++)
        if (saas_text_equal_ci(name, saas_text_z(*at)))
            return true;
    return name.len >= sizeof prefix - 1 &&
           saas_text_equal_ci((saas_text){name.ptr, sizeof prefix - 1}, SAAS_LIT("access-control-"));
}

static const char *fault_of(const saas_fixed_header *h)
{
    if (!h->name || !h->value || !saas_header_fits(saas_text_z(h->name), saas_text_z(h->value)))
        return ".headers: a name or value that can't be sent";
    return is_ours(saas_text_z(h->name)) ? ".headers: one that belongs to the library" : NULL;
}

static bool named(const saas_header *headers, size_t count, saas_text name)
{
    for (size_t i = 0; i < count; i++)
        if (saas_text_equal_ci(headers[i].name, name))
            return true;
    return false;
}

static saas_err add_headers(saas_header *to, size_t *count, const char **why, const saas_group *g)
{
    for (size_t i = 0; i < g->header_count; i++) {
        const saas_fixed_header *h =
            (const saas_fixed_header *)(const void *)((const char *)g->headers + i * g->header_size);
        *why = fault_of(h);
        if (*why)
            return SAAS_ERR_BUG;
        const saas_text name = saas_text_z(h->name);
        if (named(to, *count, name))
            continue;
        if (*count == SAAS_FIXED_HEADERS_MAX) {
            *why = ".headers: more than 12 of them";
            return SAAS_ERR_BUG;
        }
        to[(*count)++] = (saas_header){name, saas_text_z(h->value)};
    }
    return SAAS_OK;
}

static saas_err make_headers(saas_policy *p, const char **why, saas_arena *a, const saas_groups *groups)
{
    saas_header *to = saas_arena_calloc(a, SAAS_FIXED_HEADERS_MAX, sizeof *to);
    if (!to)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < groups->count; i++) {
        const saas_group g = read(groups->list[i]);
        SAAS_TRY(add_headers(to, &p->header_count, why, &g));
    }
    p->headers = to;
    return SAAS_OK;
}

/* ---- hooks, CORS ---- */

static void add_hook(saas_hook *to, const saas_group *g, size_t i)
{
    const size_t size = g->hook_size < sizeof *to ? g->hook_size : sizeof *to;
    memcpy(to, (const char *)g->hooks + i * g->hook_size, size);
}

static saas_err make_hooks(saas_policy *p, saas_arena *a, const saas_groups *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < groups->count; i++)
        count += read(groups->list[i]).hook_count;
    saas_hook *to = saas_arena_calloc(a, count, sizeof *to);
    if (!to)
        return SAAS_ERR_NO_MEMORY;
    p->hooks = to;
    for (size_t i = groups->count; i-- > 0;) {
        const saas_group g = read(groups->list[i]);
        for (size_t k = 0; k < g.hook_count; k++)
            add_hook(&to[p->hook_count++], &g, k);
    }
    return SAAS_OK;
}

static saas_err make_cors(saas_policy *p, const char **why, saas_arena *a, const saas_groups *groups)
{
    p->cors = saas_cors_default();
    for (size_t i = 0; i < groups->count; i++) {
        const saas_group g = read(groups->list[i]);
        if (g.cors)
            return saas_cors_read(&p->cors, why, a, g.cors);
    }
    return SAAS_OK;
}

saas_err saas_policy_make(saas_policy *out, const char **why, saas_arena *a, saas_plans *plans, const saas_groups *g,
                          const saas_route *r)
{
    saas_policy p = {.etag = r && r->etag == SAAS_ON};
    if (r && r->limit_per_minute != SAAS_UNLIMITED)
        SAAS_TRY(saas_classes_read(&p.classes, &p.class_count, why, a, plans, r->limits, r->limit_cost));
    SAAS_TRY(make_headers(&p, why, a, g));
    SAAS_TRY(make_hooks(&p, a, g));
    SAAS_TRY(make_cors(&p, why, a, g));
    *out = p;
    return SAAS_OK;
}
