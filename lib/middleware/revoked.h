/* middleware/revoked.h: whether an access token was revoked, known to each loop without asking the database.
 *
 * A loop hears of revocations by NOTIFY and loads those of the last 16 minutes once it listens. It also notifies
 * itself, when it loads and once a minute. Until it has heard that, while it does not listen, and when there are more
 * of them than it keeps, the database is asked for every request. */
#ifndef SAAS_MIDDLEWARE_REVOKED_H
#define SAAS_MIDDLEWARE_REVOKED_H

#include "http/shard.h"
#include <saas/ctx.h>

enum { SAAS_REVOKED_MAX = 1 << 16 }; /* 5 MiB a loop at most */

/* Only for apps with a database. ERR_NO_MEMORY, ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_revoked_attach(saas_shard *shard);
void saas_revoked_detach(saas_shard *shard);

/* Of c's principal, on the handler's fiber. ERR_UNAUTHENTICATED: it was. Errors of saas/db.h, where the database had to
 * be asked: then it may have been. */
SAAS_MUST_CHECK saas_err saas_revoked_check(saas_ctx *c);

#endif
