/* saas/issue.h: what is wrong with an input: issues with path, code, parameter and message, and how to word them.
 *
 * A message is looked for in this order: the field's .message, the schema's .messages, those of the saas_issues, the
 * library's own (English). Values of the input are in none of them. Thread: any. Since 0.1. */
#ifndef SAAS_ISSUE_H
#define SAAS_ISSUE_H

#include <saas/arena.h>

SAAS_BEGIN_DECLS

/* Each with its parameter, `param` below. */
typedef enum saas_issue_code {
    SAAS_ISSUE_CUSTOM = 1,    /* added by saas_issues_add or saas_refine_add; none */
    SAAS_ISSUE_REQUIRED,      /* absent; none */
    SAAS_ISSUE_TYPE,          /* another JSON type: "integer", "number", "boolean", "string", "object", "array"; null
                                 where it is not allowed: "not null" */
    SAAS_ISSUE_UNKNOWN_KEY,   /* not in the table, or read-only; none */
    SAAS_ISSUE_DUPLICATE_KEY, /* twice, also in another case; none */
    SAAS_ISSUE_TOO_SMALL,     /* a number below: the limit */
    SAAS_ISSUE_TOO_BIG,       /* above: the limit */
    SAAS_ISSUE_FORMAT,        /* the format's name: "email", "decimal", …; "utf-8", "percent" of a query */
    SAAS_ISSUE_NOT_A_WORD,    /* not one of: the words, ", " between */
    SAAS_ISSUE_NUL,           /* U+0000 in a string; none */
    SAAS_ISSUE_TOO_COMPLEX,   /* more nodes than: the limit */
    SAAS_ISSUE_TOO_SHORT,     /* fewer characters than: the limit */
    SAAS_ISSUE_TOO_LONG,      /* more */
    SAAS_ISSUE_TOO_FEW,       /* fewer items or keys than: the limit */
    SAAS_ISSUE_TOO_MANY,      /* more */
    SAAS_ISSUE_NOT_ABOVE,     /* not above: the exclusive limit */
    SAAS_ISSUE_NOT_BELOW,     /* not below */
    SAAS_ISSUE_NOT_MULTIPLE,  /* no multiple of: the step */
    SAAS_ISSUE_PREFIX,        /* does not start with: the prefix */
    SAAS_ISSUE_SUFFIX,        /* does not end with: the suffix */
    SAAS_ISSUE_PATTERN,       /* does not match: the pattern */
    SAAS_ISSUE_NOT_UNIQUE     /* an element equal to one before it; none */
} saas_issue_code;

/* Words for a code. "{}" in text is the parameter. */
typedef struct saas_message {
    saas_issue_code code;
    const char *text;
    const char *of; /* only for this parameter ("email", "1"); NULL: for any. The first that fits is taken */
} saas_message;

typedef struct saas_messages {
    const saas_message *items;
    size_t count;
    size_t item_size; /* of one */
} saas_messages;

/* Of an array: static const saas_messages german = SAAS_MESSAGES(german_list); C and C++. */
#define SAAS_MESSAGES(array)                                                                                           \
    {                                                                                                                  \
        (array), sizeof(array) / sizeof *(array), sizeof *(array)                                                      \
    }

typedef struct saas_issue {
    saas_text path; /* JSON names: address.street, items[3].qty, limits.seats; "" is the whole value */
    saas_issue_code code;
    int64_t limit;     /* of codes with a limit, where it is an integer */
    saas_text message; /* for people; never echoes the value */
    saas_text param;   /* ptr NULL: none */
} saas_issue;

enum { SAAS_ISSUES_MAX = 64 }; /* more are counted, not kept */

/* Issues in the order found: as the input has them, then what is absent in the order of the table, object by object.
 * Zero it before use; items live in the arena that the reader was given. */
typedef struct saas_issues {
    saas_issue *items;
    size_t count;                  /* kept */
    size_t dropped;                /* past SAAS_ISSUES_MAX */
    const saas_messages *messages; /* may be set before reading; borrowed */
    size_t malformed_at;           /* after ERR_MALFORMED_JSON: bytes before the token that is none, all of them when the
                                      text ends too early */
} saas_issues;

/* Adds an issue of one's own (code CUSTOM): cross-field checks. path and message are copied.
 * ERR_NO_MEMORY. */
SAAS_API saas_err saas_issues_add(saas_issues *issues, saas_arena *a, const char *path, const char *message);

SAAS_END_DECLS
#endif
