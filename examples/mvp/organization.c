/* The organization of whoever is signed in: /v1/organization. */
#include "mvp.h"

#define GOODBYE(F, T) F(T, text(1, 128), current_password, .required = true, .secret = true)
SAAS_STRUCT(goodbye, GOODBYE);

static saas_err get_organization(saas_ctx *c)
{
    return saas_reply_one(c, 200, &organization_schema, "select " ORGANIZATION_COLUMNS " from organizations where id = $1",
                          SAAS_ARGS(saas_me(c)->org_id));
}

static saas_err change_organization(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "organizations", saas_body(c, organization), &organization_schema, "id = $1",
                         SAAS_ARGS(saas_me(c)->org_id)));
    return saas_reply_row(c, 200, row, &organization_schema);
}

static saas_err remove_organization(saas_ctx *c)
{
    SAAS_TRY(saas_organization_remove(c, saas_body(c, goodbye)->current_password));
    return saas_reply_null(c, 200);
}

static const saas_conflict taken[] = {
    {.constraint = "organizations_slug_key", .code = "SLUG_TAKEN", .message = "This slug is taken"},
};

static const saas_route routes[] = {
    SAAS_GET("", get_organization),
    SAAS_PATCH("", change_organization, .body = &organization_schema, .partial = true, .role = SAAS_ADMIN,
               SAAS_CONFLICTS(taken)),
    SAAS_DELETE("", remove_organization, .body = &goodbye_schema, .role = SAAS_ADMIN),
};

saas_route_list mvp_organization_routes(void)
{
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
