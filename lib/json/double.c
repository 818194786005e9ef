#include "json/write.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A double as digits d1 d2 ... dn and an exponent: d1.d2...dn x 10^exponent. */
typedef struct decimal {
    char digits[17];
    int count, exponent;
} decimal;

/* Up by one in the last digit: on a power of two the doubles above lie twice as far apart as those below, so the
 * nearest decimal may fall short where the next one up reads back. False when all are nines. */
static bool step_up(char *digits_end, int count)
{
    for (char *at = digits_end; count-- > 0; at--) {
        if (*at != '9') {
            ++*at;
            return true;
        }
        *at = '0';
    }
    return false;
}

/* printf and strtod write and read the decimal point of the host's locale, whatever its length: so the text goes from
 * one to the other unseen, and the digits are taken from around the point. */
static bool try_digits(decimal *d, double x, int count, bool up)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%.*e", count - 1, x);
    char *e = memchr(text, 'e', (size_t)len);
    if (up && (count < 2 || !step_up(e - 1, count - 1)))
        return false;
    d->digits[0] = text[0];
    memcpy(d->digits + 1, e - (count - 1), (size_t)count - 1);
    d->exponent = (int)strtol(e + 1, NULL, 10);
    for (d->count = count; d->count > 1 && d->digits[d->count - 1] == '0';)
        d->count--;
    return strtod(text, NULL) == x;
}

/* DBL_DIG digits say any shorter decimal exactly, except below the normal range. */
static void shortest(decimal *d, double x)
{
    for (int count = x < DBL_MIN ? 1 : DBL_DIG; count < 17; count++)
        if (try_digits(d, x, count, false) || try_digits(d, x, count, true))
            return;
    try_digits(d, x, 17, false);
}

static void zeros(saas_buf *b, int n)
{
    while (n-- > 0)
        saas_buf_lit(b, "0");
}

static void scientific(saas_buf *b, const decimal *d)
{
    saas_buf_add(b, d->digits, 1);
    if (d->count > 1) {
        saas_buf_lit(b, ".");
        saas_buf_add(b, d->digits + 1, (size_t)d->count - 1);
    }
    saas_buf_lit(b, "e");
    saas_buf_i64(b, d->exponent);
}

static void plain(saas_buf *b, const decimal *d)
{
    int whole = d->exponent + 1;
    if (whole <= 0) {
        saas_buf_lit(b, "0.");
        zeros(b, -whole);
        whole = 0;
    } else if (whole >= d->count) {
        saas_buf_add(b, d->digits, (size_t)d->count);
        zeros(b, whole - d->count);
        return;
    } else {
        saas_buf_add(b, d->digits, (size_t)whole);
        saas_buf_lit(b, ".");
    }
    saas_buf_add(b, d->digits + whole, (size_t)(d->count - whole));
}

void saas_json_f64(saas_json *j, double value)
{
    decimal d;
    if (!isfinite(value)) {
        saas_json_null(j);
        return;
    }
    saas_json_raw(j, signbit(value) ? SAAS_LIT("-") : SAAS_LIT(""));
    shortest(&d, fabs(value));
    if (d.exponent < -7 || d.exponent > 20)
        scientific(j->out, &d);
    else
        plain(j->out, &d);
}
