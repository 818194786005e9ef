/* app/operator.h: the routes that only who has METRICS_TOKEN may call; for anybody else they don't exist. */
#ifndef SAAS_APP_OPERATOR_H
#define SAAS_APP_OPERATOR_H

#include "http/ctx.h"

/* Whether the request bears the token. */
bool saas_is_operator(const saas_ctx *c);

saas_err saas_scrape(saas_ctx *c);    /* GET /metrics */
saas_err saas_inflight(saas_ctx *c);  /* GET /debug/inflight */
saas_err saas_level_get(saas_ctx *c); /* GET /debug/log-level */
saas_err saas_level_put(saas_ctx *c); /* PUT /debug/log-level/:level */

#endif
