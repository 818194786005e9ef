/* The account that is signed in; and what admins read of everybody's doings. */
#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/members.h"
#include "auth_routes/password.h"
#include "auth_routes/routes.h"
#include "auth_routes/throttle.h"

SAAS_STRUCT(me_user, SAAS_USER_FIELDS);
SAAS_STRUCT(me_organization, SAAS_ORGANIZATION_FIELDS);

#define ME(F, T)                                                                                                       \
    F(T, object(me_user), user)                                                                                        \
    F(T, object(me_organization), organization)
SAAS_STRUCT(me, ME);

#define CURRENT_PASSWORD(F, T) F(T, text(1, 128), current_password, .required = true, .secret = true)
SAAS_STRUCT(goodbye, CURRENT_PASSWORD);

#define NEW_EMAIL(F, T)                                                                                                \
    F(T, email, email, .required = true)                                                                               \
    CURRENT_PASSWORD(F, T)
SAAS_STRUCT(new_email, NEW_EMAIL);

#define NEW_PASSWORD(F, T)                                                                                             \
    CURRENT_PASSWORD(F, T)                                                                                             \
    F(T, text(12, 128), new_password, .required = true, .secret = true)
SAAS_STRUCT(new_password, NEW_PASSWORD);

static saas_err get_me(saas_ctx *c)
{
    const saas_principal *who = saas_me(c);
    saas_unit *unit;
    saas_rows *user, *organization;
    struct me_user *u;
    struct me_organization *o;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &user,
                           "select id, org_id, email, role, created_at, updated_at from users where id = $1",
                           SAAS_ARGS(who->user_id)));
    SAAS_TRY(saas_unit_add(unit, &organization,
                           "select id, name, slug, plan, created_at from organizations where id = $1",
                           SAAS_ARGS(who->org_id)));
    SAAS_TRY(saas_unit_run(unit));
    if (!saas_rows_count(user) || !saas_rows_count(organization))
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_rows_read(&u, c, user, 0, me_user));
    SAAS_TRY(saas_rows_read(&o, c, organization, 0, me_organization));
    return saas_reply(c, 200, &me_schema, &(struct me){*u, *o, {.user = SAAS_SET, .organization = SAAS_SET}});
}

static saas_err change_email(saas_ctx *c)
{
    const struct new_email *in = saas_body(c, new_email);
    const saas_principal *me = saas_me(c);
    saas_text verified;
    saas_rows *row;
    const saas_err e = saas_password_prove(&verified, c, in->current_password);
    saas_password_wipe(in->current_password);
    SAAS_TRY(e);
    SAAS_TRY(saas_throttle_mail(c, in->email));
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.email_change($1, $2, $3, $4) as outcome",
                            SAAS_ARGS(me->user_id, me->session_id, verified, in->email)));
    SAAS_TRY(saas_outcome(c, row));
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, "auth.email_change", "asked", me);
    return get_me(c);
}

static saas_err change_password(saas_ctx *c)
{
    const struct new_password *in = saas_body(c, new_password);
    const saas_err e = saas_password_change(c, in->current_password, in->new_password);
    saas_password_wipe(in->current_password);
    saas_password_wipe(in->new_password);
    SAAS_TRY(e);
    return saas_reply_null(c, 200);
}

static saas_err export_all(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row,
                            "select (saas_auth_api.account_export($1, $2) || jsonb_build_object('devices',"
                            " saas_auth_api.devices_of($1, $2)))::text as stored",
                            SAAS_ARGS(me->user_id, me->session_id)));
    saas_text stored = saas_rows_text(row, 0, "stored");
    return stored.ptr ? saas_reply_raw(c, 200, stored) : SAAS_ERR_UNAUTHENTICATED;
}

static saas_err remove_account(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_text verified;
    saas_rows *row;
    const saas_text typed = saas_body(c, goodbye)->current_password;
    const saas_err e = saas_password_prove(&verified, c, typed);
    saas_password_wipe(typed);
    SAAS_TRY(e);
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.account_remove($1, $2, $3) as outcome",
                            SAAS_ARGS(me->user_id, me->session_id, verified)));
    SAAS_TRY(saas_outcome(c, row));
    saas_auth_event(c, SAAS_LOG_INFO, "auth.account", "removed", me);
    return saas_reply_null(c, 200);
}

saas_route_list saas_account_routes(void)
{
    static const saas_route routes[] = {
        SAAS_GET("", get_me, .etag = SAAS_OFF),
        SAAS_PATCH("", change_email, .body = &new_email_schema, .role = SAAS_VIEWER),
        SAAS_DELETE("", remove_account, .body = &goodbye_schema, .role = SAAS_VIEWER),
        SAAS_POST("/password", change_password, .body = &new_password_schema, .role = SAAS_VIEWER),
        SAAS_GET("/export", export_all, .etag = SAAS_OFF),
    };
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}

/* ---- the audit trail ---- */

#define AUDIT(F, T)                                                                                                    \
    F(T, i64(1, INT64_MAX), id)                                                                                        \
    F(T, text(1, 100), event)                                                                                          \
    F(T, uuid, actor, .nullable = true)                                                                                \
    F(T, json, details)                                                                                                \
    F(T, text(0, 63), request_id, .nullable = true)                                                                    \
    F(T, time, created_at)
SAAS_STRUCT(audit, AUDIT);

static saas_err list_audit(saas_ctx *c)
{
    return saas_reply_page(c, &audit_schema,
                           "select id, event, actor, details, request_id, at as created_at from audit", SAAS_NO_ARGS,
                           .order = "created_at desc, id desc");
}

saas_route_list saas_audit_routes(void)
{
    static const saas_route routes[] = {
        SAAS_GET("", list_audit, .etag = SAAS_OFF, .query = &saas_own_list_schema, .role = SAAS_ADMIN),
    };
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
