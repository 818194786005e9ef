#include "h2o/guard.h"
#include <string.h>

enum { TOKEN = 1, TARGET = 2, VALUE = 4, HOST = 8, DIGIT = 16 };

#define FOUR(c, class)    [c] = (class), [(c) + 1] = (class), [(c) + 2] = (class), [(c) + 3] = (class)
#define SIXTEEN(c, class) FOUR(c, class), FOUR((c) + 4, class), FOUR((c) + 8, class), FOUR((c) + 12, class)
#define LETTERS(a)                                                                                                     \
    SIXTEEN(a, ALNUM), FOUR((a) + 16, ALNUM), FOUR((a) + 20, ALNUM), [(a) + 24] = ALNUM, [(a) + 25] = ALNUM

#define ALNUM  (TOKEN | TARGET | VALUE | HOST)
#define TOKENS (TOKEN | TARGET | VALUE)
#define SHOWN  (TARGET | VALUE)

/* Bytes by what they may be part of. A target takes all visible ASCII but the five that proxies and browsers read
 * differently (" # < > \). */
static const unsigned char classes[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    FOUR('0', ALNUM | DIGIT),
    FOUR('4', ALNUM | DIGIT),
    ['8'] = ALNUM | DIGIT,
    ['9'] = ALNUM | DIGIT,
    LETTERS('A'),
    LETTERS('a'),
    ['!'] = TOKENS | HOST,
    ['$'] = TOKENS | HOST,
    ['%'] = TOKENS | HOST,
    ['&'] = TOKENS | HOST,
    ['\''] = TOKENS | HOST,
    ['*'] = TOKENS | HOST,
    ['+'] = TOKENS | HOST,
    ['-'] = TOKENS | HOST,
    ['.'] = TOKENS | HOST,
    ['_'] = TOKENS | HOST,
    ['~'] = TOKENS | HOST,
    ['^'] = TOKENS,
    ['`'] = TOKENS,
    ['|'] = TOKENS,
    ['('] = SHOWN | HOST,
    [')'] = SHOWN | HOST,
    [';'] = SHOWN | HOST,
    ['='] = SHOWN | HOST,
    [':'] = SHOWN | HOST,
    ['['] = SHOWN | HOST,
    [']'] = SHOWN | HOST,
    ['{'] = SHOWN,
    ['}'] = SHOWN,
    ['/'] = SHOWN,
    ['?'] = SHOWN,
    ['@'] = SHOWN,
    [','] = SHOWN,
    ['"'] = VALUE,
    ['#'] = VALUE | TOKEN,
    ['<'] = VALUE,
    ['>'] = VALUE,
    ['\\'] = VALUE,
    SIXTEEN(0x80, VALUE),
    SIXTEEN(0x90, VALUE),
    SIXTEEN(0xa0, VALUE),
    SIXTEEN(0xb0, VALUE),
    SIXTEEN(0xc0, VALUE),
    SIXTEEN(0xd0, VALUE),
    SIXTEEN(0xe0, VALUE),
    SIXTEEN(0xf0, VALUE),
};

/* Headers of which a second one makes the request mean two things. */
enum { SEEN_HOST = 1, SEEN_LENGTH = 2, SEEN_CODING = 4, SEEN_TYPE = 8, SEEN_AUTHORIZATION = 16, SEEN_EXPECT = 32 };

typedef struct reader {
    const char *at, *end;
    unsigned seen;
    bool chunked;
    char minor; /* of HTTP/1.x */
} reader;

static bool has(char ch, unsigned class)
{
    return classes[(unsigned char)ch] & class;
}

static saas_text take(reader *r, unsigned class)
{
    const char *start = r->at;
    while (r->at < r->end && has(*r->at, class))
        r->at++;
    return (saas_text){start, (size_t)(r->at - start)};
}

