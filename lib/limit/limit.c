#include "base/clock.h"
#include "limit/limiter.h"
#include "limit/table.h"
#include <stdlib.h>

enum { SLOTS_DEFAULT = 1 << 21 };

saas_err saas_limiter_over(saas_limiter **out, const saas_limit_store *store, void *self)
{
    saas_limiter *l = calloc(1, sizeof *l);
    saas_err e = l ? saas_random(l->key, sizeof l->key) : SAAS_ERR_NO_MEMORY;
    if (e) {
        free(l);
        store->free(self);
        return e;
    }
    l->store = store;
    l->self = self;
    *out = l;
    return SAAS_OK;
}

saas_err saas_limiter_new(saas_limiter **out, size_t slots)
{
    void *table;
    SAAS_TRY(saas_limit_table_new(&table, slots ? slots : SLOTS_DEFAULT));
    return saas_limiter_over(out, &saas_limit_table, table);
}

void saas_limiter_free(saas_limiter *l)
{
    if (!l)
        return;
    l->store->free(l->self);
    sodium_memzero(l->key, sizeof l->key);
    free(l);
}

static bool sound(saas_limit_rule rule, uint32_t cost)
{
    return rule.per_minute && rule.per_minute <= SAAS_LIMIT_PER_MINUTE_MAX && rule.burst &&
           rule.burst <= SAAS_LIMIT_BURST_MAX && cost <= rule.burst;
}

saas_err saas_limit_take(saas_limit_verdict *out, saas_limiter *l, saas_limit_key key, saas_limit_rule rule,
                         uint32_t cost, uint64_t now_us)
{
    return sound(rule, cost) ? l->store->take(l->self, out, key, rule, cost, now_us) : SAAS_ERR_BUG;
}

saas_err saas_limit_give_back(saas_limiter *l, saas_limit_key key, saas_limit_rule rule, uint32_t cost)
{
    return sound(rule, cost) ? l->store->give_back(l->self, key, rule, cost) : SAAS_ERR_BUG;
}

void saas_limit_decide(saas_limit_verdict *out, uint64_t *rest_ns, saas_limit_rule rule, uint32_t cost, uint64_t now_ns)
{
    const uint64_t interval = saas_limit_interval_ns(rule), room = interval * rule.burst;
    uint64_t debt = *rest_ns > now_ns ? *rest_ns - now_ns : 0;
    const uint64_t wanted = debt + interval * (cost ? cost : 1);
    *out = (saas_limit_verdict){.allowed = wanted <= room};
    if (!out->allowed) {
        out->retry_after_us = (wanted - room + 999) / 1000;
    } else if (cost) {
        debt = wanted;
        *rest_ns = now_ns + debt;
    }
    out->remaining = debt < room ? (uint32_t)((room - debt) / interval) : 0;
    out->reset_us = (debt + 999) / 1000;
}
