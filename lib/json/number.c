#include "json/token.h"

/* The parts of a number's text. */
typedef struct parts {
    const char *whole, *fraction; /* first digits */
    size_t whole_len, fraction_len;
    int64_t exponent; /* clamped to +-EXPONENT_MAX: further out nothing changes */
} parts;

enum { EXPONENT_MAX = 1 << 30, INT64_DIGITS = 19 };

static size_t digits(saas_json_in *in)
{
    const char *start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return (size_t)(in->at - start);
}

static bool next_is(saas_json_in *in, char a, char b)
{
    if (in->at == in->end || (*in->at != a && *in->at != b))
        return false;
    in->at++;
    return true;
}

static bool exponent(saas_json_in *in, int64_t *out)
{
    bool negative = next_is(in, '-', '-');
    if (!negative)
        next_is(in, '+', '+');
    const char *start = in->at;
    size_t n = digits(in);
    int64_t value = 0;
    for (size_t i = 0; i < n && value < EXPONENT_MAX; i++)
        value = value * 10 + (start[i] - '0');
    *out = negative ? -value : value;
    return n != 0;
}

/* number = [ minus ] int [ frac ] [ exp ], `at` behind the minus. */
static bool split(saas_json_in *in, parts *p)
{
    *p = (parts){.whole = in->at};
    p->whole_len = digits(in);
    if (!p->whole_len || (p->whole_len > 1 && *p->whole == '0'))
        return false;
    if (next_is(in, '.', '.')) {
        p->fraction = in->at;
        p->fraction_len = digits(in);
        if (!p->fraction_len)
            return false;
    }
    return !next_is(in, 'e', 'E') || exponent(in, &p->exponent);
}

static char digit_at(const parts *p, size_t i)
{
    return i < p->whole_len ? p->whole[i] : p->fraction[i - p->whole_len];
}

/* Digits first..last are the number's significant ones; `zeros` zeros follow them. */
static void collect(const parts *p, size_t first, size_t last, int64_t zeros, saas_json_number *out)
{
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + out->negative;
    if (zeros > INT64_DIGITS || last - first > INT64_DIGITS)
        return;
    for (size_t i = first; i < last || zeros; i++) {
        uint64_t digit = i < last ? (uint64_t)(digit_at(p, i) - '0') : 0;
        zeros -= i >= last;
        if (value > (limit - digit) / 10)
            return;
        value = value * 10 + digit;
    }
    out->kind = SAAS_JSON_INTEGER;
    out->value = (int64_t)(out->negative ? 0 - value : value);
}

static void classify(const parts *p, saas_json_number *out)
{
    size_t first = 0, count = p->whole_len + p->fraction_len, last = count;
    while (first < last && digit_at(p, first) == '0')
        first++;
    while (last > first && digit_at(p, last - 1) == '0')
        last--;
    int64_t zeros = (int64_t)(count - last) + p->exponent - (int64_t)p->fraction_len;
    out->kind = zeros < 0 ? SAAS_JSON_FRACTIONAL : SAAS_JSON_BEYOND;
    if (first == last)
        out->kind = SAAS_JSON_INTEGER;
    else if (zeros >= 0)
        collect(p, first, last, zeros, out);
}

bool saas_json_number_token(saas_json_in *in, saas_json_number *out)
{
    parts p;
    const char *first = in->at;
    *out = (saas_json_number){.negative = next_is(in, '-', '-')};
    const char *start = in->at;
    size_t n = digits(in);
    bool more = in->at < in->end && (*in->at == '.' || *in->at == 'e' || *in->at == 'E');
    if (n && n < INT64_DIGITS && !more && (*start != '0' || n == 1)) {
        int64_t value = 0;
        for (size_t i = 0; i < n; i++)
            value = value * 10 + (start[i] - '0');
        out->value = out->negative ? -value : value;
        out->text = (saas_text){first, (size_t)(in->at - first)};
        return true;
    }
    in->at = start;
    if (!split(in, &p))
        return false;
    out->text = (saas_text){first, (size_t)(in->at - first)};
    classify(&p, out);
    return true;
}
