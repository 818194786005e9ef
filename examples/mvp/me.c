/* Whoever is signed in: /v1/me. */
#include "mvp.h"

#define ME(F, T)                         \
    F(T, object(user),         user)     \
    F(T, object(organization), organization)
SAAS_STRUCT(me, ME);

#define NEW_PASSWORD(F, T)                                                    \
    F(T, text(1, 128),  current_password, .required = true, .secret = true)   \
    F(T, text(12, 128), new_password,     .required = true, .secret = true)
SAAS_STRUCT(new_password, NEW_PASSWORD);

static saas_err get_me(saas_ctx *c)
{
    const saas_principal *who = saas_me(c);
    saas_unit *unit;
    saas_rows *user, *organization;
    struct user *u;
    struct organization *o;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &user, "select " USER_COLUMNS " from users where id = $1", SAAS_ARGS(who->user_id)));
    SAAS_TRY(saas_unit_add(unit, &organization, "select " ORGANIZATION_COLUMNS " from organizations where id = $1",
                           SAAS_ARGS(who->org_id)));
    SAAS_TRY(saas_unit_run(unit));
    if (!saas_rows_count(user) || !saas_rows_count(organization))
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_rows_read(&u, c, user, 0, user));
    SAAS_TRY(saas_rows_read(&o, c, organization, 0, organization));
    return saas_reply(c, 200, &me_schema, &(struct me){*u, *o, {.user = SAAS_SET, .organization = SAAS_SET}});
}

static saas_err change_password(saas_ctx *c)
{
    const struct new_password *in = saas_body(c, new_password);
    SAAS_TRY(saas_password_change(c, in->current_password, in->new_password));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("", get_me),
    SAAS_POST("/password", change_password, .body = &new_password_schema, .role = SAAS_VIEWER),
};

saas_route_list mvp_me_routes(void)
{
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
