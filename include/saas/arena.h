/* saas/arena.h: memory that goes all at once. A context has one; hosts that read JSON or configuration outside a
 * request make their own.
 *
 * Allocation is a pointer bump in blocks that double in size. A limit turns runaway input into an error instead of an
 * abort. Thread: one at a time. Since 0.1. */
#ifndef SAAS_ARENA_H
#define SAAS_ARENA_H

#include <saas/text.h>

SAAS_BEGIN_DECLS

typedef struct saas_arena saas_arena;

/* A new arena that gives out at most limit_bytes (0: 1 MiB). NULL without memory. */
SAAS_API saas_arena *saas_arena_new(size_t limit_bytes);
SAAS_API void saas_arena_free(saas_arena *a); /* NULL is allowed */

/* Forgets what was allocated; keeps the first block. Memory given out before is invalid from here on. */
SAAS_API void saas_arena_reset(saas_arena *a);

/* size bytes, aligned for any type, not zeroed; NULL past the limit or without memory. size 0 gives a valid pointer. */
SAAS_API void *saas_arena_alloc(saas_arena *a, size_t size);
/* The same, zeroed, for count elements; NULL too when count * size overflows. */
SAAS_API void *saas_arena_calloc(saas_arena *a, size_t count, size_t size);
/* A NUL-terminated copy; NULL as above. */
SAAS_API char *saas_arena_copy(saas_arena *a, const void *bytes, size_t len);
/* printf into the arena; {NULL, 0} as above. */
SAAS_API saas_text saas_arena_format(saas_arena *a, const char *format, ...) SAAS_PRINTF(2, 3);

SAAS_END_DECLS
#endif
