/* limit/table.h: the store in memory, and the arithmetic every store shares. */
#ifndef SAAS_LIMIT_TABLE_H
#define SAAS_LIMIT_TABLE_H

#include "limit/limit.h"

/* Nanoseconds between two units. Rounded up: never more than the rule says. */
static inline uint64_t saas_limit_interval_ns(saas_limit_rule rule)
{
    return (UINT64_C(60000000000) + rule.per_minute - 1) / rule.per_minute;
}

/* GCRA: rest_ns, when the key is at rest, is moved if the cost is let through. */
void saas_limit_decide(saas_limit_verdict *out, uint64_t *rest_ns, saas_limit_rule rule, uint32_t cost,
                       uint64_t now_ns);

/* ERR_NO_MEMORY, ERR_BUG. */
SAAS_MUST_CHECK saas_err saas_limit_table_new(void **out, size_t slots);
extern const saas_limit_store saas_limit_table;

#endif
