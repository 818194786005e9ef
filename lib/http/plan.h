/* http/plan.h: classes of limits with numbers by plan, and which plan an organization is on. */
#ifndef SAAS_HTTP_PLAN_H
#define SAAS_HTTP_PLAN_H

#include "limit/limit.h"
#include <saas/arena.h>
#include <saas/group.h>

enum { SAAS_PLANS_MAX = 64, SAAS_CLASSES_MAX = 4 };

/* The plans that an app's classes name; 0 is every other one. */
typedef struct saas_plans {
    const char *names[SAAS_PLANS_MAX];
    size_t count;
} saas_plans;

typedef struct saas_class_rule {
    const char *name;
    saas_limit_by by;
    bool by_plan; /* some plan has numbers of its own */
    const saas_limit_rule
        *rules; /* by plan, to rule_count; rules[0] of those behind and those with none of their own */
    size_t rule_count;
} saas_class_rule;

/* The classes of a list (NULL is allowed) for calls of this cost, their plans added to the app's. ERR_BUG: *why.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_classes_read(const saas_class_rule **out, size_t *count, const char **why, saas_arena *a,
                                           saas_plans *plans, const saas_limit_class *const *given, uint32_t cost);
/* per_minute 0: there is no limit. */
saas_limit_rule saas_class_rule_of(const saas_class_rule *k, size_t plan);

/* What a loop has found out about organizations, for a while. */
typedef struct saas_plan_cache saas_plan_cache;
saas_plan_cache *saas_plan_cache_new(void); /* NULL without memory */
void saas_plan_cache_free(saas_plan_cache *cache);

/* The plan of the organization that is signed in. May wait. Where it can't be found out, it is the one found before, or
 * none in particular. ERR_CANCELLED, ERR_DEADLINE. */
SAAS_MUST_CHECK saas_err saas_plan_find(size_t *plan, saas_ctx *c);

#endif
