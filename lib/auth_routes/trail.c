#include "auth_routes/trail.h"
#include "auth_routes/event.h"
#include "auth_routes/throttle.h"
#include <saas/db.h>

static saas_err login_note(saas_ctx *c, saas_text email, const char *event)
{
    saas_rows *none;
    return saas_outside_query(c, &none, "login", "select saas_auth_api.login_note($1, $2, $3)",
                              SAAS_ARGS(email, event, saas_client_ip(c)));
}

saas_err saas_trail_failed(saas_ctx *c, saas_text email)
{
    return saas_throttle_audit(c) ? login_note(c, email, "login.failed") : SAAS_OK;
}

saas_err saas_trail_throttled(saas_ctx *c, saas_text email)
{
    return saas_throttle_audit_refused(c, email) ? login_note(c, email, "login.throttled") : SAAS_OK;
}

static saas_err member_note(saas_ctx *c, const char *event)
{
    saas_rows *none;
    return saas_query(c, &none, "select saas_auth_api.member_note($1, $2, '{}')",
                      SAAS_ARGS(saas_me(c)->user_id, event));
}

saas_err saas_trail_own_failed(saas_ctx *c)
{
    return saas_throttle_audit(c) ? member_note(c, "password.failed") : SAAS_OK;
}

saas_err saas_trail_own_throttled(saas_ctx *c)
{
    const saas_text who = {(const char *)saas_me(c)->user_id.b, sizeof saas_me(c)->user_id.b};
    return saas_throttle_audit_refused(c, who) ? member_note(c, "password.throttled") : SAAS_OK;
}
