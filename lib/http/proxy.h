/* http/proxy.h: whose word counts on where a request comes from. A proxy's, and only about who came to it: from the
 * right, the first address that is no proxy's. What stands further left is the client's own invention. */
#ifndef SAAS_HTTP_PROXY_H
#define SAAS_HTTP_PROXY_H

#include <saas/arena.h>
#include <saas/host.h>

typedef struct saas_address {
    uint8_t b[16]; /* IPv4 mapped into IPv6 */
} saas_address;

typedef struct saas_network {
    saas_address address;
    unsigned bits; /* 1 .. 128 */
} saas_network;

typedef struct saas_proxies {
    const saas_network *list;
    size_t count;
    bool forwarded; /* they send Forwarded (RFC 7239); else X-Forwarded-For and X-Forwarded-Proto. Never both: the one
                       they do not set would be the client's. */
} saas_proxies;

/* Networks (10.0.0.0/8, 2001:db8::/32) and single addresses with spaces or commas between. ERR_VALIDATION: *why.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_proxies_read(saas_proxies *out, const char **why, saas_arena *a, saas_text text);

/* An address as text, IPv4 or IPv6, without port, brackets or zone. */
bool saas_address_read(saas_address *out, saas_text text);
bool saas_proxies_have(const saas_proxies *p, const saas_address *address);

typedef struct saas_caller {
    char text[46]; /* INET6_ADDRSTRLEN; IPv4 as such */
    size_t len;    /* 0: nothing of it can be read, it is the proxy itself */
    bool secure;   /* came to the proxy by HTTPS */
} saas_caller;

/* What a trusted peer's request says of its client. */
void saas_proxies_ask(saas_caller *out, const saas_proxies *p, const saas_header *headers, size_t count);

#endif
