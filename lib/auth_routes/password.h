/* auth_routes/password.h: verifying on the work pool, and forgetting what was typed. */
#ifndef SAAS_AUTH_ROUTES_PASSWORD_H
#define SAAS_AUTH_ROUTES_PASSWORD_H

#include "auth/keys.h"

/* One verification, whatever the hash (ptr NULL: of a dummy). *fresh: the password at today's cost when the stored hash
 * is an older kind and the password right, else {NULL, 0}. modest: the pool keeps half of its queue for those who are
 * known. ERR_BUSY, ERR_CANCELLED. */
SAAS_MUST_CHECK saas_err saas_password_try(bool *ok, saas_text *fresh, saas_ctx *c, saas_text hash, saas_text password,
                                           bool modest);
/* saas_password_hash for somebody nobody knows: modest, as above. */
SAAS_MUST_CHECK saas_err saas_password_hash_modestly(saas_text *out, saas_ctx *c, saas_text password);
/* Overwrites a text of the request's body. */
void saas_password_wipe(saas_text password);
/* The same, if it is one: what a host passes may be its own. */
void saas_password_wipe_typed(const saas_ctx *c, saas_text password);

#endif
