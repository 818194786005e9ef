#include "auth/base64url.h"
#include "auth/signer.h"
#include "base/clock.h"
#include <sodium.h>
#include <string.h>

/* srt_ and base64url of this; the checksum lets a scanner for leaked secrets tell one without the key. */
typedef struct saas_refresh_body {
    uint8_t session_id[16];
    uint8_t secret[32];
    uint8_t tag[SAAS_MAC];
    uint8_t checksum[4];
} saas_refresh_body;

static const char prefix[] = "srt_";
enum { PREFIX = sizeof prefix - 1, TAGGED = 16 + 32, CHECKED = TAGGED + SAAS_MAC };

_Static_assert(SAAS_REFRESH_CHARS == PREFIX + SAAS_BASE64URL_CHARS(sizeof(saas_refresh_body)), "length of a token");

/* CRC-32 (ISO 3309). */
static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
    static const uint32_t of_half[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                         0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                         0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc = of_half[(crc ^ bytes[i]) & 15] ^ crc >> 4;
        crc = of_half[(crc ^ bytes[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

static void checksum_of(uint8_t out[4], const saas_refresh_body *body)
{
    uint32_t crc = crc32_of((const uint8_t *)body, CHECKED);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
}

static saas_err tag_of(uint8_t out[SAAS_MAC], saas_signer *s, const saas_refresh_body *body)
{
    return saas_hmac(out, s->refresh, (saas_text[]){SAAS_LIT("refresh tag 1"), {(const char *)body, TAGGED}}, 2);
}

/* session_id and secret are there: the rest of it, its text, and what the database is told. */
static saas_err finish(char token[SAAS_REFRESH_CHARS + 1], saas_refresh *out, saas_signer *s, saas_refresh_body *body)
{
    saas_refresh told;
    SAAS_TRY(tag_of(body->tag, s, body));
    SAAS_TRY(saas_sha256(told.hash, s, body->secret, sizeof body->secret));
    checksum_of(body->checksum, body);
    memcpy(told.session_id.b, body->session_id, sizeof body->session_id);
    memcpy(token, prefix, PREFIX);
    *saas_base64url_write(token + PREFIX, body, sizeof *body) = 0;
    *out = told;
    return SAAS_OK;
}

saas_err saas_refresh_first(char token[SAAS_REFRESH_CHARS + 1], saas_refresh *out, saas_signer *s, saas_uuid session_id)
{
    saas_refresh_body body;
    memcpy(body.session_id, session_id.b, sizeof body.session_id);
    SAAS_TRY(saas_random(body.secret, sizeof body.secret));
    saas_err e = finish(token, out, s, &body);
    sodium_memzero(&body, sizeof body);
    return e;
}

saas_err saas_refresh_next(char token[SAAS_REFRESH_CHARS + 1], saas_refresh *out, saas_signer *s, saas_uuid session_id,
                           saas_text parent, const uint8_t random[32])
{
    saas_refresh_body body;
    memcpy(body.session_id, session_id.b, sizeof body.session_id);
    SAAS_TRY(saas_hmac(body.secret, s->refresh,
                       (saas_text[]){SAAS_LIT("refresh next 1"), parent, {(const char *)random, 32}}, 3));
    saas_err e = finish(token, out, s, &body);
    sodium_memzero(&body, sizeof body);
    return e;
}

static saas_err check(saas_refresh *out, saas_signer *s, const saas_refresh_body *body)
{
    uint8_t checksum[4], tag[SAAS_MAC];
    saas_refresh told;
    checksum_of(checksum, body);
    if (memcmp(checksum, body->checksum, sizeof checksum) != 0)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(tag_of(tag, s, body));
    if (sodium_memcmp(tag, body->tag, sizeof tag) != 0)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_sha256(told.hash, s, body->secret, sizeof body->secret));
    memcpy(told.session_id.b, body->session_id, sizeof body->session_id);
    *out = told;
    return SAAS_OK;
}

saas_err saas_refresh_read(saas_refresh *out, saas_signer *s, saas_text token)
{
    saas_refresh_body body;
    size_t len;
    if (token.len != SAAS_REFRESH_CHARS || memcmp(token.ptr, prefix, PREFIX) != 0 ||
        saas_base64url_read((uint8_t *)&body, &len, (saas_text){token.ptr + PREFIX, token.len - PREFIX}))
        return SAAS_ERR_UNAUTHENTICATED;
    saas_err e = check(out, s, &body);
    sodium_memzero(&body, sizeof body);
    return e;
}
