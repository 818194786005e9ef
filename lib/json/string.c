#include "json/token.h"
#include "base/hex.h"

/* The XXXX of \uXXXX. */
static bool unit(const char *at, const char *end, uint32_t *out)
{
    uint32_t value = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = saas_hex_digit(at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

/* A surrogate without its other half is no character: UTF-8 can't say it. */
static const char *unicode(const char *at, const char *end, uint32_t *out)
{
    uint32_t low;
    if (!unit(at, end, out))
        return NULL;
    at += 4;
    if (*out < 0xd800 || *out > 0xdfff)
        return at;
    if (*out > 0xdbff || end - at < 2 || at[0] != '\\' || at[1] != 'u' || !unit(at + 2, end, &low) || low < 0xdc00 ||
        low > 0xdfff)
        return NULL;
    *out = 0x10000 + ((*out - 0xd800) << 10 | (low - 0xdc00));
    return at + 6;
}

/* An escape, `at` on its backslash; the place behind it, or NULL. */
static const char *escape(const char *at, const char *end, uint32_t *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return NULL;
    if (at[1] == 'u')
        return unicode(at + 2, end, out);
    const char *name = at[1] ? strchr(names, at[1]) : NULL;
    if (!name)
        return NULL;
    *out = (uint32_t)values[name - names];
    return at + 2;
}

static size_t encode(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; --i > 0; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xf0) | c);
    return n;
}

/* One piece of a string that is not plain: a UTF-8 sequence or an escape. Its bytes go to `out`. */
static const char *piece(const char *at, const char *end, char out[4], size_t *n, bool *nul)
{
    uint32_t c = 0;
    if ((unsigned char)*at >= 0x80) {
        *n = saas_utf8_sequence(at, end);
        memcpy(out, at, *n);
        return *n ? at + *n : NULL;
    }
    if (*at != '\\' || !(at = escape(at, end, &c)))
        return NULL;
    *n = encode(out, c);
    *nul |= !c;
    return at;
}

/* From `at`, which is not plain, to the closing quote. Without `to` it only checks. */
static const char *rest(const char *at, const char *end, char *to, saas_json_string *out)
{
    while (at < end && *at != '"') {
        char bytes[4];
        size_t n;
        const char *after = piece(at, end, bytes, &n, &out->nul);
        if (!after)
            return NULL;
        const char *stop = saas_json_plain(after, end);
        if (to) {
            memcpy(to, bytes, n);
            memmove(to + n, after, (size_t)(stop - after));
            to += n + (size_t)(stop - after);
        }
        out->ascii &= n == 1;
        at = stop;
    }
    if (to)
        out->text.len = (size_t)(to - out->text.ptr);
    return at < end ? at : NULL;
}

bool saas_json_string_rest(saas_json_in *in, const char *stop, saas_json_string *out)
{
    char *writable = (char *)out->text.ptr;
    if (stop == in->end || !(stop = rest(stop, in->end, writable + out->text.len, out)))
        return false;
    writable[out->text.len] = 0;
    in->at = stop + 1;
    return true;
}

bool saas_json_string_skip(saas_json_in *in)
{
    saas_json_string ignored = {{NULL, 0}, true, false};
    const char *stop = saas_json_plain(in->at + 1, in->end);
    if (stop == in->end || !(stop = rest(stop, in->end, NULL, &ignored)))
        return false;
    in->at = stop + 1;
    return true;
}
