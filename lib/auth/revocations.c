#include "auth/revocations.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 };

typedef struct entry {
    saas_revocation what; /* kind 0: a free slot */
    uint64_t ends_s;
} entry;

/* Open addressing, at most half full. */
struct saas_revocations {
    uint64_t seed[2]; /* ids may be chosen by whoever makes them */
    uint32_t count, max;
    size_t slots; /* a power of two, or 0 */
    entry *table;
};

saas_err saas_revocations_new(saas_revocations **out, uint32_t max)
{
    saas_revocations *set = calloc(1, sizeof *set);
    if (!set)
        return SAAS_ERR_NO_MEMORY;
    set->max = max;
    saas_err e = saas_random(set->seed, sizeof set->seed);
    if (e)
        free(set);
    else
        *out = set;
    return e;
}

void saas_revocations_free(saas_revocations *set)
{
    if (!set)
        return;
    free(set->table);
    free(set);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static size_t slot_of(const saas_revocations *set, const saas_uuid *id)
{
    uint64_t half[2];
    memcpy(half, id->b, sizeof half);
    return (size_t)mix(mix(half[0] ^ set->seed[0]) ^ half[1] ^ set->seed[1]) & (set->slots - 1);
}

/* Its entry, or the free slot where it belongs. */
static entry *find(const saas_revocations *set, const saas_uuid *id, saas_revoked_kind kind)
{
    size_t i = slot_of(set, id);
    while (set->table[i].what.kind &&
           (set->table[i].what.kind != kind || memcmp(set->table[i].what.subject.b, id->b, sizeof id->b) != 0))
        i = (i + 1) & (set->slots - 1);
    return &set->table[i];
}

/* Into a table of that many slots, but for what has ended. */
static saas_err rebuild(saas_revocations *set, size_t slots, uint64_t now_s)
{
    saas_revocations made = *set;
    made.table = calloc(slots, sizeof *made.table);
    if (!made.table)
        return SAAS_ERR_NO_MEMORY;
    made.slots = slots;
    made.count = 0;
    for (size_t i = 0; i < set->slots; i++) {
        const entry *old = &set->table[i];
        if (!old->what.kind || old->ends_s <= now_s)
            continue;
        *find(&made, &old->what.subject, old->what.kind) = *old;
        made.count++;
    }
    free(set->table);
    *set = made;
    return SAAS_OK;
}

saas_err saas_revocations_add(saas_revocations *set, const saas_revocation *r, uint64_t ends_s)
{
    entry *at = set->slots ? find(set, &r->subject, r->kind) : NULL;
    if (!at || !at->what.kind) {
        if (set->count >= set->max)
            return SAAS_ERR_BUSY;
        if ((set->count + 1) * (size_t)2 > set->slots)
            SAAS_TRY(rebuild(set, set->slots ? set->slots * 2 : SLOTS_MIN, 0));
        at = find(set, &r->subject, r->kind);
    }
    if (!at->what.kind) {
        at->what = *r;
        set->count++;
    }
    at->what.below = r->below > at->what.below ? r->below : at->what.below;
    at->ends_s = ends_s > at->ends_s ? ends_s : at->ends_s;
    return SAAS_OK;
}

static bool stops(const saas_revocations *set, const saas_uuid *id, saas_revoked_kind kind, uint32_t generation)
{
    const entry *at = find(set, id, kind);
    return at->what.kind && generation < at->what.below;
}

bool saas_revocations_stop(const saas_revocations *set, const saas_principal *who)
{
    return set->count && (stops(set, &who->session_id, SAAS_REVOKED_SESSION, 0) ||
                          stops(set, &who->user_id, SAAS_REVOKED_USER, who->generation) ||
                          stops(set, &who->org_id, SAAS_REVOKED_ORG, 0));
}

/* Where there is no memory for a smaller table, the next sweep will do. */
void saas_revocations_sweep(saas_revocations *set, uint64_t now_s)
{
    uint32_t left = 0;
    size_t slots = SLOTS_MIN;
    for (size_t i = 0; i < set->slots; i++)
        left += set->table[i].what.kind && set->table[i].ends_s > now_s;
    if (left == set->count)
        return;
    while (slots < left * (size_t)2)
        slots *= 2;
    saas_err e = rebuild(set, slots, now_s);
    (void)e;
}

uint32_t saas_revocations_count(const saas_revocations *set)
{
    return set->count;
}

/* ---- as the database says it ---- */

/* Postgres' integer, without a sign. */
static saas_err read_generation(uint32_t *out, saas_text digits)
{
    enum { DIGITS_MAX = 10 };
    uint64_t n = 0;
    if (!digits.len || digits.len > DIGITS_MAX)
        return SAAS_ERR_VALIDATION;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return SAAS_ERR_VALIDATION;
        n = n * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    if (n > INT32_MAX)
        return SAAS_ERR_VALIDATION;
    *out = (uint32_t)n;
    return SAAS_OK;
}

saas_err saas_revocation_parse(saas_revocation *out, saas_text said)
{
    static const char kinds[] = "suo";
    enum { ID = 2, GENERATION = ID + SAAS_UUID_CHARS + 1 };
    saas_revocation r = {.below = SAAS_GENERATION_ANY};
    if (said.len < ID + SAAS_UUID_CHARS || !said.ptr[0] || said.ptr[1] != ' ')
        return SAAS_ERR_VALIDATION;
    const char *kind = strchr(kinds, said.ptr[0]);
    if (!kind)
        return SAAS_ERR_VALIDATION;
    r.kind = (saas_revoked_kind)(SAAS_REVOKED_SESSION + (kind - kinds));
    SAAS_TRY(saas_uuid_parse(&r.subject, (saas_text){said.ptr + ID, SAAS_UUID_CHARS}));
    if (said.len > ID + SAAS_UUID_CHARS) {
        if (r.kind != SAAS_REVOKED_USER || said.ptr[GENERATION - 1] != ' ')
            return SAAS_ERR_VALIDATION;
        SAAS_TRY(read_generation(&r.below, (saas_text){said.ptr + GENERATION, said.len - GENERATION}));
    }
    *out = r;
    return SAAS_OK;
}
