#include "limit/limiter.h"
#include <arpa/inet.h>
#include <string.h>

static void hash(uint8_t out[16], const saas_limiter *l, const void *bytes, size_t len)
{
    static const uint8_t nothing[1];
    crypto_shorthash_siphashx24(out, len ? bytes : nothing, len, l->key);
}

/* Of both hashes, so that no kind and id run into those of another. */
saas_limit_key saas_limit_key_of(const saas_limiter *l, saas_text kind, saas_text id)
{
    uint8_t both[32], out[16];
    saas_limit_key key;
    hash(both, l, kind.ptr, kind.len);
    hash(both + 16, l, id.ptr, id.len);
    hash(out, l, both, sizeof both);
    memcpy(&key.place, out, 8);
    memcpy(&key.tag, out + 8, 8);
    return key;
}

saas_limit_key saas_limit_key_address(const saas_limiter *l, saas_text kind, saas_text address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN];
    uint8_t a[16];
    if (!address.len || address.len >= sizeof text)
        return saas_limit_key_of(l, kind, address);
    memcpy(text, address.ptr, address.len);
    text[address.len] = 0;
    if (inet_pton(AF_INET, text, a) == 1)
        return saas_limit_key_of(l, kind, (saas_text){(const char *)a, 4});
    if (inet_pton(AF_INET6, text, a) != 1)
        return saas_limit_key_of(l, kind, address);
    if (!memcmp(a, mapped, sizeof mapped))
        return saas_limit_key_of(l, kind, (saas_text){(const char *)a + 12, 4});
    return saas_limit_key_of(l, kind, (saas_text){(const char *)a, 8});
}
