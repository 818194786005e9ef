#include "fiber/sanitize.h"
#include "http/ctx.h"
#include <stdlib.h>

enum { SPARE_MAX = 256 };

static saas_ctx *take(saas_shard *shard)
{
    saas_list *spare = saas_list_pop(&shard->spare);
    if (!spare)
        return malloc(sizeof(saas_ctx) + SAAS_CTX_BLOCK);
    shard->spare_count--;
    return SAAS_CONTAINER(spare, saas_ctx, link);
}

saas_ctx *saas_ctx_new(saas_shard *shard, size_t limit_bytes)
{
    saas_ctx *c = take(shard);
    if (!c)
        return NULL;
    memset(c, 0, offsetof(saas_ctx, match));
    c->match.route = NULL;
    c->match.policy = saas_router_policy(shard->site->router);
    c->match.cors = c->match.policy->cors;
    c->match.folder = NULL;
    c->match.file = NULL;
    c->match.param_count = 0;
    c->db_error.sqlstate[0] = c->db_error.constraint[0] = 0;
    saas_arena_init(&c->arena, c + 1, SAAS_CTX_BLOCK, limit_bytes);
    c->shard = shard;
    c->owners = 1;
    saas_list_insert(&shard->exchanges, &c->link);
    shard->live++;
    return c;
}

static void stopped(void *user)
{
    saas_shard *shard = user;
    saas_timer_stop(shard->loop, &shard->grace);
    shard->stopped(shard->stopped_user);
}

/* From a turn of its own: whoever is told may free what the callers of this still use. */
void saas_shard_check_stopped(saas_shard *shard)
{
    if (!shard->stopping || shard->live)
        return;
    shard->told = (saas_posted){.fn = stopped, .user = shard};
    saas_loop_post(shard->loop, &shard->told);
}

void saas_ctx_drop(saas_ctx *c)
{
    saas_shard *shard = c->shard;
    if (--c->owners)
        return;
    saas_list_remove(&c->link);
    saas_arena_done(&c->arena);
    /* Under AddressSanitizer every context is a fresh allocation, so that a use after its end is seen. */
    if (!SAAS_ASAN && shard->spare_count < SPARE_MAX) {
        saas_list_insert(shard->spare.next, &c->link);
        shard->spare_count++;
    } else {
        free(c);
    }
    shard->live--;
    saas_shard_check_stopped(shard);
}
