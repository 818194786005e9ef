/* base/arena.h: the arena as an embedded struct, for contexts that bring their first block. */
#ifndef SAAS_BASE_ARENA_H
#define SAAS_BASE_ARENA_H

#include <saas/arena.h>
#include <stdarg.h>

typedef struct saas_arena_block saas_arena_block;

struct saas_arena {
    char *at, *end;           /* free part of the current block */
    saas_arena_block *blocks; /* heap blocks, newest first */
    char *first;
    size_t first_size;
    size_t used, limit; /* bytes in blocks; at most */
};

/* first: the caller's memory, may be NULL; it lives as long as the arena. */
void saas_arena_init(saas_arena *a, void *first, size_t first_size, size_t limit_bytes);
void saas_arena_done(saas_arena *a);
/* saas_arena_format for those who have a va_list. */
saas_text saas_arena_vformat(saas_arena *a, const char *format, va_list args) SAAS_PRINTF(2, 0);
/* p, which was given out with `old` bytes (NULL, 0 at first), with `size` bytes: where it is if nothing came after it,
 * else elsewhere with its bytes copied. NULL past the limit or without memory. */
void *saas_arena_grow(saas_arena *a, void *p, size_t old, size_t size);

#endif
