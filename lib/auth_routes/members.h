/* auth_routes/members.h: what handlers of a signed-in user share. */
#ifndef SAAS_AUTH_ROUTES_MEMBERS_H
#define SAAS_AUTH_ROUTES_MEMBERS_H

#include <saas/ctx.h>

/* The column outcome of a function of saas_auth_api as an error, or as a failure that is answered already. */
SAAS_MUST_CHECK saas_err saas_outcome(saas_ctx *c, const saas_rows *row);
/* NULL: no role. */
const char *saas_role_word(saas_role role);
/* The stored hash of whoever is signed in, after the password was right; a session that has ended counts as a wrong
 * one, which answers 400 INVALID_CREDENTIALS and returns ERR_FAILED. */
SAAS_MUST_CHECK saas_err saas_password_prove(saas_text *hash, saas_ctx *c, saas_text password);

#endif
