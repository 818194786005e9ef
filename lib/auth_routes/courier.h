/* auth_routes/courier.h: hands the outbox to the mailer, one courier a shard. */
#ifndef SAAS_AUTH_ROUTES_COURIER_H
#define SAAS_AUTH_ROUTES_COURIER_H

#include "http/shard.h"
#include <saas/ctx.h>

/* Only for apps with a database that mount the library's routes. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_courier_attach(saas_shard *shard);
void saas_courier_detach(saas_shard *shard);
/* There is mail: look soon. From a handler. */
void saas_courier_call(saas_ctx *c);

#endif
