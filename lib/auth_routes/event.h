/* auth_routes/event.h: sign-ins and what else the log must tell, without secrets or addresses; and the client as a
 * session remembers it. */
#ifndef SAAS_AUTH_ROUTES_EVENT_H
#define SAAS_AUTH_ROUTES_EVENT_H

#include <saas/ctx.h>

/* One line: event ("auth.login"), outcome ("ok", "invalid_credentials"), and those ids that are not nil. */
void saas_auth_event(saas_ctx *c, saas_log_level level, const char *event, const char *outcome,
                     const saas_principal *who);

/* User-Agent and peer address as the columns of a session take them: printable ASCII, cut to size. {NULL, 0}: none. */
saas_text saas_client_agent(saas_ctx *c);
saas_text saas_client_ip(saas_ctx *c);

#endif
