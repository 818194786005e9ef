#include "schema/ascii.h"
#include "schema/format.h"

enum { EMAIL_MAX = 254, LOCAL_MAX = 64 };

/* atext of RFC 5322. */
static bool is_atext(char ch)
{
    return saas_is_alnum(ch) || saas_is_in(ch, "!#$%&'*+-/=?^_`{|}~");
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

bool saas_format_email(saas_text t)
{
    const char *at_sign = t.len ? memchr(t.ptr, '@', t.len) : NULL;
    if (!at_sign || t.len > EMAIL_MAX || !dot_atom(t.ptr, at_sign))
        return false;
    return saas_format_mail_host((saas_text){at_sign + 1, (size_t)(t.ptr + t.len - at_sign - 1)});
}

bool saas_format_slug(saas_text t)
{
    if (t.len && (t.ptr[0] == '-' || t.ptr[t.len - 1] == '-'))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!saas_is_digit(t.ptr[i]) && !(t.ptr[i] >= 'a' && t.ptr[i] <= 'z') && t.ptr[i] != '-')
            return false;
    return true;
}

size_t saas_format_points(saas_text t)
{
    size_t points = 0;
    for (size_t i = 0; i < t.len; i++)
        points += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
    return points;
}
