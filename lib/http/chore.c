#include "http/chore.h"
#include "base/clock.h"
#include "http/ctx.h"

enum { ARENA_MAX = 1 << 20 };

/* The reply goes nowhere. */
static void end(void *transport, const saas_host_reply *reply)
{
    saas_chore *chore = transport;
    (void)reply;
    saas_exchange_release(chore->exchange);
    chore->ended(chore);
}

saas_err saas_chore_start(saas_shard *shard, saas_chore *chore)
{
    static const saas_host_ops ops = {.size = sizeof ops, .reply = end};
    const saas_host_request none = {
        .size = sizeof none, .method = saas_text_z(chore->route->method), .target = saas_text_z(chore->route->path)};
    SAAS_TRY(saas_exchange_new(&chore->exchange, shard, &none, &ops, chore));
    saas_ctx *c = (saas_ctx *)(void *)chore->exchange;
    c->chore = true;
    c->match.route = chore->route;
    c->match.policy = NULL;
    c->arena.limit = ARENA_MAX;
    c->deadline_us = c->started_us + chore->route->timeout_ms * UINT64_C(1000);
    saas_exchange_start(chore->exchange);
    return SAAS_OK;
}
