/* Refresh tokens: their form, and that nothing but parent, secret and the row's random together yield a successor. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include "base/clock.h"
#include "check.h"

static const saas_text access_secret = {"access-secret-access-secret-access", 34};
static const saas_text refresh_secret = {"refresh-secret-refresh-secret-refr", 34};
static const saas_uuid session = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const uint8_t row_random[32] = {42, 1, 2, 3};

static saas_keys *keys;
static saas_signer *s;

static void setup(void)
{
    CHECK(!saas_keys_new(&keys, access_secret, refresh_secret, SAAS_LIT("iss"), SAAS_LIT("aud")));
    CHECK(!saas_signer_new(&s, keys));
}

static void teardown(void)
{
    saas_signer_free(s);
    saas_keys_free(keys);
}

/* TK4 */
static void weak_secrets_are_refused(void)
{
    saas_keys *k = NULL;
    saas_text short_one = {access_secret.ptr, 31}, just = {access_secret.ptr, 32};
    CHECK_INT(saas_keys_new(&k, short_one, refresh_secret, SAAS_LIT("i"), SAAS_LIT("a")), SAAS_ERR_CONFIG);
    CHECK_INT(saas_keys_new(&k, access_secret, short_one, SAAS_LIT("i"), SAAS_LIT("a")), SAAS_ERR_CONFIG);
    CHECK_INT(saas_keys_new(&k, access_secret, access_secret, SAAS_LIT("i"), SAAS_LIT("a")), SAAS_ERR_CONFIG);
    CHECK(!k);
    CHECK_INT(saas_keys_new(&k, just, refresh_secret, SAAS_LIT("i"), SAAS_LIT("a")), SAAS_OK);
    saas_keys_free(k);
    saas_keys_free(NULL);
    saas_signer_free(NULL);
}

/* RFC 4231 test cases 2 and 6 need keys of other lengths; RFC 2104's construction is OpenSSL's. What is ours is that a
 * state starts over, with the same key, as often as one likes. */
static void a_state_starts_over(void)
{
    uint8_t one[SAAS_MAC], two[SAAS_MAC], parts[SAAS_MAC];
    saas_text whole = SAAS_LIT("what do ya want for nothing?");
    CHECK(!saas_hmac(one, s->access, &whole, 1));
    CHECK(!saas_hmac(two, s->refresh, &whole, 1));
    CHECK(memcmp(one, two, SAAS_MAC) != 0);
    CHECK(!saas_hmac(parts, s->access, (saas_text[]){SAAS_LIT("what do ya want "), SAAS_LIT("for nothing?")}, 2));
    CHECK(!memcmp(one, parts, SAAS_MAC));
    CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, access_secret.ptr, access_secret.len,
                    (const unsigned char *)whole.ptr, whole.len, two, sizeof two, NULL) != NULL);
    CHECK(!memcmp(one, two, SAAS_MAC));
}

/* RF1 */
static void a_token_says_its_session(void)
{
    char token[SAAS_REFRESH_CHARS + 1], other[SAAS_REFRESH_CHARS + 1];
    saas_refresh made, read, again;
    REQUIRE(!saas_refresh_first(token, &made, s, session));
    CHECK_INT(strlen(token), SAAS_REFRESH_CHARS);
    CHECK(!strncmp(token, "srt_", 4));
    REQUIRE(!saas_refresh_read(&read, s, saas_text_z(token)));
    CHECK(saas_uuid_equal(read.session_id, session));
    CHECK(!memcmp(&made, &read, sizeof made));
    REQUIRE(!saas_refresh_first(other, &again, s, session));
    CHECK(strcmp(token, other) != 0);
    CHECK(memcmp(made.hash, again.hash, sizeof made.hash) != 0);
}

/* RF1: the database's hash is of the secret part alone and appears nowhere in the token. */
static void the_hash_is_of_the_secret(void)
{
    char token[SAAS_REFRESH_CHARS + 1];
    saas_refresh made;
    uint8_t body[84], hash[32];
    size_t len;
    REQUIRE(!saas_refresh_first(token, &made, s, session));
    REQUIRE(!saas_base64url_read(body, &len, (saas_text){token + 4, SAAS_REFRESH_CHARS - 4}));
    CHECK_INT(len, sizeof body);
    REQUIRE(EVP_Digest(body + 16, 32, hash, NULL, EVP_sha256(), NULL));
    CHECK(!memcmp(hash, made.hash, sizeof hash));
    CHECK(!memmem(body, sizeof body, hash, sizeof hash));
}

