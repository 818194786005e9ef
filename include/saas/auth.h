/* saas/auth.h: accounts, sessions, tokens. The routes of saas_auth_routes() are built on what is here.
 *
 * An account is a person (e-mail, password); a user is an account's membership in one organization. Access tokens are
 * JWT (RFC 7519, RFC 9068 typ at+jwt, HS256) and live 900 s; refresh tokens live 7 days, are kept only as hashes and
 * replaced on every use.
 *
 * Since 0.1. */
#ifndef SAAS_AUTH_H
#define SAAS_AUTH_H

#include <saas/ctx.h>
#include <saas/host.h>

SAAS_BEGIN_DECLS

enum { SAAS_ACCESS_TOKEN_S = 900, SAAS_REFRESH_TOKEN_S = 7 * 24 * 3600, SAAS_REFRESH_GRACE_S = 10 };

/* POST /signup, /login, /refresh, /logout, to be mounted under a prefix such as /v1/auth:
 *   .mounts = (const saas_mount[]){ {"/v1/auth", saas_auth_routes} }, .mount_count = 1 */
SAAS_API saas_route_list saas_auth_routes(void);

/* ---- what a host can build its own routes on; all run on a handler's fiber and wait ---- */

/* Checks a new password: not one of the common ones. Length is the schema's business: text(12, 128), .secret = true.
 * ERR_VALIDATION, with the issue in the context under `path`. */
SAAS_API SAAS_MUST_CHECK saas_err saas_password_check(saas_ctx *c, const char *path, saas_text password);
/* Argon2id (RFC 9106) with 19 MiB, t = 2, as PHC string, on the work pool. ERR_BUSY: too many at once. */
SAAS_API SAAS_MUST_CHECK saas_err saas_password_hash(saas_text *out, saas_ctx *c, saas_text password);

/* ---- keys and access tokens, for tests and hosts that issue their own ---- */

/* Signs an access token for a principal: iat now, exp iat + 900, with the app's key. ERR_NO_MEMORY, ERR_UNAVAILABLE. */
SAAS_API SAAS_MUST_CHECK saas_err saas_access_token_new(saas_text *out, saas_arena *a, const saas_app *app,
                                                        const saas_principal *who);

SAAS_END_DECLS
#endif
