/* middleware/limit.h: the step that counts a request under its route's limit and its app's. */
#ifndef SAAS_MIDDLEWARE_LIMIT_H
#define SAAS_MIDDLEWARE_LIMIT_H

#include <saas/ctx.h>

/* ERR_RATE_LIMITED. */
SAAS_MUST_CHECK saas_err saas_limit_request(saas_ctx *c);

#endif
