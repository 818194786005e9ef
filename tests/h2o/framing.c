/* Framing as it is attacked, over real sockets: what RFC 9112 calls invalid, what conformance suites probe and what has
 * been found in other servers, in words of our own. Each is sent at once and byte by byte, with another request behind
 * it on the same connection: it gets one answer of the right status, the connection ends, and no handler ever runs.
 * HT1. */
#include "client.h"
#include "fake.h"
#include <netinet/tcp.h>
#include <saas/h2o.h>

/* Exempt from the envelope is what libh2o's own parser refuses before anything of ours sees it: its 400 is plain text.
 * One answer and the end all the same. */
typedef enum outcome { REFUSED, H2O_REFUSES, CHUNKED, PASSES } outcome;

typedef struct attack {
    const char *name, *bytes;
    size_t len;
    outcome want;
    unsigned answers; /* to what passes, the request behind it among them */
} attack;

#define CASE(name, want, answers, literal)                                                                             \
    {                                                                                                                  \
        name, literal, sizeof(literal) - 1, want, answers                                                              \
    }
#define BAD(name, literal)    CASE(name, REFUSED, 1, literal)
#define H2O(name, literal)    CASE(name, H2O_REFUSES, 1, literal)
#define LENGTH(name, literal) CASE(name, CHUNKED, 1, literal)
#define GOOD(name, literal)   CASE(name, PASSES, 2, literal)
#define GET(lines)            "GET /ok HTTP/1.1\r\n" lines "\r\n"
#define POST(lines)           "POST /ok HTTP/1.1\r\nHost: a\r\n" lines "\r\n"
#define LINE(line)            line " HTTP/1.1\r\nHost: a\r\n\r\n"
#define NEXT                  GET("Host: a\r\n")

