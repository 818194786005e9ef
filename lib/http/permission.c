#include "http/permission.h"
#include "base/error.h"
#include "http/trie.h"
#include <string.h>

static saas_permission permission_at(saas_permissions table, size_t i)
{
    saas_permission p = {NULL, SAAS_ROLE_DEFAULT, NULL, 0};
    memcpy(&p, (const char *)table.first + i * table.size, table.size < sizeof p ? table.size : sizeof p);
    return p;
}

saas_permission saas_permission_find(saas_permissions table, const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        const saas_permission p = permission_at(table, i);
        if (p.name && !strcmp(p.name, name))
            return p;
    }
    return (saas_permission){NULL, SAAS_ROLE_DEFAULT, NULL, 0};
}

/* ---- at start ---- */

static bool is_name(const char *name)
{
    const char *at = name;
    for (; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && !strchr("._:-", *at))
            return false;
    return at > name;
}

static saas_err check_one(saas_permissions table, size_t i, saas_error *e)
{
    const saas_permission p = permission_at(table, i);
    if (!p.name || !is_name(p.name))
        return saas_error_add(e, SAAS_ERR_BUG,
                              "permission %zu: its name is empty or not of a to z, 0 to 9, '.', '_', ':', '-'", i);
    if (p.role < SAAS_VIEWER || p.role > SAAS_ADMIN)
        return saas_error_add(e, SAAS_ERR_BUG, "permission %s: its role is none", p.name);
    for (size_t k = 0; k < i; k++)
        if (permission_at(table, k).name && !strcmp(permission_at(table, k).name, p.name))
            return saas_error_add(e, SAAS_ERR_BUG, "permission %s: is there twice", p.name);
    return SAAS_OK;
}

static saas_err check_route(saas_permissions table, saas_route *r, saas_error *e)
{
    const saas_permission p = saas_permission_find(table, r->permission);
    if (!p.name)
        return saas_error_add(e, SAAS_ERR_BUG, "%s %s: its permission %s is none of the app's", r->method, r->path,
                              r->permission);
    r->role = p.grant ? SAAS_VIEWER : p.role;
    return SAAS_OK;
}

saas_err saas_permissions_check(saas_permissions table, saas_router *router, saas_error *e)
{
    saas_err err = SAAS_OK;
    for (size_t i = 0; i < table.count; i++)
        if (check_one(table, i, e))
            err = SAAS_ERR_BUG;
    for (size_t i = 0; i < router->count; i++)
        if (router->entries[i]->route.permission && check_route(table, &router->entries[i]->route, e))
            err = SAAS_ERR_BUG;
    return err;
}
