/* The HS256 examples of RFC 7515, 7520 and 7797: what signs access tokens makes them byte by byte; and none of them is
 * a token of this server, whatever its key. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include "check.h"

#define JOE     "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define BAGGINS "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"
#define ROAD                                                                                                           \
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5k" \
    "IGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
#define WITH_KID "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9"

static const struct {
    const char *name, *key, *input, *signature;
} examples[] = {
    {"RFC 7515 A.1", JOE,
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
     "bS9pc19yb290Ijp0cnVlfQ",
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {"RFC 7520 4.4, 4.5, 4.8", BAGGINS, WITH_KID "." ROAD, "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"},
    {"RFC 7520 4.6", BAGGINS, "eyJhbGciOiJIUzI1NiJ9." ROAD, "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20"},
    {"RFC 7520 4.7", BAGGINS, "." ROAD, "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk"},
    {"RFC 7797 4.1", JOE, "eyJhbGciOiJIUzI1NiJ9.JC4wMg", "5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ"},
    {"RFC 7797 4.2", JOE, "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02",
     "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"},
};

static void examples_are_reproduced(void)
{
    static const saas_text refresh_secret = {"refresh-secret-refresh-secret-refr", 34};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        uint8_t secret[64], mac[SAAS_MAC];
        char made[SAAS_BASE64URL_CHARS(SAAS_MAC) + 1], token[1024];
        size_t len;
        saas_keys *keys;
        saas_signer *s;
        saas_principal who;
        saas_arena *arena = saas_arena_new(1 << 20);
        REQUIRE(!saas_base64url_read(secret, &len, saas_text_z(examples[i].key)));
        REQUIRE(!saas_keys_new(&keys, (saas_text){(const char *)secret, len}, refresh_secret, SAAS_LIT("joe"),
                               SAAS_LIT("x")));
        REQUIRE(!saas_signer_new(&s, keys));
        const saas_text input = saas_text_z(examples[i].input);
        CHECK(!saas_hmac(mac, s->access, &input, 1));
        *saas_base64url_write(made, mac, sizeof mac) = 0;
        CHECK_STR(made, examples[i].signature);
        snprintf(token, sizeof token, "%s.%s", input.ptr, made);
        CHECK_INT(saas_access_verify(&who, arena, s, saas_text_z(token), 1300819379), SAAS_ERR_UNAUTHENTICATED);
        saas_signer_free(s);
        saas_keys_free(keys);
        saas_arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(examples_are_reproduced)};
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