static const attack attacks[] = {
    /* hosts */
    BAD("no host", GET("")),
    BAD("no host but a length", GET("Content-Length: 5\r\n")),
    BAD("two hosts", GET("Host: a\r\nHost: b\r\n")),
    BAD("two equal hosts", GET("Host: a\r\nHost: a\r\n")),
    BAD("two hosts in two cases", GET("Host: a\r\nhOST: b\r\n")),
    BAD("empty host", GET("Host: \r\n")),
    BAD("empty host, then one", GET("Host:\r\nHost: a\r\n")),
    BAD("host with userinfo", GET("Host: user@a\r\n")),
    BAD("host with a path", GET("Host: a/evil\r\n")),
    BAD("list of hosts", GET("Host: a,b\r\n")),
    BAD("host with a space", GET("Host: a b\r\n")),
    BAD("host of bytes", GET("Host: \xff"
                             "a\xff\r\n")),
    H2O("host with NUL", GET("Host: a\0.b\r\n")),
    /* lengths */
    BAD("two lengths, short first", POST("Content-Length: 3\r\nContent-Length: 40\r\n") "abc" NEXT),
    BAD("two lengths, long first", POST("Content-Length: 40\r\nContent-Length: 3\r\n") "abc" NEXT),
    BAD("length 0, then 1", POST("Content-Length: 0\r\nContent-Length: 1\r\n") "Z"),
    BAD("length 1, then 0", POST("Content-Length: 1\r\nContent-Length: 0\r\n") "Z"),
    BAD("length 0, then of a request", POST("Content-Length: 0\r\nContent-Length: 31\r\n") NEXT),
    BAD("two equal lengths", POST("Content-Length: 3\r\nContent-Length: 3\r\n") "abc"),
    BAD("list of equal lengths", POST("Content-Length: 3, 3\r\n") "abc"),
    BAD("list of lengths", POST("Content-Length: 3,4\r\n") "abc"),
    BAD("length behind a comma", POST("Content-Length: ,3\r\n") "abc"),
    BAD("empty length", POST("Content-Length: \r\n")),
    BAD("empty length before a request", POST("Content-Length: \r\n") NEXT),
    BAD("empty length, then one", POST("Content-Length: \r\nContent-Length: 43\r\n") NEXT),
    BAD("negative length", POST("Content-Length: -48\r\n")),
    BAD("length of minus zero", POST("Content-Length: -0\r\n")),
    BAD("length below all integers", POST("Content-Length: -123456789123456789123456789\r\n")),
    BAD("length with plus", POST("Content-Length: +3\r\n") "abc"),
    BAD("length with plus and underscore", POST("Content-Length: +1_0\r\n") "0123456789"),
    BAD("length with underscore", POST("Content-Length: 1_0\r\n") "0123456789"),
    BAD("length in hex", POST("Content-Length: 0x3\r\n") "abc"),
    BAD("length with letters behind", POST("Content-Length: 3abc\r\n") "abc"),
    BAD("length of letters", POST("Content-Length: abc\r\n")),
    BAD("length with a fraction", POST("Content-Length: 3.0\r\n") "abc"),
    BAD("length with an exponent", POST("Content-Length: 1e1\r\n") "0123456789"),
    BAD("length in quotes", POST("Content-Length: \"3\"\r\n") "abc"),
    BAD("length in two parts", POST("Content-Length: 3 3\r\n") "abc"),
    BAD("length with a parameter", POST("Content-Length: 3;a=b\r\n") "abc"),
    BAD("length past 64 bits", POST("Content-Length: 18446744073709551619\r\n") "abc"),
    BAD("length far past 64 bits", POST("Content-Length: 99999999999999999999999999999999\r\n") "abc"),
    BAD("length in another script", POST("Content-Length: \xd9\xa3\r\n") "abc"),
    H2O("length behind a space", POST("Content-Length : 3\r\n") "abc"),
    H2O("length behind a tab", POST("Content-Length\t: 3\r\n") "abc"),
    H2O("length behind 0x85", POST("Content-Length\x85: 3\r\n") "abc"),
    H2O("length without a colon", POST("Content-Length 10\r\n") "0123456789"),
    BAD("length folded in", POST("A: b\r\n Content-Length: 3\r\n") "abc"),
    BAD("length folded", POST("Content-Length:\r\n 3\r\n") "abc"),
    H2O("length with NUL", POST("Content-Length: 3\0\r\n") "abc"),
    H2O("length with a vertical tab", POST("Content-Length: \x0b"
                                           "3\r\n") "abc"),
    /* codings */
    LENGTH("chunked", POST("Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n0\r\n\r\n"),
    LENGTH("chunked, nothing", POST("Transfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    LENGTH("chunked in any case", POST("TRANSFER-ENCODING: ChUnKeD\r\n") "3\r\nabc\r\n0\r\n\r\n"),
    LENGTH("chunked on GET", GET("Host: a\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    LENGTH("chunked with an extension", POST("Transfer-Encoding: chunked\r\n") "3;a=b\r\nabc\r\n0\r\n\r\n"),
    LENGTH("chunked with trailers", POST("Transfer-Encoding: chunked\r\n") "0\r\nContent-Length: 3\r\n\r\n"),
    LENGTH("a trailer that begins a request", POST("Transfer-Encoding: chunked\r\n") "0\r\nX:" NEXT),
    LENGTH("a request for a chunk", POST("Transfer-Encoding: chunked\r\n") "1d\r\n" NEXT "\r\n0\r\n\r\n"),
    LENGTH("NUL behind the last chunk", POST("Transfer-Encoding: chunked\r\n") "0\r\n\r\n\0"),
    LENGTH("chunk size with prefix", POST("Transfer-Encoding: chunked\r\n") "0x3\r\nabc\r\n0\r\n\r\n"),
    LENGTH("chunk size with underscore", POST("Transfer-Encoding: chunked\r\n") "0_2e\r\n\r\n" NEXT),
    LENGTH("bytes behind the chunk size", POST("Transfer-Encoding: chunked\r\n") "1zzz\r\nZ\r\n0\r\n\r\n"),
    LENGTH("bare CR in a chunk's line",
           POST("Transfer-Encoding: chunked\r\n") "5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n" NEXT),
    LENGTH("bare LF behind a chunk size", POST("Transfer-Encoding: chunked\r\n") "3\nabc\n0\n\n"),
    BAD("chunk size of no digits", POST("Transfer-Encoding: chunked\r\n") "INVALID\r\n" NEXT),
    BAD("chunk size with minus", POST("Transfer-Encoding: chunked\r\n") "-0x0\r\n\r\n"),
    BAD("chunk size empty", POST("Transfer-Encoding: chunked\r\n") "\r\n\r\n"),
    BAD("chunk size behind spaces", POST("Transfer-Encoding: chunked\r\n") "    0\r\n\r\n"),
    BAD("chunk size past 64 bits", POST("Transfer-Encoding: chunked\r\n") "fffffffffffffffffffff\r\nabc"),
    BAD("chunk longer than its size", POST("Transfer-Encoding: chunked\r\n") "3\r\nabcdef\r\n0\r\n\r\n"),
    BAD("coding, then length", POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") "0\r\n\r\n"),
    BAD("length, then coding", POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("coding and a length of a request",
        POST("Content-Length: 36\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" NEXT),
    BAD("coding and length on GET", GET("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n") "0\r\n\r\n"),
    BAD("chunked twice", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") "1\r\nZ\r\n0\r\n\r\n"),
    BAD("chunked twice in a list", POST("Transfer-Encoding: chunked, chunked\r\n") "1\r\nZ\r\n0\r\n\r\n"),
    BAD("identity", POST("Transfer-Encoding: identity\r\n") NEXT),
    BAD("identity and length", POST("Transfer-Encoding: identity\r\nContent-Length: 3\r\n") "abc"),
    BAD("identity, then chunked", POST("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("chunked, then identity", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") "0\r\n\r\n"),
    BAD("gzip, chunked", POST("Transfer-Encoding: gzip, chunked\r\n") "0\r\n\r\n"),
    BAD("chunked, gzip", POST("Transfer-Encoding: chunked, gzip\r\n") "0\r\n\r\n"),
    BAD("unknown coding", POST("Transfer-Encoding: blegh\r\n") "1\r\nZ\r\n0\r\n\r\n"),
    BAD("coding behind a comma", POST("Transfer-Encoding: ,chunked\r\n") "0\r\n\r\n"),
    BAD("coding behind a comma and length", POST("Transfer-Encoding: ,chunked\r\nContent-Length: 5\r\n") "0\r\n\r\n"),
    BAD("coding before a comma", POST("Transfer-Encoding: chunked,\r\n") "0\r\n\r\n"),
    BAD("coding in quotes", POST("Transfer-Encoding: \"chunked\"\r\n") "0\r\n\r\n"),
    BAD("coding with a parameter", POST("Transfer-Encoding: chunked;q=1\r\n") "0\r\n\r\n"),
    BAD("xchunked", POST("Transfer-Encoding: xchunked\r\n") "0\r\n\r\n"),
    BAD("chunked and more", POST("Transfer-Encoding: chunkedx\r\n") "0\r\n\r\n"),
    BAD("empty coding", POST("Transfer-Encoding:\r\n") NEXT),
    BAD("coding between 0xff", POST("Transfer-Encoding: \xff"
                                    "chunked\xff\r\n") "1\r\nZ\r\n0\r\n\r\n"),
    BAD("coding between 0xa0", POST("Transfer-Encoding: \xa0"
                                    "chunked\xa0\r\n") "0\r\n\r\n"),
    H2O("coding behind a vertical tab", POST("Transfer-Encoding: \x0b"
                                             "chunked\r\n") "0\r\n\r\n"),
    H2O("coding with NUL", POST("Transfer-Encoding: chunked\0\r\n") "0\r\n\r\n"),
    H2O("coding's name before a space", POST("Transfer-Encoding : chunked\r\n") "0\r\n\r\n"),
    H2O("coding's name in two lines", POST("Transfer-\r\nEncoding: chunked\r\nContent-Length: 5\r\n") "0\r\n\r\n"),
    BAD("coding folded", POST("Transfer-Encoding:\r\n chunked\r\n") "0\r\n\r\n"),
    BAD("coding folded in", POST("A: b\r\n\tTransfer-Encoding: chunked\r\n") "0\r\n\r\n"),
    BAD("chunked in HTTP/1.0", "POST /ok HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    /* lines */
    BAD("folded", GET("Host: a\r\nA: b\r\n c\r\n")),
    BAD("folded by tab", GET("Host: a\r\nA: b\r\n\tc\r\n")),
    H2O("first line folded", "GET /ok HTTP/1.1\r\n Host: a\r\n\r\n"),
    H2O("first line folded by tab", "GET /ok HTTP/1.1\r\n\tContent-Length: 1\r\nHost: a\r\n\r\nX"),
    H2O("no name", GET("Host: a\r\n: b\r\n")),
    H2O("no name first", GET(": ignored\r\nHost: a\r\n")),
    H2O("only a colon", GET("Host: a\r\n:\r\nA: b\r\n")),
    H2O("no colon", GET("Host: a\r\nA b\r\n")),
    H2O("name with brackets", GET("Host: a\r\nA[]: b\r\n")),
    H2O("name with parentheses", GET("Host: a\r\nA(b): c\r\n")),
    H2O("name with a slash", GET("Host: a\r\nA/b: c\r\n")),
    H2O("name with a control", GET("Host: a\r\nA\x01: b\r\n")),
    H2O("name with NUL", GET("Host: a\r\nA\0: b\r\n")),
    H2O("name with a byte", GET("Host: a\r\n\xef"
                                "oo: b\r\n")),
    H2O("name with LF in it", GET("Host: a\r\nA\nb: c\r\n")),
    H2O("value with NUL", GET("Host: a\r\nA: b\0c\r\n")),
    H2O("value that ends in NUL", GET("Host: a\r\nA: b\0\r\n")),
    H2O("value with BEL", GET("Host: a\r\nA: b\x07\r\n")),
    H2O("value with DEL", GET("Host: a\r\nA: b\x7f\r\n")),
    H2O("bare CR in a value", GET("Host: a\r\nA: b\rContent-Length: 3\r\n")),
    H2O("bare CR behind a value", GET("Host: a\r\nA: b\r\r\n")),
    H2O("bare CR for an end", GET("Host: a\r\n\rX: y\r\n")),
    H2O("bare CR before another request", GET("Host: a\r\n\rZ" NEXT)),
    BAD("bare LF behind a header", "GET /ok HTTP/1.1\r\nHost: a\r\nA: b\n\r\n"),
    BAD("bare LF behind the line", "GET /ok HTTP/1.1\nHost: a\r\n\r\n"),
    BAD("bare LF for an end", "GET /ok HTTP/1.1\r\nHost: a\r\n\n"),
    BAD("bare LF throughout", "GET /ok HTTP/1.1\nHost: a\n\n"),
    BAD("two bare LF in a header", "GET /ok HTTP/1.1\r\nHost: a\r\nUseless:\n\n"),
    BAD("bare LF before the line", "\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("two empty lines before", "\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("spaces for an empty line", "  \r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    /* request lines */
    BAD("absolute form", LINE("GET http://a/ok")),
    BAD("absolute form of another host", LINE("GET http://evil/ok")),
    BAD("authority form", LINE("GET evil:80")),
    BAD("asterisk form", LINE("OPTIONS *")),
    BAD("relative target", LINE("GET ok")),
    BAD("target of a mark", LINE("GET !")),
    BAD("target of a query", LINE("GET ?a=b")),
    H2O("no target", LINE("GET")),
    BAD("empty target", LINE("GET ")),
    BAD("bytes in the target", LINE("GET /ok\xff")),
    BAD("UTF-8 in the target", LINE("GET /\xc3\xa4")),
    BAD("fragment", LINE("GET /ok#x")),
    BAD("backslash", LINE("GET /\\ok")),
    BAD("quote in the target", LINE("GET /\"ok")),
    BAD("brackets of a tag in the target", LINE("GET /<ok>")),
    H2O("control in the target", LINE("GET /o\x01k")),
    H2O("NUL in the target", LINE("GET /o\0k")),
    H2O("CR in the target", LINE("GET /o\rk")),
    H2O("LF in the target", LINE("GET /o\nk")),
    H2O("LF between target and version", "GET /ok\nHTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("tab behind the method", LINE("GET\t/ok")),
    H2O("tab before the version", "GET /ok\tHTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("two spaces behind the method", LINE("GET  /ok")),
    H2O("two spaces before the version", "GET /ok  HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("space behind the version", "GET /ok HTTP/1.1 \r\nHost: a\r\n\r\n"),
    H2O("space before the method", " GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("more words", "GET /ok /evil HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("words before the method", "Extra lineGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD("method no token", LINE("GE(T /ok")),
    BAD("method of marks", LINE("G=\":<>(e),[T];?\" /ok")),
    BAD("method of bytes", LINE("G\xc3\xa4T /ok")),
    H2O("method NUL", LINE("\0 /ok")),
    BAD("long method", LINE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /ok")),
    BAD("no method", LINE(" /ok")),
    /* versions */
    H2O("no version", "GET /ok \r\n\r\n"),
    H2O("HTTP/0.9", "GET /ok\r\n\r\n"),
    H2O("HTTP/2.0", "GET /ok HTTP/2.0\r\nHost: a\r\n\r\n"),
    H2O("HTTP/9.9", "GET /ok HTTP/9.9\r\nHost: a\r\n\r\n"),
    BAD("HTTP/1.2", "GET /ok HTTP/1.2\r\nHost: a\r\n\r\n"),
    H2O("HTTP/1.10", "GET /ok HTTP/1.10\r\nHost: a\r\n\r\n"),
    H2O("HTTP/1.32", "GET /ok HTTP/1.32\r\nHost: a\r\n\r\n"),
    H2O("HTTP/01.1", "GET /ok HTTP/01.1\r\nHost: a\r\n\r\n"),
    H2O("HTTP/1.", "GET /ok HTTP/1.\r\nHost: a\r\n\r\n"),
    H2O("HTTP/", "GET /ok HTTP/\r\nHost: a\r\n\r\n"),
    H2O("HTTP/4294967295.255", "GET /ok HTTP/4294967295.255\r\nHost: a\r\n\r\n"),
    H2O("CR in the version", "GET /ok HTTP/\r\r1.1\r\nHost: a\r\n\r\n"),
    H2O("version in small letters", "GET /ok http/1.1\r\nHost: a\r\n\r\n"),
    H2O("another protocol", "GET /ok ICE/1.0\r\nHost: a\r\n\r\n"),
    H2O("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    H2O("hello of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    H2O("line of a PROXY protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
    H2O("nonsense", "nonsense\r\n\r\n"),
    /* what else must not come twice, or is asked in vain */
    BAD("two content types", POST("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 3\r\n") "abc"),
    BAD("two authorizations", GET("Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
    BAD("unknown expectation", POST("Expect: 200-ok\r\nContent-Length: 3\r\n") "abc"),
    BAD("two expectations", POST("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3\r\n") "abc"),
    /* what is well-formed passes, and so does what follows */
    GOOD("plain", GET("Host: a\r\n")),
    GOOD("any case, any space, empty value", "GET /ok HTTP/1.1\r\nhoSt:\ta\t \r\nempty:\r\nA: \r\n\r\n"),
    GOOD("value of bytes", GET("Host: a\r\nA: \xc3\xa4\x85\xa0\r\n")),
    GOOD("all of a token", GET("Host: a\r\n!#$%&'*+-.^_`|~09Az: b\r\n")),
    GOOD("host and port", GET("Host: a.example:8080\r\n")),
    GOOD("host IPv6", GET("Host: [::1]:80\r\n")),
    GOOD("one empty line before", "\r\n" GET("Host: a\r\n")),
    GOOD("body", POST("Content-Length: 3\r\n") "abc"),
    GOOD("body that looks like a request", POST("Content-Length: 29\r\n") NEXT),
    GOOD("body on GET", GET("Host: a\r\nContent-Length: 5\r\n") "hello"),
    GOOD("length zero", POST("Content-Length: 0\r\n")),
    GOOD("length with zeros before", POST("Content-Length: 0003\r\n") "abc"),
    GOOD("coding under another name", POST("X-Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") "abc"),
    GOOD("lower-case method", LINE("get /ok")),
    GOOD("query", LINE("GET /ok?a=[1]&b={2}|^`")),
    CASE("three in a row", PASSES, 4, NEXT NEXT NEXT),
    CASE("HTTP/1.0 ends", PASSES, 1, "GET /ok HTTP/1.0\r\n\r\n"),
    CASE("HTTP/1.0 that stays", PASSES, 2, "GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    CASE("close", PASSES, 1, GET("Host: a\r\nConnection: close\r\n")),
};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static saas_app app;
static saas_h2o_server *server;
static uint16_t port;

static void starts(void)
{
    saas_error e = {0};
    app.body_max = 1000;
    const saas_h2o_options how = {.size = sizeof how, .address = "127.0.0.1", .grace_ms = 400};
    REQUIRE(saas_h2o_serve(&server, &app, &how, &e) == SAAS_OK);
    port = saas_h2o_port(server);
}

/* "Continue" is no answer yet. */
static reply without_continue(reply r)
{
    const char *end = strncmp(r.bytes, "HTTP/1.1 100 ", 13) ? NULL : strstr(r.bytes, "\r\n\r\n");
    if (end) {
        r.len -= (size_t)(end + 4 - r.bytes);
        r.bytes += end + 4 - r.bytes;
    }
    return r;
}

static unsigned answers_in(const reply *r)
{
    return reply_count(r, "HTTP/1.1 ");
}

static bool right(const attack *a, const reply *r, unsigned handled)
{
    if (a->want == PASSES)
        return answers_in(r) == a->answers && reply_count(r, "HTTP/1.1 200 OK\r\n") == a->answers &&
               handled == a->answers;
    bool ours = !strncmp(reply_body(r), "{\"success\":false,\"error\":{", 26) && strstr(r->bytes, "\r\nx-request-id: ");
    return answers_in(r) == 1 && r->ended && !r->error && !handled && ours == (a->want != H2O_REFUSES) &&
           reply_status(r) == (a->want == CHUNKED ? 411 : 400) && strstr(r->bytes, "Connection: close\r\n");
}

static void report(const attack *a, const reply *r, unsigned handled)
{
    fprintf(stderr, "%s: %u answers, %u handled, ended %d (%d)\n%.400s\n", a->name, answers_in(r), handled, r->ended,
            r->error, r->bytes);
}

#define LAST "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void at_once_each_gets_its_one_answer(void)
{
    for (size_t i = 0; i < ATTACKS; i++) {
        char bytes[1024];
        const attack *a = &attacks[i];
        unsigned before = app.handled;
        int fd = client_open(port);
        memcpy(bytes, a->bytes, a->len);
        memcpy(bytes + a->len, LAST, sizeof LAST - 1);
        client_send(fd, bytes, a->len + sizeof LAST - 1);
        reply r = without_continue(client_read(fd, true, 5000));
        bool ok = right(a, &r, app.handled - before);
        if (!ok)
            report(a, &r, app.handled - before);
        CHECK(ok);
        close(fd);
    }
}

/* The end may overtake the answer here, as bytes come behind it. */
static void byte_by_byte_no_handler_runs_either(void)
{
    const int on = 1;
    for (size_t i = 0; i < ATTACKS; i++) {
        const attack *a = &attacks[i];
        unsigned before = app.handled;
        int fd = client_open(port);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        for (size_t k = 0; k < a->len; k++)
            client_send(fd, a->bytes + k, 1);
        client_send_z(fd, LAST);
        reply r = without_continue(client_read(fd, true, 5000));
        unsigned handled = app.handled - before;
        bool ok = a->want == PASSES ? right(a, &r, handled) : !handled && r.ended && answers_in(&r) <= 1;
        if (!ok)
            report(a, &r, handled);
        CHECK(ok);
        close(fd);
    }
}

/* A part of a request is waited for, wherever it ends. */
static void parts_are_waited_for(void)
{
    static const char whole[] = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";
    for (size_t cut = 1; cut < sizeof whole - 1; cut++) {
        int fd = client_open(port);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        client_send(fd, whole, cut);
        CHECK_INT(poll(&p, 1, 3), 0);
        client_send_z(fd, whole + cut);
        reply r = client_read(fd, false, 5000);
        CHECK_INT(reply_status(&r), 200);
        CHECK_STR(reply_body(&r), "hello");
        close(fd);
    }
}

static void ends(void)
{
    saas_h2o_stop(server);
    CHECK_INT(app.released, app.begun);
    CHECK_INT(app.replied, app.begun);
    printf("     %d cases\n", ATTACKS);
}

static const check_test tests[] = {TEST(starts), TEST(at_once_each_gets_its_one_answer),
                                   TEST(byte_by_byte_no_handler_runs_either), TEST(parts_are_waited_for), TEST(ends)};
CHECK_MAIN(tests)
