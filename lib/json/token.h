/* json/token.h: the tokens of RFC 8259, one at a time, for whoever walks the grammar. Nothing is allocated.
 *
 * Functions return false when the text is malformed; there is no going on from there. They expect `at` on the first
 * character of their token (saas_json_peek) and leave it behind the last. */
#ifndef SAAS_JSON_TOKEN_H
#define SAAS_JSON_TOKEN_H

#include "json/chars.h"
#include <saas/text.h>

/* What the public SAAS_JSON_DEPTH_MAX promises. */
enum { SAAS_JSON_NESTING_MAX = 32 };

typedef struct saas_json_in {
    const char *at, *end;
    uint32_t depth; /* objects and arrays open */
    size_t nodes;   /* values seen; keys are none */
} saas_json_in;

typedef struct saas_json_string {
    saas_text text;
    bool ascii; /* bytes are code points */
    bool nul;   /* has U+0000 */
} saas_json_string;

typedef enum saas_json_kind {
    SAAS_JSON_INTEGER,   /* value is exact; 1.0 and 10e-1 are integers too */
    SAAS_JSON_BEYOND,    /* an integer beyond int64 */
    SAAS_JSON_FRACTIONAL /* no integer */
} saas_json_kind;

typedef struct saas_json_number {
    saas_json_kind kind;
    bool negative;
    int64_t value;
    saas_text text; /* as it stands there; no NUL behind */
} saas_json_number;

/* Skips white space; the next character, 0 at the end. */
static inline char saas_json_peek(saas_json_in *in)
{
    for (; in->at < in->end; in->at++)
        if ((unsigned char)*in->at > ' ' || (*in->at != ' ' && *in->at != '\n' && *in->at != '\r' && *in->at != '\t'))
            return *in->at;
    return 0;
}

/* Skips white space and the character `ch`, if it is the next. */
static inline bool saas_json_take(saas_json_in *in, char ch)
{
    if (saas_json_peek(in) != ch)
        return false;
    in->at++;
    return true;
}

/* Into an object or array: false when that is too deep. */
static inline bool saas_json_enter(saas_json_in *in)
{
    return ++in->depth <= SAAS_JSON_NESTING_MAX;
}

static inline void saas_json_leave(saas_json_in *in)
{
    in->depth--;
}

/* The rest of a string of which out->text is plain, from `stop`, which is not. For saas_json_string_in_place. */
bool saas_json_string_rest(saas_json_in *in, const char *stop, saas_json_string *out);

/* A string, decoded in place: writes into the text, never past the closing quote, and puts a NUL behind. The memory
 * of the text must be writable. */
static inline bool saas_json_string_in_place(saas_json_in *in, saas_json_string *out)
{
    const char *start = in->at + 1, *stop = saas_json_plain(start, in->end);
    saas_json_string plain = {{start, (size_t)(stop - start)}, true, false};
    if (stop == in->end || *stop != '"') {
        bool valid = saas_json_string_rest(in, stop, &plain);
        *out = plain;
        return valid;
    }
    *(char *)stop = 0;
    in->at = stop + 1;
    *out = (saas_json_string){{start, (size_t)(stop - start)}, true, false};
    return true;
}

/* A string, checked only; the text is not written to. */
bool saas_json_string_skip(saas_json_in *in);
bool saas_json_number_token(saas_json_in *in, saas_json_number *out);
/* The double nearest to a number's text. False when that is infinite. */
bool saas_json_real(double *out, saas_text number);
/* true, false, null */
static inline bool saas_json_literal(saas_json_in *in, saas_text literal)
{
    if ((size_t)(in->end - in->at) < literal.len || memcmp(in->at, literal.ptr, literal.len) != 0)
        return false;
    in->at += literal.len;
    return true;
}

/* A whole value, of any kind; the text is not written to. Counts the values inside, the caller counts this one. */
bool saas_json_skip(saas_json_in *in);

#endif
