/* What a token costs: verified, looked for among what was revoked, signed; a refresh token read and followed. Beside it
 * the way that compares with bcrypt against each session's hash until one fits.
 *
 *   auth                 a table
 *   auth argon THREADS   hashes a second that Argon2id alone allows, for the logins of tests/bench/auth */
#include "auth/keys.h"
#include "auth/revocations.h"
#include "base/clock.h"
#include <crypt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, BEST_OF = 7, REVOKED = 10000, ARGON_US = 2000000, THREADS_MAX = 64 };

static saas_keys *keys;
static saas_signer *s;
static saas_arena *arena;
static saas_revocations *revoked, *none;
static saas_text token;
static char refresh_token[SAAS_REFRESH_CHARS + 1];
static saas_principal who = {
    .user_id = {{1}}, .org_id = {{2}}, .session_id = {{3}}, .role = SAAS_MEMBER, .email = {"ann@example.com", 15}};
static int64_t now_s;

static void must(bool ok)
{
    if (!ok)
        exit(1);
}

/* ---- what is measured ---- */

static void verify(void)
{
    saas_principal found;
    saas_arena_reset(arena);
    must(!saas_access_verify(&found, arena, s, token, now_s) && !saas_revocations_stop(none, &found));
}

static void verify_among_many(void)
{
    saas_principal found;
    saas_arena_reset(arena);
    must(!saas_access_verify(&found, arena, s, token, now_s) && !saas_revocations_stop(revoked, &found));
}

static void sign(void)
{
    saas_text made;
    saas_arena_reset(arena);
    must(!saas_access_sign(&made, arena, s, &who, now_s));
}

static void follow(void)
{
    char next[SAAS_REFRESH_CHARS + 1];
    uint8_t random[32] = {0};
    saas_refresh given, made;
    must(!saas_refresh_read(&given, s, saas_text_z(refresh_token)) &&
         !saas_refresh_next(next, &made, s, given.session_id, saas_text_z(refresh_token), random));
}

static double best_ns(void (*fn)(void))
{
    double best = 1e18;
    for (int r = 0; r < BEST_OF; r++) {
        uint64_t begin = saas_clock_mono_us();
        for (int i = 0; i < ROUNDS; i++)
            fn();
        double ns = (double)(saas_clock_mono_us() - begin) * 1000 / ROUNDS;
        best = ns < best ? ns : best;
    }
    return best;
}

/* ---- the other way ---- */

/* Every session has a hash of its own salt: all are tried, until the last one fits. */
static double scan_ms(int sessions)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    char hash[CRYPT_OUTPUT_SIZE], salt[CRYPT_GENSALT_OUTPUT_SIZE];
    must(data && crypt_gensalt_rn("$2b$", 10, NULL, 0, salt, sizeof salt));
    snprintf(hash, sizeof hash, "%s", crypt_r(refresh_token, salt, data));
    uint64_t begin = saas_clock_mono_us();
    for (int i = 0; i < sessions; i++) {
        const char *made = crypt_r(refresh_token, hash, data);
        must(made && !strcmp(made, hash));
    }
    free(data);
    return (double)(saas_clock_mono_us() - begin) / 1000;
}

/* ---- Argon2id alone ---- */

static void *hash_on(void *count)
{
    char out[SAAS_PASSWORD_HASH_CHARS];
    uint64_t until = saas_clock_mono_us() + ARGON_US;
    for (*(unsigned *)count = 0; saas_clock_mono_us() < until; ++*(unsigned *)count)
        must(!saas_argon2_hash(out, SAAS_LIT("quartz fjord lamp 9"), SAAS_PASSWORD_COST));
    return NULL;
}

static int argon(int threads)
{
    pthread_t thread[THREADS_MAX];
    unsigned counts[THREADS_MAX], total = 0;
    must(threads > 0 && threads <= THREADS_MAX);
    uint64_t begin = saas_clock_mono_us();
    for (int i = 0; i < threads; i++)
        must(!pthread_create(&thread[i], NULL, hash_on, &counts[i]));
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        total += counts[i];
    }
    printf("%.1f\n", total / ((double)(saas_clock_mono_us() - begin) / 1e6));
    return 0;
}

static void prepare(void)
{
    saas_refresh first;
    now_s = saas_clock_wall_us() / 1000000;
    arena = saas_arena_new(1 << 20);
    must(arena &&
         !saas_keys_new(&keys, SAAS_LIT("access secret of the bench, of no worth"),
                        SAAS_LIT("refresh secret of the bench, of no worth"), SAAS_LIT("bench"), SAAS_LIT("bench")) &&
         !saas_signer_new(&s, keys) && !saas_revocations_new(&none, 64) && !saas_revocations_new(&revoked, 1 << 16));
    for (int i = 0; i < REVOKED; i++) {
        saas_revocation r = {.below = SAAS_GENERATION_ANY, .kind = SAAS_REVOKED_SESSION};
        must(!saas_uuid_v7(&r.subject) && !saas_revocations_add(revoked, &r, 1000));
    }
    saas_text made;
    must(!saas_access_sign(&made, arena, s, &who, now_s) &&
         !saas_refresh_first(refresh_token, &first, s, who.session_id));
    token = (saas_text){strdup(made.ptr), made.len};
    must(token.ptr);
}

int main(int argc, char **argv)
{
    prepare();
    if (argc == 3 && !strcmp(argv[1], "argon"))
        return argon(atoi(argv[2]));
    const double verified = best_ns(verify);
    printf("access token verified, nothing revoked:    %6.0f ns (target 2000)%s\n", verified,
           verified > 2000 ? ": over" : "");
    printf("access token verified, %d revoked:      %6.0f ns\n", REVOKED, best_ns(verify_among_many));
    printf("access token signed:                       %6.0f ns\n", best_ns(sign));
    printf("refresh token read and its successor made: %6.0f ns\n", best_ns(follow));
    for (int n = 1; n <= 16; n *= 4)
        printf("compared by bcrypt with %4d sessions:   %9.1f ms\n", n, scan_ms(n));
    free((char *)(uintptr_t)token.ptr);
    saas_revocations_free(none);
    saas_revocations_free(revoked);
    saas_signer_free(s);
    saas_keys_free(keys);
    saas_arena_free(arena);
    return 0;
}
