#include "auth/base64url.h"
#include "auth/signer.h"
#include <sodium.h>
#include <string.h>

/* The length in front keeps what is bound and the values apart. */
static saas_err mac_of(uint8_t out[SAAS_MAC], saas_signer *s, saas_text bound, saas_text values)
{
    const uint64_t len = bound.len;
    return saas_hmac(out, s->cursor, (saas_text[]){{(const char *)&len, sizeof len}, bound, values}, 3);
}

saas_err saas_cursor_seal(saas_text *out, saas_arena *a, saas_signer *s, saas_text bound, saas_text values)
{
    size_t len = values.len + SAAS_MAC, chars = SAAS_BASE64URL_CHARS(len);
    if (chars > SAAS_CURSOR_CHARS_MAX)
        return SAAS_ERR_BUG;
    uint8_t *body = saas_arena_alloc(a, len);
    char *text = saas_arena_alloc(a, chars + 1);
    if (!body || !text)
        return SAAS_ERR_NO_MEMORY;
    memcpy(body, values.ptr, values.len);
    SAAS_TRY(mac_of(body + values.len, s, bound, values));
    *saas_base64url_write(text, body, len) = 0;
    *out = (saas_text){text, chars};
    return SAAS_OK;
}

saas_err saas_cursor_open(saas_text *values, saas_arena *a, saas_signer *s, saas_text bound, saas_text cursor)
{
    uint8_t mac[SAAS_MAC];
    size_t len;
    if (cursor.len > SAAS_CURSOR_CHARS_MAX)
        return SAAS_ERR_VALIDATION;
    uint8_t *body = saas_arena_alloc(a, SAAS_BASE64URL_BYTES(cursor.len));
    if (!body)
        return SAAS_ERR_NO_MEMORY;
    if (saas_base64url_read(body, &len, cursor) || len < SAAS_MAC)
        return SAAS_ERR_VALIDATION;
    const saas_text told = {(const char *)body, len - SAAS_MAC};
    SAAS_TRY(mac_of(mac, s, bound, told));
    if (sodium_memcmp(mac, body + told.len, SAAS_MAC) != 0)
        return SAAS_ERR_VALIDATION;
    *values = told;
    return SAAS_OK;
}
