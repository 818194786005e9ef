/* middleware/steps.h: the steps before a handler, as the one table that the app gives to its site. */
#ifndef SAAS_MIDDLEWARE_STEPS_H
#define SAAS_MIDDLEWARE_STEPS_H

#include "http/shard.h"

/* In order: refused by the transport, route found, admitted (http/pulse.h), hooks that arrive, authenticate, rate limits,
 * authorize, validate (media type, path, query, body), hooks that come before the handler. NULL-terminated, static. */
const saas_step *saas_middleware_steps(void);

#endif
