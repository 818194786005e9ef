/* json/chars.h: what reader and writer share about the inside of strings: runs of plain bytes, UTF-8 sequences. */
#ifndef SAAS_JSON_CHARS_H
#define SAAS_JSON_CHARS_H

#include <saas/api.h>
#include <string.h>

/* The high bit of every byte of x that is '"', '\\', a control character or not ASCII. Exact up to the lowest such
 * byte. */
static inline uint64_t saas_json_special(uint64_t x)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
    return (((x - ones * ' ') | (quote - ones) | (slash - ones)) | x) & high;
}

/* The first byte of at..end that can't stand in a string as it is or is not ASCII; end when there is none. */
static inline const char *saas_json_plain(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t x;
        memcpy(&x, at, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        x = __builtin_bswap64(x);
#endif
        uint64_t special = saas_json_special(x);
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && (unsigned char)*at >= ' ' && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7: no overlong form, no surrogate, nothing past
 * U+10FFFF), 0 when there is none. */
static inline size_t saas_utf8_sequence(const char *at, const char *end)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    unsigned char lo = 0x80, hi = 0xbf;
    if (!left || (b[0] >= 0x80 && b[0] < 0xc2) || b[0] > 0xf4)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t n = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (b[0] == 0xe0)
        lo = 0xa0;
    else if (b[0] == 0xed)
        hi = 0x9f;
    else if (b[0] == 0xf0)
        lo = 0x90;
    else if (b[0] == 0xf4)
        hi = 0x8f;
    if (left < n || b[1] < lo || b[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* The first byte of at..end that does not belong to a well-formed sequence; end when all is well. */
static inline const char *saas_utf8_span(const char *at, const char *end)
{
    for (size_t n; at < end && (n = saas_utf8_sequence(at, end)) != 0;)
        at += n;
    return at;
}

#endif
