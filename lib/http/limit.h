/* http/limit.h: what a request is counted under, and what its answer says of it. */
#ifndef SAAS_HTTP_LIMIT_H
#define SAAS_HTTP_LIMIT_H

#include "limit/limit.h"
#include <saas/ctx.h>

typedef struct saas_charge {
    const char *name; /* of the policy, in the answer's headers: printable ASCII without '"' and '\' */
    saas_limit_key key;
    saas_limit_rule rule;
    uint32_t cost;
} saas_charge;

enum { SAAS_CHARGES_MAX = 6 };

/* Takes all of them, SAAS_CHARGES_MAX at most, or none, and notes what is left for the answer's headers. The app has a
 * limiter. ERR_RATE_LIMITED, ERR_NO_MEMORY; errors of the store. */
SAAS_MUST_CHECK saas_err saas_ctx_charge(saas_ctx *c, const saas_charge *charges, size_t count);
/* ERR_RATE_LIMITED, with Retry-After. ERR_NO_MEMORY. */
saas_err saas_ctx_rate_limited(saas_ctx *c, uint64_t retry_after_us);

#endif
