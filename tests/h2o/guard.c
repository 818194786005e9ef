/* HT1: every framing ambiguity libh2o lets through is refused; what is well-formed passes. */
#include "check.h"
#include "h2o/guard.h"

typedef struct attack {
    const char *name, *bytes;
    size_t len;
    saas_err want;
} attack;

#define BAD(name, literal)                                                                                             \
    {                                                                                                                  \
        name, literal, sizeof(literal) - 1, SAAS_ERR_BAD_REQUEST                                                       \
    }
#define CHUNKED(name, literal)                                                                                         \
    {                                                                                                                  \
        name, literal, sizeof(literal) - 1, SAAS_ERR_LENGTH_REQUIRED                                                   \
    }
#define GOOD(name, literal)                                                                                            \
    {                                                                                                                  \
        name, literal, sizeof(literal) - 1, SAAS_OK                                                                    \
    }
#define GET(lines)  "GET /x HTTP/1.1\r\n" lines "\r\n"
#define WITH(lines) GET("Host: a\r\n" lines)
#define LINE(line)  line " HTTP/1.1\r\nHost: a\r\n\r\n"

static const attack cases[] = {
    /* hosts */
    BAD("no host", GET("")),
    BAD("two hosts", GET("Host: a\r\nHost: b\r\n")),
    BAD("two equal hosts", GET("Host: a\r\nhost: a\r\n")),
    BAD("empty host", GET("Host:\r\n")),
    BAD("host with userinfo", GET("Host: a@b\r\n")),
    BAD("host with path", GET("Host: a/b\r\n")),
    BAD("host list", GET("Host: a, b\r\n")),
    BAD("host with space", GET("Host: a b\r\n")),
    BAD("host of bytes", GET("Host: \xc3\xa4\r\n")),
    GOOD("host and port", GET("Host: a.example:8080\r\n")),
    GOOD("host IPv6", GET("Host: [::1]:80\r\n")),
    GOOD("1.0 without host", "GET /x HTTP/1.0\r\n\r\n"),
    BAD("1.0 with two hosts", "GET /x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    /* lengths */
    GOOD("length", WITH("Content-Length: 3\r\n") "abc"),
    GOOD("length zero", WITH("Content-Length: 0\r\n")),
    GOOD("length in any case", WITH("cOnTeNt-LeNgTh: 3\r\n") "abc"),
    BAD("two lengths", WITH("Content-Length: 3\r\nContent-Length: 5\r\n") "abcde"),
    BAD("two equal lengths", WITH("Content-Length: 3\r\nContent-Length: 3\r\n") "abc"),
    BAD("length list", WITH("Content-Length: 3, 3\r\n") "abc"),
    BAD("length plus", WITH("Content-Length: +3\r\n") "abc"),
    BAD("length minus", WITH("Content-Length: -3\r\n") "abc"),
    BAD("length hex", WITH("Content-Length: 0x3\r\n") "abc"),
    BAD("length empty", WITH("Content-Length:\r\n")),
    BAD("length decimal", WITH("Content-Length: 3.0\r\n") "abc"),
    BAD("length with space", WITH("Content-Length: 3 3\r\n") "abc"),
    BAD("length past 64 bits", WITH("Content-Length: 18446744073709551619\r\n") "abc"),
    BAD("length digits of Unicode", WITH("Content-Length: \xd9\xa3\r\n") "abc"),
    BAD("length behind space", WITH("Content-Length : 3\r\n") "abc"),
    BAD("length behind tab", WITH("Content-Length\t: 3\r\n") "abc"),
    /* codings */
    CHUNKED("chunked", WITH("Transfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    CHUNKED("chunked in any case", WITH("transfer-encoding: ChUnKeD\r\n") "0x3\r\nabc\r\n0\r\n\r\n"),
    BAD("coding and length", WITH("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") "0\r\n\r\n"),
    BAD("length and coding", WITH("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("identity", WITH("Transfer-Encoding: identity\r\n")),
    BAD("identity and length", WITH("Transfer-Encoding: identity\r\nContent-Length: 3\r\n") "abc"),
    BAD("identity, chunked", WITH("Transfer-Encoding: identity, chunked\r\n") "0\r\n\r\n"),
    BAD("chunked, identity", WITH("Transfer-Encoding: chunked, identity\r\n") "0\r\n\r\n"),
    BAD("chunked twice", WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("identity, then chunked", WITH("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("gzip, chunked", WITH("Transfer-Encoding: gzip, chunked\r\n") "0\r\n\r\n"),
    BAD("chunked with a quote", WITH("Transfer-Encoding: \"chunked\"\r\n") "0\r\n\r\n"),
    BAD("chunked with a parameter", WITH("Transfer-Encoding: chunked;q=1\r\n") "0\r\n\r\n"),
    BAD("chunked with vertical tab", WITH("Transfer-Encoding: \x0b"
                                          "chunked\r\n") "0\r\n\r\n"),
    BAD("xchunked", WITH("Transfer-Encoding: xchunked\r\n") "0\r\n\r\n"),
    BAD("empty coding", WITH("Transfer-Encoding:\r\n")),
    BAD("chunked in 1.0", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    BAD("coding behind space", WITH("Transfer-Encoding : chunked\r\n") "0\r\n\r\n"),
    GOOD("a header like a coding", WITH("X-Transfer-Encoding: chunked\r\n")),
    /* lines */
    BAD("folded", WITH("A: b\r\n c\r\n")),
    BAD("folded by tab", WITH("A: b\r\n\tc\r\n")),
    BAD("folded coding", WITH("Transfer-Encoding:\r\n chunked\r\n") "0\r\n\r\n"),
    BAD("folded first line", "GET /x HTTP/1.1\r\n A: b\r\nHost: a\r\n\r\n"),
    BAD("no name", WITH(": b\r\n")),
    BAD("no colon", WITH("A b\r\n")),
    BAD("name with a control", WITH("A\x01: b\r\n")),
    BAD("name with NUL", WITH("A\0: b\r\n")),
    BAD("name with a byte", WITH("\xc3\xa4: b\r\n")),
    BAD("name with parentheses", WITH("A(b): c\r\n")),
    BAD("value with NUL", WITH("A: b\0c\r\n")),
    BAD("value with a control", WITH("A: b\x7f\r\n")),
    BAD("bare LF behind a header", "GET /x HTTP/1.1\r\nHost: a\r\nA: b\n\r\n"),
    BAD("bare LF behind the line", "GET /x HTTP/1.1\nHost: a\r\n\r\n"),
    BAD("bare LF at the end", "GET /x HTTP/1.1\r\nHost: a\r\n\n"),
    BAD("all bare LF", "GET /x HTTP/1.1\nHost: a\n\n"),
    BAD("bare CR in a value", WITH("A: b\rContent-Length: 3\r\n")),
    BAD("CR CR LF", "GET /x HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    BAD("bare LF before the line", "\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD("two empty lines before", "\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    GOOD("one empty line before", "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD("no end", "GET /x HTTP/1.1\r\nHost: a\r\n"),
    BAD("nothing", ""),
    GOOD("empty value", WITH("A:\r\n")),
    GOOD("value of bytes", WITH("A: \xc3\xa4\r\n")),
    /* request lines */
    BAD("absolute form", LINE("GET http://evil/x")),
    BAD("authority form", LINE("GET evil:80")),
    BAD("asterisk form", LINE("OPTIONS *")),
    BAD("empty target", LINE("GET ")),
    BAD("relative target", LINE("GET x")),
    BAD("raw byte in the path", LINE("GET /\xff")),
    BAD("raw UTF-8 in the path", LINE("GET /\xc3\xa4")),
    BAD("fragment", LINE("GET /x#y")),
    BAD("backslash", LINE("GET /\\x")),
    BAD("quote", LINE("GET /\"x")),
    BAD("tab in the line", LINE("GET\t/x")),
    BAD("two spaces", LINE("GET  /x")),
    BAD("space behind the target", "GET /x  HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD("space behind the version", "GET /x HTTP/1.1 \r\nHost: a\r\n\r\n"),
    BAD("space before the method", " GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD("method no token", LINE("GE(T /x")),
    BAD("method of bytes", LINE("G\xc3\xa4T /x")),
    BAD("long method", LINE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /x")),
    BAD("version 0.9", "GET /x\r\n\r\n"),
    BAD("version 1.2", "GET /x HTTP/1.2\r\nHost: a\r\n\r\n"),
    BAD("version 2.0", "GET /x HTTP/2.0\r\nHost: a\r\n\r\n"),
    BAD("version 1.10", "GET /x HTTP/1.10\r\nHost: a\r\n\r\n"),
    BAD("version in small letters", "GET /x http/1.1\r\nHost: a\r\n\r\n"),
    BAD("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    GOOD("lower-case method is a method", LINE("get /x")),
    GOOD("query with what browsers send raw", LINE("GET /x?a=[1]&b={2}|^`")),
    GOOD("connect", LINE("CONNECT evil:80")),
    /* what else must not come twice */
    BAD("two content types", WITH("Content-Type: a/b\r\nContent-Type: c/d\r\n")),
    BAD("two authorizations", WITH("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
    BAD("unknown expectation", WITH("Expect: 200-ok\r\nContent-Length: 3\r\n") "abc"),
    GOOD("continue", WITH("Expect: 100-continue\r\nContent-Length: 3\r\n") "abc"),
};

static void attacks_are_refused_and_good_heads_pass(void)
{
    static saas_h2o_head head;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* the exact size, so that a read past it is seen */
        char *bytes = malloc(cases[i].len + !cases[i].len);
        memcpy(bytes, cases[i].bytes, cases[i].len);
        saas_err e = saas_h2o_guard(&head, bytes, cases[i].len);
        if (e != cases[i].want)
            fprintf(stderr, "%s: %s\n", cases[i].name, saas_err_symbol(e));
        CHECK(e == cases[i].want);
        free(bytes);
    }
}

static void no_prefix_of_a_head_passes(void)
{
    static const char whole[] = "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nA: b\r\n\r\n";
    static saas_h2o_head head;
    for (size_t len = 0; len < sizeof whole - 1; len++)
        CHECK_INT(saas_h2o_guard(&head, whole, len), SAAS_ERR_BAD_REQUEST);
    CHECK_INT(saas_h2o_guard(&head, whole, sizeof whole - 1), SAAS_OK);
}

static bool text_is(saas_text t, const char *z)
{
    return saas_text_equal(t, saas_text_z(z));
}

static void what_passes_is_told_apart(void)
{
    static const char whole[] = "\r\nPOST /a?b=%20 HTTP/1.1\r\nhost: a\r\ncontent-length: 0012\r\n"
                                "content-type: \t application/json \t\r\nx-y:z\r\n\r\nGET /next HTTP/1.1\r\n\r\n";
    static saas_h2o_head h;
    REQUIRE(saas_h2o_guard(&h, whole, sizeof whole - 1) == SAAS_OK);
    CHECK(text_is(h.method, "POST"));
    CHECK(text_is(h.target, "/a?b=%20"));
    CHECK(text_is(h.content_type, "application/json"));
    CHECK(h.has_length);
    CHECK_INT(h.length, 12);
    CHECK_INT(h.header_count, 4);
    CHECK(text_is(h.headers[3].name, "x-y") && text_is(h.headers[3].value, "z"));
    CHECK(!strncmp(whole + h.size, "GET /next", 9));
    REQUIRE(saas_h2o_guard(&h, "GET / HTTP/1.0\r\n\r\n", 18) == SAAS_OK);
    CHECK(!h.has_length && !h.content_type.ptr && !h.header_count);
    REQUIRE(saas_h2o_guard(&h, "CONNECT a:1 HTTP/1.0\r\n\r\n", 24) == SAAS_OK);
    CHECK(text_is(h.target, "/"));
}

static saas_err with_headers(size_t count, size_t value_len)
{
    static saas_h2o_head h;
    static char bytes[70000];
    char *at = bytes + sprintf(bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < count; i++)
        at += sprintf(at, "a%zu: %0*d\r\n", i, (int)value_len, 0);
    at += sprintf(at, "\r\n");
    return saas_h2o_guard(&h, bytes, (size_t)(at - bytes));
}

static void a_head_has_limits(void)
{
    CHECK_INT(with_headers(SAAS_H2O_HEADERS_MAX, 10), SAAS_OK);
    CHECK_INT(with_headers(SAAS_H2O_HEADERS_MAX + 1, 10), SAAS_ERR_BAD_REQUEST);
    CHECK_INT(with_headers(2, SAAS_H2O_HEAD_MAX - 100), SAAS_OK);
    CHECK_INT(with_headers(2, SAAS_H2O_HEAD_MAX), SAAS_ERR_BAD_REQUEST);
}

static const check_test tests[] = {TEST(attacks_are_refused_and_good_heads_pass), TEST(no_prefix_of_a_head_passes),
                                   TEST(what_passes_is_told_apart), TEST(a_head_has_limits)};
CHECK_MAIN(tests)
