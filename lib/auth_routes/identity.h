/* auth_routes/identity.h: who is signed in where, as the database tells and as an answer says it. */
#ifndef SAAS_AUTH_ROUTES_IDENTITY_H
#define SAAS_AUTH_ROUTES_IDENTITY_H

#include "auth/keys.h"
#include <saas/auth.h>
#include <saas/db.h>

/* The composite type saas_auth_api.identity. Without outcome ok the rest is null. */
#define SAAS_IDENTITY(F, T)                                                                                            \
    F(T, text(1, 40), outcome)                                                                                         \
    F(T, uuid, account_id)                                                                                             \
    F(T, uuid, user_id)                                                                                                \
    F(T, email, email)                                                                                                 \
    F(T, word(saas_user_role), role)                                                                                   \
    F(T, time, user_created_at)                                                                                        \
    F(T, time, user_updated_at)                                                                                        \
    F(T, uuid, org_id)                                                                                                 \
    F(T, text(1, 80), org_name)                                                                                        \
    F(T, text(3, 40), org_slug)                                                                                        \
    F(T, text(1, 40), org_plan)                                                                                        \
    F(T, time, org_created_at)                                                                                         \
    F(T, i64(0, INT32_MAX), generation)
SAAS_DECLARE(saas_identity, SAAS_IDENTITY);

/* A session that is about to be: its id and first refresh token. */
typedef struct saas_new_session {
    saas_uuid id;
    saas_refresh refresh;
    char token[SAAS_REFRESH_CHARS + 1];
} saas_new_session;

SAAS_MUST_CHECK saas_err saas_new_session_make(saas_new_session *out, saas_ctx *c);

/* For how long the app's sessions may be left unused, and live: arguments of saas_auth_api.session_of. */
int64_t saas_session_idle_s(const saas_ctx *c);
int64_t saas_session_lifetime_s(const saas_ctx *c);

/* {user, organization, accessToken, refreshToken, tokenType, expiresIn} */
SAAS_MUST_CHECK saas_err saas_reply_signed_in(saas_ctx *c, int status, const struct saas_identity *who,
                                              const saas_new_session *session);
/* {accessToken, refreshToken, tokenType, expiresIn} */
SAAS_MUST_CHECK saas_err saas_reply_tokens(saas_ctx *c, const saas_principal *who, const char *refresh_token);

/* Row 0 of a call that gives an identity. */
SAAS_MUST_CHECK saas_err saas_identity_read(struct saas_identity **out, saas_ctx *c, const saas_rows *rows);

#endif
