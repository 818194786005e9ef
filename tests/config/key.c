/* Keys that can be guessed are refused; keys made as documented never are. */
#include "config/config.h"
#include "check.h"
#include <sodium.h>

static const char *const weak[] = {
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abababababababababababababababababababab",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmn",
    "0123456789abcdef0123456789abcdef01234567",
    "98765432109876543210987654321098765432109",
    "secretsecretsecretsecretsecretsecretsecret",
    "my secret my secret my secret my secret my secret",
    "changemechangemechangemechangemechangeme",
    "please-ChangeMe-before-you-deploy-this-thing",
    "CHANGE_ME_q8#Lk2!vZr9@pXw4$TnB7^mJd5&Hs3",
    "your-secret-key-of-at-least-32-characters",
    "supersecretkeythatnobodywouldeverguess12",
    "replace-me-with-32-random-bytes-of-base64",
    "correct horse battery password staple xyz",
    "                                        ",
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
    "",
};

static void guessable_keys(void)
{
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        const char *fault = saas_key_fault(saas_text_z(weak[i]));
        if (!fault)
            fprintf(stderr, "taken: %s\n", weak[i]);
        CHECK(fault);
        CHECK(!fault || !weak[i][0] || !strstr(fault, weak[i]));
    }
}

/* 32 bytes in hex or base64, 32 characters of either, and decimal digits of as much. */
static void random_keys(void)
{
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[32];
        char hex[65], base64[64], digits[41];
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
        sodium_bin2base64(base64, sizeof base64, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
        for (int k = 0; k < 40; k++)
            digits[k] = (char)('0' + randombytes_uniform(10));
        digits[40] = 0;
        bool good = !saas_key_fault(saas_text_z(hex)) && !saas_key_fault((saas_text){hex, 32}) &&
                    !saas_key_fault(saas_text_z(base64)) && !saas_key_fault((saas_text){base64, 32}) &&
                    !saas_key_fault(saas_text_z(digits)) && !saas_key_fault((saas_text){(char *)bytes, 32});
        if (!good)
            fprintf(stderr, "refused: %s %s %s\n", hex, base64, digits);
        REQUIRE(good);
    }
}

static void long_keys_take_no_time(void)
{
    static char key[1 << 16];
    memset(key, 'x', sizeof key);
    CHECK(saas_key_fault((saas_text){key, sizeof key}));
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)('a' + randombytes_uniform(2));
    saas_key_fault((saas_text){key, sizeof key});
    CHECK(!saas_key_fault(SAAS_LIT("four words nobody else would think of: quince, ballast, Tuesday, kiln")));
}

static const check_test tests[] = {TEST(guessable_keys), TEST(random_keys), TEST(long_keys_take_no_time)};

int main(int argc, char **argv)
{
    return sodium_init() < 0 || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
