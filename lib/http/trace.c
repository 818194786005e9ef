#include "http/trace.h"
#include <string.h>

enum { VERSION_NONE = 0xff, MEMBERS_MAX = 32, KEY_MAX = 256, VALUE_MAX = 256 };

/* ---- traceparent ---- */

static int digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool take(uint8_t *out, const char *at, size_t len)
{
    int wrong = 0;
    for (size_t i = 0; i < len; i++) {
        const int high = digit(at[2 * i]), low = digit(at[2 * i + 1]);
        wrong |= high | low;
        out[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return wrong >= 0;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return !any;
}

bool saas_trace_parse(saas_trace *out, saas_text header)
{
    const char *s = header.ptr;
    saas_trace t = *out;
    uint8_t version;
    if (header.len < SAAS_TRACEPARENT_CHARS || s[2] != '-' || s[35] != '-' || s[52] != '-')
        return false;
    if (!take(&version, s, 1) || !take(t.id, s + 3, sizeof t.id) || !take(t.parent, s + 36, sizeof t.parent) ||
        !take(&t.flags, s + 53, 1))
        return false;
    if (version == VERSION_NONE || is_zero(t.id, sizeof t.id) || is_zero(t.parent, sizeof t.parent))
        return false;
    if (header.len > SAAS_TRACEPARENT_CHARS && (!version || s[SAAS_TRACEPARENT_CHARS] != '-'))
        return false;
    t.flags &= SAAS_TRACE_SAMPLED | SAAS_TRACE_RANDOM;
    t.continued = true;
    *out = t;
    return true;
}

void saas_trace_hex(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

void saas_trace_format(char out[SAAS_TRACEPARENT_CHARS + 1], const saas_trace *t)
{
    memcpy(out, "00-", 3);
    saas_trace_hex(out + 3, t->id, sizeof t->id);
    out[35] = '-';
    saas_trace_hex(out + 36, t->span, sizeof t->span);
    out[52] = '-';
    saas_trace_hex(out + 53, &t->flags, 1);
    out[SAAS_TRACEPARENT_CHARS] = 0;
}

/* ---- tracestate ---- */

static bool key_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || (ch && strchr("_-*/@", ch));
}

static bool is_key(saas_text key)
{
    if (!key.len || key.len > KEY_MAX || !key_char(key.ptr[0]) || strchr("_-*/@", key.ptr[0]))
        return false;
    for (size_t i = 1; i < key.len; i++)
        if (!key_char(key.ptr[i]))
            return false;
    return true;
}

static bool is_value(saas_text value)
{
    if (!value.len || value.len > VALUE_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < ' ' || value.ptr[i] > '~' || value.ptr[i] == '=')
            return false;
    return true;
}

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t';
}

static saas_text trim(saas_text t)
{
    while (t.len && is_space(t.ptr[0]))
        t = (saas_text){t.ptr + 1, t.len - 1};
    while (t.len && is_space(t.ptr[t.len - 1]))
        t.len--;
    return t;
}

static bool is_member(saas_text member)
{
    const char *equals = memchr(member.ptr, '=', member.len);
    if (!equals)
        return false;
    const size_t key = (size_t)(equals - member.ptr);
    return is_key((saas_text){member.ptr, key}) && is_value((saas_text){equals + 1, member.len - key - 1});
}

bool saas_tracestate_holds(saas_text list)
{
    size_t members = 0;
    if (list.len > SAAS_TRACESTATE_MAX)
        return false;
    for (size_t from = 0; from < list.len;) {
        const char *comma = memchr(list.ptr + from, ',', list.len - from);
        const size_t end = comma ? (size_t)(comma - list.ptr) : list.len;
        const saas_text member = trim((saas_text){list.ptr + from, end - from});
        if (member.len && (++members > MEMBERS_MAX || !is_member(member)))
            return false;
        from = end + 1;
    }
    return members > 0;
}
