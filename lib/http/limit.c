/* The headers are those of draft-ietf-httpapi-ratelimit-headers-10: of each policy its name, the quota q over a window
 * of w seconds; what remains of it (r), and in how many seconds all of it is there again (t). */
#include "http/limit.h"
#include "base/clock.h"
#include "http/ctx.h"

enum { MICROSECONDS = 1000000 };

static uint64_t seconds(uint64_t us)
{
    return (us + MICROSECONDS - 1) / MICROSECONDS;
}

static uint64_t window(saas_limit_rule rule)
{
    return (rule.burst * UINT64_C(60) + rule.per_minute - 1) / rule.per_minute;
}

/* Behind what earlier charges of the request have said. */
static saas_err say(saas_ctx *c, const saas_charge *k, const saas_limit_verdict *v)
{
    const char *between = c->limit_policy.ptr ? ", " : "";
    const char *policies = between[0] ? c->limit_policy.ptr : "", *states = between[0] ? c->limit_state.ptr : "";
    const saas_text policy = saas_arena_format(&c->arena, "%s%s\"%s\";q=%u;w=%llu", policies, between, k->name,
                                               k->rule.burst, (unsigned long long)window(k->rule));
    const saas_text state = saas_arena_format(&c->arena, "%s%s\"%s\";r=%u;t=%llu", states, between, k->name,
                                              v->remaining, (unsigned long long)seconds(v->reset_us));
    if (!policy.ptr || !state.ptr)
        return SAAS_ERR_NO_MEMORY;
    c->limit_policy = policy;
    c->limit_state = state;
    return SAAS_OK;
}

static saas_err refuse(saas_ctx *c, const saas_limit_verdict *v)
{
    const saas_text after =
        saas_arena_format(&c->arena, "%llu", (unsigned long long)seconds(v->retry_after_us ? v->retry_after_us : 1));
    if (!after.ptr)
        return SAAS_ERR_NO_MEMORY;
    c->retry_after = after;
    return SAAS_ERR_RATE_LIMITED;
}

static saas_err take(saas_ctx *c, const saas_charge *k)
{
    saas_limit_verdict v;
    SAAS_TRY(saas_limit_take(&v, c->shard->site->limiter, k->key, k->rule, k->cost, saas_clock_mono_us()));
    SAAS_TRY(say(c, k, &v));
    return v.allowed ? SAAS_OK : refuse(c, &v);
}

saas_err saas_ctx_charge(saas_ctx *c, const saas_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        saas_err e = take(c, &charges[i]);
        for (size_t j = 0; e && j < i; j++)
            if (saas_limit_give_back(c->shard->site->limiter, charges[j].key, charges[j].rule, charges[j].cost))
                return SAAS_ERR_UNAVAILABLE;
        SAAS_TRY(e);
    }
    return SAAS_OK;
}

static bool is_policy_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            return false;
    return *name;
}

saas_err saas_limit(saas_ctx *c, const char *name, saas_text id, uint32_t per_minute, uint32_t burst)
{
    saas_limiter *l = c->shard->site->limiter;
    if (!is_policy_name(name) || !per_minute || per_minute > SAAS_LIMIT_PER_MINUTE_MAX || burst > SAAS_LIMIT_BURST_MAX)
        return saas_ctx_bug(c, "saas_limit: a name or number out of bounds");
    if (!l)
        return SAAS_OK;
    const saas_charge k = {.name = name,
                           .key = saas_limit_key_of(l, saas_text_z(name), id),
                           .rule = {per_minute, burst ? burst : saas_limit_burst(per_minute)},
                           .cost = 1};
    return saas_ctx_charge(c, &k, 1);
}
