#include "http/proxy.h"
#include "http/forwarded.h"
#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool saas_address_read(saas_address *out, saas_text text)
{
    char z[INET6_ADDRSTRLEN];
    saas_address a;
    if (!text.len || text.len >= sizeof z || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = 0;
    if (inet_pton(AF_INET, z, a.b + 12) == 1)
        memcpy(a.b, mapped, sizeof mapped);
    else if (inet_pton(AF_INET6, z, a.b) != 1)
        return false;
    *out = a;
    return true;
}

static bool is_mapped(const saas_address *a)
{
    return !memcmp(a->b, mapped, sizeof mapped);
}

/* ---- networks ---- */

static bool within(const saas_network *n, const saas_address *a)
{
    const size_t bytes = n->bits / 8;
    const unsigned rest = n->bits % 8;
    return !memcmp(n->address.b, a->b, bytes) && (!rest || (n->address.b[bytes] ^ a->b[bytes]) >> (8 - rest) == 0);
}

bool saas_proxies_have(const saas_proxies *p, const saas_address *address)
{
    for (size_t i = 0; i < p->count; i++)
        if (within(&p->list[i], address))
            return true;
    return false;
}

static bool read_bits(unsigned *out, saas_text digits, unsigned most)
{
    unsigned n = 0;
    if (!digits.len || digits.len > 3)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        n = n * 10 + (unsigned)(digits.ptr[i] - '0');
    }
    *out = n;
    return n <= most;
}

static bool ends_there(const saas_network *n)
{
    for (unsigned bit = n->bits; bit < 128; bit++)
        if (n->address.b[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    return true;
}

/* Who may be counted on to be a proxy of one's own is in no network this wide; nor is all of IPv4, by whatever name. */
static bool too_wide(const saas_network *n)
{
    enum { LEAST_4 = 96 + 8, LEAST_6 = 16 };
    saas_address four = {{0}};
    memcpy(four.b, mapped, sizeof mapped);
    return n->bits < LEAST_6 || (n->bits < LEAST_4 && (is_mapped(&n->address) || within(n, &four)));
}

static const char *read_network(saas_network *out, saas_text word)
{
    const char *slash = memchr(word.ptr, '/', word.len);
    const saas_text address = {word.ptr, slash ? (size_t)(slash - word.ptr) : word.len};
    if (!saas_address_read(&out->address, address))
        return "neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32";
    const bool four = memchr(address.ptr, ':', address.len) == NULL;
    unsigned bits = four ? 32 : 128;
    if (slash && !read_bits(&bits, (saas_text){slash + 1, word.len - address.len - 1}, bits))
        return "what stands behind the / is no number of bits";
    out->bits = four ? 96 + bits : bits;
    if (too_wide(out))
        return "a network wider than /8 (IPv6: /16), or of all IPv4: then any client could name any address";
    return ends_there(out) ? NULL : "the address has bits behind those of its network";
}

saas_err saas_proxies_read(saas_proxies *out, const char **why, saas_arena *a, saas_text text)
{
    size_t count = 0;
    saas_network *list = saas_arena_calloc(a, text.len / 2 + 1, sizeof *list);
    if (!list)
        return SAAS_ERR_NO_MEMORY;
    for (size_t at = 0, len; at < text.len; at += len) {
        len = strcspn(text.ptr + at, ", ");
        const char *fault = len ? read_network(&list[count], (saas_text){text.ptr + at, len}) : NULL;
        if (fault) {
            *why = fault;
            return SAAS_ERR_VALIDATION;
        }
        count += len > 0;
        len = len ? len : 1;
    }
    out->list = list;
    out->count = count;
    return SAAS_OK;
}

/* ---- who came to a proxy ---- */

static bool all_digits(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return t.len && t.len <= 5;
}

/* An address as proxies write it: 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711. */
static bool read_bracketed(saas_address *out, saas_text t)
{
    const char *end = t.ptr + t.len, *close = memchr(t.ptr, ']', t.len);
    if (!close)
        return false;
    const saas_text inside = {t.ptr + 1, (size_t)(close - t.ptr - 1)};
    if (++close < end && (*close != ':' || !all_digits((saas_text){close + 1, (size_t)(end - close - 1)})))
        return false;
    return memchr(inside.ptr, ':', inside.len) && saas_address_read(out, inside);
}

static bool read_node(saas_address *out, saas_text t)
{
    if (!t.len || *t.ptr == '[')
        return t.len && read_bracketed(out, t);
    const char *first = memchr(t.ptr, ':', t.len), *last = memrchr(t.ptr, ':', t.len);
    if (first && first == last) { /* a port; an address of IPv6 has two colons at least */
        if (!all_digits((saas_text){first + 1, (size_t)(t.ptr + t.len - first - 1)}))
            return false;
        t.len = (size_t)(first - t.ptr);
    }
    return saas_address_read(out, t);
}

/* One line, from its right end. True: the client has been found, or what stands here is no address; nothing further
 * left can be believed. */
static bool follow(saas_address *at, bool *any, const saas_proxies *p, saas_hops *line)
{
    while (line->count) {
        if (!read_node(at, line->nodes[--line->count]))
            return true;
        *any = true;
        if (!saas_proxies_have(p, at))
            return true;
    }
    return false;
}

static void tell(saas_caller *out, const saas_address *a)
{
    const bool four = is_mapped(a);
    if (inet_ntop(four ? AF_INET : AF_INET6, four ? a->b + 12 : a->b, out->text, sizeof out->text))
        out->len = strlen(out->text);
}

/* Of the proxy that is nearest: what stands further left may be the client's. */
static bool is_secure(saas_text proto)
{
    return saas_text_equal_ci(proto, SAAS_LIT("https"));
}

static bool read_line(saas_hops *out, const saas_proxies *p, saas_text value)
{
    if (p->forwarded)
        return saas_forwarded_read(out, value);
    saas_hops_read(out, value);
    return true;
}

static bool forwarded_secure(const saas_header *headers, size_t count)
{
    saas_hops hops;
    for (size_t i = count; i-- > 0;) {
        if (!saas_text_equal(headers[i].name, SAAS_LIT("x-forwarded-proto")))
            continue;
        saas_hops_read(&hops, headers[i].value);
        return hops.count && is_secure(hops.nodes[hops.count - 1]);
    }
    return false;
}

void saas_proxies_ask(saas_caller *out, const saas_proxies *p, const saas_header *headers, size_t count)
{
    const saas_text name = p->forwarded ? SAAS_LIT("forwarded") : SAAS_LIT("x-forwarded-for");
    saas_address at;
    saas_hops line;
    bool any = false, over = false, first = true;
    *out = (saas_caller){.secure = !p->forwarded && forwarded_secure(headers, count)};
    for (size_t i = count; i-- > 0 && !over;) {
        if (!saas_text_equal(headers[i].name, name))
            continue;
        over = !read_line(&line, p, headers[i].value);
        if (!over && first && p->forwarded)
            out->secure = is_secure(line.proto);
        over = over || follow(&at, &any, p, &line);
        first = false;
    }
    if (any)
        tell(out, &at);
}
