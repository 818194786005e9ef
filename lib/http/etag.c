#include "http/etag.h"
#include "http/ctx.h"
#include <sodium.h>

enum { TAG_BYTES = 16 };

void saas_etag_of(char out[SAAS_ETAG_CHARS + 1], saas_text bytes)
{
    unsigned char hash[TAG_BYTES];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes.ptr, bytes.len, NULL, 0);
    out[0] = '"';
    sodium_bin2hex(out + 1, SAAS_ETAG_CHARS, hash, sizeof hash);
    out[SAAS_ETAG_CHARS - 1] = '"';
    out[SAAS_ETAG_CHARS] = 0;
}

static bool is_tag_char(char ch)
{
    const unsigned char u = (unsigned char)ch;
    return u > ' ' && u != '"' && u != 0x7f;
}

static saas_text opaque(saas_text t)
{
    const bool weak = t.len >= 2 && t.ptr[0] == 'W' && t.ptr[1] == '/';
    return weak ? (saas_text){t.ptr + 2, t.len - 2} : t;
}

/* The quoted tag at the start of t, behind a W/ if there is one; len 0: there is none. */
static saas_text quoted(saas_text t)
{
    t = opaque(t);
    if (!t.len || *t.ptr != '"')
        return (saas_text){t.ptr, 0};
    size_t len = 1;
    while (len < t.len && is_tag_char(t.ptr[len]))
        len++;
    return (saas_text){t.ptr, len < t.len && t.ptr[len] == '"' ? len + 1 : 0};
}

static saas_text skip(saas_text t, const char *what)
{
    while (t.len && strchr(what, *t.ptr) && *t.ptr)
        t = (saas_text){t.ptr + 1, t.len - 1};
    return t;
}

bool saas_etag_listed(saas_text field, saas_text tag)
{
    saas_text rest = skip(field, " \t,");
    if (rest.len && *rest.ptr == '*')
        return !skip((saas_text){rest.ptr + 1, rest.len - 1}, " \t").len && rest.ptr == skip(field, " \t").ptr;
    while (rest.len) {
        const saas_text one = quoted(rest);
        if (!one.len || saas_text_equal(one, opaque(tag)))
            return one.len > 0;
        const char *end = rest.ptr + rest.len, *behind = one.ptr + one.len;
        rest = skip((saas_text){behind, (size_t)(end - behind)}, " \t");
        if (rest.len && *rest.ptr != ',')
            return false;
        rest = skip(rest, " \t,");
    }
    return false;
}

bool saas_etag_known(const saas_ctx *c, saas_text tag)
{
    for (size_t i = 0; i < c->header_count; i++)
        if (saas_text_equal(c->headers[i].name, SAAS_LIT("if-none-match")) &&
            saas_etag_listed(c->headers[i].value, tag))
            return true;
    return false;
}
