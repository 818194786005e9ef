/* The .env file: one reading, and every line that is wrong is told without a byte of it. */
#include "config/dotenv.h"
#include "base/arena.h"
#include "check.h"

static char bytes[4096], told[1024];

static void wrong(size_t line, const char *what, void *user)
{
    size_t len = strlen(told);
    CHECK(user == told);
    snprintf(told + len, sizeof told - len, "%zu: %s\n", line, what);
}

static saas_dotenv parse(const char *text, size_t len)
{
    saas_dotenv out = {NULL, 0};
    told[0] = 0;
    memcpy(bytes, text, len);
    memset(bytes + len, 'x', sizeof bytes - len);
    CHECK_INT(saas_dotenv_parse(&out, bytes, len, wrong, told), SAAS_OK);
    return out;
}

static const struct {
    const char *line, *value;
} good[] = {
    {"A=b", "b"},
    {"A=", ""},
    {"A=''", ""},
    {"A=\"\"", ""},
    {"A=b=c==", "b=c=="},
    {"A=postgresql://u:p%40@h:5432/d?sslmode=require&x=1", "postgresql://u:p%40@h:5432/d?sslmode=require&x=1"},
    {"A=host=/tmp", "host=/tmp"},
    {"A=b # why", "b"},
    {"A=b\t# why", "b"},
    {"A=b   ", "b"},
    {"A= # nothing", ""},
    {"A='b c' # why", "b c"},
    {"A='$x `y` \\n \"z\" #1'", "$x `y` \\n \"z\" #1"},
    {"A=\"b c\"", "b c"},
    {"A=\"1\\n2\\r3\\t4\\\\5\\\"6\\$7\\`8'9#\"", "1\n2\r3\t4\\5\"6$7`8'9#"},
    {"A=\xc3\xa4", "\xc3\xa4"},
    {"A='\ttab'", "\ttab"},
    {"A={[(<>)]}!?*~&|;", "{[(<>)]}!?*~&|;"},
    {"A=b\r", "b"},
};

static void values(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        saas_dotenv d = parse(good[i].line, strlen(good[i].line));
        CHECK_STR(told, "");
        CHECK_INT(d.count, 1);
        if (d.count == 1) {
            CHECK_STR(d.entries[0].name.ptr, "A");
            CHECK_STR(d.entries[0].value.ptr, good[i].value);
            CHECK_INT(d.entries[0].value.len, strlen(good[i].value));
        }
        free(d.entries);
    }
}

static const struct {
    const char *line, *what;
} bad[] = {
    {"A", "not NAME=value"},
    {"=b", "not NAME=value"},
    {"A =b", "not NAME=value"},
    {" A=b", "not NAME=value"},
    {"1A=b", "not NAME=value"},
    {"A-B=c", "not NAME=value"},
    {"A.B=c", "not NAME=value"},
    {"A: b", "not NAME=value"},
    {"\xef\xbb\xbf"
     "A=b",
     "not NAME=value"},
    {"export A=b", "write NAME=value without export"},
    {"A= b", "a space in it needs quotes"},
    {"A=b c", "a space in it needs quotes"},
    {"A=b#c", "this value needs quotes"},
    {"A=#c", "this value needs quotes"},
    {"A=$b", "this value needs quotes"},
    {"A=b${c}", "this value needs quotes"},
    {"A=`id`", "this value needs quotes"},
    {"A=b\\nc", "this value needs quotes"},
    {"A=b'c'", "this value needs quotes"},
    {"A=b\"c\"", "this value needs quotes"},
    {"A='b", "a quote is not closed"},
    {"A=\"b", "a quote is not closed"},
    {"A=\"b\\\"", "a quote is not closed"},
    {"A='b'c", "something behind the value"},
    {"A='b''c'", "something behind the value"},
    {"A=\"b\"#c", "something behind the value"},
    {"A=\"$b\"", "$ and ` between double quotes need a backslash"},
    {"A=\"`b`\"", "$ and ` between double quotes need a backslash"},
    {"A=\"\\x41\"", "behind a backslash only n, r, t, \\, \", $ and `"},
    {"A=\"\\", "behind a backslash only n, r, t, \\, \", $ and `"},
    {"A=\xff", "a control character, or no UTF-8"},
    {"A=\x1b[0m", "a control character, or no UTF-8"},
    {"A='\r'", "a control character, or no UTF-8"},
    {"# \x7f", "a control character, or no UTF-8"},
};

static void what_is_refused(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char want[200];
        saas_dotenv d = parse(bad[i].line, strlen(bad[i].line));
        snprintf(want, sizeof want, "1: %s\n", bad[i].what);
        if (strcmp(told, want) != 0)
            fprintf(stderr, "of: %s\n", bad[i].line);
        CHECK_STR(told, want);
        CHECK_INT(d.count, 0);
        free(d.entries);
    }
    saas_dotenv d = parse("A=b\0c", 5);
    CHECK_STR(told, "1: a control character, or no UTF-8\n");
    free(d.entries);
}

static void lines(void)
{
    static const char text[] = "# a file\r\n\r\n \t\n  # more\nA=1\n\nB='2'\r\nbad\nA=3\nC=\n_d9=4";
    saas_dotenv d = parse(text, sizeof text - 1);
    CHECK_STR(told, "8: not NAME=value\n9: this name was there before\n");
    REQUIRE(d.count == 4);
    CHECK(!strcmp(d.entries[0].value.ptr, "1") && d.entries[0].line == 5);
    CHECK(!strcmp(d.entries[1].value.ptr, "2") && d.entries[1].line == 7);
    CHECK(!strcmp(d.entries[3].name.ptr, "_d9") && !strcmp(d.entries[3].value.ptr, "4") && d.entries[3].line == 11);
    free(d.entries);
    d = parse("", 0);
    CHECK_INT(d.count, 0);
    free(d.entries);
}

static void quoted_values_read_back(void)
{
    static const char *const texts[] = {"plain", "",    "a b", "$HOME",     "`x`", "a\nb\r\tc", "'",
                                        "\"",    "\\n", "#",   "\xc3\xa4 ", "a=b", "\\"};
    saas_arena *a = saas_arena_new(0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        saas_buf b;
        saas_buf_init(&b, a, 0);
        saas_buf_lit(&b, "A=");
        saas_dotenv_quote(&b, saas_text_z(texts[i]));
        saas_text line = saas_buf_done(&b);
        saas_dotenv d = parse(line.ptr, line.len);
        CHECK_STR(told, "");
        if (d.count == 1)
            CHECK_STR(d.entries[0].value.ptr, texts[i]);
        CHECK_INT(d.count, 1);
        free(d.entries);
    }
    saas_arena_free(a);
}

static const check_test tests[] = {TEST(values), TEST(what_is_refused), TEST(lines), TEST(quoted_values_read_back)};
CHECK_MAIN(tests)
