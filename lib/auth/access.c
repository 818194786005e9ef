/* Access tokens: JWS compact serialization (RFC 7515), claims as of RFC 9068. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include "json/write.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9" /* {"alg":"HS256","typ":"at+jwt"} */

enum { TOKEN_MAX = 4096, SIGNATURE_CHARS = SAAS_BASE64URL_CHARS(SAAS_MAC), SKEW_S = 60 };

/* Unknown members are refused by the schema, and with them crit, jku, jwk, x5u, x5c, zip and b64. */
#define JOSE_HEADER(F, T)                                                                                              \
    F(T, text(5, 5), alg, .required = true)                                                                            \
    F(T, text(6, 6), typ, .required = true)                                                                            \
    F(T, text(SAAS_KID_CHARS, SAAS_KID_CHARS), kid)
SAAS_STRUCT(jose_header, JOSE_HEADER);

#define CLAIMS(F, T)                                                                                                   \
    F(T, text(1, 255), iss, .required = true)                                                                          \
    F(T, text(1, 255), aud, .required = true)                                                                          \
    F(T, uuid, sub, .required = true)                                                                                  \
    F(T, uuid, org, .required = true)                                                                                  \
    F(T, uuid, sid, .required = true)                                                                                  \
    F(T, word(saas_user_role), role, .required = true)                                                                 \
    F(T, text(1, 254), email)                                                                                          \
    F(T, i64(0, INT64_C(253402300799)), iat, .required = true)                                                         \
    F(T, i64(0, INT64_C(253402300799)), exp, .required = true)                                                         \
    F(T, i64(0, INT64_C(253402300799)), nbf)                                                                           \
    F(T, i64(0, INT32_MAX), gen)
SAAS_STRUCT(claims, CLAIMS);

_Static_assert((int)saas_user_role_viewer == SAAS_VIEWER && (int)saas_user_role_member == SAAS_MEMBER &&
                   (int)saas_user_role_admin == SAAS_ADMIN,
               "roles by name are roles");

/* ---- signing ---- */

static void write_text(saas_json *j, const char *name, saas_text value)
{
    saas_json_key(j, saas_text_z(name));
    saas_json_text(j, value);
}

static void write_uuid(saas_json *j, const char *name, saas_uuid id)
{
    char text[SAAS_UUID_CHARS + 1];
    saas_uuid_format(text, id);
    write_text(j, name, (saas_text){text, SAAS_UUID_CHARS});
}

static void write_claims(saas_buf *out, const saas_keys *keys, const saas_principal *who, int64_t now_s)
{
    saas_json j = saas_json_on(out);
    saas_json_object(&j);
    write_text(&j, "iss", keys->issuer);
    write_text(&j, "aud", keys->audience);
    write_uuid(&j, "sub", who->user_id);
    write_uuid(&j, "org", who->org_id);
    write_uuid(&j, "sid", who->session_id);
    write_text(&j, "role", saas_text_z(saas_user_role_words.words[who->role]));
    if (who->email.ptr && !keys->without_email)
        write_text(&j, "email", who->email);
    if (who->generation) {
        saas_json_key(&j, SAAS_LIT("gen"));
        saas_json_i64(&j, who->generation);
    }
    saas_json_key(&j, SAAS_LIT("iat"));
    saas_json_i64(&j, now_s);
    saas_json_key(&j, SAAS_LIT("exp"));
    saas_json_i64(&j, now_s + SAAS_ACCESS_TOKEN_S);
    saas_json_object_end(&j);
}

/* With one secret the header is always the same; a second one makes tokens say which is theirs. */
static void write_header(saas_buf *out, const saas_signer *s)
{
    enum { JSON = sizeof "{'alg':'HS256','typ':'at+jwt','kid':''}" - 1 + SAAS_KID_CHARS };
    char json[JSON + 1];
    if (!s->retiring) {
        saas_buf_lit(out, HEADER ".");
        return;
    }
    snprintf(json, sizeof json, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", s->kid);
    if (saas_buf_reserve(out, SAAS_BASE64URL_CHARS(JSON)))
        out->len = (size_t)(saas_base64url_write(out->ptr + out->len, json, JSON) - out->ptr);
    saas_buf_lit(out, ".");
}

saas_err saas_access_sign(saas_text *out, saas_arena *a, saas_signer *s, const saas_principal *who, int64_t now_s)
{
    saas_buf claims, token;
    uint8_t mac[SAAS_MAC];
    if (who->role < SAAS_VIEWER || who->role > SAAS_ADMIN)
        return SAAS_ERR_BUG;
    saas_buf_init(&claims, a, 512);
    write_claims(&claims, s->keys, who, now_s);
    if (claims.failed)
        return SAAS_ERR_NO_MEMORY;
    size_t payload = SAAS_BASE64URL_CHARS(claims.len);
    saas_buf_init(&token, a, sizeof HEADER + payload + 1 + SIGNATURE_CHARS + 1);
    write_header(&token, s);
    if (!saas_buf_reserve(&token, payload + 1 + SIGNATURE_CHARS))
        return SAAS_ERR_NO_MEMORY;
    token.len = (size_t)(saas_base64url_write(token.ptr + token.len, claims.ptr, claims.len) - token.ptr);
    SAAS_TRY(saas_hmac(mac, s->access, &(saas_text){token.ptr, token.len}, 1));
    saas_buf_lit(&token, ".");
    token.len = (size_t)(saas_base64url_write(token.ptr + token.len, mac, sizeof mac) - token.ptr);
    saas_text made = saas_buf_done(&token);
    if (!made.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = made;
    return SAAS_OK;
}

/* ---- verifying ---- */

typedef struct parts {
    saas_text header, payload, signature, signed_part;
} parts;

static bool split(parts *p, saas_text token)
{
    if (!token.ptr || token.len > TOKEN_MAX)
        return false;
    const char *first = memchr(token.ptr, '.', token.len), *end = token.ptr + token.len;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second)
        return false;
    p->header = (saas_text){token.ptr, (size_t)(first - token.ptr)};
    p->payload = (saas_text){first + 1, (size_t)(second - first - 1)};
    p->signature = (saas_text){second + 1, (size_t)(end - second - 1)};
    p->signed_part = (saas_text){token.ptr, (size_t)(second - token.ptr)};
    return true;
}

/* *kid: of the secret that made it; mac: what it was made to be. */
static saas_err check_signature(const char **kid, uint8_t mac[SAAS_MAC], saas_signer *s, const parts *p)
{
    uint8_t given[SAAS_MAC];
    size_t len;
    if (p->signature.len != SIGNATURE_CHARS || saas_base64url_read(given, &len, p->signature))
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_hmac(mac, s->access, &p->signed_part, 1));
    *kid = s->kid;
    if (!sodium_memcmp(mac, given, SAAS_MAC))
        return SAAS_OK;
    if (!s->retiring)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_hmac(mac, s->retiring, &p->signed_part, 1));
    *kid = s->retiring_kid;
    return sodium_memcmp(mac, given, SAAS_MAC) ? SAAS_ERR_UNAUTHENTICATED : SAAS_OK;
}

