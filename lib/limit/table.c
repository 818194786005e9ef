/* A fixed table in parts, each under a lock of its own. A key has two sets of eight slots to be in and goes to the
 * emptier one: sets overflow only when nearly all slots are in use. */
#include "limit/table.h"
#include <pthread.h>
#include <stdlib.h>

enum { PARTS = 64, WAYS = 8, SLOTS_MIN = PARTS * WAYS };

typedef struct slot {
    uint64_t tag, rest_ns; /* rest_ns in the past: free */
} slot;

typedef struct part {
    _Alignas(64) pthread_mutex_t lock;
    slot *slots;
} part;

typedef struct table {
    part parts[PARTS];
    slot *slots;
    size_t sets; /* of a part; a power of two */
} table;

static void table_free(void *self)
{
    table *t = self;
    for (size_t i = 0; i < PARTS; i++)
        pthread_mutex_destroy(&t->parts[i].lock);
    free(t->slots);
    free(t);
}

saas_err saas_limit_table_new(void **out, size_t slots)
{
    if (slots < SLOTS_MIN || (slots & (slots - 1)))
        return SAAS_ERR_BUG;
    table *t = NULL;
    if (posix_memalign((void **)&t, _Alignof(table), sizeof *t))
        return SAAS_ERR_NO_MEMORY;
    t->slots = calloc(slots, sizeof *t->slots);
    if (!t->slots) {
        free(t);
        return SAAS_ERR_NO_MEMORY;
    }
    t->sets = slots / PARTS / WAYS;
    for (size_t i = 0; i < PARTS; i++) {
        pthread_mutex_init(&t->parts[i].lock, NULL);
        t->parts[i].slots = t->slots + i * (slots / PARTS);
    }
    *out = t;
    return SAAS_OK;
}

/* What was seen on the way through a key's two sets. */
typedef struct search {
    slot *found, *next_to_rest, *free[2];
    size_t free_count[2];
} search;

static void look(search *s, slot *set, size_t which, uint64_t tag, uint64_t now_ns)
{
    for (slot *at = set; at < set + WAYS; at++) {
        if (at->tag == tag)
            s->found = at;
        if (!s->next_to_rest || at->rest_ns < s->next_to_rest->rest_ns)
            s->next_to_rest = at;
        if (at->rest_ns <= now_ns) {
            s->free[which] = at;
            s->free_count[which]++;
        }
    }
}

static search find(const table *t, const part *p, saas_limit_key key, uint64_t now_ns)
{
    search s = {0};
    const size_t first = (key.place >> 6) & (t->sets - 1), second = (key.place >> 35) & (t->sets - 1);
    look(&s, p->slots + first * WAYS, 0, key.tag, now_ns);
    if (second != first)
        look(&s, p->slots + second * WAYS, 1, key.tag, now_ns);
    return s;
}

/* With the debt of the one it drives out, but for one unit. */
static slot *drive_out(slot *s, uint64_t tag, saas_limit_rule rule, uint64_t now_ns)
{
    const uint64_t most = now_ns + saas_limit_interval_ns(rule) * (rule.burst - 1);
    s->tag = tag;
    if (s->rest_ns > most)
        s->rest_ns = most;
    return s;
}

static slot *place(const search *s, uint64_t tag, saas_limit_rule rule, uint64_t now_ns)
{
    slot *at = s->free[s->free_count[1] > s->free_count[0]];
    if (!at)
        return drive_out(s->next_to_rest, tag, rule, now_ns);
    *at = (slot){.tag = tag};
    return at;
}

static part *part_of(table *t, saas_limit_key key)
{
    return &t->parts[key.place & (PARTS - 1)];
}

static saas_err table_take(void *self, saas_limit_verdict *out, saas_limit_key key, saas_limit_rule rule, uint32_t cost,
                           uint64_t now_us)
{
    table *t = self;
    part *p = part_of(t, key);
    const uint64_t now_ns = now_us * 1000;
    uint64_t rested = 0;
    pthread_mutex_lock(&p->lock);
    const search s = find(t, p, key, now_ns);
    slot *at = s.found;
    if (!at && cost)
        at = place(&s, key.tag, rule, now_ns);
    saas_limit_decide(out, at ? &at->rest_ns : &rested, rule, cost, now_ns);
    pthread_mutex_unlock(&p->lock);
    return SAAS_OK;
}

static saas_err table_give_back(void *self, saas_limit_key key, saas_limit_rule rule, uint32_t cost)
{
    table *t = self;
    part *p = part_of(t, key);
    const uint64_t back = saas_limit_interval_ns(rule) * cost;
    pthread_mutex_lock(&p->lock);
    slot *at = find(t, p, key, 0).found;
    if (at)
        at->rest_ns -= at->rest_ns < back ? at->rest_ns : back;
    pthread_mutex_unlock(&p->lock);
    return SAAS_OK;
}

const saas_limit_store saas_limit_table = {table_take, table_give_back, table_free};
