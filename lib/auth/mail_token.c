#include "auth/base64url.h"
#include "auth/signer.h"
#include "base/clock.h"
#include <sodium.h>

enum { SECRET = 32 };

_Static_assert(SAAS_MAIL_TOKEN_CHARS == SAAS_BASE64URL_CHARS(SECRET), "length of a token");

saas_err saas_mail_token_new(char token[SAAS_MAIL_TOKEN_CHARS + 1], uint8_t hash[SAAS_MAIL_TOKEN_HASH], saas_signer *s)
{
    uint8_t secret[SECRET];
    SAAS_TRY(saas_random(secret, sizeof secret));
    saas_err e = saas_sha256(hash, s, secret, sizeof secret);
    *saas_base64url_write(token, secret, sizeof secret) = 0;
    sodium_memzero(secret, sizeof secret);
    return e;
}

saas_err saas_mail_token_read(uint8_t hash[SAAS_MAIL_TOKEN_HASH], saas_signer *s, saas_text token)
{
    uint8_t secret[SAAS_BASE64URL_BYTES(SAAS_MAIL_TOKEN_CHARS)];
    size_t len;
    if (token.len != SAAS_MAIL_TOKEN_CHARS || saas_base64url_read(secret, &len, token))
        return SAAS_ERR_NOT_FOUND;
    return saas_sha256(hash, s, secret, len);
}
