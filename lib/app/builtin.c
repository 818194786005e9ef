#include "app/app.h"
#include "app/operator.h"
#include "http/ctx.h"
#include <string.h>

#define STATUS(F, T) F(T, text(1, 16), status, .required = true)
SAAS_STRUCT(status, STATUS);

static saas_err health(saas_ctx *c)
{
    static const struct status ok = {.status = {"ok", 2}, .has.status = SAAS_SET};
    return saas_reply(c, 200, &status_schema, &ok);
}

static saas_err ready(saas_ctx *c)
{
    return c->shard->site->ready(c->shard) ? health(c) : SAAS_ERR_UNAVAILABLE;
}

#define OPERATORS .open = true, .limit_per_minute = SAAS_UNLIMITED, .vital = true

static const saas_route builtin[] = {
    SAAS_GET("/debug/inflight", saas_inflight, OPERATORS),
    SAAS_GET("/debug/log-level", saas_level_get, OPERATORS),
    SAAS_PUT("/debug/log-level/:level", saas_level_put, OPERATORS),
    SAAS_GET("/health", health, .open = true, .limit_per_minute = SAAS_UNLIMITED, .vital = true),
    SAAS_GET("/metrics", saas_scrape, OPERATORS),
    SAAS_GET("/ready", ready, .open = true, .limit_per_minute = SAAS_UNLIMITED, .vital = true),
};

static bool has_route(const saas_router *router, const saas_route *wanted)
{
    for (size_t i = 0; i < saas_router_count(router); i++) {
        const saas_route *r = saas_router_route(router, i);
        if (!strcmp(r->method, wanted->method) && !strcmp(r->path, wanted->path))
            return true;
    }
    return false;
}

saas_err saas_builtin_routes(saas_router *router, saas_error *e)
{
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++) {
        const saas_route_list one = {&builtin[i], 1, sizeof *builtin};
        if (!has_route(router, &builtin[i]))
            SAAS_TRY(saas_router_add(router, "", one, NULL, e));
    }
    return SAAS_OK;
}
