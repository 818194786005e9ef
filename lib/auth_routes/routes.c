#include "auth_routes/routes.h"

SAAS_DEFINE(saas_signup, SAAS_SIGNUP);
SAAS_DEFINE(saas_login, SAAS_LOGIN);
SAAS_DEFINE(saas_refresh_body, SAAS_REFRESH);

saas_route_list saas_auth_routes(void)
{
    enum { BODY_MAX = 8192 };
    static const saas_route routes[] = {
        SAAS_POST("/signup", saas_route_signup, .open = true, .body = &saas_signup_schema, .body_max_bytes = BODY_MAX),
        SAAS_POST("/login", saas_route_login, .open = true, .body = &saas_login_schema, .body_max_bytes = BODY_MAX),
        SAAS_POST("/refresh", saas_route_refresh, .open = true, .body = &saas_refresh_body_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_POST("/logout", saas_route_logout, .open = true, .body = &saas_refresh_body_schema,
                  .body_max_bytes = BODY_MAX),
    };
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
