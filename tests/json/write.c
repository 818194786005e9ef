#include "base/arena.h"
#include "check.h"
#include "json/write.h"
#include <float.h>
#include <locale.h>
#include <math.h>

static saas_arena *arena;
static saas_buf buf;

static saas_json start(void)
{
    saas_arena_reset(arena);
    saas_buf_init(&buf, arena, 0);
    return saas_json_on(&buf);
}

static const char *text_of(saas_text t)
{
    saas_json j = start();
    saas_json_text(&j, t);
    return saas_buf_done(&buf).ptr;
}

static const char *double_of(double x)
{
    saas_json j = start();
    saas_json_f64(&j, x);
    return saas_buf_done(&buf).ptr;
}

static void commas_stand_where_they_belong(void)
{
    saas_json j = start();
    saas_json_object(&j);
    saas_json_key(&j, SAAS_LIT("a"));
    saas_json_array(&j);
    saas_json_i64(&j, INT64_MIN);
    saas_json_u64(&j, UINT64_MAX);
    saas_json_array(&j);
    saas_json_array_end(&j);
    saas_json_object(&j);
    saas_json_object_end(&j);
    saas_json_bool(&j, true);
    saas_json_bool(&j, false);
    saas_json_null(&j);
    saas_json_f64(&j, 1.5);
    saas_json_array_end(&j);
    saas_json_key(&j, SAAS_LIT("b\""));
    saas_json_raw(&j, SAAS_LIT("{\"x\":1}"));
    saas_json_key(&j, SAAS_LIT("c"));
    saas_json_text(&j, (saas_text){NULL, 0});
    saas_json_key(&j, SAAS_LIT("d"));
    saas_json_text(&j, SAAS_LIT(""));
    saas_json_object_end(&j);
    CHECK_STR(saas_buf_done(&buf).ptr, "{\"a\":[-9223372036854775808,18446744073709551615,[],{},true,false,null,1.5],"
                                       "\"b\\\"\":{\"x\":1},\"c\":null,\"d\":\"\"}");
}

static void strings_are_escaped(void)
{
    CHECK_STR(text_of(SAAS_LIT("plain text, longer than eight bytes: / and \x7f stay")),
              "\"plain text, longer than eight bytes: / and \x7f stay\"");
    CHECK_STR(text_of(SAAS_LIT("\"\\\b\f\n\r\t\v\x01\x1f")), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u000b\\u0001\\u001f\"");
    CHECK_STR(text_of((saas_text){"a\0b", 3}), "\"a\\u0000b\"");
    CHECK_STR(text_of(SAAS_LIT("01234567\n01234567\"0123456\\")), "\"01234567\\n01234567\\\"0123456\\\\\"");
}

/* Every byte at every place of a word: the search over eight bytes at a time must not differ from one byte at a time.
 */
static void every_byte_at_every_place(void)
{
    for (int ch = 0; ch < 128; ch++)
        for (size_t at = 0; at < 20; at++) {
            char in[20], want[64];
            memset(in, 'x', sizeof in);
            in[at] = (char)ch;
            const char *named = ch ? strchr("\bb\ff\nn\rr\tt\"\"\\\\", ch) : NULL;
            char escape[16] = {(char)ch};
            if (ch < 32 || ch == '"' || ch == '\\')
                snprintf(escape, sizeof escape, named ? "\\%c" : "\\u%04x", named ? named[1] : ch);
            snprintf(want, sizeof want, "\"%.*s%s%.*s\"", (int)at, "xxxxxxxxxxxxxxxxxxxx", escape, (int)(19 - at),
                     "xxxxxxxxxxxxxxxxxxxx");
            CHECK_STR(text_of((saas_text){in, sizeof in}), want);
        }
}

static void utf8_passes_and_what_is_none_is_replaced(void)
{
    CHECK_STR(text_of(SAAS_LIT("Gr\xc3\xbc\xc3\x9f"
                               "e \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf")),
              "\"Gr\xc3\xbc\xc3\x9f"
              "e \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\"");
    static const char *const bad[] = {"\x80", "\xc0", "\xc1", "\xf5", "\xff", "\xc3", "\xfe"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STR(text_of(saas_text_z(bad[i])), "\"\xef\xbf\xbd\"");
    CHECK_STR(text_of(SAAS_LIT("\xed\xa0\x80")), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
    CHECK_STR(text_of(SAAS_LIT("\xe0\x80\x80"
                               "a")),
              "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
              "a\"");
    CHECK_STR(text_of(SAAS_LIT("\xf4\x90\x80\x80")), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK_STR(text_of((saas_text){"\xe2\x82\xac", 2}), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* cut off */
}

static void doubles_are_shortest(void)
{
    static const struct {
        double in;
        const char *out;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100, "100"},
        {123456.789, "123456.789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e21"},
        {1e-7, "0.0000001"},
        {1.25e-8, "1.25e-8"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {0.1 + 0.2, "0.30000000000000004"},
        {9007199254740993.0, "9007199254740992"},
        {5.684341886080802e-14, "5.684341886080802e-14"}, /* 2^-44: the nearest of 16 digits does not read back */
        {1.0 / 3, "0.3333333333333333"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(double_of(rows[i].in), rows[i].out);
}

static void doubles_read_back(void)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        double x;
        memcpy(&x, &state, sizeof x);
        if (isfinite(x))
            CHECK(strtod(double_of(x), NULL) == x);
    }
}

static void doubles_ignore_the_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < 3 && !found; i++)
        found = setlocale(LC_NUMERIC, names[i]) != NULL;
    CHECK_STR(double_of(-1234.5), "-1234.5");
    setlocale(LC_NUMERIC, "C");
    if (!found)
        printf("     (no locale with a decimal comma here)\n");
}

static void failure_is_the_buffers(void)
{
    static char first[64], big[4096];
    memset(big, 'x', sizeof big);
    saas_arena a;
    saas_arena_init(&a, first, sizeof first, 1);
    saas_buf b;
    saas_buf_init(&b, &a, 0);
    saas_json j = saas_json_on(&b);
    saas_json_object(&j);
    saas_json_key(&j, SAAS_LIT("k"));
    saas_json_text(&j, (saas_text){big, sizeof big});
    saas_json_f64(&j, 0.5);
    saas_json_object_end(&j);
    CHECK(b.failed && !saas_buf_done(&b).ptr);
    saas_arena_done(&a);
}

static const check_test tests[] = {TEST(commas_stand_where_they_belong), TEST(strings_are_escaped),
                                   TEST(every_byte_at_every_place),      TEST(utf8_passes_and_what_is_none_is_replaced),
                                   TEST(doubles_are_shortest),           TEST(doubles_read_back),
                                   TEST(doubles_ignore_the_locale),      TEST(failure_is_the_buffers)};

int main(int argc, char **argv)
{
    arena = saas_arena_new(1 << 20);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
