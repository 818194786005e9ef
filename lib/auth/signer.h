/* auth/signer.h: HMAC-SHA-256 and SHA-256 with what OpenSSL needs for them fetched and keyed once. */
#ifndef SAAS_AUTH_SIGNER_H
#define SAAS_AUTH_SIGNER_H

#include "auth/keys.h"
#include <openssl/evp.h>

enum { SAAS_MAC = 32 };

enum { SAAS_KID_CHARS = 8 };

/* A secret of HS256. */
typedef struct saas_secret {
    uint8_t *bytes;
    size_t len;
} saas_secret;

struct saas_keys {
    EVP_MAC *hmac;
    EVP_MD *sha256;
    saas_secret access, refresh, retiring; /* retiring: bytes NULL without */
    bool without_email;
    saas_text issuer, audience; /* in one allocation behind the struct */
};

/* What a token said whose MAC this is: who has sent it once sends it again, and it is read once. */
typedef struct saas_known {
    uint8_t mac[SAAS_MAC];
    bool used, has_nbf;
    saas_principal who; /* email: below */
    int64_t iat, exp, nbf;
    char email[255];
} saas_known;

enum { SAAS_KNOWN = 256 };

struct saas_signer {
    const saas_keys *keys;
    saas_known *known; /* by the first byte of the MAC */
    EVP_MAC_CTX *access, *retiring, *refresh, *cursor, *request;    /* keyed; retiring NULL without */
    char kid[SAAS_KID_CHARS + 1], retiring_kid[SAAS_KID_CHARS + 1]; /* of access and of retiring */
    EVP_MD_CTX *digest;
};

/* HMAC over the parts in turn. ERR_INTERNAL: OpenSSL failed. */
SAAS_MUST_CHECK saas_err saas_hmac(uint8_t out[SAAS_MAC], EVP_MAC_CTX *keyed, const saas_text *parts, size_t count);
SAAS_MUST_CHECK saas_err saas_sha256(uint8_t out[32], saas_signer *s, const void *bytes, size_t len);

#endif
