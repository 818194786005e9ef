/* base/civil.h: days since 1970-01-01 and dates of the proleptic Gregorian calendar. */
#ifndef SAAS_BASE_CIVIL_H
#define SAAS_BASE_CIVIL_H

#include <saas/text.h>

typedef struct saas_civil {
    int64_t y;
    unsigned m, d;
} saas_civil;

int64_t saas_civil_days(int64_t y, unsigned m, unsigned d);
saas_civil saas_civil_from_days(int64_t days);
unsigned saas_civil_month_days(unsigned y, unsigned m);

/* `digits` decimal digits of value, then the character `after`; moves *at behind. */
void saas_civil_put(char **at, unsigned value, unsigned digits, char after);
/* Just `digits` decimal digits from *at on, lo..hi; moves *at behind. */
bool saas_civil_take(const char **at, const char *end, unsigned digits, unsigned lo, unsigned hi, unsigned *out);

#endif
