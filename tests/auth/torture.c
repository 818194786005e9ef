/* Each fallible call of keys, tokens and passwords fails once, in turn: never a token, a principal or a yes, nothing
 * leaked, nothing written (LB3, LB5). */
#include "auth/signer.h"
#include "check.h"
#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

static long countdown; /* the call that reaches 0 fails */
static bool failed_one;

static bool fails(void)
{
    if (countdown <= 0 || --countdown)
        return false;
    return failed_one = true;
}

/* F(result, name, parameters, arguments, what failing is) */
#define CALLS(F)                                                                                                       \
    F(void *, malloc, (size_t n), (n), NULL)                                                                           \
    F(void *, calloc, (size_t n, size_t size), (n, size), NULL)                                                        \
    F(void *, CRYPTO_zalloc, (size_t n, const char *f, int l), (n, f, l), NULL)                                        \
    F(EVP_MAC *, EVP_MAC_fetch, (OSSL_LIB_CTX * c, const char *a, const char *p), (c, a, p), NULL)                     \
    F(EVP_MD *, EVP_MD_fetch, (OSSL_LIB_CTX * c, const char *a, const char *p), (c, a, p), NULL)                       \
    F(EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * m), (m), NULL)                                                        \
    F(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)                                                                  \
    F(int, EVP_MAC_init, (EVP_MAC_CTX * c, const unsigned char *k, size_t n, const OSSL_PARAM p[]), (c, k, n, p), 0)   \
    F(int, EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char *d, size_t n), (c, d, n), 0)                          \
    F(int, EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char *o, size_t *l, size_t n), (c, o, l, n), 0)                   \
    F(int, EVP_DigestInit_ex2, (EVP_MD_CTX * c, const EVP_MD *m, const OSSL_PARAM p[]), (c, m, p), 0)                  \
    F(int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *d, size_t n), (c, d, n), 0)                                  \
    F(int, EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *o, unsigned *l), (c, o, l), 0)                          \
    F(ssize_t, getrandom, (void *o, size_t n, unsigned flags), (o, n, flags), (errno = ENOSYS, -1))                    \
    F(int, sodium_init, (void), (), -1)                                                                                \
    F(int, crypto_pwhash_str_alg,                                                                                      \
      (char o[128], const char *p, unsigned long long n, unsigned long long ops, size_t mem, int alg),                 \
      (o, p, n, ops, mem, alg), -1)                                                                                    \
    F(int, crypto_pwhash_str_verify, (const char *h, const char *p, unsigned long long n), (h, p, n), -1)              \
    F(char *, crypt_r, (const char *p, const char *s, void *d), (p, s, d), NULL)

#define WRAP(result, name, parameters, arguments, failure)                                                             \
    result __real_##name parameters;                                                                                   \
    result __wrap_##name parameters;                                                                                   \
    result __wrap_##name parameters                                                                                    \
    {                                                                                                                  \
        if (fails())                                                                                                   \
            return failure;                                                                                            \
        return __real_##name arguments;                                                                                \
    }
CALLS(WRAP)

static const saas_principal ann = {
    .user_id = {{1}}, .org_id = {{2}}, .session_id = {{3}}, .role = SAAS_ADMIN, .email = {"ann@example.com", 15}};

static saas_err tokens(saas_signer *s, saas_arena *a)
{
    saas_principal who = {.role = SAAS_ROLE_DEFAULT};
    saas_text token = {NULL, 0};
    saas_err e = saas_access_sign(&token, a, s, &ann, 1800000000);
    CHECK(!e == (token.ptr != NULL));
    SAAS_TRY(e);
    e = saas_access_verify(&who, a, s, token, 1800000000);
    CHECK_INT(who.role, e ? SAAS_ROLE_DEFAULT : SAAS_ADMIN);
    return e;
}

static saas_err refreshes(saas_signer *s)
{
    static const saas_refresh nothing;
    char first[SAAS_REFRESH_CHARS + 1] = "", next[SAAS_REFRESH_CHARS + 1] = "";
    saas_refresh r = nothing;
    saas_err e = saas_refresh_first(first, &r, s, ann.session_id);
    CHECK(!e || (!*first && !memcmp(&r, &nothing, sizeof r)));
    SAAS_TRY(e);
    r = nothing;
    e = saas_refresh_next(next, &r, s, ann.session_id, (saas_text){first, SAAS_REFRESH_CHARS}, (uint8_t[32]){7});
    CHECK(!e || (!*next && !memcmp(&r, &nothing, sizeof r)));
    SAAS_TRY(e);
    r = nothing;
    e = saas_refresh_read(&r, s, (saas_text){next, SAAS_REFRESH_CHARS});
    CHECK(!e || !memcmp(&r, &nothing, sizeof r));
    return e;
}

static saas_err keys_and_tokens(void)
{
    saas_keys *keys = NULL;
    saas_signer *s = NULL;
    saas_arena *a = saas_arena_new(0);
    if (!a)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = saas_keys_new(&keys, SAAS_LIT("access-secret-access-secret-access"),
                               SAAS_LIT("refresh-secret-refresh-secret-refr"), SAAS_LIT("i"), SAAS_LIT("a"));
    CHECK(!e == (keys != NULL));
    if (!e) {
        e = saas_signer_new(&s, keys);
        CHECK(!e == (s != NULL));
    }
    if (!e)
        e = tokens(s, a);
    if (!e)
        e = refreshes(s);
    saas_signer_free(s);
    saas_keys_free(keys);
    saas_arena_free(a);
    return e;
}

static saas_err passwords(void)
{
    char hash[SAAS_PASSWORD_HASH_CHARS];
    bool argon2, bcrypt, rehash;
    SAAS_TRY(saas_argon2_hash(hash, SAAS_LIT("quartz fjord"), SAAS_PASSWORD_COST));
    saas_password_verify(&argon2, &rehash, hash, SAAS_LIT("quartz fjord"), SAAS_PASSWORD_COST);
    saas_password_verify(&bcrypt, &rehash, "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                         SAAS_LIT("U*U"), SAAS_PASSWORD_COST);
    return argon2 && bcrypt ? SAAS_OK : SAAS_ERR_UNAUTHENTICATED;
}

/* Until a run meets no fault any more. */
static void each_call_fails_once(saas_err (*scenario)(void), long at_least)
{
    long n = 0;
    do {
        failed_one = false;
        countdown = ++n;
        saas_err e = scenario();
        CHECK(failed_one == (e != SAAS_OK));
    } while (failed_one && n < 1000);
    countdown = 0;
    CHECK(n > at_least && n < 1000);
}

static void keys_and_tokens_fail_closed(void)
{
    each_call_fails_once(keys_and_tokens, 40);
}

static void passwords_fail_closed(void)
{
    each_call_fails_once(passwords, 4);
}

static const check_test tests[] = {TEST(keys_and_tokens_fail_closed), TEST(passwords_fail_closed)};
CHECK_MAIN(tests)
