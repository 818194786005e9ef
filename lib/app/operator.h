/* app/operator.h: the routes that only who has METRICS_TOKEN may call; for anybody else they don't exist. */
#ifndef SAAS_APP_OPERATOR_H
#define SAAS_APP_OPERATOR_H

#include "http/ctx.h"

/* Whether the request bears the token. */
bool saas_is_operator(const saas_ctx *c);

saas_err saas_scrape(saas_ctx *c); /* GET /metrics */

#endif
