/* http/policy.h: what the groups around a route come to. */
#ifndef SAAS_HTTP_POLICY_H
#define SAAS_HTTP_POLICY_H

#include "http/cors.h"
#include "http/plan.h"
#include <saas/host.h>

enum { SAAS_GROUPS_MAX = 16, SAAS_FIXED_HEADERS_MAX = 12 };

typedef struct saas_policy {
    const saas_hook *hooks; /* outermost first */
    size_t hook_count;
    const saas_header *headers;
    size_t header_count;
    const saas_cors_rule *cors;     /* NULL: no other origin */
    const saas_class_rule *classes; /* of limits */
    size_t class_count;
    bool etag;
} saas_policy;

/* Groups as hosts gave them, nearest first. */
typedef struct saas_groups {
    const saas_group *list[SAAS_GROUPS_MAX];
    size_t count;
} saas_groups;

/* Adds a group (NULL is allowed) and those it stands in, each once. False: too many, or it stands in itself. */
bool saas_groups_add(saas_groups *g, const saas_group *first);
/* Fills in what a route leaves out. */
void saas_groups_complete(saas_route *r, const saas_groups *g);
/* The rest of what they say; r NULL: of no route in particular. Plans that are named are added. ERR_BUG: *why says what
 * is wrong. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_policy_make(saas_policy *out, const char **why, saas_arena *a, saas_plans *plans,
                                          const saas_groups *g, const saas_route *r);

#endif
