/* saas/schema.h: one field table per shape. It parses and validates input into a C struct, fills structs from rows,
 * writes JSON, reads configuration and tells the log what to hide.
 *
 *   #define NOTE(F, T)                                          \
 *       F(T, uuid,          id,    .read_only = true)           \
 *       F(T, text(1, 120),  title, .required = true)            \
 *       F(T, text(0, 4000), body,  .nullable = true)
 *   SAAS_STRUCT(note, NOTE);           // struct note and note_schema
 *
 * SAAS_STRUCT is for programs of one file. Else SAAS_DECLARE(note, NOTE); in a header (C11 or C++17) and
 * SAAS_DEFINE(note, NOTE); in one C file.
 *
 *   kind               member type   accepts
 *   text(lo, hi)       saas_text     string of lo..hi Unicode code points, no U+0000
 *   email              saas_text     address of at most 254 bytes: dot-atom local part, host name with a dot
 *   slug(lo, hi)       saas_text     lo..hi of [a-z0-9-], no '-' at either end
 *   url                saas_text     RFC 3986 URI of at most 2,048 bytes with one of .schemes (http and https)
 *   i64(lo, hi)        int64_t       integer in lo..hi, exact; 2.0 and 2e0 are 2
 *   bool               bool          true, false
 *   uuid               saas_uuid     the 36-character form, either case
 *   time               saas_time     RFC 3339 date-time with offset
 *   word(e)            enum e        a word of SAAS_ENUM(e, ...)
 *   object(t)          struct t      object by t_schema
 *   list(k, lo, hi)    {items,count} array of lo..hi elements of kind k (not list)
 *
 * After the name come rules as designators: .required, .nullable, .read_only, .secret, .key, .def, .prefix, .schemes,
 * .json, .column, and .doc for people.
 * The JSON name is the camelCase of the C name, the column the C name; .json and .column override.
 * Each struct has a member `has` with one byte a field: SAAS_ABSENT, SAAS_NULL or SAAS_SET (a default counts as SET).
 *
 * Tables are C; structs, enums and has-bytes are C++17 too. Thread: any. Since 0.1. */
#ifndef SAAS_SCHEMA_H
#define SAAS_SCHEMA_H

#include <saas/arena.h>

SAAS_BEGIN_DECLS

enum { SAAS_ABSENT = 0, SAAS_NULL = 1, SAAS_SET = 2 };

typedef enum saas_type {
    SAAS_T_NONE,
    SAAS_T_I64,
    SAAS_T_BOOL,
    SAAS_T_TEXT,
    SAAS_T_EMAIL,
    SAAS_T_SLUG,
    SAAS_T_UUID,
    SAAS_T_TIME,
    SAAS_T_WORD,
    SAAS_T_OBJECT,
    SAAS_T_LIST,
    SAAS_T_URL
} saas_type;

typedef struct saas_schema saas_schema;

/* Words of an enum; words[0] is "", so that a zeroed member is no word. */
typedef struct saas_enum {
    const char *name;
    const char *const *words;
    size_t count; /* words[0] included */
} saas_enum;

/* One field. Made by the macros below; read through saas_schema.field_size, so that it may grow. */
typedef struct saas_field {
    const char *name;          /* C name */
    size_t offset, has_offset; /* in the struct */
    saas_type type, item;      /* item: element type of a list */
    size_t item_size;
    const saas_schema *of; /* object, or list of objects */
    const saas_enum *words;
    bool bounded;              /* lo and hi count */
    int64_t lo, hi;            /* value of i64; code points of text and slug; of a list: of its elements */
    uint32_t items_lo, items_hi;

    /* what the user writes */
    bool required;      /* absent is an issue; without it the member stays zero and has is ABSENT */
    bool nullable;      /* null is accepted: member zero, has NULL; without it null is an issue */
    bool read_only;     /* in input it is refused like an unknown key */
    bool secret;        /* never logged, never printed; wiped where configuration holds it */
    bool key;           /* a secret text that must not be guessable, where configuration reads it (saas/config.h) */
    const char *doc;    /* what it is, for people: "of the restricted role" */
    const char *def;    /* value when absent, as text ("draft", "20", "true") */
    const char *prefix; /* text starts with this */
    const char *json;   /* name in JSON; NULL: camelCase of name */
    const char *column; /* name in SQL; NULL: name */
    const char *schemes; /* of a url, with spaces between: "postgres postgresql"; "*": any; NULL: http and https */
    char end_;
} saas_field;

struct saas_schema {
    const char *name;
    size_t struct_size;
    size_t field_size; /* stride of fields */
    size_t count;
    const saas_field *fields;
};

/* Field i of a schema, whatever size its host knew. */
SAAS__UNUSED static inline const saas_field *saas_schema_field(const saas_schema *s, size_t i)
{
    return (const saas_field *)(const void *)((const char *)s->fields + i * s->field_size);
}

