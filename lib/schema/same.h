/* schema/same.h: which of many texts are there twice. */
#ifndef SAAS_SCHEMA_SAME_H
#define SAAS_SCHEMA_SAME_H

#include <saas/arena.h>

/* For each text whether an equal one stands before it; NULL without memory. n log n comparisons, whatever the texts. */
bool *saas_same(saas_arena *a, const saas_text *texts, size_t count);

#endif
