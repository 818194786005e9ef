/* saas/auth.h: accounts, sessions, tokens. The routes of saas_auth_routes() are built on what is here.
 *
 * An account is a person (e-mail, password); a user is an account's membership in one organization. Access tokens are
 * JWT (RFC 7519, RFC 9068 typ at+jwt, HS256) and live 900 s; refresh tokens live 7 days (REFRESH_TOKEN_DAYS), are kept only as hashes and
 * replaced on every use. An access token ends within a second, at every process, when its session ends, its user's role
 * changes, the membership or the organization goes or the account is disabled; no request reads the database for that.
 *
 * Since 0.1. */
#ifndef SAAS_AUTH_H
#define SAAS_AUTH_H

#include <saas/ctx.h>
#include <saas/host.h>

SAAS_BEGIN_DECLS

enum { SAAS_ACCESS_TOKEN_S = 900, SAAS_REFRESH_GRACE_S = 10 };

/* ---- the shapes of answers: paste them into tables of one's own: SAAS_STRUCT(user, SAAS_USER_FIELDS); ---- */

#define SAAS_USER_ROLES(W, T) W(T, viewer) W(T, member) W(T, admin)
SAAS_ENUM(saas_user_role, SAAS_USER_ROLES); /* numbers as in saas_role */

/* Columns of the table users. */
#define SAAS_USER_FIELDS(F, T)                                                                                         \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, uuid, org_id, .read_only = true)                                                                              \
    F(T, email, email, .required = true)                                                                               \
    F(T, word(saas_user_role), role, .required = true)                                                                 \
    F(T, time, created_at, .read_only = true)                                                                          \
    F(T, time, updated_at, .read_only = true)

/* Columns of the table organizations. */
#define SAAS_ORGANIZATION_FIELDS(F, T)                                                                                 \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 80), name, .required = true)                                                                          \
    F(T, text(3, 40), slug, .required = true, .pattern = "[a-z0-9-]+", .message = "a to z, 0 to 9 and - only")         \
    F(T, text(1, 40), plan, .read_only = true)                                                                         \
    F(T, time, created_at, .read_only = true)

/* ---- routes ---- */

/* Lists of routes, to be mounted under a prefix each:
 *   static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}, {"/v1/me", saas_account_routes}}; */

/* POST /signup, /login, /refresh, /logout, /logout-all, /switch, /password/forgot, /password/reset, /email/verify,
 * /email/resend, /invitations/accept; GET /sessions, /organizations; DELETE /sessions/:id. For /v1/auth. */
SAAS_API saas_route_list saas_auth_routes(void);
/* The account that is signed in: GET, PATCH (another e-mail address), DELETE; POST /password; GET /export. For /v1/me. */
SAAS_API saas_route_list saas_account_routes(void);
/* Admins invite by mail: GET, POST; DELETE /:id, POST /:id/resend. For /v1/invitations. */
SAAS_API saas_route_list saas_invitation_routes(void);
/* Admins read the audit trail: GET. For /v1/audit. */
SAAS_API saas_route_list saas_audit_routes(void);

/* ---- what a host can build its own routes on; all run on a handler's fiber and wait ---- */

/* Checks a new password: not one of the common ones. Length is the schema's business: text(12, 128), .secret = true.
 * ERR_VALIDATION, with the issue in the context under `path`. */
SAAS_API SAAS_MUST_CHECK saas_err saas_password_check(saas_ctx *c, const char *path, saas_text password);
/* Argon2id (RFC 9106) with 19 MiB, t = 2, as PHC string, on the work pool. ERR_BUSY: too many at once. */
SAAS_API SAAS_MUST_CHECK saas_err saas_password_hash(saas_text *out, saas_ctx *c, saas_text password);

/* The rest acts for the signed-in user, within its organization, and is written to the audit trail. ERR_UNAUTHENTICATED
 * without one; ERR_FORBIDDEN when its role is not any more what its access token says. Errors of saas/db.h as well.
 * Who may do it is the route's .role. */

/* Adds a member; *row has the columns of SAAS_USER_FIELDS. An unknown address gets an account with this password, at
 * work at once in this organization only. For a known one the password is ignored and the membership waits until that
 * person accepts; *row does not tell which. The password is checked (under "password") and hashed here.
 * ERR_CONFLICT: the organization has this address already. ERR_VALIDATION, ERR_BUSY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_user_create(saas_ctx *c, saas_rows **row, saas_text email, saas_text password,
                                                   saas_role role);
/* Changes a member's role; *row as above. Access tokens that say the old one are refused within a second, everywhere;
 * a refresh gives one with the new role. ERR_NOT_FOUND. The last admin stays one: answers 409 LAST_ADMIN and returns ERR_FAILED. */
SAAS_API SAAS_MUST_CHECK saas_err saas_user_set_role(saas_ctx *c, saas_rows **row, saas_uuid user_id, saas_role role);
/* Ends a membership, its sessions and, within a second, its access tokens. Errors as above. */
SAAS_API SAAS_MUST_CHECK saas_err saas_user_remove(saas_ctx *c, saas_uuid user_id);
/* A new password for the account that is signed in; its other sessions end. The new one is checked under "newPassword".
 * A wrong current one answers 400 INVALID_CREDENTIALS and returns ERR_FAILED. ERR_VALIDATION, ERR_BUSY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_password_change(saas_ctx *c, saas_text current, saas_text new_password);
/* Removes the organization and everything in it. Wrong password as above. */
SAAS_API SAAS_MUST_CHECK saas_err saas_organization_remove(saas_ctx *c, saas_text current_password);

/* ---- keys and access tokens, for tests and hosts that issue their own ---- */

/* Signs an access token for a principal: iat now, exp iat + 900, with the app's key. ERR_NO_MEMORY, ERR_UNAVAILABLE. */
SAAS_API SAAS_MUST_CHECK saas_err saas_access_token_new(saas_text *out, saas_arena *a, const saas_app *app,
                                                        const saas_principal *who);

SAAS_END_DECLS
#endif
