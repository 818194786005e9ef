#include "base/hex.h"
#include "schema/ascii.h"
#include "schema/format.h"

enum { URL_MAX = 2048, SCHEME_MAX = 32 };

static bool is_unreserved(char ch)
{
    return saas_is_alnum(ch) || saas_is_in(ch, "-._~!$&'()*+,;=");
}

/* pct-encoded, unreserved, sub-delims, and those of `more`. */
static bool chars(const char *at, const char *end, const char *more)
{
    for (; at < end; at++) {
        if (*at == '%') {
            if (end - at < 3 || saas_hex_digit(at[1]) < 0 || saas_hex_digit(at[2]) < 0)
                return false;
            at += 2;
        } else if (!is_unreserved(*at) && !saas_is_in(*at, more)) {
            return false;
        }
    }
    return true;
}

/* The first of `set` in at..end, or end. */
static const char *find(const char *at, const char *end, const char *set)
{
    while (at < end && !saas_is_in(*at, set))
        at++;
    return at;
}

static bool port(const char *at, const char *end)
{
    long value = 0;
    for (; at < end; at++) {
        if (!saas_is_digit(*at) || value > 65535)
            return false;
        value = value * 10 + (*at - '0');
    }
    return value <= 65535;
}

/* [ userinfo "@" ] host [ ":" port ] */
static bool authority(const char *at, const char *end, bool web)
{
    const char *at_sign = find(at, end, "@"), *host = at_sign < end ? at_sign + 1 : at, *host_end;
    if (at_sign < end && !chars(at, at_sign, ":"))
        return false;
    if (host < end && *host == '[') {
        host_end = find(host, end, "]");
        if (host_end == end || !saas_format_ipv6((saas_text){host + 1, (size_t)(host_end - host - 1)}))
            return false;
        host_end++;
    } else {
        host_end = find(host, end, ":");
        if (!chars(host, host_end, ""))
            return false;
    }
    if (web && host == host_end)
        return false;
    return host_end == end || (*host_end == ':' && port(host_end + 1, end));
}

/* Behind the scheme's colon. */
static bool hier_part(const char *at, const char *end, bool web)
{
    const char *fragment = find(at, end, "#"), *query = find(at, fragment, "?");
    bool net = query - at >= 2 && at[0] == '/' && at[1] == '/';
    const char *path = net ? find(at + 2, query, "/") : at;
    if (net ? !authority(at + 2, path, web) : web)
        return false;
    if (!chars(path, query, ":@/"))
        return false;
    if (query < fragment && !chars(query + 1, fragment, ":@/?"))
        return false;
    return fragment == end || chars(fragment + 1, end, ":@/?");
}

static bool same_scheme(const char *name, size_t name_len, saas_text scheme)
{
    return saas_text_equal_ci((saas_text){name, name_len}, scheme);
}

static bool listed(const char *schemes, saas_text scheme)
{
    while (*schemes) {
        size_t n = strcspn(schemes, " ");
        if (same_scheme(schemes, n, scheme) || (n == 1 && *schemes == '*'))
            return true;
        schemes += n + (schemes[n] == ' ');
    }
    return false;
}

static size_t scheme_len(saas_text t)
{
    size_t n = 0;
    while (n < t.len && (saas_is_alnum(t.ptr[n]) || (n && saas_is_in(t.ptr[n], "+-."))))
        n++;
    return n && n <= SCHEME_MAX && saas_is_alpha(*t.ptr) ? n : 0;
}

bool saas_format_url(saas_text t, const char *schemes)
{
    size_t n = scheme_len(t);
    saas_text scheme = {t.ptr, n};
    if (!n || n == t.len || t.len > URL_MAX || t.ptr[n] != ':')
        return false;
    if (!listed(schemes ? schemes : "http https", scheme))
        return false;
    return hier_part(t.ptr + n + 1, t.ptr + t.len, listed("http https ws wss ftp", scheme));
}

bool saas_format_schemes(const char *schemes)
{
    if (!strcmp(schemes, "*"))
        return true;
    for (;;) {
        size_t n = strcspn(schemes, " ");
        if (!n || scheme_len((saas_text){schemes, n}) != n)
            return false;
        for (size_t i = 0; i < n; i++)
            if (schemes[i] >= 'A' && schemes[i] <= 'Z')
                return false;
        if (!schemes[n])
            return true;
        schemes += n + 1;
    }
}
