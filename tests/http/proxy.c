/* Who a request comes from, when proxies stand between: nobody can name an address but those who are trusted to (HT3).
 */
#include "http/proxy.h"
#include "check.h"

static saas_arena *arena;

static saas_proxies trusting(const char *networks, bool forwarded)
{
    saas_proxies p = {.forwarded = forwarded};
    const char *why = "";
    if (saas_proxies_read(&p, &why, arena, saas_text_z(networks)))
        CHECK_STR(why, "");
    return p;
}

/* What comes of lines of the header that counts, '|' between: an address, "" for the proxy itself; "s" in front:
 * secure. */
static const char *caller(const saas_proxies *p, const char *lines)
{
    static char out[64];
    char copy[4096];
    saas_header headers[16];
    saas_caller who;
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", lines);
    for (char *rest = copy, *line; (line = strsep(&rest, "|"));)
        headers[n++] = (saas_header){saas_text_z(p->forwarded ? "forwarded" : "x-forwarded-for"), saas_text_z(line)};
    saas_proxies_ask(&who, p, headers, n);
    snprintf(out, sizeof out, "%s%.*s", who.secure ? "s " : "", (int)who.len, who.text);
    return out;
}

typedef struct ask {
    const char *lines, *address;
} ask;

static void check(const saas_proxies *p, const ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = caller(p, asks[i].lines);
        if (strcmp(got, asks[i].address) != 0) {
            fprintf(stderr, "%s\n", asks[i].lines);
            CHECK_STR(got, asks[i].address);
        }
    }
}
#define CHECK_ALL(p, asks) check((p), (asks), sizeof(asks) / sizeof *(asks))

static void from_the_right_the_first_that_is_no_proxy(void)
{
    static const ask asks[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"1.1.1.1, 203.0.113.9", "203.0.113.9"},
        {"1.1.1.1,203.0.113.9,10.0.0.2", "203.0.113.9"},
        {"1.1.1.1, 203.0.113.9, 10.0.0.2,10.255.255.255", "203.0.113.9"},
        {"1.1.1.1|203.0.113.9", "203.0.113.9"},
        {"1.1.1.1|203.0.113.9|10.0.0.2", "203.0.113.9"},
        {"203.0.113.9, 10.0.0.2|10.0.0.3", "203.0.113.9"},
        {"10.0.0.9, 10.0.0.2", "10.0.0.9"},
        {" \t203.0.113.9\t ,", "203.0.113.9"},
        {"1.1.1.1, 11.0.0.1", "11.0.0.1"},
        {"1.1.1.1, 2001:db8::9", "2001:db8::9"},
        {"1.1.1.1, 2001:db8:1::9, 2001:db8:ffff::1", "2001:db8:1::9"},
        {"1.1.1.1, ::ffff:203.0.113.9", "203.0.113.9"},
        {"203.0.113.9, ::ffff:10.1.2.3", "203.0.113.9"},
        {"203.0.113.9:4711", "203.0.113.9"},
        {"[2001:db8::9]:4711", "2001:db8::9"},
        {"[2001:db8::9]", "2001:db8::9"},
    };
    const saas_proxies p = trusting("10.0.0.0/8, 2001:db8:ffff::/48", false);
    CHECK_ALL(&p, asks);
}

