#include "http/plan.h"
#include <string.h>

typedef struct reader {
    const char **why;
    saas_arena *arena;
    saas_plans *plans;
    uint32_t cost;
} reader;

static saas_err blame(const reader *r, const char *what)
{
    *r->why = what;
    return SAAS_ERR_BUG;
}

static saas_err number_of(size_t *out, const reader *r, const char *plan)
{
    saas_plans *p = r->plans;
    p->count = p->count ? p->count : 1;
    for (size_t i = 1; i < p->count; i++) {
        if (!strcmp(p->names[i], plan)) {
            *out = i;
            return SAAS_OK;
        }
    }
    if (p->count == SAAS_PLANS_MAX)
        return blame(r, ".limits: more than 63 plans are named");
    p->names[p->count] = plan;
    *out = p->count++;
    return SAAS_OK;
}

static bool fits(const saas_plan_limit *l, uint32_t cost)
{
    const uint32_t burst = l->burst ? l->burst : saas_limit_burst(l->per_minute);
    return l->per_minute && l->per_minute <= SAAS_LIMIT_PER_MINUTE_MAX && burst <= SAAS_LIMIT_BURST_MAX &&
           cost <= burst;
}

static saas_err read_rule(saas_limit_rule *out, const reader *r, const saas_plan_limit *l)
{
    if (l->per_minute == SAAS_UNLIMITED && !l->burst) {
        *out = (saas_limit_rule){0, 1};
        return SAAS_OK;
    }
    if (!fits(l, r->cost))
        return blame(r, ".limits: a plan's numbers are out of bounds, or less than a call costs");
    *out = (saas_limit_rule){l->per_minute, l->burst ? l->burst : saas_limit_burst(l->per_minute)};
    return SAAS_OK;
}

static saas_plan_limit plan_at(const saas_limit_class *k, size_t i)
{
    saas_plan_limit l = {0};
    memcpy(&l, (const char *)k->plans + i * k->plan_size, k->plan_size < sizeof l ? k->plan_size : sizeof l);
    return l;
}

/* A rule's burst is 0 where a plan has none of its own. */
static saas_err read_plans(saas_class_rule *out, const reader *r, const saas_limit_class *k)
{
    saas_limit_rule *rules = saas_arena_calloc(r->arena, SAAS_PLANS_MAX, sizeof *rules);
    if (!rules)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < k->plan_count; i++) {
        const saas_plan_limit l = plan_at(k, i);
        size_t n = 0;
        if (l.plan)
            SAAS_TRY(number_of(&n, r, l.plan));
        if (rules[n].burst)
            return blame(r, ".limits: a class names a plan twice");
        SAAS_TRY(read_rule(&rules[n], r, &l));
        out->rule_count = n >= out->rule_count ? n + 1 : out->rule_count;
        out->by_plan = out->by_plan || l.plan;
    }
    if (!rules[0].burst)
        return blame(r, ".limits: a class says nothing about other plans than those it names (a line without .plan)");
    out->rules = rules;
    return SAAS_OK;
}

static bool is_policy_name(const char *name)
{
    for (const char *at = name ? name : ""; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            return false;
    return name && *name && strcmp(name, "open") != 0 && strcmp(name, "route") != 0;
}

static saas_err read_class(saas_class_rule *out, const reader *r, const saas_limit_class *given)
{
    saas_limit_class k = {0};
    memcpy(&k, given, given->size < sizeof k ? given->size : sizeof k);
    if (!is_policy_name(k.name))
        return blame(r, ".limits: a class needs a name in printable ASCII, other than \"open\" and \"route\"");
    if ((int)k.by < SAAS_BY_USER || k.by > SAAS_BY_ADDRESS)
        return blame(r, ".limits: by whom a class counts is none of SAAS_BY_USER, SAAS_BY_ORG, SAAS_BY_ADDRESS");
    *out = (saas_class_rule){.name = k.name, .by = k.by};
    return read_plans(out, r, &k);
}

saas_err saas_classes_read(const saas_class_rule **out, size_t *count, const char **why, saas_arena *a,
                           saas_plans *plans, const saas_limit_class *const *given, uint32_t cost)
{
    const reader r = {why, a, plans, cost ? cost : 1};
    size_t n = 0;
    while (given && given[n])
        n++;
    saas_class_rule *classes = saas_arena_calloc(a, n, sizeof *classes);
    if (!classes)
        return SAAS_ERR_NO_MEMORY;
    if (n > SAAS_CLASSES_MAX)
        return blame(&r, ".limits: more than 4 classes");
    for (size_t i = 0; i < n; i++)
        SAAS_TRY(read_class(&classes[i], &r, given[i]));
    *out = classes;
    *count = n;
    return SAAS_OK;
}

saas_limit_rule saas_class_rule_of(const saas_class_rule *k, size_t plan)
{
    return plan < k->rule_count && k->rules[plan].burst ? k->rules[plan] : k->rules[0];
}
