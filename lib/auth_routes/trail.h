/* auth_routes/trail.h: guesses in the audit trail, which they must not fill: throttle.h says which are written down.
 * The log and the metrics have all. */
#ifndef SAAS_AUTH_ROUTES_TRAIL_H
#define SAAS_AUTH_ROUTES_TRAIL_H

#include <saas/ctx.h>

/* A guess at the password of whoever has an address, if anybody: the same work either way. For operators, and for the
 * organization that the account used last. Errors of saas/db.h. */
SAAS_MUST_CHECK saas_err saas_trail_failed(saas_ctx *c, saas_text email);
SAAS_MUST_CHECK saas_err saas_trail_throttled(saas_ctx *c, saas_text email);
/* The same by whoever is signed in. */
SAAS_MUST_CHECK saas_err saas_trail_own_failed(saas_ctx *c);
SAAS_MUST_CHECK saas_err saas_trail_own_throttled(saas_ctx *c);
/* A member was refused by role or permission: at most ten at once and one a minute of each. Never an error: the answer
 * is a refusal anyway, and the log has it. */
saas_err saas_trail_denied(saas_ctx *c);

#endif
