#include "middleware/limit.h"
#include "http/ctx.h"
#include "http/limit.h"
#include <stdio.h>

enum { KIND_MAX = 256 };

/* Names the route, whatever process counts: "GET /v1/notes". Longer ones share a count with what begins the same. */
static saas_text kind_of(char out[KIND_MAX], const saas_route *route)
{
    const size_t method = strlen(route->method), path = strlen(route->path);
    const size_t room = KIND_MAX - method - 1, fits = path < room ? path : room;
    memcpy(out, route->method, method);
    out[method] = ' ';
    memcpy(out + method + 1, route->path, fits);
    return (saas_text){out, method + 1 + fits};
}

static saas_text user_of(const saas_ctx *c)
{
    return (saas_text){(const char *)c->me.user_id.b, sizeof c->me.user_id.b};
}

/* On an open route a token may come from anyone who signs up: it must not buy another count. */
static saas_limit_key route_key(const saas_ctx *c)
{
    char kind[KIND_MAX];
    const saas_limiter *l = c->shard->site->limiter;
    const saas_text name = kind_of(kind, c->match.route);
    if (c->match.route->open)
        return saas_limit_key_address(l, name, c->remote);
    return saas_limit_key_of(l, name, user_of(c));
}

static saas_text org_of(const saas_ctx *c)
{
    return (saas_text){(const char *)c->org.b, sizeof c->org.b};
}

/* "class api": no route's kind begins so. */
static saas_limit_key class_key(const saas_ctx *c, const saas_class_rule *k)
{
    char kind[KIND_MAX];
    const saas_limiter *l = c->shard->site->limiter;
    const int len = snprintf(kind, sizeof kind, "class %s", k->name);
    const saas_text name = {kind, (size_t)len < sizeof kind ? (size_t)len : sizeof kind - 1};
    if (c->match.route->open || k->by == SAAS_BY_ADDRESS)
        return saas_limit_key_address(l, name, c->remote);
    return saas_limit_key_of(l, name, k->by == SAAS_BY_ORG && c->has_org ? org_of(c) : user_of(c));
}

static bool goes_by_plan(const saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    for (size_t i = 0; i < p->class_count && !c->match.route->open && c->has_org; i++)
        if (p->classes[i].by_plan)
            return true;
    return false;
}

static saas_err add_classes(saas_charge *to, size_t *n, saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    const uint32_t cost = c->match.route->limit_cost;
    size_t plan = 0;
    if (goes_by_plan(c))
        SAAS_TRY(saas_plan_find(&plan, c));
    for (size_t i = 0; i < p->class_count; i++) {
        const saas_class_rule *k = &p->classes[i];
        const saas_limit_rule rule = saas_class_rule_of(k, plan);
        if (rule.per_minute)
            to[(*n)++] = (saas_charge){.name = k->name, .key = class_key(c, k), .rule = rule, .cost = cost ? cost : 1};
    }
    return SAAS_OK;
}

saas_err saas_limit_request(saas_ctx *c)
{
    const saas_site *site = c->shard->site;
    const saas_route *route = c->match.route;
    saas_charge charges[SAAS_CHARGES_MAX];
    size_t n = 0;
    if (!site->limiter || route->limit_per_minute == SAAS_UNLIMITED)
        return SAAS_OK;
    if (route->open && site->open_limit.per_minute)
        charges[n++] = (saas_charge){.name = "open",
                                     .key = saas_limit_key_address(site->limiter, SAAS_LIT("open"), c->remote),
                                     .rule = site->open_limit,
                                     .cost = 1};
    if (route->limit_per_minute)
        charges[n++] = (saas_charge){.name = "route",
                                     .key = route_key(c),
                                     .rule = {route->limit_per_minute, route->limit_burst},
                                     .cost = route->limit_cost};
    SAAS_TRY(add_classes(charges, &n, c));
    return saas_ctx_charge(c, charges, n);
}
