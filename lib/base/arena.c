#include "base/arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = _Alignof(max_align_t), BLOCK_MIN = 4096, LIMIT_DEFAULT = 1 << 20 };

struct saas_arena_block {
    saas_arena_block *next;
    max_align_t bytes[];
};

void saas_arena_init(saas_arena *a, void *first, size_t first_size, size_t limit_bytes)
{
    char *start = first;
    if (start) {
        size_t skew = (ALIGN - ((uintptr_t)start & (ALIGN - 1))) & (ALIGN - 1);
        if (skew > first_size)
            skew = first_size;
        start += skew;
        first_size -= skew;
    }
    *a = (saas_arena){.at = start,
                      .end = start ? start + first_size : NULL,
                      .first = start,
                      .first_size = first_size,
                      .limit = limit_bytes ? limit_bytes : LIMIT_DEFAULT};
}

static void free_blocks(saas_arena *a)
{
    while (a->blocks) {
        saas_arena_block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
}

void saas_arena_done(saas_arena *a)
{
    free_blocks(a);
    a->at = a->end = NULL;
}

void saas_arena_reset(saas_arena *a)
{
    free_blocks(a);
    a->used = 0;
    a->at = a->first;
    a->end = a->first ? a->first + a->first_size : NULL;
}

saas_arena *saas_arena_new(size_t limit_bytes)
{
    char *memory = malloc(sizeof(saas_arena) + BLOCK_MIN);
    if (!memory)
        return NULL;
    saas_arena *a = (saas_arena *)(void *)memory;
    saas_arena_init(a, memory + sizeof(saas_arena), BLOCK_MIN, limit_bytes);
    return a;
}

void saas_arena_free(saas_arena *a)
{
    if (!a)
        return;
    free_blocks(a);
    free(a);
}

/* Twice what came before, so that a request of n bytes costs log n blocks; never less than asked, never past the limit.
 */
static bool new_block(saas_arena *a, size_t size)
{
    size_t want = a->used ? a->used : BLOCK_MIN;
    if (want > a->limit - a->used)
        want = a->limit - a->used;
    if (want < size)
        want = size;
    if (want > a->limit - a->used)
        return false;
    saas_arena_block *b = malloc(sizeof *b + want);
    if (!b)
        return false;
    b->next = a->blocks;
    a->blocks = b;
    a->used += want;
    a->at = (char *)b->bytes;
    a->end = a->at + want;
    return true;
}

static size_t aligned(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *saas_arena_alloc(saas_arena *a, size_t size)
{
    if (size > SIZE_MAX - ALIGN)
        return NULL;
    size = aligned(size);
    if ((size_t)(a->end - a->at) < size || !a->at) {
        if (!new_block(a, size ? size : ALIGN))
            return NULL;
    }
    void *p = a->at;
    a->at += size;
    return p;
}

void *saas_arena_grow(saas_arena *a, void *p, size_t old, size_t size)
{
    char *end = p ? (char *)p + aligned(old) : NULL;
    if (end && end == a->at && size <= SIZE_MAX - ALIGN && aligned(size) - aligned(old) <= (size_t)(a->end - a->at)) {
        a->at += aligned(size) - aligned(old);
        return p;
    }
    void *bigger = saas_arena_alloc(a, size);
    if (bigger && old)
        memcpy(bigger, p, old);
    return bigger;
}

void *saas_arena_calloc(saas_arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *p = saas_arena_alloc(a, total);
    return p ? memset(p, 0, total) : NULL;
}

char *saas_arena_copy(saas_arena *a, const void *bytes, size_t len)
{
    char *p = len < SIZE_MAX ? saas_arena_alloc(a, len + 1) : NULL;
    if (!p)
        return NULL;
    if (len)
        memcpy(p, bytes, len);
    p[len] = 0;
    return p;
}

saas_text saas_arena_vformat(saas_arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *p = len < 0 ? NULL : saas_arena_alloc(a, (size_t)len + 1);
    if (!p)
        return (saas_text){NULL, 0};
    vsnprintf(p, (size_t)len + 1, format, args);
    return (saas_text){p, (size_t)len};
}

saas_text saas_arena_format(saas_arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    saas_text made = saas_arena_vformat(a, format, args);
    va_end(args);
    return made;
}
