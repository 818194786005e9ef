#include "auth/keys.h"
#include <crypt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a stored hash may cost at most: verifying one must not take a server down. */
enum { PASSES_MAX = 16, MEMORY_KIB_MAX = 256 * 1024, BCRYPT_COST_MAX = 14, BCRYPT_BYTES = 72 };

_Static_assert(SAAS_PASSWORD_HASH_CHARS == crypto_pwhash_STRBYTES, "libsodium's PHC string");

/* OWASP's choices for Argon2id, which it holds to be equal; libsodium has one lane. */
static const saas_password_cost choices[] = {{47104, 1}, {19456, 2}, {12288, 3}, {9216, 4}, {7168, 5}};

bool saas_password_cost_suffices(saas_password_cost cost)
{
    bool enough = false;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        enough = enough || (cost.memory_kib >= choices[i].memory_kib && cost.passes >= choices[i].passes);
    return enough && cost.memory_kib <= MEMORY_KIB_MAX && cost.passes <= PASSES_MAX;
}

/* No password is known for it: what counts is that it costs as much as anybody's. */
static void write_dummy(char out[SAAS_PASSWORD_HASH_CHARS], saas_password_cost cost)
{
    snprintf(out, SAAS_PASSWORD_HASH_CHARS,
             "$argon2id$v=19$m=%" PRIu32 ",t=%" PRIu32
             ",p=1$8oLbPTlkmC0xyqcu3tVWJg$xhQqy5wGvFOC0b0vJ4vbD3kGcQ6vHVHYz2Nn0DYBvxM",
             cost.memory_kib, cost.passes);
}

saas_err saas_argon2_hash(char out[SAAS_PASSWORD_HASH_CHARS], saas_text password, saas_password_cost cost)
{
    if (sodium_init() < 0)
        return SAAS_ERR_UNAVAILABLE;
    return crypto_pwhash_str_alg(out, password.ptr, password.len, cost.passes, (size_t)cost.memory_kib * 1024,
                                 crypto_pwhash_ALG_ARGON2ID13)
               ? SAAS_ERR_NO_MEMORY
               : SAAS_OK;
}

static bool affordable(const char *hash)
{
    unsigned memory, passes, lanes;
    return sscanf(hash, "$argon2id$v=19$m=%9u,t=%9u,p=%9u$", &memory, &passes, &lanes) == 3 &&
           memory <= MEMORY_KIB_MAX && passes <= PASSES_MAX;
}

static bool argon2_matches(const char *hash, saas_text password)
{
    return affordable(hash) && sodium_init() >= 0 && !crypto_pwhash_str_verify(hash, password.ptr, password.len);
}

/* $2a$, $2b$ and $2y$ with a cost of two digits. */
static bool is_bcrypt(const char *hash)
{
    return hash[0] == '$' && hash[1] == '2' && hash[2] && strchr("aby", hash[2]) && hash[3] == '$' && hash[4] >= '0' &&
           hash[4] <= '9' && hash[5] >= '0' && hash[5] <= '9' && hash[6] == '$' && strlen(hash) == 60;
}

/* bcrypt looks at no more than 72 bytes, and libxcrypt refuses what is far longer: such an account has a weaker check
 * until its next login, which stores Argon2id. */
static bool bcrypt_matches(const char *hash, saas_text password)
{
    char phrase[BCRYPT_BYTES + 1];
    size_t len = password.len < BCRYPT_BYTES ? password.len : BCRYPT_BYTES;
    struct crypt_data *data = (hash[4] - '0') * 10 + hash[5] - '0' <= BCRYPT_COST_MAX ? calloc(1, sizeof *data) : NULL;
    if (!data)
        return false;
    memcpy(phrase, password.ptr, len);
    phrase[len] = 0;
    const char *got = crypt_r(phrase, hash, data);
    bool same = got && strlen(got) == strlen(hash) && !sodium_memcmp(got, hash, strlen(hash));
    sodium_memzero(phrase, sizeof phrase);
    sodium_memzero(data, sizeof *data);
    free(data);
    return same;
}

void saas_password_verify(bool *ok, bool *rehash, const char *hash, saas_text password, saas_password_cost cost)
{
    char dummy[SAAS_PASSWORD_HASH_CHARS];
    bool known = hash != NULL;
    if (!known) {
        write_dummy(dummy, cost);
        hash = dummy;
    }
    bool bcrypt = is_bcrypt(hash);
    bool same = bcrypt ? bcrypt_matches(hash, password) : argon2_matches(hash, password);
    *ok = known && same;
    *rehash = bcrypt || crypto_pwhash_str_needs_rehash(hash, cost.passes, (size_t)cost.memory_kib * 1024) != 0;
}