/* Checks a table: offsets in range and distinct, lo <= hi, known types, names present and distinct, defaults that pass
 * their own checks, prefixes within bounds, recursion at most 16 deep. ERR_BUG, and e->text names the field. An app does this
 * for every schema it is given, at start. */
SAAS_API SAAS_MUST_CHECK saas_err saas_schema_check(const saas_schema *s, saas_error *e);

/* ---- issues ---- */

typedef enum saas_issue_code {
    SAAS_ISSUE_CUSTOM = 1,    /* added by saas_issues_add */
    SAAS_ISSUE_REQUIRED,      /* absent */
    SAAS_ISSUE_TYPE,          /* another JSON type, or null where it is not allowed */
    SAAS_ISSUE_UNKNOWN_KEY,   /* not in the table, or read-only */
    SAAS_ISSUE_DUPLICATE_KEY, /* twice, also in another case */
    SAAS_ISSUE_TOO_SMALL,     /* value, length or count below limit */
    SAAS_ISSUE_TOO_BIG,       /* above limit */
    SAAS_ISSUE_FORMAT,        /* email, slug, url, uuid, time; prefix */
    SAAS_ISSUE_NOT_A_WORD,    /* not one of the enum's words */
    SAAS_ISSUE_NUL,           /* U+0000 in a string */
    SAAS_ISSUE_TOO_COMPLEX    /* more nodes than allowed */
} saas_issue_code;

typedef struct saas_issue {
    saas_text path;    /* JSON names: address.street, items[3].qty; "" is the whole value */
    saas_issue_code code;
    int64_t limit;     /* of TOO_SMALL and TOO_BIG */
    saas_text message; /* for people; never echoes the value */
} saas_issue;

enum { SAAS_ISSUES_MAX = 64 }; /* more are counted, not kept */

/* Issues in the order found. Zero it before use; items live in the arena that the reader was given. */
typedef struct saas_issues {
    saas_issue *items;
    size_t count;   /* kept */
    size_t dropped; /* past SAAS_ISSUES_MAX */
} saas_issues;

/* Adds an issue of one's own (code CUSTOM): cross-field checks. path and message are copied.
 * ERR_NO_MEMORY. */
SAAS_API saas_err saas_issues_add(saas_issues *issues, saas_arena *a, const char *path, const char *message);

/* ---- reading ---- */

enum { SAAS_JSON_DEPTH_MAX = 32, SAAS_JSON_NODES_MAX = 20000 };

/* Reads one JSON value (RFC 8259, UTF-8, no byte order mark, depth <= 32) into a struct of `schema`, in one pass, all
 * issues at once.
 *   json  len bytes and one writable byte behind them; **changed in place**: texts of the struct point into it and are
 *         NUL-terminated there. It must live as long as the struct.
 *   out   *out: a struct schema->struct_size bytes long in the arena. On ERR_VALIDATION untouched, see issues.
 * ERR_MALFORMED_JSON (issues empty), ERR_VALIDATION, ERR_NO_MEMORY (arena's limit). */
SAAS_API SAAS_MUST_CHECK saas_err saas_read_json(void **out, saas_issues *issues, const saas_schema *schema,
                                                 saas_arena *a, char *json, size_t len);
/* The same for a change (PATCH): a field that is absent stays ABSENT, whether it is required or has a default; null is
 * NULL. Objects inside are whole values. */
SAAS_API SAAS_MUST_CHECK saas_err saas_read_json_partial(void **out, saas_issues *issues, const saas_schema *schema,
                                                         saas_arena *a, char *json, size_t len);

/* Reads a query string ("page=2&q=a%20b", without '?') into a struct: percent escapes decoded, '+' is a space, a
 * repeated or unknown key is an issue, values coerced strictly ("" is no number, only true and false are bools, no hex,
 * no spaces around). Objects and lists can't be read so. ERR_VALIDATION, ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_read_query(void **out, saas_issues *issues, const saas_schema *schema,
                                                  saas_arena *a, saas_text query);

/* ---- macros ---- */

#define SAAS__C_i64(lo, hi)     int64_t
#define SAAS__C_bool            bool
#define SAAS__C_text(lo, hi)    saas_text
#define SAAS__C_email           saas_text
#define SAAS__C_slug(lo, hi)    saas_text
#define SAAS__C_url             saas_text
#define SAAS__C_uuid            saas_uuid
#define SAAS__C_time            saas_time
#define SAAS__C_word(e)         enum e
#define SAAS__C_object(t)       struct t
#define SAAS__C_list(k, lo, hi)                                                                                        \
    struct {                                                                                                           \
        const SAAS__C_##k *items;                                                                                      \
        size_t count;                                                                                                  \
    }

