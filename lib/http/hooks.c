#include "http/hooks.h"
#include "http/ctx.h"
#include "http/tx.h"

typedef struct saas_state_item {
    struct saas_state_item *next;
    const void *key;
    void *value;
} saas_state_item;

/* ---- what hooks leave for each other and for the handler ---- */

static saas_state_item *find(const saas_ctx *c, const void *key)
{
    saas_state_item *at = c->state;
    while (at && at->key != key)
        at = at->next;
    return at;
}

saas_err saas_state_set(saas_ctx *c, const void *key, void *value)
{
    saas_state_item *item = find(c, key);
    if (!item) {
        item = saas_arena_alloc(&c->arena, sizeof *item);
        if (!item)
            return SAAS_ERR_NO_MEMORY;
        *item = (saas_state_item){.next = c->state, .key = key};
        c->state = item;
    }
    item->value = value;
    return SAAS_OK;
}

void *saas_state(const saas_ctx *c, const void *key)
{
    const saas_state_item *item = find(c, key);
    return item ? item->value : NULL;
}

/* ---- running them ---- */

static saas_err run(saas_ctx *c, saas_err (*hook)(saas_ctx *c))
{
    saas_err e = hook(c);
    if (c->tx) {
        saas_ctx_tx_drop(c);
        e = e ? e : saas_ctx_bug(c, "a hook left its transaction open");
    }
    return e ? e : c->bug ? SAAS_ERR_BUG : SAAS_OK;
}

saas_err saas_hooks_arrive(saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    for (size_t i = 0; i < p->hook_count && !c->replied; i++)
        if (p->hooks[i].arrive)
            SAAS_TRY(run(c, p->hooks[i].arrive));
    return SAAS_OK;
}

saas_err saas_hooks_before(saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    for (size_t i = 0; i < p->hook_count && !c->replied; i++)
        if (p->hooks[i].before)
            SAAS_TRY(run(c, p->hooks[i].before));
    return SAAS_OK;
}

void saas_hooks_after(saas_ctx *c)
{
    const saas_policy *p = c->match.policy;
    for (size_t i = p ? p->hook_count : 0; i-- > 0 && !c->gone;) {
        saas_err (*after)(saas_ctx * c) = p->hooks[i].after;
        const saas_err e = after ? run(c, after) : SAAS_OK;
        if (e)
            SAAS_LOG(c->shard->site->log, SAAS_LOG_WARN, "an after hook failed",
                     {"route", saas_v_z(c->match.route ? c->match.route->path : NULL)},
                     {"error", saas_v_z(saas_err_symbol(e))}, {"request_id", SAAS_ARG(c->request_id)});
    }
}
