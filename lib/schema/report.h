/* schema/report.h: how readers note issues: a place in the input, and the list that collects them. */
#ifndef SAAS_SCHEMA_REPORT_H
#define SAAS_SCHEMA_REPORT_H

#include <saas/schema.h>

/* A place in the input, as a chain towards the root; NULL is the whole value. It costs nothing until an issue needs its
 * path. */
typedef struct saas_step {
    const struct saas_step *up;
    const saas_field *field; /* the member of that field; NULL: see name */
    saas_text name;          /* a key that is in no table; ptr NULL: element `index` */
    size_t index;
} saas_step;

typedef struct saas_report {
    saas_issues *issues;
    saas_arena *arena;
    size_t count, dropped; /* of the issues there were before */
    bool no_memory;        /* sticks */
    bool stored;           /* accepted once already, by rules that may have changed since: only kinds count */
} saas_report;

saas_report saas_report_on(saas_issues *issues, saas_arena *a);
/* Past SAAS_ISSUES_MAX it only counts. */
void saas_report_add(saas_report *r, const saas_step *at, saas_issue_code code, int64_t limit, const char *format, ...)
    SAAS_PRINTF(5, 6);
/* Back to the issues there were before. */
void saas_report_forget(saas_report *r);
/* ERR_NO_MEMORY, ERR_VALIDATION when there are issues, OK. */
saas_err saas_report_result(const saas_report *r);

static inline bool saas_report_full(const saas_report *r)
{
    return r->issues->count >= SAAS_ISSUES_MAX;
}

#endif