static bool expect(reader *r, const char *bytes, size_t len)
{
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, bytes, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool is(saas_text t, const char *z, size_t len)
{
    return saas_text_equal_ci(t, (saas_text){z, len});
}

#define IS(t, literal) is((t), "" literal, sizeof(literal) - 1)

static bool all(saas_text t, unsigned class)
{
    for (size_t i = 0; i < t.len; i++)
        if (!has(t.ptr[i], class))
            return false;
    return t.len > 0;
}

/* CONNECT names an authority, not a path; which one is of no interest to who refuses the method anyway. */
static bool read_target(reader *r, saas_h2o_head *out)
{
    out->target = take(r, TARGET);
    if (out->method.len == 7 && !memcmp(out->method.ptr, "CONNECT", 7)) {
        bool some = out->target.len > 0;
        out->target = SAAS_LIT("/");
        return some;
    }
    return out->target.len && out->target.ptr[0] == '/';
}

static bool read_line(reader *r, saas_h2o_head *out)
{
    expect(r, "\r\n", 2); /* one is often left over behind a body */
    out->method = take(r, TOKEN);
    if (!out->method.len || out->method.len > SAAS_H2O_METHOD_MAX || !expect(r, " ", 1))
        return false;
    if (!read_target(r, out) || !expect(r, " HTTP/1.", 8) || r->at == r->end)
        return false;
    r->minor = *r->at++;
    return (r->minor == '0' || r->minor == '1') && expect(r, "\r\n", 2);
}

static bool read_length(saas_h2o_head *out, saas_text value)
{
    if (!all(value, DIGIT) || value.len > SAAS_H2O_LENGTH_DIGITS)
        return false;
    for (size_t i = 0; i < value.len; i++)
        out->length = out->length * 10 + (uint64_t)(value.ptr[i] - '0');
    out->has_length = true;
    return true;
}

static unsigned singular(saas_text name)
{
    switch (name.len) {
    case 4:
        return IS(name, "host") ? SEEN_HOST : 0;
    case 6:
        return IS(name, "expect") ? SEEN_EXPECT : 0;
    case 12:
        return IS(name, "content-type") ? SEEN_TYPE : 0;
    case 13:
        return IS(name, "authorization") ? SEEN_AUTHORIZATION : 0;
    case 14:
        return IS(name, "content-length") ? SEEN_LENGTH : 0;
    case 17:
        return IS(name, "transfer-encoding") ? SEEN_CODING : 0;
    default:
        return 0;
    }
}

static bool note(reader *r, saas_h2o_head *out, saas_text name, saas_text value)
{
    unsigned which = singular(name);
    if (r->seen & which)
        return false;
    r->seen |= which;
    switch (which) {
    case SEEN_HOST:
        return all(value, HOST);
    case SEEN_LENGTH:
        return read_length(out, value);
    case SEEN_CODING:
        r->chunked = true;
        return IS(value, "chunked");
    case SEEN_TYPE:
        out->content_type = value;
        return true;
    case SEEN_EXPECT:
        return IS(value, "100-continue");
    default:
        return true;
    }
}

static bool read_header(reader *r, saas_h2o_head *out)
{
    saas_text name = take(r, TOKEN);
    if (!name.len || !expect(r, ":", 1) || out->header_count == SAAS_H2O_HEADERS_MAX)
        return false;
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
    saas_text value = take(r, VALUE);
    while (value.len && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    if (!expect(r, "\r\n", 2) || !note(r, out, name, value))
        return false;
    out->headers[out->header_count++] = (saas_header){name, value};
    return true;
}

saas_err saas_h2o_guard(saas_h2o_head *out, const char *bytes, size_t len)
{
    reader r = {.at = bytes, .end = bytes + (len < SAAS_H2O_HEAD_MAX ? len : SAAS_H2O_HEAD_MAX)};
    out->header_count = 0;
    out->content_type = (saas_text){NULL, 0};
    out->has_length = false;
    out->length = 0;
    if (!read_line(&r, out))
        return SAAS_ERR_BAD_REQUEST;
    while (!expect(&r, "\r\n", 2))
        if (!read_header(&r, out))
            return SAAS_ERR_BAD_REQUEST;
    if (r.minor == '1' && !(r.seen & SEEN_HOST))
        return SAAS_ERR_BAD_REQUEST;
    if (r.chunked && (out->has_length || r.minor == '0'))
        return SAAS_ERR_BAD_REQUEST;
    out->size = (size_t)(r.at - bytes);
    return r.chunked ? SAAS_ERR_LENGTH_REQUIRED : SAAS_OK;
}
