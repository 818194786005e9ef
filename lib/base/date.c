#include "base/civil.h"

enum { FIRST_DAY = -719162, LAST_DAY = 2932896 }; /* 0001-01-01, 9999-12-31 */

void saas_date_format(char out[SAAS_DATE_CHARS + 1], saas_date date)
{
    int32_t days = date.days < FIRST_DAY ? FIRST_DAY : date.days > LAST_DAY ? LAST_DAY : date.days;
    saas_civil c = saas_civil_from_days(days);
    char *at = out;
    saas_civil_put(&at, (unsigned)c.y, 4, '-');
    saas_civil_put(&at, c.m, 2, '-');
    saas_civil_put(&at, c.d, 2, 0);
}

saas_err saas_date_parse(saas_date *out, saas_text text)
{
    const char *at = text.ptr, *end = at + text.len;
    unsigned y, m, d;
    if (text.len != SAAS_DATE_CHARS || !saas_civil_take(&at, end, 4, 1, 9999, &y) || *at++ != '-' ||
        !saas_civil_take(&at, end, 2, 1, 12, &m) || *at++ != '-' ||
        !saas_civil_take(&at, end, 2, 1, saas_civil_month_days(y, m), &d))
        return SAAS_ERR_VALIDATION;
    out->days = (int32_t)saas_civil_days((int64_t)y, m, d);
    return SAAS_OK;
}
