/* http/places.h: the places of a program that leave the tenant, by their reasons. A bounded number of them, so that
 * they can be counted one by one whatever a program gives for a reason. */
#ifndef SAAS_HTTP_PLACES_H
#define SAAS_HTTP_PLACES_H

#include <saas/err.h>
#include <stddef.h>

enum { SAAS_PLACES_MAX = 64, SAAS_PLACE_CHARS = 47 };

typedef struct saas_places saas_places;
typedef struct saas_place {
    const char *scope;              /* "outside", "organization", "system"; static */
    char why[SAAS_PLACE_CHARS + 1]; /* fit for a label: quotes, backslashes and controls are '?' */
} saas_place;

SAAS_MUST_CHECK saas_err saas_places_new(saas_places **out); /* ERR_NO_MEMORY */
void saas_places_free(saas_places *p);                       /* NULL is allowed */
/* Below SAAS_PLACES_MAX; the last one is all that had no room. Any thread. */
size_t saas_place_index(saas_places *p, const char *scope, const char *why);
/* NULL past the last one. What it points at does not change. Any thread. */
const saas_place *saas_place_at(const saas_places *p, size_t i);

#endif