/* RF1, RF4 */
static void a_successor_is_of_all_three(void)
{
    char parent[SAAS_REFRESH_CHARS + 1], next[SAAS_REFRESH_CHARS + 1], again[SAAS_REFRESH_CHARS + 1];
    uint8_t other_random[32] = {43, 1, 2, 3};
    saas_refresh of, first, second;
    saas_keys *k2;
    saas_signer *s2;
    REQUIRE(!saas_refresh_first(parent, &of, s, session));
    REQUIRE(!saas_refresh_next(next, &first, s, session, saas_text_z(parent), row_random));
    REQUIRE(!saas_refresh_next(again, &second, s, session, saas_text_z(parent), row_random));
    CHECK_STR(again, next);
    CHECK(strcmp(parent, next) != 0);
    CHECK(saas_uuid_equal(first.session_id, session));
    REQUIRE(!saas_refresh_read(&second, s, saas_text_z(next)));
    CHECK(!memcmp(&first, &second, sizeof first));
    REQUIRE(!saas_refresh_next(again, &second, s, session, saas_text_z(parent), other_random));
    CHECK(strcmp(again, next) != 0);
    REQUIRE(!saas_keys_new(&k2, access_secret, SAAS_LIT("another-secret-another-secret-anot"), SAAS_LIT("i"),
                           SAAS_LIT("a")));
    REQUIRE(!saas_signer_new(&s2, k2));
    CHECK_INT(saas_refresh_read(&second, s2, saas_text_z(next)), SAAS_ERR_UNAUTHENTICATED);
    saas_signer_free(s2);
    saas_keys_free(k2);
}

/* A changed character anywhere, in any way that stays in the alphabet: never issued. */
static void a_changed_token_is_none(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char token[SAAS_REFRESH_CHARS + 1];
    saas_refresh made;
    REQUIRE(!saas_refresh_first(token, &made, s, session));
    for (size_t i = 0; i < SAAS_REFRESH_CHARS; i++) {
        char kept = token[i];
        for (size_t a = 0; a < 64; a++) {
            token[i] = alphabet[a];
            if (token[i] != kept)
                CHECK_INT(saas_refresh_read(&made, s, saas_text_z(token)), SAAS_ERR_UNAUTHENTICATED);
        }
        token[i] = kept;
    }
    CHECK_INT(saas_refresh_read(&made, s, saas_text_z(token)), SAAS_OK);
}

static uint32_t crc(const uint8_t *bytes, size_t len)
{
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        c ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
    }
    return ~c;
}

/* RF1: who knows a session's id, and how tokens look, can make one with a right checksum: the tag tells. */
static void a_forged_tag_is_none(void)
{
    uint8_t body[84];
    char token[SAAS_REFRESH_CHARS + 1] = "srt_";
    saas_refresh out;
    memcpy(body, session.b, 16);
    CHECK(!saas_random(body + 16, 64));
    uint32_t c = crc(body, 80);
    for (int i = 0; i < 4; i++)
        body[80 + i] = (uint8_t)(c >> (24 - 8 * i));
    *saas_base64url_write(token + 4, body, sizeof body) = 0;
    CHECK_INT(saas_refresh_read(&out, s, saas_text_z(token)), SAAS_ERR_UNAUTHENTICATED);
}

static void other_texts_are_none(void)
{
    char token[SAAS_REFRESH_CHARS + 8];
    saas_refresh made;
    REQUIRE(!saas_refresh_first(token, &made, s, session));
    for (size_t len = 0; len < SAAS_REFRESH_CHARS; len++)
        CHECK_INT(saas_refresh_read(&made, s, (saas_text){token, len}), SAAS_ERR_UNAUTHENTICATED);
    strcat(token, "A");
    CHECK_INT(saas_refresh_read(&made, s, saas_text_z(token)), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(saas_refresh_read(&made, s, (saas_text){NULL, 0}), SAAS_ERR_UNAUTHENTICATED);
    memcpy(token, "SRT_", 4);
    CHECK_INT(saas_refresh_read(&made, s, (saas_text){token, SAAS_REFRESH_CHARS}), SAAS_ERR_UNAUTHENTICATED);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(weak_secrets_are_refused),    TEST(a_state_starts_over),
                                       TEST(a_token_says_its_session),    TEST(the_hash_is_of_the_secret),
                                       TEST(a_successor_is_of_all_three), TEST(a_changed_token_is_none),
                                       TEST(a_forged_tag_is_none),        TEST(other_texts_are_none)};
    setup();
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    teardown();
    return failed;
}
