#include "auth_routes/trail.h"
#include "auth_routes/event.h"
#include "auth_routes/throttle.h"
#include "http/ctx.h"
#include <saas/db.h>

static saas_err login_note(saas_ctx *c, saas_text email, const char *event)
{
    saas_rows *none;
    return saas_outside_query(c, &none, "login", "select saas_auth_api.login_note($1, $2, $3)",
                              SAAS_ARGS(email, event, saas_client_ip(c)));
}

saas_err saas_trail_failed(saas_ctx *c, saas_text email)
{
    return saas_throttle_audit(c, email) ? login_note(c, email, "login.failed") : SAAS_OK;
}

saas_err saas_trail_throttled(saas_ctx *c, saas_text email)
{
    return saas_throttle_audit_refused(c, email) ? login_note(c, email, "login.throttled") : SAAS_OK;
}

static saas_err member_note(saas_ctx *c, const char *event)
{
    saas_rows *none;
    const saas_route *route = c->match.route;
    return saas_query(
        c, &none, "select saas_auth_api.member_note($1, $2, jsonb_build_object('method', $3::text, 'route', $4::text))",
        SAAS_ARGS(saas_me(c)->user_id, event, route->method, route->path));
}

saas_err saas_trail_own_failed(saas_ctx *c)
{
    return saas_throttle_audit_own(c) ? member_note(c, "password.failed") : SAAS_OK;
}

saas_err saas_trail_own_throttled(saas_ctx *c)
{
    return saas_throttle_audit_own_refused(c) ? member_note(c, "password.throttled") : SAAS_OK;
}

saas_err saas_trail_denied(saas_ctx *c)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.access", "denied", saas_me(c));
    if (!saas_throttle_audit_denied(c))
        return SAAS_OK;
    c->writes = true;
    const saas_err e = member_note(c, "access.denied");
    c->writes = false;
    if (e)
        SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "not in the audit trail", {"error", SAAS_ARG(saas_err_symbol(e))});
    return SAAS_OK;
}
