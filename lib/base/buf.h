/* base/buf.h: bytes growing in an arena. Appending never fails halfway: once memory is out, `failed` sticks and further
 * appends do nothing; check it once at the end. */
#ifndef SAAS_BASE_BUF_H
#define SAAS_BASE_BUF_H

#include <saas/arena.h>
#include <string.h>

typedef struct saas_buf {
    char *ptr;
    size_t len, cap;
    saas_arena *arena;
    bool failed;
} saas_buf;

void saas_buf_init(saas_buf *b, saas_arena *a, size_t cap);
/* Room for n more bytes at b->ptr + b->len; NULL (and failed) without memory. */
char *saas_buf_grow(saas_buf *b, size_t n);

static inline char *saas_buf_reserve(saas_buf *b, size_t n)
{
    return !b->failed && b->cap - b->len >= n ? b->ptr + b->len : saas_buf_grow(b, n);
}

static inline void saas_buf_add(saas_buf *b, const void *bytes, size_t n)
{
    char *to = saas_buf_reserve(b, n);
    if (to && n) {
        memcpy(to, bytes, n);
        b->len += n;
    }
}

#define saas_buf_lit(b, literal) saas_buf_add((b), "" literal, sizeof(literal) - 1)
void saas_buf_z(saas_buf *b, const char *z);
void saas_buf_text(saas_buf *b, saas_text t);
void saas_buf_i64(saas_buf *b, int64_t x);
void saas_buf_u64(saas_buf *b, uint64_t x);
void saas_buf_format(saas_buf *b, const char *format, ...) SAAS_PRINTF(2, 3);
/* The bytes so far as text, a NUL behind them; {NULL, 0} when failed. */
saas_text saas_buf_done(saas_buf *b);

#endif
