/* The sessions of whoever is signed in, and where else that account is a member. */
#include "auth_routes/event.h"
#include "auth_routes/identity.h"
#include "auth_routes/routes.h"
#include "http/ctx.h"

SAAS_DEFINE(saas_own_list, SAAS_PAGE_FIELDS);
SAAS_DEFINE(saas_switch_body, SAAS_SWITCH_BODY);

#define SESSION(F, T)                                                                                                  \
    F(T, uuid, id)                                                                                                     \
    F(T, time, created_at)                                                                                             \
    F(T, time, last_used_at)                                                                                           \
    F(T, text(0, 256), user_agent, .nullable = true)                                                                   \
    F(T, text(0, 64), ip, .nullable = true)                                                                            \
    F(T, bool, current)
SAAS_STRUCT(session, SESSION);
SAAS_STRUCT(own_organization, SAAS_ORGANIZATION_FIELDS);

/* An access token outlives its session by minutes: a list of nothing would be a lie. */
static saas_err check_going(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.account_of($1, $2) as account",
                            SAAS_ARGS(me->user_id, me->session_id)));
    return saas_rows_text(row, 0, "account").ptr ? SAAS_OK : SAAS_ERR_UNAUTHENTICATED;
}

saas_err saas_route_sessions(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    SAAS_TRY(check_going(c));
    return saas_reply_page(c, &session_schema, "select * from saas_auth_api.sessions_of($1, $2)",
                           SAAS_ARGS(me->user_id, me->session_id), .order = "created_at desc, id desc");
}

saas_err saas_route_organizations(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    SAAS_TRY(check_going(c));
    return saas_reply_page(c, &own_organization_schema, "select * from saas_auth_api.organizations_of($1, $2)",
                           SAAS_ARGS(me->user_id, me->session_id), .order = "created_at desc, id desc");
}

/* which nil: all of them. */
static saas_err end_sessions(saas_ctx *c, saas_value which)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.sessions_end($1, $2, $3) as ended",
                            SAAS_ARGS(me->user_id, me->session_id, which)));
    saas_text ended = saas_rows_text(row, 0, "ended");
    if (!ended.ptr)
        return SAAS_ERR_UNAUTHENTICATED;
    if (saas_text_equal(ended, SAAS_LIT("0")))
        return SAAS_ERR_NOT_FOUND;
    saas_auth_event(c, SAAS_LOG_INFO, "auth.session", "revoked", me);
    return saas_reply_null(c, 200);
}

saas_err saas_route_session_end(saas_ctx *c)
{
    saas_uuid id;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    return end_sessions(c, saas_v_uuid(id));
}

saas_err saas_route_logout_all(saas_ctx *c)
{
    return end_sessions(c, saas_v_null(NULL));
}

saas_err saas_route_switch(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_new_session session = {.id = me->session_id};
    struct saas_identity *who;
    saas_rows *rows;
    SAAS_TRY(saas_refresh_first(session.token, &session.refresh, c->shard->signer, session.id));
    SAAS_TRY(saas_query(c, &rows, "select * from saas_auth_api.session_switch($1, $2, $3, $4)",
                        SAAS_ARGS(me->user_id, session.id, saas_body(c, saas_switch_body)->org_id,
                                  saas_v_bytes(session.refresh.hash, sizeof session.refresh.hash))));
    SAAS_TRY(saas_identity_read(&who, c, rows));
    if (saas_text_equal(who->outcome, SAAS_LIT("unauthenticated")))
        return SAAS_ERR_UNAUTHENTICATED;
    if (!saas_text_equal(who->outcome, SAAS_LIT("ok")))
        return SAAS_ERR_NOT_FOUND;
    saas_auth_event(c, SAAS_LOG_INFO, "auth.switch", "ok",
                    &(saas_principal){.user_id = who->user_id, .org_id = who->org_id, .session_id = session.id});
    return saas_reply_signed_in(c, 200, who, &session);
}
