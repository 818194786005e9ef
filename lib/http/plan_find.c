/* Which plan an organization is on: asked for once in a while, remembered in between. */
#include "base/clock.h"
#include "http/ctx.h"
#include "http/plan.h"
#include <saas/db.h>
#include <stdlib.h>

enum { SETS = 1024, WAYS = 4, TTL_DEFAULT_S = 60, ASKING_US = 1000000 };

typedef struct known {
    saas_uuid org;
    uint64_t until_us; /* 0: nobody */
    size_t plan;
} known;

struct saas_plan_cache {
    known sets[SETS][WAYS];
};

saas_plan_cache *saas_plan_cache_new(void)
{
    return calloc(1, sizeof(saas_plan_cache));
}

void saas_plan_cache_free(saas_plan_cache *cache)
{
    free(cache);
}

static known *set_of(const saas_ctx *c)
{
    const saas_text id = {(const char *)c->org.b, sizeof c->org.b};
    const saas_limit_key key = saas_limit_key_of(c->shard->site->limiter, SAAS_LIT("plan"), id);
    return c->shard->plans->sets[key.place % SETS];
}

static known *find(const saas_ctx *c)
{
    known *set = set_of(c);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_us && saas_uuid_equal(set[i].org, c->org))
            return &set[i];
    return NULL;
}

static known *soonest(known *set)
{
    known *at = set;
    for (size_t i = 1; i < WAYS; i++)
        at = set[i].until_us < at->until_us ? &set[i] : at;
    return at;
}

/* In place of itself, or of who is to be asked about first. */
static void keep(const saas_ctx *c, size_t plan, uint64_t until_us)
{
    known *at = find(c);
    *(at ? at : soonest(set_of(c))) = (known){c->org, until_us, plan};
}

static size_t number_of(const saas_ctx *c, saas_text name)
{
    const saas_plans *p = saas_router_plans(c->shard->site->router);
    for (size_t i = 1; i < p->count; i++)
        if (saas_text_equal(saas_text_z(p->names[i]), name))
            return i;
    return 0;
}

static saas_err ask(saas_text *out, saas_ctx *c)
{
    saas_rows *row;
    if (c->shard->site->plan_of)
        return c->shard->site->plan_of(c, out);
    SAAS_TRY(saas_query_one(c, &row, "select plan from organizations where id = $1", SAAS_ARGS(c->org)));
    *out = saas_rows_text(row, 0, "plan");
    return SAAS_OK;
}

/* While one asks, others go by what was found before; so do all for a moment when nobody can be asked. */
static saas_err find_out(size_t *plan, saas_ctx *c, uint64_t now_us)
{
    const uint64_t ttl_s = c->shard->site->plan_ttl_s ? c->shard->site->plan_ttl_s : TTL_DEFAULT_S;
    saas_text name = {NULL, 0};
    known *before = find(c);
    const size_t last = before ? before->plan : 0;
    if (before)
        before->until_us = now_us + ASKING_US;
    const saas_err e = ask(&name, c);
    *plan = e ? last : number_of(c, name);
    keep(c, *plan, now_us + (e ? ASKING_US : ttl_s * 1000000));
    return c->over;
}

saas_err saas_plan_find(size_t *plan, saas_ctx *c)
{
    const uint64_t now_us = saas_clock_mono_us();
    const known *before = find(c);
    if (!before || before->until_us <= now_us)
        return find_out(plan, c, now_us);
    *plan = before->plan;
    return SAAS_OK;
}
