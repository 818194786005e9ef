#include "schema/format.h"
#include <string.h>

enum { EMAIL_MAX = 254, LOCAL_MAX = 64, LABEL_MAX = 63 };

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_alnum(char ch)
{
    return is_digit(ch) || ((ch | ' ') >= 'a' && (ch | ' ') <= 'z');
}

/* atext of RFC 5322. */
static bool is_atext(char ch)
{
    return is_alnum(ch) || (ch && strchr("!#$%&'*+-/=?^_`{|}~", ch));
}

static bool dot_atom(const char *at, const char *end)
{
    bool dot = true;
    if (end - at > LOCAL_MAX)
        return false;
    for (; at < end; at++) {
        if (dot ? !is_atext(*at) : *at != '.' && !is_atext(*at))
            return false;
        dot = *at == '.';
    }
    return !dot;
}

static bool label(const char *at, const char *end)
{
    if (at == end || end - at > LABEL_MAX || *at == '-' || end[-1] == '-')
        return false;
    for (; at < end; at++)
        if (!is_alnum(*at) && *at != '-')
            return false;
    return true;
}

/* Labels with a dot between, and a last one that is no number, so that an address is no host name. */
static bool host_name(const char *at, const char *end)
{
    const char *dot;
    bool letters = false;
    if (!memchr(at, '.', (size_t)(end - at)))
        return false;
    while ((dot = memchr(at, '.', (size_t)(end - at)))) {
        if (!label(at, dot))
            return false;
        at = dot + 1;
    }
    for (const char *p = at; p < end; p++)
        letters |= !is_digit(*p);
    return letters && label(at, end);
}

bool saas_format_email(saas_text t)
{
    const char *at_sign = t.len ? memchr(t.ptr, '@', t.len) : NULL;
    return at_sign && t.len <= EMAIL_MAX && dot_atom(t.ptr, at_sign) && host_name(at_sign + 1, t.ptr + t.len);
}

bool saas_format_slug(saas_text t)
{
    if (t.len && (t.ptr[0] == '-' || t.ptr[t.len - 1] == '-'))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!is_digit(t.ptr[i]) && !(t.ptr[i] >= 'a' && t.ptr[i] <= 'z') && t.ptr[i] != '-')
            return false;
    return true;
}

bool saas_format_time(saas_time *out, saas_text t)
{
    enum { SHORTEST = sizeof "2026-01-31T09:30:00Z" - 1 };
    if (t.len < SHORTEST || (t.ptr[10] | ' ') != 't')
        return false;
    bool zulu = (t.ptr[t.len - 1] | ' ') == 'z';
    bool offset = t.len >= SHORTEST + 5 && t.ptr[t.len - 3] == ':' && strchr("+-", t.ptr[t.len - 6]);
    return (zulu || offset) && saas_time_parse(out, t) == SAAS_OK;
}

size_t saas_format_points(saas_text t)
{
    size_t points = 0;
    for (size_t i = 0; i < t.len; i++)
        points += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
    return points;
}
