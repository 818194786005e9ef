/* A value of a JSON text by path. Numbers stay as they are written: a double would lose digits. */
#include "test/client.h"
#include <string.h>

enum { DEPTH_MAX = 64 };

typedef struct reader {
    const char *at, *end;
} reader;

static bool skip_value(reader *r, int depth);

static void skip_space(reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

static bool skip_char(reader *r, char c)
{
    skip_space(r);
    if (r->at >= r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool skip_escape(reader *r)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    if (r->at >= r->end || !*r->at || !strchr("\"\\/bfnrtu", *r->at))
        return false;
    if (*r->at++ != 'u')
        return true;
    for (int i = 0; i < 4; i++, r->at++)
        if (r->at >= r->end || !*r->at || !strchr(hex, *r->at))
            return false;
    return true;
}

static bool skip_string(reader *r)
{
    if (!skip_char(r, '"'))
        return false;
    while (r->at < r->end) {
        unsigned char c = (unsigned char)*r->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !skip_escape(r)))
            return false;
    }
    return false;
}

static size_t skip_digits(reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - from);
}

static bool skip_number(reader *r)
{
    if (r->at < r->end && *r->at == '-')
        r->at++;
    bool zero = r->at < r->end && *r->at == '0';
    size_t digits = skip_digits(r);
    if (!digits || (zero && digits > 1))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!skip_digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        return skip_digits(r) > 0;
    }
    return true;
}

static bool skip_word(reader *r, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

/* Members of an object or items of an array, behind its opening bracket. */
static bool skip_rest(reader *r, char close, int depth)
{
    if (skip_char(r, close))
        return true;
    do {
        if (close == '}' && !(skip_string(r) && skip_char(r, ':')))
            return false;
        if (!skip_value(r, depth - 1))
            return false;
    } while (skip_char(r, ','));
    return skip_char(r, close);
}

static bool skip_value(reader *r, int depth)
{
    skip_space(r);
    if (r->at >= r->end || !depth)
        return false;
    switch (*r->at) {
    case '{':
        r->at++;
        return skip_rest(r, '}', depth);
    case '[':
        r->at++;
        return skip_rest(r, ']', depth);
    case '"':
        return skip_string(r);
    case 't':
        return skip_word(r, "true");
    case 'f':
        return skip_word(r, "false");
    case 'n':
        return skip_word(r, "null");
    default:
        return skip_number(r);
    }
}

/* ---- going down a path; the text is known to be JSON ---- */

static bool enter_member(reader *r, const char *name, size_t len)
{
    if (!skip_char(r, '{') || skip_char(r, '}'))
        return false;
    do {
        skip_space(r);
        const char *key = r->at + 1;
        skip_string(r);
        bool found = (size_t)(r->at - 1 - key) == len && !memcmp(key, name, len);
        skip_char(r, ':');
        if (found)
            return true;
        skip_value(r, DEPTH_MAX);
    } while (skip_char(r, ','));
    return false;
}

static bool enter_item(reader *r, size_t i)
{
    if (!skip_char(r, '[') || skip_char(r, ']'))
        return false;
    for (; i; i--)
        if (!skip_value(r, DEPTH_MAX) || !skip_char(r, ','))
            return false;
    return true;
}

static bool enter(reader *r, const char *path)
{
    while (*path) {
        if (*path == '[') {
            size_t i = 0;
            for (path++; *path >= '0' && *path <= '9'; path++)
                i = i * 10 + (size_t)(*path - '0');
            if (*path++ != ']' || !enter_item(r, i))
                return false;
        } else {
            path += *path == '.';
            size_t len = strcspn(path, ".[");
            if (!len || !enter_member(r, path, len))
                return false;
            path += len;
        }
    }
    return true;
}

/* ---- the value ---- */

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

static unsigned read_hex4(const char *at)
{
    unsigned c = 0;
    for (int i = 0; i < 4; i++)
        c = c << 4 | (unsigned)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    return c;
}

static char *put_escape(char *out, const char **at)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char c = *(*at)++, *letter = strchr(letters, c);
    if (c != 'u') {
        *out++ = letter ? meant[letter - letters] : c;
        return out;
    }
    unsigned point = read_hex4(*at);
    *at += 4;
    if (point >= 0xd800 && point < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        point = 0x10000 + ((point & 0x3ff) << 10) + (read_hex4(*at + 2) & 0x3ff);
        *at += 6;
    }
    return put_utf8(out, point);
}

static saas_text unescape(saas_arena *a, const char *at, const char *end)
{
    char *start = saas_arena_alloc(a, (size_t)(end - at) + 1), *out = start;
    if (!start)
        return (saas_text){NULL, 0};
    while (at < end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        at++;
        out = put_escape(out, &at);
    }
    *out = 0;
    return (saas_text){start, (size_t)(out - start)};
}

saas_text saas_test_json(saas_test_client *t, saas_text body, const char *path)
{
    const saas_text absent = {NULL, 0};
    reader whole = {body.ptr, body.ptr + body.len}, r = whole;
    if (!body.ptr || !skip_value(&whole, DEPTH_MAX))
        return absent;
    skip_space(&whole);
    if (whole.at != whole.end || !enter(&r, path))
        return absent;
    skip_space(&r);
    const char *from = r.at;
    skip_value(&r, DEPTH_MAX);
    if (*from == '"')
        return unescape(t->kept, from + 1, r.at - 1);
    saas_text raw = {saas_arena_copy(t->kept, from, (size_t)(r.at - from)), (size_t)(r.at - from)};
    return raw.ptr ? raw : absent;
}