/* A part as JSON into a struct; whatever is wrong with it is nobody's business. */
static saas_err read_part(void **out, const saas_schema *schema, saas_arena *a, saas_text part)
{
    saas_issues issues = {0};
    size_t len;
    char *json = saas_arena_alloc(a, SAAS_BASE64URL_BYTES(part.len) + 1);
    if (!json)
        return SAAS_ERR_NO_MEMORY;
    if (saas_base64url_read((uint8_t *)json, &len, part))
        return SAAS_ERR_UNAUTHENTICATED;
    saas_err e = saas_read_json(out, &issues, schema, a, json, len);
    return e && e != SAAS_ERR_NO_MEMORY ? SAAS_ERR_UNAUTHENTICATED : e;
}

static saas_err check_header(saas_arena *a, saas_text header, const char *kid)
{
    void *read;
    if (saas_text_equal(header, SAAS_LIT(HEADER)))
        return SAAS_OK;
    SAAS_TRY(read_part(&read, &jose_header_schema, a, header));
    const struct jose_header *h = read;
    bool ours = saas_text_equal(h->alg, SAAS_LIT("HS256")) && saas_text_equal(h->typ, SAAS_LIT("at+jwt")) &&
                (h->has.kid == SAAS_ABSENT || saas_text_equal(h->kid, saas_text_z(kid)));
    return ours ? SAAS_OK : SAAS_ERR_UNAUTHENTICATED;
}

/* No leeway for the end of a token; a minute for its beginning, as another server's clock may be ahead. */
static bool in_time(const saas_known *k, int64_t now_s)
{
    return now_s < k->exp && k->exp - k->iat == SAAS_ACCESS_TOKEN_S && k->iat <= now_s + SKEW_S &&
           (!k->has_nbf || k->nbf <= now_s + SKEW_S);
}

static void remember(saas_known *k, const uint8_t mac[SAAS_MAC], const struct claims *in)
{
    k->used = true;
    memcpy(k->mac, mac, SAAS_MAC);
    k->who = (saas_principal){.user_id = in->sub,
                              .org_id = in->org,
                              .session_id = in->sid,
                              .role = (saas_role)in->role,
                              .generation = (uint32_t)in->gen,
                              .email = in->email};
    k->iat = in->iat;
    k->exp = in->exp;
    k->has_nbf = in->has.nbf != SAAS_ABSENT;
    k->nbf = in->nbf;
    if (in->email.ptr)
        memcpy(k->email, in->email.ptr, in->email.len);
}

static saas_err read_claims(saas_known *k, const uint8_t mac[SAAS_MAC], saas_arena *a, const saas_signer *s,
                            const parts *p, const char *kid)
{
    void *read;
    SAAS_TRY(check_header(a, p->header, kid));
    SAAS_TRY(read_part(&read, &claims_schema, a, p->payload));
    const struct claims *in = read;
    if (!saas_text_equal(in->iss, s->keys->issuer) || !saas_text_equal(in->aud, s->keys->audience))
        return SAAS_ERR_UNAUTHENTICATED;
    remember(k, mac, in);
    return SAAS_OK;
}

/* The signature is checked each time, and the time; what it signs is read once. */
saas_err saas_access_verify(saas_principal *who, saas_arena *a, saas_signer *s, saas_text token, int64_t now_s)
{
    parts p;
    const char *kid;
    uint8_t mac[SAAS_MAC];
    if (!split(&p, token))
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(check_signature(&kid, mac, s, &p));
    saas_known *k = &s->known[mac[0]];
    if (!k->used || sodium_memcmp(k->mac, mac, sizeof mac) != 0)
        SAAS_TRY(read_claims(k, mac, a, s, &p, kid));
    if (!in_time(k, now_s))
        return SAAS_ERR_UNAUTHENTICATED;
    saas_text email = k->who.email;
    if (email.ptr && !(email.ptr = saas_arena_copy(a, k->email, email.len)))
        return SAAS_ERR_NO_MEMORY;
    *who = k->who;
    who->email = email;
    return SAAS_OK;
}
