#include "middleware/limit.h"
#include "http/ctx.h"
#include "http/limit.h"

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

/* On an open route a token may come from anyone who signs up: it must not buy another count. */
static saas_limit_key route_key(const saas_ctx *c)
{
    char kind[KIND_MAX];
    const saas_limiter *l = c->shard->site->limiter;
    const saas_text name = kind_of(kind, c->match.route);
    if (c->match.route->open)
        return saas_limit_key_address(l, name, c->remote);
    return saas_limit_key_of(l, name, (saas_text){(const char *)c->me.user_id.b, sizeof c->me.user_id.b});
}

saas_err saas_limit_request(saas_ctx *c)
{
    const saas_site *site = c->shard->site;
    const saas_route *route = c->match.route;
    saas_charge charges[2];
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
    return saas_ctx_charge(c, charges, n);
}
