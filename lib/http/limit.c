/* The headers are those of draft-ietf-httpapi-ratelimit-headers-10: of each policy its name, the quota q over a window
 * of w seconds; what remains of it (r), and in how many seconds all of it is there again (t). */
#include "http/limit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "http/ctx.h"

enum { MICROSECONDS = 1000000, HEADER_FIRST = 80 };

static uint64_t seconds(uint64_t us)
{
    return (us + MICROSECONDS - 1) / MICROSECONDS;
}

static uint64_t window(saas_limit_rule rule)
{
    return (rule.burst * UINT64_C(60) + rule.per_minute - 1) / rule.per_minute;
}

static void begin_item(saas_buf *b, const char *name)
{
    if (b->len)
        saas_buf_lit(b, ", ");
    saas_buf_lit(b, "\"");
    saas_buf_z(b, name);
    saas_buf_lit(b, "\"");
}

static void add_item(saas_buf *policy, saas_buf *state, const saas_charge *k, const saas_limit_verdict *v)
{
    begin_item(policy, k->name);
    saas_buf_lit(policy, ";q=");
    saas_buf_u64(policy, k->rule.burst);
    saas_buf_lit(policy, ";w=");
    saas_buf_u64(policy, window(k->rule));
    begin_item(state, k->name);
    saas_buf_lit(state, ";r=");
    saas_buf_u64(state, v->remaining);
    saas_buf_lit(state, ";t=");
    saas_buf_u64(state, seconds(v->reset_us));
}

/* Behind what earlier charges of the request have said. */
static saas_err say(saas_ctx *c, const saas_charge *charges, const saas_limit_verdict *verdicts, size_t count)
{
    saas_buf policy, state;
    saas_buf_init(&policy, &c->arena, HEADER_FIRST);
    saas_buf_init(&state, &c->arena, HEADER_FIRST);
    if (c->limit_policy.ptr) {
        saas_buf_text(&policy, c->limit_policy);
        saas_buf_text(&state, c->limit_state);
    }
    for (size_t i = 0; i < count; i++)
        add_item(&policy, &state, &charges[i], &verdicts[i]);
    const saas_text a = saas_buf_done(&policy), b = saas_buf_done(&state);
    if (!a.ptr || !b.ptr)
        return SAAS_ERR_NO_MEMORY;
    c->limit_policy = a;
    c->limit_state = b;
    return SAAS_OK;
}

saas_err saas_ctx_rate_limited(saas_ctx *c, uint64_t retry_after_us)
{
    const saas_text after =
        saas_arena_format(&c->arena, "%llu", (unsigned long long)seconds(retry_after_us ? retry_after_us : 1));
    if (!after.ptr)
        return SAAS_ERR_NO_MEMORY;
    c->retry_after = after;
    return SAAS_ERR_RATE_LIMITED;
}

static saas_err give_back(saas_ctx *c, const saas_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        SAAS_TRY(saas_limit_give_back(c->shard->site->limiter, charges[i].key, charges[i].rule, charges[i].cost));
    return SAAS_OK;
}

saas_err saas_ctx_charge(saas_ctx *c, const saas_charge *charges, size_t count)
{
    saas_limit_verdict verdicts[SAAS_CHARGES_MAX];
    const uint64_t now_us = saas_clock_mono_us();
    size_t n = 0;
    bool allowed = true;
    for (; n < count && allowed; n++) {
        const saas_charge *k = &charges[n];
        SAAS_TRY(saas_limit_take(&verdicts[n], c->shard->site->limiter, k->key, k->rule, k->cost, now_us));
        allowed = verdicts[n].allowed;
    }
    if (!n)
        return SAAS_OK;
    SAAS_TRY(say(c, charges, verdicts, n));
    if (allowed)
        return SAAS_OK;
    SAAS_TRY(give_back(c, charges, n - 1));
    return saas_ctx_rate_limited(c, verdicts[n - 1].retry_after_us);
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
