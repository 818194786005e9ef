#include "json/scan.h"
#include "check.h"
#include "json/token.h"
#include <saas/schema.h>

static bool valid(const char *json)
{
    return saas_json_check(saas_text_z(json)) == SAAS_OK;
}

static void depth_ends_at_32(void)
{
    char json[80];
    for (size_t depth = 31; depth <= 34; depth++) {
        memset(json, '[', depth);
        memset(json + depth, ']', depth);
        json[2 * depth] = 0;
        CHECK_INT(valid(json), depth <= SAAS_JSON_DEPTH_MAX);
    }
    CHECK(valid("[[],[[]],{\"a\":[]},{\"b\":{}}]"));
}

/* Every way to cut a valid text short, and every byte behind it that is no white space. */
static void whole_texts_only(void)
{
    static const char json[] = "{\"a\\u00e9\":[1.5e+3,-0,true,false,null,\"\xf0\x9f\x98\x80\"],\"b\":{}}";
    for (size_t n = 0; n < sizeof json - 1; n++)
        CHECK_INT(saas_json_check((saas_text){json, n}), SAAS_ERR_MALFORMED_JSON);
    for (int ch = 0; ch < 256; ch++) {
        char text[sizeof json];
        memcpy(text, json, sizeof json);
        text[sizeof json - 1] = (char)ch;
        bool space = ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
        CHECK_INT(saas_json_check((saas_text){text, sizeof text}) == SAAS_OK, space);
    }
    CHECK_INT(saas_json_check((saas_text){NULL, 0}), SAAS_ERR_MALFORMED_JSON);
}

