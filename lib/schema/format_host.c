#include "base/hex.h"
#include "schema/ascii.h"
#include "schema/format.h"

enum { NAME_MAX_BYTES = 253, LABEL_MAX = 63 };

/* The end of the label at `at`, NULL when it is none. */
static const char *label(const char *at, const char *end, bool *has_letter)
{
    const char *start = at;
    for (*has_letter = false; at < end && *at != '.'; at++) {
        if (saas_is_alpha(*at))
            *has_letter = true;
        else if (!saas_is_digit(*at) && *at != '-')
            return NULL;
    }
    bool fits = at > start && at - start <= LABEL_MAX && *start != '-' && at[-1] != '-';
    return fits ? at : NULL;
}

/* How many labels the name has, 0 when it is none; and whether there is a letter in the last. */
static int labels(saas_text t, bool *last_has_letter)
{
    int count = 0;
    const char *end = t.ptr + t.len;
    for (const char *at = t.ptr; t.len <= NAME_MAX_BYTES && (at = label(at, end, last_has_letter)); at++) {
        count++;
        if (at == end)
            return count;
    }
    return 0;
}

bool saas_format_hostname(saas_text t)
{
    bool ignored;
    return labels(t, &ignored) > 0;
}

bool saas_format_mail_host(saas_text t)
{
    bool has_letter;
    return labels(t, &has_letter) > 1 && has_letter;
}

/* 0..255 without zeros in front; the place behind it, or NULL. */
static const char *octet(const char *at, const char *end)
{
    const char *start = at;
    int value = 0;
    for (; at < end && at - start < 3 && saas_is_digit(*at); at++)
        value = value * 10 + (*at - '0');
    bool fits = at > start && value < 256 && (*start != '0' || at == start + 1);
    return fits ? at : NULL;
}

bool saas_format_ipv4(saas_text t)
{
    const char *at = t.ptr, *end = t.ptr + t.len;
    for (int i = 0; at && i < 4; i++) {
        if (i && (at == end || *at++ != '.'))
            return false;
        at = octet(at, end);
    }
    return at == end && t.len;
}

/* Groups of up to four hex digits with ':' between, the last two perhaps as IPv4; their count in *n. */
static bool groups(const char *at, const char *end, int *n)
{
    while (at < end) {
        const char *start = at;
        while (at < end && at - start < 5 && saas_hex_digit(*at) >= 0)
            at++;
        if (at < end && *at == '.') {
            *n += 2;
            return saas_format_ipv4((saas_text){start, (size_t)(end - start)});
        }
        if (at == start || at - start > 4 || ++*n > 8)
            return false;
        if (at < end && (*at++ != ':' || at == end))
            return false;
    }
    return true;
}

static const char *gap(const char *at, const char *end)
{
    for (; end - at >= 2; at++)
        if (at[0] == ':' && at[1] == ':')
            return at;
    return NULL;
}

/* '::' stands for one group or more. IPv4 is only ever at the very end. */
bool saas_format_ipv6(saas_text t)
{
    enum { LONGEST = sizeof "1111:1111:1111:1111:1111:1111:255.255.255.255" - 1 };
    const char *end = t.ptr + t.len, *double_colon = t.len && t.len <= LONGEST ? gap(t.ptr, end) : NULL;
    int n = 0;
    if (!t.len || t.len > LONGEST)
        return false;
    if (!double_colon)
        return groups(t.ptr, end, &n) && n == 8;
    if (memchr(t.ptr, '.', (size_t)(double_colon - t.ptr)))
        return false;
    return groups(t.ptr, double_colon, &n) && groups(double_colon + 2, end, &n) && n <= 7;
}
