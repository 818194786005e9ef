#include "http/forwarded.h"
#include "http/reply.h"
#include <string.h>

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t';
}

static saas_text trim(saas_text t)
{
    while (t.len && is_space(*t.ptr))
        t = (saas_text){t.ptr + 1, t.len - 1};
    while (t.len && is_space(t.ptr[t.len - 1]))
        t.len--;
    return t;
}

static void add(saas_hops *h, saas_text node)
{
    if (h->count == SAAS_HOPS_MAX) {
        h->count /= 2;
        memmove(h->nodes, h->nodes + h->count, h->count * sizeof *h->nodes);
    }
    h->nodes[h->count++] = node;
}

void saas_hops_read(saas_hops *out, saas_text line)
{
    out->count = 0;
    out->proto = (saas_text){NULL, 0};
    for (const char *at = line.ptr, *end = at + line.len; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        const saas_text node = trim((saas_text){at, (size_t)(stop - at)});
        if (node.len)
            add(out, node);
        at = stop + 1;
    }
}

/* ---- RFC 7239 ---- */

typedef struct reader {
    const char *at, *end;
} reader;

static void skip_space(reader *r)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
}

static saas_text take_token(reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && saas_is_token((saas_text){r->at, 1}))
        r->at++;
    return (saas_text){start, (size_t)(r->at - start)};
}

/* What is escaped inside stays so: no address has any. */
static bool take_quoted(saas_text *out, reader *r)
{
    const char *start = ++r->at;
    for (; r->at < r->end && *r->at != '"'; r->at++)
        if (*r->at == '\\' && ++r->at == r->end)
            return false;
    if (r->at == r->end)
        return false;
    *out = (saas_text){start, (size_t)(r->at++ - start)};
    return true;
}

typedef struct element {
    saas_text node, proto;
    bool has_node, has_proto;
} element;

static bool note(element *e, saas_text name, saas_text value)
{
    const bool node = saas_text_equal_ci(name, SAAS_LIT("for")), proto = saas_text_equal_ci(name, SAAS_LIT("proto"));
    if ((node && e->has_node) || (proto && e->has_proto))
        return false;
    if (node)
        e->node = value;
    if (proto)
        e->proto = value;
    e->has_node |= node;
    e->has_proto |= proto;
    return true;
}

static bool take_pair(element *e, reader *r)
{
    const saas_text name = take_token(r);
    saas_text value;
    if (!name.len || r->at == r->end || *r->at++ != '=')
        return false;
    if (r->at < r->end && *r->at == '"') {
        if (!take_quoted(&value, r))
            return false;
    } else {
        value = take_token(r);
        if (!value.len)
            return false;
    }
    return note(e, name, value);
}

static bool take_element(element *e, reader *r)
{
    *e = (element){0};
    for (;;) {
        if (!take_pair(e, r))
            return false;
        skip_space(r);
        if (r->at == r->end || *r->at != ';')
            return true;
        r->at++;
        skip_space(r);
    }
}

bool saas_forwarded_read(saas_hops *out, saas_text line)
{
    reader r = {line.ptr, line.ptr + line.len};
    element e;
    out->count = 0;
    for (;;) {
        skip_space(&r);
        if (!take_element(&e, &r))
            return false;
        add(out, e.node);
        out->proto = e.proto;
        if (r.at == r.end)
            return true;
        if (*r.at++ != ',')
            return false;
    }
}
