#include "base/civil.h"
#include "base/clock.h"

static const int64_t day_us = INT64_C(86400000000);
static const int64_t first_us = INT64_C(-62135596800000000); /* 0001-01-01 */
static const int64_t last_us = INT64_C(253402300799999999);  /* 9999-12-31 */

void saas_time_format(char out[SAAS_TIME_CHARS + 1], saas_time t)
{
    int64_t us = t.us < first_us ? first_us : t.us > last_us ? last_us : t.us;
    int64_t days = us / day_us - (us % day_us < 0), rest = us - days * day_us;
    saas_civil c = saas_civil_from_days(days);
    unsigned s = (unsigned)(rest / 1000000);
    char *at = out;
    saas_civil_put(&at, (unsigned)c.y, 4, '-');
    saas_civil_put(&at, c.m, 2, '-');
    saas_civil_put(&at, c.d, 2, 'T');
    saas_civil_put(&at, s / 3600, 2, ':');
    saas_civil_put(&at, s / 60 % 60, 2, ':');
    saas_civil_put(&at, s % 60, 2, '.');
    saas_civil_put(&at, (unsigned)(rest % 1000000), 6, 'Z');
    *at = 0;
}

typedef struct reader {
    const char *at, *end;
} reader;

static bool number(reader *r, unsigned digits, unsigned lo, unsigned hi, unsigned *out)
{
    return saas_civil_take(&r->at, r->end, digits, lo, hi, out);
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

saas_err saas_time_parse(saas_time *out, saas_text text)
{
    reader r = {text.ptr, text.ptr + text.len};
    unsigned y, mo, d, h, mi, s;
    int64_t us = 0, east = 0;
    if (!number(&r, 4, 1, 9999, &y) || !one_of(&r, "-") || !number(&r, 2, 1, 12, &mo) || !one_of(&r, "-") ||
        !number(&r, 2, 1, saas_civil_month_days(y, mo), &d) || !one_of(&r, "Tt "))
        return SAAS_ERR_VALIDATION;
    if (!number(&r, 2, 0, 23, &h) || !one_of(&r, ":") || !number(&r, 2, 0, 59, &mi) || !one_of(&r, ":") ||
        !number(&r, 2, 0, 59, &s) || !fraction(&r, &us) || !offset(&r, &east) || r.at != r.end)
        return SAAS_ERR_VALIDATION;
    int64_t seconds = saas_civil_days((int64_t)y, mo, d) * 86400 + (int64_t)(h * 3600 + mi * 60 + s) - east;
    out->us = seconds * 1000000 + us;
    return SAAS_OK;
}

saas_time saas_time_now(void)
{
    return (saas_time){saas_clock_wall_us()};
}
