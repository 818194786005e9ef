#include "http/ctx.h"

saas_err saas_may(saas_ctx *c, const char *permission)
{
    const saas_permission p = saas_permission_find(c->shard->site->permissions, permission);
    if (!p.name)
        return saas_ctx_bug(c, "saas_may: no such permission");
    if (!c->signed_in)
        return SAAS_ERR_UNAUTHENTICATED;
    if (c->me.role >= p.role)
        return SAAS_OK;
    return p.grant ? p.grant(c, p.name) : SAAS_ERR_FORBIDDEN;
}
