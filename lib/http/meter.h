/* http/meter.h: what a request leaves in its shard's meter. */
#ifndef SAAS_HTTP_METER_H
#define SAAS_HTTP_METER_H

#include "http/ctx.h"
#include "metrics/metrics.h"

enum {
    /* states of the shard */
    SAAS_METER_LIVE,
    SAAS_METER_LAG_NOW,
    SAAS_METER_DB, /* of shared, slow and exclusive lanes each: ready, busy, waiting */
    SAAS_METER_REVOKED = SAAS_METER_DB + 3 * SAAS_DB_LOADS,
    SAAS_METER_REVOKED_ASK,
    SAAS_METER_GAUGES,
    /* counts */
    SAAS_METER_RATE_LIMITED = SAAS_METER_GAUGES,
    SAAS_METER_GUESSES_WRONG, /* passwords, tokens of mails */
    SAAS_METER_GUESSES_REFUSED,
    SAAS_METER_REPLAYED,
    SAAS_METER_PARKED,
    SAAS_METER_ROUND_TRIPS,
    SAAS_METER_DB_WAIT_US,
    SAAS_METER_LISTENS,
    SAAS_METER_LAG, /* histogram */
    SAAS_METER_SHED = SAAS_METER_LAG + SAAS_HISTOGRAM_SLOTS, /* by why, without NONE */
    SAAS_METER_PLACES = SAAS_METER_SHED + SAAS_SHEDS - 1, /* outside the tenant, each */
    SAAS_METER_ROUTES = SAAS_METER_PLACES + SAAS_PLACES_MAX, /* of each route in the router's order, and one more of what matched none */

    SAAS_METER_STATUSES = 5, /* 2xx to 5xx; 499: the client had left */
    SAAS_METER_BLOCKED = SAAS_METER_STATUSES + SAAS_HISTOGRAM_SLOTS, /* times a handler held its loop up */
    SAAS_METER_PER_ROUTE
};

/* Where a route's slots begin: statuses, histogram, blocked. */
static inline size_t saas_meter_route(size_t index)
{
    return SAAS_METER_ROUTES + index * SAAS_METER_PER_ROUTE;
}

static inline size_t saas_meter_slots(const saas_router *r)
{
    return SAAS_METER_ROUTES + (saas_router_count(r) + 1) * SAAS_METER_PER_ROUTE;
}

/* When a request is over. */
void saas_ctx_meter(const saas_ctx *c, uint64_t took_us);

#endif
