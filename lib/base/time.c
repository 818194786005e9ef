#include "base/clock.h"

/* Days and civil dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (proleptic Gregorian). */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

typedef struct civil {
    int64_t y;
    unsigned m, d;
} civil;

static civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    unsigned m = mp < 10 ? mp + 3 : mp - 9;
    return (civil){(int64_t)yoe + era * 400 + (m <= 2), m, doy - (153 * mp + 2) / 5 + 1};
}

static void put(char **at, unsigned value, unsigned digits, char after)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        (*at)[i] = (char)('0' + value % 10);
    *at += digits;
    *(*at)++ = after;
}

static const int64_t day_us = INT64_C(86400000000);
static const int64_t first_us = INT64_C(-62135596800000000); /* 0001-01-01 */
static const int64_t last_us = INT64_C(253402300799999999);  /* 9999-12-31 */

void saas_time_format(char out[SAAS_TIME_CHARS + 1], saas_time t)
{
    int64_t us = t.us < first_us ? first_us : t.us > last_us ? last_us : t.us;
    int64_t days = us / day_us - (us % day_us < 0), rest = us - days * day_us;
    civil c = civil_from_days(days);
    unsigned s = (unsigned)(rest / 1000000);
    char *at = out;
    put(&at, (unsigned)c.y, 4, '-');
    put(&at, c.m, 2, '-');
    put(&at, c.d, 2, 'T');
    put(&at, s / 3600, 2, ':');
    put(&at, s / 60 % 60, 2, ':');
    put(&at, s % 60, 2, '.');
    put(&at, (unsigned)(rest % 1000000), 6, 'Z');
    *at = 0;
}

typedef struct reader {
    const char *at, *end;
} reader;

static bool number(reader *r, unsigned digits, unsigned lo, unsigned hi, unsigned *out)
{
    unsigned value = 0;
    if ((size_t)(r->end - r->at) < digits)
        return false;
    for (unsigned i = 0; i < digits; i++, r->at++) {
        if (*r->at < '0' || *r->at > '9')
            return false;
        value = value * 10 + (unsigned)(*r->at - '0');
    }
    *out = value;
    return value >= lo && value <= hi;
}

static bool one_of(reader *r, const char *set)
{
    for (; *set && r->at < r->end; set++)
        if (*r->at == *set)
            return r->at++, true;
    return false;
}

/* ".123456": digits past the sixth are dropped, as Postgres has no finer ones. */
static bool fraction(reader *r, int64_t *us)
{
    int64_t value = 0, unit = 100000;
    if (!one_of(r, "."))
        return true;
    const char *start = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, unit /= 10)
        value += (*r->at - '0') * unit;
    *us += value;
    return r->at > start;
}

/* Z, +hh:mm, and Postgres' +hh and +hh:mm:ss. */
static bool offset(reader *r, int64_t *seconds)
{
    unsigned h = 0, m = 0, s = 0;
    if (one_of(r, "Zz"))
        return true;
    int sign = r->at < r->end && *r->at == '-' ? -1 : 1;
    if (!one_of(r, "+-") || !number(r, 2, 0, 23, &h))
        return false;
    if (one_of(r, ":") && !number(r, 2, 0, 59, &m))
        return false;
    if (one_of(r, ":") && !number(r, 2, 0, 59, &s))
        return false;
    *seconds = sign * (int64_t)(h * 3600 + m * 60 + s);
    return true;
}

static unsigned month_days(unsigned y, unsigned m)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

saas_err saas_time_parse(saas_time *out, saas_text text)
{
    reader r = {text.ptr, text.ptr + text.len};
    unsigned y, mo, d, h, mi, s;
    int64_t us = 0, east = 0;
    if (!number(&r, 4, 1, 9999, &y) || !one_of(&r, "-") || !number(&r, 2, 1, 12, &mo) || !one_of(&r, "-") ||
        !number(&r, 2, 1, month_days(y, mo), &d) || !one_of(&r, "Tt "))
        return SAAS_ERR_VALIDATION;
    if (!number(&r, 2, 0, 23, &h) || !one_of(&r, ":") || !number(&r, 2, 0, 59, &mi) || !one_of(&r, ":") ||
        !number(&r, 2, 0, 59, &s) || !fraction(&r, &us) || !offset(&r, &east) || r.at != r.end)
        return SAAS_ERR_VALIDATION;
    int64_t seconds = days_from_civil((int64_t)y, mo, d) * 86400 + (int64_t)(h * 3600 + mi * 60 + s) - east;
    out->us = seconds * 1000000 + us;
    return SAAS_OK;
}

saas_time saas_time_now(void)
{
    return (saas_time){saas_clock_wall_us()};
}
