/* limit/limit.h: how often something may happen: GCRA over a store of theoretical arrival times.
 *
 * A rule lets `burst` units through at once and one more every 60 s / per_minute, forever: over any time t no key gets
 * more than burst + t x per_minute / 60 s. One number a key says all of it: when the key would be back at rest.
 *
 *   const saas_limit_rule rule = {.per_minute = 5, .burst = 5};
 *   saas_limit_key key = saas_limit_key_of(limiter, SAAS_LIT("login account"), email);
 *   SAAS_TRY(saas_limit_take(&verdict, limiter, key, rule, 1, saas_clock_mono_us()));
 *   if (!verdict.allowed) ... verdict.retry_after_us
 *
 * To limit failures only: take before the attempt, give back after one that succeeded; asking first and taking later
 * would let parallel attempts through. Thread: any; a limiter is shared by an app's loops. */
#ifndef SAAS_LIMIT_LIMIT_H
#define SAAS_LIMIT_LIMIT_H

#include <saas/text.h>

enum { SAAS_LIMIT_PER_MINUTE_MAX = 60000000, SAAS_LIMIT_BURST_MAX = 1000000 };

typedef struct saas_limit_rule {
    uint32_t per_minute; /* 1 .. SAAS_LIMIT_PER_MINUTE_MAX */
    uint32_t burst;      /* 1 .. SAAS_LIMIT_BURST_MAX */
} saas_limit_rule;

/* The burst of a rule that gives none: a minute's. */
static inline uint32_t saas_limit_burst(uint32_t per_minute)
{
    return per_minute < SAAS_LIMIT_BURST_MAX ? per_minute : SAAS_LIMIT_BURST_MAX;
}

/* A keyed hash: who does not know the limiter's key can't make two names meet, nor aim at a place in the table. */
typedef struct saas_limit_key {
    uint64_t place, tag;
} saas_limit_key;

typedef struct saas_limit_verdict {
    bool allowed;
    uint32_t remaining;      /* units that would be let through now */
    uint64_t retry_after_us; /* until this cost would be; 0 when allowed */
    uint64_t reset_us;       /* until the whole burst is there again */
} saas_limit_verdict;

/* Where the numbers are kept. take may wait on the calling fiber, the one in memory does not. */
typedef struct saas_limit_store {
    saas_err (*take)(void *self, saas_limit_verdict *out, saas_limit_key key, saas_limit_rule rule, uint32_t cost,
                     uint64_t now_us);
    saas_err (*give_back)(void *self, saas_limit_key key, saas_limit_rule rule, uint32_t cost);
    void (*free)(void *self);
} saas_limit_store;

typedef struct saas_limiter saas_limiter;

/* In memory: slots (a power of two; 0: 2^21, 32 MiB when all are in use) are all it ever takes. Keys at rest take none.
 * Is there no room for a new key, it takes the place of the one next to rest and starts with its debt, but for one
 * unit: a flood of keys gains nobody a burst. ERR_NO_MEMORY, ERR_UNAVAILABLE (no randomness), ERR_BUG (slots). */
SAAS_MUST_CHECK saas_err saas_limiter_new(saas_limiter **out, size_t slots);
/* Over a store of another kind, which it owns from then on, also when this fails. */
SAAS_MUST_CHECK saas_err saas_limiter_over(saas_limiter **out, const saas_limit_store *store, void *self);
void saas_limiter_free(saas_limiter *l); /* NULL is allowed */

/* Of what kind it is ("login account", "route GET /v1/notes") and whose: an address, an id, a name. */
saas_limit_key saas_limit_key_of(const saas_limiter *l, saas_text kind, saas_text id);
/* Of a peer's address as text: IPv6 by its /64, IPv4 also when it is mapped into IPv6; anything else by its text. */
saas_limit_key saas_limit_key_address(const saas_limiter *l, saas_text kind, saas_text address);

/* Takes cost units at a time of saas_clock_mono_us, all or none; 0 looks whether one could be had. ERR_BUG: a rule or
 * cost out of bounds (more than the burst at once). A store elsewhere may fail with ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_limit_take(saas_limit_verdict *out, saas_limiter *l, saas_limit_key key,
                                         saas_limit_rule rule, uint32_t cost, uint64_t now_us);
/* Undoes a take with the same rule and cost. */
SAAS_MUST_CHECK saas_err saas_limit_give_back(saas_limiter *l, saas_limit_key key, saas_limit_rule rule, uint32_t cost);

#endif
