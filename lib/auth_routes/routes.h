/* auth_routes/routes.h: the handlers, and the failures they share. */
#ifndef SAAS_AUTH_ROUTES_H
#define SAAS_AUTH_ROUTES_H

#include <saas/auth.h>
#include <saas/db.h>

#define SAAS_SIGNUP(F, T)                                                                                              \
    F(T, text(1, 80), org_name, .required = true)                                                                      \
    F(T, text(3, 40), org_slug, .pattern = "[a-z0-9-]+", .message = "a to z, 0 to 9 and - only")                       \
    F(T, email, email, .required = true)                                                                               \
    F(T, text(12, 128), password, .required = true, .secret = true)
SAAS_DECLARE(saas_signup, SAAS_SIGNUP);
saas_err saas_route_signup(saas_ctx *c);

/* Not shorter than 12: accounts of an older system sign in with what they have. */
#define SAAS_LOGIN(F, T)                                                                                               \
    F(T, email, email, .required = true)                                                                               \
    F(T, text(1, 128), password, .required = true, .secret = true)
SAAS_DECLARE(saas_login, SAAS_LOGIN);
saas_err saas_route_login(saas_ctx *c);

#define SAAS_REFRESH(F, T) F(T, text(1, 512), refresh_token, .required = true, .secret = true)
SAAS_DECLARE(saas_refresh_body, SAAS_REFRESH);
saas_err saas_route_refresh(saas_ctx *c);
saas_err saas_route_logout(saas_ctx *c);

#define SAAS_EMAIL(F, T) F(T, email, email, .required = true)
SAAS_DECLARE(saas_email_body, SAAS_EMAIL);
saas_err saas_route_forgot(saas_ctx *c);
saas_err saas_route_resend(saas_ctx *c);

#define SAAS_TOKEN(F, T) F(T, text(1, 200), token, .required = true, .secret = true)
SAAS_DECLARE(saas_token_body, SAAS_TOKEN);
saas_err saas_route_verify(saas_ctx *c);

#define SAAS_RESET(F, T)                                                                                               \
    SAAS_TOKEN(F, T)                                                                                                   \
    F(T, text(12, 128), password, .required = true, .secret = true)
SAAS_DECLARE(saas_reset, SAAS_RESET);
saas_err saas_route_reset(saas_ctx *c);

/* Not shorter than 12 only where it is a new one. */
#define SAAS_ACCEPT(F, T)                                                                                              \
    SAAS_TOKEN(F, T)                                                                                                   \
    F(T, text(1, 128), password, .secret = true)
SAAS_DECLARE(saas_accept, SAAS_ACCEPT);
saas_err saas_route_accept(saas_ctx *c);
/* Runs what takes a token of a mail; answers that fail count as wrong guesses of their address. */
saas_err saas_by_token(saas_ctx *c, saas_handler fn);
/* 400 INVALID_TOKEN; ERR_FAILED. */
saas_err saas_fail_token(saas_ctx *c, const char *event);

SAAS_DECLARE(saas_own_list, SAAS_PAGE_FIELDS);
saas_err saas_route_sessions(saas_ctx *c);
saas_err saas_route_session_end(saas_ctx *c);
saas_err saas_route_logout_all(saas_ctx *c);
saas_err saas_route_organizations(saas_ctx *c);

#define SAAS_SWITCH_BODY(F, T) F(T, uuid, org_id, .required = true)
SAAS_DECLARE(saas_switch_body, SAAS_SWITCH_BODY);
saas_err saas_route_switch(saas_ctx *c);

#endif
