#include "base/buf.h"
#include "base/arena.h"
#include <stdarg.h>
#include <stdio.h>

void saas_buf_init(saas_buf *b, saas_arena *a, size_t cap)
{
    *b = (saas_buf){.arena = a};
    if (cap)
        saas_buf_grow(b, cap);
}

char *saas_buf_grow(saas_buf *b, size_t n)
{
    if (b->failed || n > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4) {
        b->failed = true;
        return NULL;
    }
    size_t cap = b->cap * 2 > b->len + n ? b->cap * 2 : b->len + n;
    if (cap < 256)
        cap = 256;
    char *p = saas_arena_grow(b->arena, b->ptr, b->cap, cap);
    if (!p) {
        b->failed = true;
        return NULL;
    }
    b->ptr = p;
    b->cap = cap;
    return p + b->len;
}

void saas_buf_z(saas_buf *b, const char *z)
{
    saas_buf_add(b, z, strlen(z));
}

void saas_buf_text(saas_buf *b, saas_text t)
{
    saas_buf_add(b, t.ptr, t.len);
}

void saas_buf_u64(saas_buf *b, uint64_t x)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + x % 10);
    while ((x /= 10));
    saas_buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

void saas_buf_i64(saas_buf *b, int64_t x)
{
    if (x < 0)
        saas_buf_lit(b, "-");
    saas_buf_u64(b, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

void saas_buf_format(saas_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *to = len < 0 ? NULL : saas_buf_reserve(b, (size_t)len + 1);
    if (!to)
        return;
    va_start(args, format);
    vsnprintf(to, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

saas_text saas_buf_done(saas_buf *b)
{
    char *end = saas_buf_reserve(b, 1);
    if (!end)
        return (saas_text){NULL, 0};
    *end = 0;
    return (saas_text){b->ptr, b->len};
}
