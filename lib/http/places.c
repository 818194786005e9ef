#include "http/places.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Appended to only: what is below count can be read without the lock. */
struct saas_places {
    pthread_mutex_t lock;
    atomic_size_t count;
    saas_place list[SAAS_PLACES_MAX];
};

saas_err saas_places_new(saas_places **out)
{
    saas_places *p = calloc(1, sizeof *p);
    if (!p)
        return SAAS_ERR_NO_MEMORY;
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return SAAS_OK;
}

void saas_places_free(saas_places *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static saas_place make(const char *scope, const char *why)
{
    saas_place made = {.scope = scope};
    for (size_t i = 0; i < SAAS_PLACE_CHARS && why[i]; i++) {
        const unsigned char ch = (unsigned char)why[i];
        made.why[i] = ch < ' ' || ch > '~' || ch == '"' || ch == '\\' ? '?' : (char)ch;
    }
    return made;
}

static size_t find(const saas_places *p, size_t from, size_t count, const saas_place *wanted)
{
    while (from < count && (strcmp(p->list[from].scope, wanted->scope) || strcmp(p->list[from].why, wanted->why)))
        from++;
    return from;
}

size_t saas_place_index(saas_places *p, const char *scope, const char *why)
{
    const saas_place wanted = make(scope, why);
    size_t seen = atomic_load_explicit(&p->count, memory_order_acquire), at = find(p, 0, seen, &wanted);
    if (at < seen)
        return at;
    pthread_mutex_lock(&p->lock);
    const size_t count = atomic_load_explicit(&p->count, memory_order_relaxed);
    at = find(p, seen, count, &wanted);
    if (at == count && count < SAAS_PLACES_MAX) {
        p->list[at] = at < SAAS_PLACES_MAX - 1 ? wanted : make("any", "other");
        atomic_store_explicit(&p->count, at + 1, memory_order_release);
    }
    pthread_mutex_unlock(&p->lock);
    return at < SAAS_PLACES_MAX ? at : SAAS_PLACES_MAX - 1;
}

const saas_place *saas_place_at(const saas_places *p, size_t i)
{
    return i < atomic_load_explicit(&p->count, memory_order_acquire) ? &p->list[i] : NULL;
}