/* What is none ends the walk: left of it anything may have been invented. */
static void garbage_is_nobodys_word(void)
{
    static const ask asks[] = {
        {"", ""},
        {",,,", ""},
        {"unknown", ""},
        {"1.1.1.1, unknown", ""},
        {"1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"},
        {"1.1.1.1, 203.0.113.999", ""},
        {"1.1.1.1, 203.0.113", ""},
        {"1.1.1.1, 203.0.113.9:", ""},
        {"1.1.1.1, 203.0.113.9:x", ""},
        {"1.1.1.1, 203.0.113.9:123456", ""},
        {"1.1.1.1, [203.0.113.9]", ""},
        {"1.1.1.1, [2001:db8::9", ""},
        {"1.1.1.1, [2001:db8::9]x", ""},
        {"1.1.1.1, [2001:db8::9]:", ""},
        {"1.1.1.1, []", ""},
        {"1.1.1.1, 2001:db8::9%eth0", ""},
        {"1.1.1.1, \"203.0.113.9\"", ""},
        {"1.1.1.1, 203.0.113.9 203.0.113.10", ""},
        {"1.1.1.1, 0x7f.1", ""},
        {"1.1.1.1, 010.0.0.1", ""},
        {"1.1.1.1, 3405803785", ""},
        {"1.1.1.1, for=203.0.113.9", ""},
        {"1.1.1.1, <script>", ""},
        {"1.1.1.1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
    };
    const saas_proxies p = trusting("10.0.0.0/8", false);
    CHECK_ALL(&p, asks);
}

static void forwarded_is_read_by_its_grammar(void)
{
    static const ask asks[] = {
        {"for=203.0.113.9", "203.0.113.9"},
        {"for=203.0.113.9;proto=https;by=10.0.0.1", "s 203.0.113.9"},
        {"For=203.0.113.9; Proto=HTTPS ; host=\"a,b;c=d\"", "s 203.0.113.9"},
        {"for=1.1.1.1;proto=https, for=203.0.113.9", "203.0.113.9"},
        {"for=1.1.1.1;proto=http, proto=https;for=203.0.113.9", "s 203.0.113.9"},
        {"for=1.1.1.1, for=\"203.0.113.9:4711\", for=10.0.0.2", "203.0.113.9"},
        {"for=1.1.1.1|for=203.0.113.9|for=10.0.0.2", "203.0.113.9"},
        {"for=\"[2001:db8::9]\"", "2001:db8::9"},
        {"for=\"[2001:db8::9]:4711\", for=10.0.0.2", "2001:db8::9"},
        {"for=1.1.1.1, for=unknown", ""},
        {"for=1.1.1.1, for=_hidden", ""},
        {"for=1.1.1.1, for=_hidden, for=10.0.0.2", "10.0.0.2"},
        {"for=1.1.1.1, by=203.0.113.9", ""},
        {"for=1.1.1.1, for=\"203.0.\\113.9\"", ""},
        /* Of no grammar: a quote the client has opened must not swallow what the proxy says. */
        {"for=\"1.1.1.1, for=203.0.113.9", ""},
        {"for=1.1.1.1\\, for=203.0.113.9", ""},
        {"for=\"1.1.1.1\\\", for=203.0.113.9", ""},
        {"x=\"|for=203.0.113.9", "203.0.113.9"},
        {"for=1.1.1.1|for=\"|for=10.0.0.2", "10.0.0.2"},
        {"for=1.1.1.1;for=203.0.113.9", ""},
        {"for=203.0.113.9;proto=http;proto=https", ""},
        {"for =203.0.113.9", ""},
        {"for= 203.0.113.9", ""},
        {"for=203.0.113.9;", ""},
        {"for=203.0.113.9,", ""},
        {"", ""},
        {"203.0.113.9", ""},
        {"for=2001:db8::9", ""},
    };
    const saas_proxies p = trusting("10.0.0.0/8", true);
    CHECK_ALL(&p, asks);
}

static void only_the_header_that_counts_is_read(void)
{
    const saas_header both[] = {{SAAS_LIT("forwarded"), SAAS_LIT("for=1.1.1.1;proto=https")},
                                {SAAS_LIT("x-forwarded-for"), SAAS_LIT("203.0.113.9")},
                                {SAAS_LIT("x-real-ip"), SAAS_LIT("2.2.2.2")}};
    saas_caller who;
    saas_proxies p = trusting("10.0.0.0/8", false);
    saas_proxies_ask(&who, &p, both, 3);
    CHECK_STR(who.text, "203.0.113.9");
    CHECK(!who.secure);
    p.forwarded = true;
    saas_proxies_ask(&who, &p, both, 3);
    CHECK_STR(who.text, "1.1.1.1");
    CHECK(who.secure);
    saas_proxies_ask(&who, &p, both + 1, 2);
    CHECK_INT(who.len, 0);
}

static void the_nearest_proxy_says_how_it_was_reached(void)
{
    static const ask protos[] = {{"https", "1"},       {"http", "0"}, {"HTTPS", "1"}, {"https, http", "0"},
                                 {"http, https", "1"}, {"", "0"},     {"httpss", "0"}};
    const saas_proxies p = trusting("10.0.0.0/8", false);
    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++) {
        saas_caller who;
        const saas_header h = {SAAS_LIT("x-forwarded-proto"), saas_text_z(protos[i].lines)};
        saas_proxies_ask(&who, &p, &h, 1);
        CHECK_STR(who.secure ? "1" : "0", protos[i].address);
    }
}

