#include "base/civil.h"

/* H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int64_t saas_civil_days(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

saas_civil saas_civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    unsigned m = mp < 10 ? mp + 3 : mp - 9;
    return (saas_civil){(int64_t)yoe + era * 400 + (m <= 2), m, doy - (153 * mp + 2) / 5 + 1};
}

unsigned saas_civil_month_days(unsigned y, unsigned m)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

void saas_civil_put(char **at, unsigned value, unsigned digits, char after)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        (*at)[i] = (char)('0' + value % 10);
    *at += digits;
    *(*at)++ = after;
}

bool saas_civil_take(const char **at, const char *end, unsigned digits, unsigned lo, unsigned hi, unsigned *out)
{
    unsigned value = 0;
    if ((size_t)(end - *at) < digits)
        return false;
    for (unsigned i = 0; i < digits; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (unsigned)(**at - '0');
    }
    *out = value;
    return value >= lo && value <= hi;
}
