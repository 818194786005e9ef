#include "base/clock.h"
#include "http/ctx.h"
#include <stdlib.h>

enum { REQUESTS_MAX_DEFAULT = 1024, STACKS_IDLE_MAX = 256 };

static saas_err connect_database(saas_shard *shard)
{
    const saas_site *site = shard->site;
    if (!site->database_url)
        return SAAS_OK;
    saas_db_options options = site->db;
    options.dsn = site->database_url;
    options.log = site->log;
    SAAS_TRY(saas_db_new(&shard->db, shard->loop, &options));
    if (!site->system_url)
        return SAAS_OK;
    options.dsn = site->system_url;
    options.lanes_shared = options.lanes_slow = options.lanes_exclusive = 1;
    return saas_db_new(&shard->system, shard->loop, &options);
}

static saas_err furnish(saas_shard *shard)
{
    shard->stubborn = calloc(saas_router_count(shard->site->router) + 1, sizeof(const saas_route *));
    if (!shard->stubborn)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_pulse_init(shard));
    SAAS_TRY(saas_fibers_new(&shard->fibers, shard->site->fiber_stack_bytes, STACKS_IDLE_MAX));
    if (shard->site->keys)
        SAAS_TRY(saas_signer_new(&shard->signer, shard->site->keys));
    if (shard->site->metrics)
        SAAS_TRY(saas_meter_new(&shard->meter, shard->site->metrics));
    if (saas_router_plans(shard->site->router)->count) {
        shard->plans = saas_plan_cache_new();
        if (!shard->plans)
            return SAAS_ERR_NO_MEMORY;
    }
    SAAS_TRY(connect_database(shard));
    if (shard->site->attach)
        SAAS_TRY(shard->site->attach(shard));
    return shard->site->lookout ? saas_lookout_add(shard->site->lookout, shard) : SAAS_OK;
}

saas_err saas_shard_new(saas_shard **out, saas_app *app, saas_loop *loop)
{
    saas_shard *shard = calloc(1, sizeof *shard);
    if (!shard)
        return SAAS_ERR_NO_MEMORY;
    shard->app = app;
    shard->site = saas_app_site(app);
    shard->loop = loop;
    shard->body_max_bytes = saas_app_body_max_bytes(app);
    shard->requests_max = shard->site->requests_max ? shard->site->requests_max : REQUESTS_MAX_DEFAULT;
    saas_list_init(&shard->exchanges);
    saas_list_init(&shard->spare);
    saas_err e = furnish(shard);
    if (e) {
        saas_shard_free(shard);
        return e;
    }
    *out = shard;
    return SAAS_OK;
}

static bool is_stubborn(const saas_shard *shard, const saas_route *route)
{
    for (size_t i = 0; i < shard->stubborn_count; i++)
        if (shard->stubborn[i] == route)
            return true;
    return false;
}

void saas_shard_parked(saas_shard *shard, const saas_route *route)
{
    shard->parked++;
    if (route && !is_stubborn(shard, route))
        shard->stubborn[shard->stubborn_count++] = route;
}

bool saas_shard_closed(const saas_shard *shard, const saas_route *route)
{
    return shard->parked >= SAAS_PARKED_MAX && is_stubborn(shard, route);
}

/* One at a time off a list of its own: ending one may end others. */
static void cut_all(void *user)
{
    saas_shard *shard = user;
    saas_list old;
    saas_list_init(&old);
    while (!saas_list_empty(&shard->exchanges))
        saas_list_insert(&old, saas_list_pop(&shard->exchanges));
    while (!saas_list_empty(&old)) {
        saas_list *item = saas_list_pop(&old);
        saas_list_insert(&shard->exchanges, item);
        saas_ctx_cut(SAAS_CONTAINER(item, saas_ctx, link), SAAS_ERR_CANCELLED);
    }
}

void saas_shard_stop(saas_shard *shard, uint64_t grace_ms, void (*done)(void *user), void *user)
{
    shard->stopping = true;
    shard->stopped = done;
    shard->stopped_user = user;
    if (!shard->live)
        saas_shard_check_stopped(shard);
    else if (saas_timer_start(shard->loop, &shard->grace, grace_ms, cut_all, shard))
        cut_all(shard);
}

saas_err saas_shard_random(void *out, saas_shard *shard, size_t len)
{
    if (shard->random_left < len) {
        SAAS_TRY(saas_random(shard->random, sizeof shard->random));
        shard->random_left = sizeof shard->random;
    }
    shard->random_left -= len;
    memcpy(out, shard->random + shard->random_left, len);
    return SAAS_OK;
}

void saas_shard_free(saas_shard *shard)
{
    if (!shard)
        return;
    saas_timer_stop(shard->loop, &shard->grace);
    saas_lookout_remove(shard->site->lookout, shard);
    saas_pulse_done(shard);
    if (shard->site->detach)
        shard->site->detach(shard);
    if (shard->db)
        saas_db_free(shard->db);
    if (shard->system)
        saas_db_free(shard->system);
    if (shard->fibers)
        saas_fibers_free(shard->fibers);
    saas_meter_free(shard->meter);
    saas_plan_cache_free(shard->plans);
    if (shard->signer)
        saas_signer_free(shard->signer);
    for (saas_list *spare; (spare = saas_list_pop(&shard->spare));)
        free(SAAS_CONTAINER(spare, saas_ctx, link));
    free((void *)shard->stubborn);
    free(shard);
}

size_t saas_app_body_max_bytes(const saas_app *app)
{
    const saas_router *router = saas_app_site(app)->router;
    size_t most = 0;
    for (size_t i = 0; i < saas_router_count(router); i++) {
        size_t max = saas_router_route(router, i)->body_max_bytes;
        most = max > most ? max : most;
    }
    return most;
}
