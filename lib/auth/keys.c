#include "auth/signer.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static bool copy_secret(saas_secret *to, saas_text from)
{
    to->bytes = malloc(from.len);
    if (!to->bytes)
        return false;
    memcpy(to->bytes, from.ptr, from.len);
    to->len = from.len;
    return true;
}

static void wipe(saas_secret *secret)
{
    if (secret->bytes)
        sodium_memzero(secret->bytes, secret->len);
    free(secret->bytes);
}

static saas_text put(char **at, saas_text from)
{
    saas_text copy = {*at, from.len};
    memcpy(*at, from.ptr, from.len);
    *at += from.len;
    *(*at)++ = 0;
    return copy;
}

saas_err saas_keys_new(saas_keys **out, saas_text access_secret, saas_text refresh_secret, saas_text issuer,
                       saas_text audience)
{
    if (access_secret.len < SAAS_SECRET_BYTES_MIN || refresh_secret.len < SAAS_SECRET_BYTES_MIN ||
        saas_text_equal(access_secret, refresh_secret))
        return SAAS_ERR_CONFIG;
    saas_keys *keys = calloc(1, sizeof *keys + issuer.len + audience.len + 2);
    if (!keys)
        return SAAS_ERR_NO_MEMORY;
    char *at = (char *)(keys + 1);
    keys->issuer = put(&at, issuer);
    keys->audience = put(&at, audience);
    keys->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    keys->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    bool copied = copy_secret(&keys->access, access_secret) && copy_secret(&keys->refresh, refresh_secret);
    if (!keys->hmac || !keys->sha256 || !copied || sodium_init() < 0) {
        saas_keys_free(keys);
        return SAAS_ERR_NO_MEMORY;
    }
    *out = keys;
    return SAAS_OK;
}

static bool same(const saas_secret *a, saas_text b)
{
    return a->len == b.len && !memcmp(a->bytes, b.ptr, b.len);
}

saas_err saas_keys_retire(saas_keys *keys, saas_text previous)
{
    if (previous.len < SAAS_SECRET_BYTES_MIN || same(&keys->access, previous) || same(&keys->refresh, previous))
        return SAAS_ERR_CONFIG;
    return copy_secret(&keys->retiring, previous) ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

void saas_keys_leave_email_out(saas_keys *keys)
{
    keys->without_email = true;
}

void saas_keys_free(saas_keys *keys)
{
    if (!keys)
        return;
    wipe(&keys->access);
    wipe(&keys->refresh);
    wipe(&keys->retiring);
    EVP_MAC_free(keys->hmac);
    EVP_MD_free(keys->sha256);
    free(keys);
}