#define SAAS__A_i64(lo, hi)     SAAS__ASSERT((lo) <= (hi), "i64: lo > hi");
#define SAAS__A_bool
#define SAAS__A_text(lo, hi)    SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "text: lo > hi");
#define SAAS__A_email
#define SAAS__A_slug(lo, hi)    SAAS__ASSERT(0 < (lo) && (lo) <= (hi), "slug: lo > hi");
#define SAAS__A_url
#define SAAS__A_uuid
#define SAAS__A_time
#define SAAS__A_word(e)
#define SAAS__A_object(t)
#define SAAS__A_list(k, lo, hi) SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "list: lo > hi"); SAAS__A_##k

/* The type, then what else the kind says: behind .type = of a field, behind .item = of a list. */
#define SAAS__K_i64(l, h)       SAAS_T_I64, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_bool            SAAS_T_BOOL
#define SAAS__K_text(l, h)      SAAS_T_TEXT, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_email           SAAS_T_EMAIL
#define SAAS__K_slug(l, h)      SAAS_T_SLUG, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_url             SAAS_T_URL
#define SAAS__K_uuid            SAAS_T_UUID
#define SAAS__K_time            SAAS_T_TIME
#define SAAS__K_word(e)         SAAS_T_WORD, .words = &e##_words
#define SAAS__K_object(t)       SAAS_T_OBJECT, .of = &t##_schema
#define SAAS__K_list(k, l, h)                                                                                          \
    SAAS_T_LIST, .items_lo = (l), .items_hi = (h), .item_size = sizeof(SAAS__C_##k), .item = SAAS__K_##k

/* A kind is only ever pasted, never passed on: <stdbool.h>'s bool must not become _Bool on the way. */
#define SAAS__FIRST(...)           SAAS__FIRST_(__VA_ARGS__, 0)
#define SAAS__FIRST_(a, ...)       a
#define SAAS__MEMBER(T, kind, ...) SAAS__A_##kind SAAS__C_##kind SAAS__FIRST(__VA_ARGS__);
#define SAAS__HAS(T, kind, ...)    uint8_t SAAS__FIRST(__VA_ARGS__);
#define SAAS__FIELD(T, kind, ...)  {.type = SAAS__K_##kind, SAAS__NAMED(T, __VA_ARGS__, .end_ = 0)},
#define SAAS__NAMED(T, ...)        SAAS__NAMED_(T, __VA_ARGS__)
#define SAAS__NAMED_(T, n, ...)                                                                                        \
    .name = #n, .offset = offsetof(struct T, n), .has_offset = offsetof(struct T, has.n), __VA_ARGS__

#define SAAS__STRUCT(tag, FIELDS)                                                                                      \
    struct tag {                                                                                                       \
        FIELDS(SAAS__MEMBER, tag)                                                                                      \
        struct {                                                                                                       \
            FIELDS(SAAS__HAS, tag)                                                                                     \
        } has;                                                                                                         \
    }
#define SAAS__TABLE(scope, tag, FIELDS)                                                                                \
    static const saas_field tag##_fields[] = {FIELDS(SAAS__FIELD, tag)};                                               \
    scope const saas_schema tag##_schema = {.name = #tag,                                                              \
                                            .struct_size = sizeof(struct tag),                                         \
                                            .field_size = sizeof(saas_field),                                          \
                                            .count = sizeof tag##_fields / sizeof *tag##_fields,                       \
                                            .fields = tag##_fields}

#define SAAS_DECLARE(tag, FIELDS)                                                                                      \
    SAAS__STRUCT(tag, FIELDS);                                                                                         \
    extern const saas_schema tag##_schema
#define SAAS_DEFINE(tag, FIELDS) SAAS__TABLE(, tag, FIELDS)
#define SAAS_STRUCT(tag, FIELDS)                                                                                       \
    SAAS__STRUCT(tag, FIELDS);                                                                                         \
    SAAS__TABLE(static SAAS__UNUSED, tag, FIELDS)

/* Words: #define STATUS(W, T) W(T, draft) W(T, live) W(T, gone, "no-more") then SAAS_ENUM(status, STATUS); gives
 * enum status { status_draft, ... } and status_words. A second argument is the word where it is no C name. */
#define SAAS__ENUMERATOR(tag, ...)     SAAS__ENUMERATOR_(tag, __VA_ARGS__, 0)
#define SAAS__ENUMERATOR_(tag, n, ...) tag##_##n,
#define SAAS__WORD(tag, ...)           SAAS__WORD_(__VA_ARGS__, SAAS__WORD_NAME(__VA_ARGS__, 0), 0)
#define SAAS__WORD_NAME(n, ...)        #n
#define SAAS__WORD_(n, word, ...)      word,
#define SAAS_ENUM(tag, WORDS)                                                                                          \
    enum tag { tag##_none_, WORDS(SAAS__ENUMERATOR, tag) tag##_end_ };                                                 \
    static const char *const tag##_word_list[] = {"", WORDS(SAAS__WORD, tag)};                                         \
    SAAS__UNUSED static const saas_enum tag##_words = {#tag, tag##_word_list, tag##_end_}

SAAS_END_DECLS
#endif
