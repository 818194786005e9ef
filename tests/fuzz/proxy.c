/* A trusted proxy adds its word behind what the client has sent. The client can keep the proxy's from being understood,
 * but never put another address in its place. First byte: which header, and whether the proxy adds to the line. */
#include "fuzz.h"
#include "http/proxy.h"
#include <arpa/inet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const saas_network ten = {{{[10] = 0xff, 0xff, 10}}, 104};
    const bool forwarded = size && (*data & 1), apart = size && (*data & 2);
    const saas_proxies p = {.list = &ten, .count = 1, .forwarded = forwarded};
    const char *added = forwarded ? "for=203.0.113.9;proto=https" : "203.0.113.9";
    const size_t len = size ? size - 1 : 0;
    char *line = malloc(len + 64);
    MUST(line);
    memcpy(line, size ? data + 1 : data, len);
    const size_t whole = len + (apart ? 0 : (size_t)sprintf(line + len, "%s%s", len ? ", " : "", added));
    const saas_text name = saas_text_z(forwarded ? "forwarded" : "x-forwarded-for");
    const saas_header headers[] = {{name, {line, whole}}, {name, saas_text_z(added)}};
    saas_caller who;
    saas_proxies_ask(&who, &p, headers, apart ? 2 : 1);
    const bool told = who.len && !strcmp(who.text, "203.0.113.9");
    MUST(told || (forwarded && !apart && !who.len));
    MUST(!who.secure || forwarded);
    /* And on its own it is an address or nothing. */
    saas_proxies_ask(&who, &p, &(const saas_header){name, {line, len}}, 1);
    unsigned char address[16];
    MUST(!who.len || inet_pton(AF_INET, who.text, address) == 1 || inet_pton(AF_INET6, who.text, address) == 1);
    free(line);
    return 0;
}
