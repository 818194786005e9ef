#include "auth_routes/routes.h"

SAAS_DEFINE(saas_signup, SAAS_SIGNUP);
SAAS_DEFINE(saas_login, SAAS_LOGIN);
SAAS_DEFINE(saas_refresh_body, SAAS_REFRESH);
SAAS_DEFINE(saas_email_body, SAAS_EMAIL);
SAAS_DEFINE(saas_token_body, SAAS_TOKEN);
SAAS_DEFINE(saas_reset, SAAS_RESET);
SAAS_DEFINE(saas_accept, SAAS_ACCEPT);

saas_route_list saas_auth_routes(void)
{
    enum { BODY_MAX = 8192 };
    static const saas_route routes[] = {
        SAAS_POST("/signup", saas_route_signup, .open = true, .body = &saas_signup_schema, .body_max_bytes = BODY_MAX,
                  .limit_per_minute = 30, .limit_burst = 300),
        SAAS_POST("/login", saas_route_login, .open = true, .body = &saas_login_schema, .body_max_bytes = BODY_MAX),
        SAAS_POST("/refresh", saas_route_refresh, .open = true, .body = &saas_refresh_body_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_POST("/logout", saas_route_logout, .open = true, .body = &saas_refresh_body_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_POST("/password/forgot", saas_route_forgot, .open = true, .body = &saas_email_body_schema,
                  .body_max_bytes = BODY_MAX, .limit_per_minute = 10, .limit_burst = 60),
        SAAS_POST("/password/reset", saas_route_reset, .open = true, .body = &saas_reset_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_POST("/email/verify", saas_route_verify, .open = true, .body = &saas_token_body_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_POST("/email/resend", saas_route_resend, .open = true, .body = &saas_email_body_schema,
                  .body_max_bytes = BODY_MAX, .limit_per_minute = 10, .limit_burst = 60),
        SAAS_POST("/invitations/accept", saas_route_accept, .open = true, .body = &saas_accept_schema,
                  .body_max_bytes = BODY_MAX),
        SAAS_GET("/sessions", saas_route_sessions, .etag = SAAS_OFF, .query = &saas_own_list_schema),
        SAAS_DELETE("/sessions/:id", saas_route_session_end, .role = SAAS_VIEWER,
                    .not_found = {"SESSION_NOT_FOUND", "Session does not exist"}),
        SAAS_POST("/logout-all", saas_route_logout_all, .role = SAAS_VIEWER),
        SAAS_GET("/organizations", saas_route_organizations, .etag = SAAS_OFF, .query = &saas_own_list_schema),
        SAAS_POST("/switch", saas_route_switch, .role = SAAS_VIEWER, .body = &saas_switch_body_schema,
                  .body_max_bytes = BODY_MAX, .not_found = {"ORGANIZATION_NOT_FOUND", "Organization does not exist"}),
    };
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