/* A line of any length costs what it is long, and its end counts. */
static void long_lines(void)
{
    static char line[40000];
    const saas_proxies p = trusting("10.0.0.0/8", false);
    size_t len = 0;
    while (len < sizeof line - 100)
        len += (size_t)snprintf(line + len, sizeof line - len, "1.1.1.1,");
    snprintf(line + len, sizeof line - len, "203.0.113.9, 10.0.0.2");
    const saas_header h = {SAAS_LIT("x-forwarded-for"), saas_text_z(line)};
    saas_caller who;
    saas_proxies_ask(&who, &p, &h, 1);
    CHECK_STR(who.text, "203.0.113.9");
    for (len = 0; len < sizeof line - 100;)
        len += (size_t)snprintf(line + len, sizeof line - len, "10.0.0.%zu,", len % 250);
    saas_proxies_ask(&who, &p, &(const saas_header){h.name, {line, len}}, 1);
    CHECK_INT(strncmp(who.text, "10.0.0.", 7), 0);
}

static bool has(const char *networks, const char *address)
{
    saas_address a;
    const saas_proxies p = trusting(networks, false);
    CHECK(saas_address_read(&a, saas_text_z(address)));
    return saas_proxies_have(&p, &a);
}

static void networks_end_where_they_say(void)
{
    CHECK(has("10.0.0.0/8", "10.255.255.255") && !has("10.0.0.0/8", "11.0.0.0") && !has("10.0.0.0/8", "9.255.255.255"));
    CHECK(has("192.0.2.128/25", "192.0.2.128") && !has("192.0.2.128/25", "192.0.2.127"));
    CHECK(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.6"));
    CHECK(has("192.0.2.7/32", "::ffff:192.0.2.7") && has("::ffff:192.0.2.0/120", "192.0.2.9"));
    CHECK(!has("10.0.0.0/8", "::10.1.1.1") && !has("10.0.0.0/8", "a01:101::"));
    CHECK(has("2001:db8::/33", "2001:db8:7fff::1") && !has("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(has("::1", "::1") && !has("::1", "::2") && !has("", "10.0.0.1"));
    CHECK(has("::ffff:10.0.0.0/104", "10.1.1.1") && has("2001::/16", "2001:db8::1"));
    CHECK(has("::/97", "::1") && !has("::/97", "10.0.0.1"));
    CHECK(has("10.0.0.1 ,, 2001:db8::/32  127.0.0.1", "127.0.0.1"));
}

static void wrong_networks_are_refused(void)
{
    static const char *const bad[] = {
        "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.1/8", "10/8", "0.0.0.0/0", "::/0", "2001:db8::/129",
        "2001:db8::1/64", "example.org", "*", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/0008", "10.0.0.256", "[::1]",
        "fe80::1%eth0", "10.0.0.0/8;10.0.0.1", "::ffff:0.0.0.0/95",
        /* everybody in other words */
        "::ffff:0:0/96", "::ffff:0:0/97", "::/1", "0.0.0.0/1,128.0.0.0/1", "10.0.0.1 128.0.0.0/1", "10.0.0.0/7",
        "::/16", "::/80", "::/96,::fffe:0:0/95", "::ffff:10.0.0.0/103", "2000::/3", "2000::/15"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        saas_proxies p;
        const char *why = NULL;
        if (saas_proxies_read(&p, &why, arena, saas_text_z(bad[i])) != SAAS_ERR_VALIDATION || !why)
            CHECK_STR(bad[i], "refused");
    }
}

static const check_test tests[] = {
    TEST(from_the_right_the_first_that_is_no_proxy),
    TEST(garbage_is_nobodys_word),
    TEST(forwarded_is_read_by_its_grammar),
    TEST(only_the_header_that_counts_is_read),
    TEST(the_nearest_proxy_says_how_it_was_reached),
    TEST(long_lines),
    TEST(networks_end_where_they_say),
    TEST(wrong_networks_are_refused),
};

int main(int argc, char **argv)
{
    arena = saas_arena_new(0);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
