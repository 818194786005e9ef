/* schema/report.h: how readers note issues: a place in the input, and the list that collects them. */
#ifndef SAAS_SCHEMA_REPORT_H
#define SAAS_SCHEMA_REPORT_H

#include <saas/schema.h>

/* A place in the input, as a chain towards the root; NULL is the whole value. It costs nothing until an issue needs its
 * path. */
typedef struct saas_step {
    const struct saas_step *up;
    const saas_field *field; /* the member of that field */
    saas_text name;          /* in place of the field's; a key that is in no table. Neither: element `index` */
    size_t index;
} saas_step;

typedef struct saas_report {
    saas_issues *issues;
    saas_arena *arena;
    const saas_messages *messages; /* of the schema that is read by */
    size_t count, dropped;         /* of the issues there were before */
    bool no_memory;                /* sticks */
    bool stored;                   /* accepted once already, by rules that may have changed since: only kinds count */
} saas_report;

static inline saas_report saas_report_on(saas_issues *issues, saas_arena *a, const saas_schema *schema)
{
    return (saas_report){.issues = issues,
                         .arena = a,
                         .messages = schema ? schema->messages : NULL,
                         .count = issues->count,
                         .dropped = issues->dropped};
}

/* The parameter as text, NULL for none. Past SAAS_ISSUES_MAX it only counts. */
void saas_report_add(saas_report *r, const saas_step *at, saas_issue_code code, const char *param);
void saas_report_limit(saas_report *r, const saas_step *at, saas_issue_code code, int64_t limit);
/* An issue of the host's own words, at `path` from there on. */
void saas_report_custom(saas_report *r, const saas_step *at, const char *path, const char *message);
/* Back to the issues there were before. */
void saas_report_forget(saas_report *r);
/* ERR_NO_MEMORY, ERR_VALIDATION when there are issues, OK. */
saas_err saas_report_result(const saas_report *r);
/* Lets the schema's own function look at a struct without issues. */
void saas_report_refine(saas_report *r, const saas_step *at, const saas_schema *s, const void *in);

static inline bool saas_report_full(const saas_report *r)
{
    return r->issues->count >= SAAS_ISSUES_MAX;
}

static inline size_t saas_report_total(const saas_report *r)
{
    return r->issues->count + r->issues->dropped;
}

#endif
