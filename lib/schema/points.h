/* schema/points.h: code points of well-formed UTF-8. */
#ifndef SAAS_SCHEMA_POINTS_H
#define SAAS_SCHEMA_POINTS_H

#include <saas/text.h>

/* The code point at *at, which is moved behind it. */
static inline uint32_t saas_point_take(const char **at)
{
    const unsigned char *b = (const unsigned char *)*at;
    size_t n = b[0] < 0x80 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    uint32_t point = n == 1 ? b[0] : b[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (b[i] & 0x3f);
    *at += n;
    return point;
}

/* ECMAScript's WhiteSpace and LineTerminator. */
static inline bool saas_point_is_space(uint32_t p)
{
    if (p < 0x80)
        return p == ' ' || (p >= '\t' && p <= '\r');
    return p == 0xa0 || p == 0x1680 || (p >= 0x2000 && p <= 0x200a) || p == 0x2028 || p == 0x2029 || p == 0x202f ||
           p == 0x205f || p == 0x3000 || p == 0xfeff;
}

#endif
