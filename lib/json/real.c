#include "json/token.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A double is decided by its first 768 significant digits and whether anything but zeros follows. */
enum { DIGITS_MAX = 770, EXPONENT_MAX = 1 << 24 };

typedef struct digits {
    char text[DIGITS_MAX + 32]; /* the significant digits, later e and the exponent */
    size_t count;
    int64_t exponent; /* of ten, behind the last digit kept */
    bool negative;
} digits;

static void add_digit(digits *d, char ch, bool fraction)
{
    if (!d->count && ch == '0') {
        d->exponent -= fraction;
    } else if (d->count < DIGITS_MAX) {
        d->text[d->count++] = ch;
        d->exponent -= fraction;
    } else {
        if (ch != '0')
            d->text[DIGITS_MAX - 1] = '1';
        d->exponent += !fraction;
    }
}

static const char *take(digits *d, const char *at, const char *end, bool fraction)
{
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        add_digit(d, *at, fraction);
    return at;
}

static int64_t exponent(const char *at, const char *end)
{
    int64_t value = 0;
    bool negative = at < end && *at == '-';
    for (at += at < end && (*at == '-' || *at == '+'); at < end; at++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

static void split(digits *d, saas_text number)
{
    const char *at = number.ptr, *end = at + number.len;
    d->count = 0;
    d->exponent = 0;
    d->negative = *at == '-';
    at = take(d, at + d->negative, end, false);
    if (at < end && *at == '.')
        at = take(d, at + 1, end, true);
    if (at < end)
        d->exponent += exponent(at + 1, end);
}

/* Exact: both factors are doubles without rounding, so their product or quotient is rounded once. */
static bool small(double *out, const digits *d)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t value = 0;
    if (d->count > 15 || d->exponent < -22 || d->exponent > 22)
        return false;
    for (size_t i = 0; i < d->count; i++)
        value = value * 10 + (d->text[i] - '0');
    *out = d->exponent < 0 ? (double)value / tens[-d->exponent] : (double)value * tens[d->exponent];
    return true;
}

/* Without a decimal point, so that the host's locale has no say in it. */
bool saas_json_real(double *out, saas_text number)
{
    digits d;
    double value;
    split(&d, number);
    if (!small(&value, &d)) {
        snprintf(d.text + d.count, sizeof d.text - d.count, "e%lld", (long long)d.exponent);
        value = strtod(d.count ? d.text : "0", NULL);
    }
    if (!isfinite(value))
        return false;
    *out = d.negative ? -value : value;
    return true;
}
