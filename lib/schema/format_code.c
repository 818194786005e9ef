#include "base/hex.h"
#include "schema/ascii.h"
#include "schema/format.h"

bool saas_format_hex(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (saas_hex_digit(t.ptr[i]) < 0)
            return false;
    return true;
}

/* One character too many holds no whole byte. */
bool saas_format_base64url(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!saas_is_alnum(t.ptr[i]) && t.ptr[i] != '-' && t.ptr[i] != '_')
            return false;
    return t.len % 4 != 1;
}

bool saas_format_e164(saas_text t)
{
    enum { SHORTEST = 7, LONGEST = 15 };
    if (t.len < SHORTEST + 1 || t.len > LONGEST + 1 || t.ptr[0] != '+' || t.ptr[1] == '0')
        return false;
    for (size_t i = 1; i < t.len; i++)
        if (!saas_is_digit(t.ptr[i]))
            return false;
    return true;
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && saas_is_digit(*at))
        at++;
    return at;
}

bool saas_format_decimal(saas_text t, int64_t precision, int64_t scale)
{
    const char *end = t.ptr + t.len, *whole = t.ptr + (t.len && *t.ptr == '-');
    const char *point = digits(whole, end);
    int64_t before = point - whole, behind = 0;
    if (!before || (*whole == '0' && before > 1))
        return false;
    if (point < end) {
        behind = digits(point + 1, end) - point - 1;
        if (*point != '.' || !behind || point + 1 + behind != end)
            return false;
    }
    before -= *whole == '0';
    return before <= precision - scale && behind <= scale;
}
