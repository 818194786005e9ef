/* schema/pattern.h: regular expressions without backtracking: a pattern becomes steps, and a text is taken through all
 * of them at once (K. Thompson, "Regular Expression Search Algorithm", 1968). saas/schema.h has the syntax. */
#ifndef SAAS_SCHEMA_PATTERN_H
#define SAAS_SCHEMA_PATTERN_H

#include <saas/text.h>

enum { SAAS_PATTERN_STEPS_MAX = 255, SAAS_PATTERN_ROOM = 400, SAAS_PATTERN_BYTES_MAX = 1000 };

typedef enum saas_step_op {
    SAAS_STEP_CHAR,  /* arg: the code point */
    SAAS_STEP_ANY,   /* but line ends */
    SAAS_STEP_SET,   /* arg: where in the pattern its '[' or the letter of \d stands */
    SAAS_STEP_JUMP,  /* by arg */
    SAAS_STEP_SPLIT, /* to the next, and by arg */
    SAAS_STEP_MATCH
} saas_step_op;

typedef struct saas_pattern_step {
    saas_step_op op;
    int32_t arg;
} saas_pattern_step;

/* For the time of one check: repetitions are written out on the way, so there is more room than steps in the end. */
typedef struct saas_pattern {
    const char *text;
    size_t count;
    saas_pattern_step steps[SAAS_PATTERN_ROOM];
} saas_pattern;

/* NULL, or what is wrong. Borrows text. */
const char *saas_pattern_compile(saas_pattern *p, const char *text);
/* Whether the whole of a well-formed text matches. */
bool saas_pattern_matches(const saas_pattern *p, saas_text t);
/* Both; a pattern that does not compile matches nothing. */
bool saas_pattern_fits(const char *pattern, saas_text t);

/* One item of a set: code points lo..hi, or a letter of d w s D W S. */
typedef struct saas_pattern_item {
    uint32_t lo, hi;
    char letter;
} saas_pattern_item;

/* The item at *at, which is moved behind it; false when there is none that is well-formed. */
bool saas_pattern_item_take(const char **at, saas_pattern_item *out);

#endif
