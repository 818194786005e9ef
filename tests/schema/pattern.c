/* VA8: patterns are matched without backtracking. */
#include "schema/pattern.h"
#include "shapes.h"
#include <time.h>

static const struct {
    const char *pattern, *takes, *refuses; /* texts, a newline between; "" is one too */
} rows[] = {
    {"abc", "abc", "ab\nabcd\nxabc\n"},
    {"^abc$", "abc", "ab\nabcd"},
    {"a|bc|d", "a\nbc\nd", "ab\nabc\nb\n"},
    {"(a|b)c", "ac\nbc", "c\nabc"},
    {"(?:ab)+", "ab\nabab", "a\naba\n"},
    {"a*", "\na\naaaa", "b\naab"},
    {"a+b?", "a\nab\naaab", "b\nabb\n"},
    {"(a*)*", "\naaa", "b"},
    {"(a|a*)+b", "b\nab\naaab", "a\n"},
    {"a{3}", "aaa", "aa\naaaa"},
    {"a{2,}", "aa\naaaaa", "a\n"},
    {"a{1,3}b", "ab\naaab", "b\naaaab"},
    {"a{0,2}", "\na\naa", "aaa"},
    {"(ab){0}c", "c", "abc"},
    {"([a-c]{2}-){2,3}", "ab-ca-\nab-ab-ab-", "ab-\nab-ab-ab-ab-"},
    {"[a-z_]+", "a_z", "A\na1\n"},
    {"[^a-z]+", "A1-", "a\nAa"},
    {"[-a]+|[a-]b", "a-\n-b", "c"},
    {"[\\d\\-.]+", "1-2.3", "a"},
    {"[\\]^]+", "]^", "a"},
    {"\\d+\\.\\d\\d", "12.50", "12,50\n1.5"},
    {"\\w+\\s\\W\\S\\D", "a_1 -xy", "a -x1"},
    {".+", "a\xc3\xbc\xf0\x9f\x98\x80", "\r"},
    {"[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", "\xc3\xbd\na"},
    {"\\s", "\xc2\xa0\n\xe3\x80\x80", "a"},
    {"\\(\\)\\[\\]\\{\\}\\*\\+\\?\\.\\|\\^\\$\\\\\\/", "()[]{}*+?.|^$\\/", "x"},
    {"\xf0\x9f\x98\x80{2}", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

static void check_all(const char *pattern, const char *texts, bool want)
{
    saas_pattern p;
    CHECK_STR(saas_pattern_compile(&p, pattern) ? "refused" : "", "");
    for (const char *at = texts; at;) {
        const char *end = strchr(at, '\n');
        size_t len = end ? (size_t)(end - at) : strlen(at);
        bool got = saas_pattern_matches(&p, (saas_text){at, len});
        if (got != want)
            fprintf(stderr, "%s: %.*s\n", pattern, (int)len, at);
        CHECK_INT(got, want);
        at = end ? end + 1 : NULL;
    }
}

static void patterns_match_whole_texts(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_all(rows[i].pattern, rows[i].takes, true);
        check_all(rows[i].pattern, rows[i].refuses, false);
    }
}

static void wrong_patterns_are_refused(void)
{
    static const char *const wrong[] = {
        "",       "a|",     "|a",  "()",  "(a",   "a)", "*a",    "a**",       "a+?",         "a{2}{3}", "a{,2}",
        "a{3,2}", "a{256}", "a{2", "[",   "[]",   "[a", "[z-a]", "[\\d-z]",   "(?=a)",       "(?<n>a)", "\\1",
        "\\b",    "\\",     "a^b", "a$b", "(a$)", "}",  "]",     "a{100}{3}", "(a{20}){20}", "\xff",    "(?"};
    saas_error e;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (saas_pattern_check(wrong[i], &e) == SAAS_OK)
            fprintf(stderr, "%s is taken\n", wrong[i]);
        CHECK_INT(saas_pattern_check(wrong[i], &e), SAAS_ERR_BUG);
    }
    CHECK_INT(saas_pattern_check("a{3,2}", &e), SAAS_ERR_BUG);
    CHECK_STR(e.text, "pattern a{3,2}: a repetition that is none");
    char deep[200] = "";
    for (int i = 0; i < 40; i++)
        strcat(deep, "(");
    CHECK_INT(saas_pattern_check(deep, &e), SAAS_ERR_BUG);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A matcher that goes back takes 2^n for these; steps taken at once take n. */
static void hostile_texts_take_linear_time(void)
{
    static const char *const evil[] = {"(a+)+b", "(a|a)*b", "(a*)*b", "(a|aa)+b", "(.*a){12}b"};
    static char text[20001];
    memset(text, 'a', sizeof text - 1);
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        double start = cpu_ms();
        CHECK(!saas_pattern_fits(evil[i], (saas_text){text, sizeof text - 1}));
        CHECK(cpu_ms() - start < 1000);
    }
}

static const check_test tests[] = {TEST(patterns_match_whole_texts), TEST(wrong_patterns_are_refused),
                                   TEST(hostile_texts_take_linear_time)};
SHAPES_MAIN(tests)