static void strings_decode_in_place(void)
{
    static const struct {
        const char *json, *text;
        size_t len;
        bool ascii, nul;
    } rows[] = {
        {"\"\"", "", 0, true, false},
        {"\"plain\"", "plain", 5, true, false},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz", 10, true, false},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10, false, false},
        {"\"\xc3\xa9 and more than eight bytes\\n\"", "\xc3\xa9 and more than eight bytes\n", 29, false, false},
        {"\"a\\u0000b\"", "a\0b", 3, true, true},
        {"\"\\udbff\\udfff\\uffff\\u0800\\u07ff\"", "\xf4\x8f\xbf\xbf\xef\xbf\xbf\xe0\xa0\x80\xdf\xbf", 12, false,
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[80];
        saas_json_string s;
        size_t len = strlen(rows[i].json);
        memcpy(text, rows[i].json, len + 1);
        saas_json_in in = {.at = text, .end = text + len};
        REQUIRE(saas_json_string_in_place(&in, &s));
        CHECK(in.at == in.end);
        CHECK_INT(s.text.len, rows[i].len);
        CHECK(!memcmp(s.text.ptr, rows[i].text, rows[i].len + 1));
        CHECK_INT(s.ascii, rows[i].ascii);
        CHECK_INT(s.nul, rows[i].nul);
        CHECK(valid(rows[i].json));
    }
}

static void bad_strings_are_refused(void)
{
    static const char *const bad[] = {
        "\"",           "\"a",          "\"\\\"",         "\"\\u12\"",          "\"\\u12g4\"",  "\"\\ud800\"",
        "\"\\ud800x\"", "\"\\udc00\"",  "\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\"\\x41\"",    "\"\\U0041\"",
        "\"\t\"",       "\"\x1f\"",     "\"\x80\"",       "\"\xed\xa0\x80\"",   "\"\xc0\x80\"", "\"\xf4\x90\x80\x80\"",
        "'a'",          "\"\\ud83d\\u", "\"\\",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[80];
        saas_json_string s;
        size_t len = strlen(bad[i]);
        memcpy(text, bad[i], len + 1);
        CHECK(!valid(bad[i]));
        saas_json_in in = {.at = text, .end = text + len};
        if (text[0] == '"')
            CHECK(!saas_json_string_in_place(&in, &s));
    }
}

/* VA3 */
static void numbers_are_exact(void)
{
    static const struct {
        const char *text;
        saas_json_kind kind;
        int64_t value;
    } rows[] = {
        {"0", SAAS_JSON_INTEGER, 0},
        {"-0", SAAS_JSON_INTEGER, 0},
        {"42", SAAS_JSON_INTEGER, 42},
        {"9007199254740993", SAAS_JSON_INTEGER, 9007199254740993},
        {"999999999999999999", SAAS_JSON_INTEGER, 999999999999999999},
        {"9223372036854775807", SAAS_JSON_INTEGER, INT64_MAX},
        {"-9223372036854775808", SAAS_JSON_INTEGER, INT64_MIN},
        {"9223372036854775808", SAAS_JSON_BEYOND, 0},
        {"-9223372036854775809", SAAS_JSON_BEYOND, 0},
        {"92233720368547758070", SAAS_JSON_BEYOND, 0},
        {"9223372036854775807.0", SAAS_JSON_INTEGER, INT64_MAX},
        {"922337203685477580.7e1", SAAS_JSON_INTEGER, INT64_MAX},
        {"1.0", SAAS_JSON_INTEGER, 1},
        {"-1.50E1", SAAS_JSON_INTEGER, -15},
        {"10e-1", SAAS_JSON_INTEGER, 1},
        {"1e18", SAAS_JSON_INTEGER, 1000000000000000000},
        {"1e19", SAAS_JSON_BEYOND, 0},
        {"1e+999999999999999999999", SAAS_JSON_BEYOND, 0},
        {"0e999999999999999999999", SAAS_JSON_INTEGER, 0},
        {"0.000e-99", SAAS_JSON_INTEGER, 0},
        {"1e-999999999999999999999", SAAS_JSON_FRACTIONAL, 0},
        {"1.5", SAAS_JSON_FRACTIONAL, 0},
        {"100e-3", SAAS_JSON_FRACTIONAL, 0},
        {"0.00000000000000000001e20", SAAS_JSON_INTEGER, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        saas_json_number n;
        saas_json_in in = {.at = rows[i].text, .end = rows[i].text + strlen(rows[i].text)};
        REQUIRE(saas_json_number_token(&in, &n));
        CHECK(in.at == in.end);
        CHECK_INT(n.kind, rows[i].kind);
        CHECK_INT(n.negative, rows[i].text[0] == '-');
        if (n.kind == SAAS_JSON_INTEGER)
            CHECK_INT(n.value, rows[i].value);
    }
}

static void bad_numbers_are_refused(void)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "01",
                                      "-01",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "+1",
                                      "0x1",
                                      "1_0",
                                      "--1",
                                      "1.e1",
                                      "NaN",
                                      "Infinity",
                                      "1 2",
                                      "00",
                                      "1e1.5",
                                      "123456789012345678901."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!valid(bad[i]));
}

static void literals_are_exact(void)
{
    CHECK(valid(" true") && valid("false\n") && valid("\tnull\r"));
    CHECK(!valid("True") && !valid("nul") && !valid("nulll") && !valid("truefalse") && !valid("\ftrue"));
}

static void nodes_are_counted(void)
{
    static const char json[] = "{\"a\":[1,2,{\"b\":null}],\"c\":\"\"}";
    saas_json_in in = {.at = json, .end = json + sizeof json - 1};
    CHECK(saas_json_skip(&in));
    CHECK_INT(in.nodes, 6);
    CHECK_INT(in.depth, 0);
}

static const check_test tests[] = {TEST(depth_ends_at_32),        TEST(whole_texts_only),
                                   TEST(strings_decode_in_place), TEST(bad_strings_are_refused),
                                   TEST(numbers_are_exact),       TEST(bad_numbers_are_refused),
                                   TEST(literals_are_exact),      TEST(nodes_are_counted)};
CHECK_MAIN(tests)
