#include "auth/base64url.h"
#include "auth/signer.h"
#include <openssl/core_names.h>
#include <openssl/params.h>

static EVP_MAC_CTX *keyed(const saas_keys *keys, const saas_secret *secret)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(keys->hmac);
    if (!ctx || EVP_MAC_init(ctx, secret->bytes, secret->len, params))
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

/* A key of its own for what clients hold that is no token. */
static EVP_MAC_CTX *derived(saas_signer *s, saas_text label)
{
    uint8_t key[SAAS_MAC];
    const saas_secret secret = {key, sizeof key};
    if (!s->refresh || saas_hmac(key, s->refresh, &label, 1))
        return NULL;
    EVP_MAC_CTX *ctx = keyed(s->keys, &secret);
    OPENSSL_cleanse(key, sizeof key);
    return ctx;
}

/* Names a secret and says nothing about it. */
static bool name_key(char kid[SAAS_KID_CHARS + 1], EVP_MAC_CTX *key)
{
    enum { BYTES = SAAS_KID_CHARS * 3 / 4 };
    uint8_t mac[SAAS_MAC];
    if (!key || saas_hmac(mac, key, &SAAS_LIT("kid 1"), 1))
        return false;
    *saas_base64url_write(kid, mac, BYTES) = 0;
    return true;
}

static bool add_retiring(saas_signer *s)
{
    if (!s->keys->retiring.bytes)
        return true;
    s->retiring = keyed(s->keys, &s->keys->retiring);
    return name_key(s->retiring_kid, s->retiring);
}

saas_err saas_signer_new(saas_signer **out, const saas_keys *keys)
{
    saas_signer *s = OPENSSL_zalloc(sizeof *s);
    if (!s)
        return SAAS_ERR_NO_MEMORY;
    s->keys = keys;
    s->access = keyed(keys, &keys->access);
    s->refresh = keyed(keys, &keys->refresh);
    s->cursor = derived(s, SAAS_LIT("cursor key 1"));
    s->request = derived(s, SAAS_LIT("request key 1"));
    s->digest = EVP_MD_CTX_new();
    s->known = OPENSSL_zalloc(SAAS_KNOWN * sizeof *s->known);
    if (!s->known || !name_key(s->kid, s->access) || !s->refresh || !s->cursor || !s->request || !s->digest || !add_retiring(s)) {
        saas_signer_free(s);
        return SAAS_ERR_NO_MEMORY;
    }
    *out = s;
    return SAAS_OK;
}

void saas_signer_free(saas_signer *s)
{
    if (!s)
        return;
    EVP_MAC_CTX_free(s->access);
    EVP_MAC_CTX_free(s->retiring);
    EVP_MAC_CTX_free(s->refresh);
    EVP_MAC_CTX_free(s->cursor);
    EVP_MAC_CTX_free(s->request);
    EVP_MD_CTX_free(s->digest);
    OPENSSL_clear_free(s->known, SAAS_KNOWN * sizeof *s->known);
    OPENSSL_free(s);
}

saas_err saas_hmac(uint8_t out[SAAS_MAC], EVP_MAC_CTX *keyed, const saas_text *parts, size_t count)
{
    size_t len;
    /* Without a key it starts over with the one it has. */
    if (!EVP_MAC_init(keyed, NULL, 0, NULL))
        return SAAS_ERR_INTERNAL;
    for (size_t i = 0; i < count; i++)
        if (!EVP_MAC_update(keyed, (const unsigned char *)parts[i].ptr, parts[i].len))
            return SAAS_ERR_INTERNAL;
    return EVP_MAC_final(keyed, out, &len, SAAS_MAC) && len == SAAS_MAC ? SAAS_OK : SAAS_ERR_INTERNAL;
}

saas_err saas_sha256(uint8_t out[32], saas_signer *s, const void *bytes, size_t len)
{
    unsigned n;
    bool done = EVP_DigestInit_ex2(s->digest, s->keys->sha256, NULL) && EVP_DigestUpdate(s->digest, bytes, len) &&
                EVP_DigestFinal_ex(s->digest, out, &n);
    return done ? SAAS_OK : SAAS_ERR_INTERNAL;
}
