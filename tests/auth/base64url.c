/* base64url: canonical and unpadded, nothing else (TK3). */
#include "auth/base64url.h"
#include "check.h"

static const struct {
    const char *bytes, *text;
} vectors[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
               {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe\xfb", "_----w"}};

static const char *const refused[] = {
    "Zg==",  "Zg=",   "Zm8=",    "Zm9v====", "Z",          "Zm9vY", /* padding; lengths no bytes have */
    "Zh",    "Zn",    "Zm9",     "Zm-",      "Zm9vYh",              /* bits behind the last byte */
    "Zm+v",  "Zm/v",  "+/+/",                                       /* the other alphabet */
    " Zm9v", "Zm9v ", "Zm 9v",   "Zm9v\n",   "Zm\r\n9v",   "\tZg",  /* white space */
    "Zm9.",  "Zm9*",  "Zm9\x80", "Zm9\xff",  "Z\xc3\xa4g", "====",  "=", "Zm9v=", "Zm9vYg=="};

static void vectors_both_ways(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char text[32];
        uint8_t bytes[32];
        size_t len = 99, want = strlen(vectors[i].bytes);
        *saas_base64url_write(text, vectors[i].bytes, want) = 0;
        CHECK_STR(text, vectors[i].text);
        CHECK_INT(strlen(text), SAAS_BASE64URL_CHARS(want));
        CHECK(!saas_base64url_read(bytes, &len, saas_text_z(vectors[i].text)));
        CHECK_INT(len, want);
        CHECK(!memcmp(bytes, vectors[i].bytes, len));
    }
}

static void other_forms_are_refused(void)
{
    uint8_t bytes[32];
    size_t len = 99;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        bool accepted = !saas_base64url_read(bytes, &len, saas_text_z(refused[i]));
        if (accepted)
            fprintf(stderr, "accepted: '%s'\n", refused[i]);
        CHECK(!accepted);
    }
    CHECK(saas_base64url_read(bytes, &len, (saas_text){"Zm\0v", 4}));
    CHECK_INT(len, 99);
}

/* Of all texts of three and two characters exactly one spells each pair of bytes and each byte. */
static void one_form_a_value(void)
{
    static unsigned char seen[65536];
    size_t accepted = 0, len;
    uint8_t bytes[3];
    for (unsigned v = 0; v < 1u << 24; v += v < 1u << 16 ? 1 : 251) {
        char text[3] = {(char)(v & 255), (char)(v >> 8 & 255), (char)(v >> 16)};
        if (saas_base64url_read(bytes, &len, (saas_text){text, 3}))
            continue;
        accepted++;
        CHECK_INT(len, 2);
        char again[4];
        saas_base64url_write(again, bytes, len);
        CHECK(!memcmp(again, text, 3));
    }
    CHECK(accepted > 0);
    memset(seen, 0, sizeof seen);
    for (unsigned v = 0; v < 1u << 16; v++) {
        char text[2] = {(char)(v & 255), (char)(v >> 8)};
        if (!saas_base64url_read(bytes, &len, (saas_text){text, 2}))
            seen[bytes[0]]++;
    }
    for (size_t i = 0; i < 256; i++)
        CHECK_INT(seen[i], 1);
}

static const check_test tests[] = {TEST(vectors_both_ways), TEST(other_forms_are_refused), TEST(one_form_a_value)};
CHECK_MAIN(tests)
