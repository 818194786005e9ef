#include "http/meter.h"

enum { STATUS_CLIENT_GONE = 499 };

static size_t status_slot(int status)
{
    return status == STATUS_CLIENT_GONE ? SAAS_METER_STATUSES - 1 : (size_t)(status / 100 - 2);
}

static void meter_states(const saas_shard *shard)
{
    saas_db_load load[SAAS_DB_LOADS];
    saas_meter_set(shard->meter, SAAS_METER_LIVE, shard->live - 1);
    if (!shard->db)
        return;
    saas_db_load_of(load, shard->db);
    for (size_t i = 0; i < SAAS_DB_LOADS; i++) {
        saas_meter_set(shard->meter, SAAS_METER_DB + 3 * i, load[i].ready);
        saas_meter_set(shard->meter, SAAS_METER_DB + 3 * i + 1, load[i].busy);
        saas_meter_set(shard->meter, SAAS_METER_DB + 3 * i + 2, load[i].waiting);
    }
}

void saas_ctx_meter(const saas_ctx *c, uint64_t took_us)
{
    saas_meter *meter = c->shard->meter;
    if (!meter || c->chore) /* a chore's route is in no router */
        return;
    const saas_router *router = c->shard->site->router;
    const size_t index = c->match.route ? saas_route_index(c->match.route) : saas_router_count(router);
    const size_t first = saas_meter_route(index);
    saas_meter_add(meter, first + status_slot(c->status), 1);
    saas_histogram_add(meter, first + SAAS_METER_STATUSES, took_us);
    saas_meter_add(meter, SAAS_METER_ROUND_TRIPS, c->round_trips);
    saas_meter_add(meter, SAAS_METER_DB_WAIT_US, c->db_wait_us);
    saas_meter_add(meter, SAAS_METER_RATE_LIMITED, c->result == SAAS_ERR_RATE_LIMITED);
    saas_meter_add(meter, SAAS_METER_REPLAYED, c->replayed);
    saas_meter_set(meter, SAAS_METER_PARKED, c->shard->parked);
    meter_states(c->shard);
}
