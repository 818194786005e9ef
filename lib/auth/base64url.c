#include "auth/base64url.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0..63, or -1. */
static const int8_t values[256] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
    -1, -1, -1, -1, -1, -1, -1, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44,
    45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

char *saas_base64url_write(char *out, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (; len >= 3; len -= 3, at += 3) {
        *out++ = digits[at[0] >> 2];
        *out++ = digits[(at[0] << 4 | at[1] >> 4) & 63];
        *out++ = digits[(at[1] << 2 | at[2] >> 6) & 63];
        *out++ = digits[at[2] & 63];
    }
    if (len) {
        *out++ = digits[at[0] >> 2];
        *out++ = digits[(at[0] << 4 | (len == 2 ? at[1] >> 4 : 0)) & 63];
        if (len == 2)
            *out++ = digits[at[1] << 2 & 63];
    }
    return out;
}

/* The last two or three characters; *bits collects what must be zero behind the last byte. */
static uint8_t *read_tail(uint8_t *out, const unsigned char *at, size_t n, int *bad)
{
    int a = values[at[0]], b = values[at[1]], c = n == 3 ? values[at[2]] : 0;
    *bad |= a | b | c;
    *out++ = (uint8_t)((unsigned)a << 2 | ((unsigned)b >> 4 & 3));
    if (n == 2)
        return *bad |= -(b & 15), out;
    *out++ = (uint8_t)((unsigned)b << 4 | ((unsigned)c >> 2 & 15));
    return *bad |= -(c & 3), out;
}

saas_err saas_base64url_read(uint8_t *out, size_t *len, saas_text text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    uint8_t *start = out;
    size_t n = text.len;
    int bad = 0; /* negative when anything was wrong */
    for (; n >= 4; n -= 4, at += 4, out += 3) {
        int a = values[at[0]], b = values[at[1]], c = values[at[2]], d = values[at[3]];
        unsigned v = (unsigned)a << 18 | (unsigned)b << 12 | (unsigned)c << 6 | (unsigned)d;
        bad |= a | b | c | d;
        out[0] = (uint8_t)(v >> 16);
        out[1] = (uint8_t)(v >> 8);
        out[2] = (uint8_t)v;
    }
    if (n == 1)
        return SAAS_ERR_VALIDATION;
    if (n)
        out = read_tail(out, at, n, &bad);
    if (bad < 0)
        return SAAS_ERR_VALIDATION;
    *len = (size_t)(out - start);
    return SAAS_OK;
}
