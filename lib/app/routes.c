#include "app/app.h"
#include "base/error.h"

/* Every list's problems are reported. */
saas_err saas_options_router(saas_router **out, const saas_app_options *o, saas_error *e)
{
    saas_err err = saas_router_new(out);
    if (err)
        return saas_error_add(e, err, "routes: no memory");
    err = saas_router_within(*out, o->group, e);
    if (!err && o->routes.count)
        err = saas_router_add(*out, "", o->routes, NULL, e);
    for (size_t i = 0; i < o->mount_count; i++) {
        const saas_mount m = saas_options_mount(o, i);
        saas_err mounted = saas_router_add(*out, m.prefix, m.routes(), m.group, e);
        err = err ? err : mounted;
    }
    saas_err builtin = saas_builtin_routes(*out, e);
    return err ? err : builtin;
}

const saas_route *saas_app_route(const saas_app *app, size_t i)
{
    const saas_router *router = app->site.router;
    return i < saas_router_count(router) ? saas_router_route(router, i) : NULL;
}

saas_err saas_app_routes(const saas_app_options *options, saas_route_each *each, void *user, saas_error *e)
{
    saas_app_options o;
    saas_router *router = NULL;
    saas_error_clear(e);
    SAAS_TRY(saas_options_read(&o, options, e));
    saas_err err = saas_options_router(&router, &o, e);
    for (size_t i = 0; !err && i < saas_router_count(router); i++)
        each(saas_router_route(router, i), user);
    saas_router_free(router);
    return err;
}
