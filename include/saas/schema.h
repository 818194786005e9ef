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
 *   kind                member type    accepts
 *   text(lo, hi)        saas_text      string of lo..hi Unicode code points, no U+0000
 *   literal("v1")       saas_text      just this string
 *   word(e)             enum e         a word of SAAS_ENUM(e, ...)
 *   email               saas_text      address of at most 254 bytes: dot-atom local part, host name with a dot
 *   slug(lo, hi)        saas_text      lo..hi of [a-z0-9-], no '-' at either end
 *   url                 saas_text      RFC 3986 URI of at most 2,048 bytes with one of .schemes (http and https)
 *   hostname            saas_text      RFC 1123 name of at most 253 bytes
 *   ip, ipv4, ipv6      saas_text      address without mask or zone
 *   base64url(lo, hi)   saas_text      lo..hi characters of RFC 4648 section 5 without '=', nothing left over at the end
 *   hex(lo, hi)         saas_text      lo..hi hexadecimal digits
 *   e164                saas_text      telephone number: + and 7 to 15 digits
 *   decimal(p, s)       saas_text      string "-12.50": at most p digits, s of them behind the point
 *   i32(lo, hi)         int32_t        integer in lo..hi, exact; 2.0 and 2e0 are 2
 *   i64(lo, hi)         int64_t        the same in 64 bits
 *   f64(lo, hi)         double         number in lo..hi, rounded to the nearest double, always finite
 *   bool                bool           true, false
 *   uuid                saas_uuid      the 36-character form, either case
 *   time                saas_time      RFC 3339 date-time with offset
 *   date                saas_date      RFC 3339 full-date
 *   duration            saas_duration  ISO 8601 of fixed length: P1DT2H3M4.5S or P2W; no years, months or sign
 *   json                saas_text      any JSON value but null, as raw text; no U+0000 in it
 *   object(t)           struct t       object by t_schema
 *   union(t)            struct t       object by that schema of SAAS_UNION(t, ...) which its tag names
 *   list(k, lo, hi)     {items,count}  array of lo..hi elements of kind k (not list or map)
 *   map(k, lo, hi)      {items,count}  object of lo..hi keys of one's own, each with a value of kind k: items[i].key is
 *                                      1 to 64 code points, items[i].value as for list
 *
 * After the name come rules as designators, see saas_field: F(T, i32(0, 100), stock, .multiple_of = 5, .required = true).
 * The JSON name is the camelCase of the C name, the column the C name; .json and .column override.
 * Each struct has a member `has` with one byte a field: SAAS_ABSENT, SAAS_NULL or SAAS_SET (a default counts as SET).
 * A list or map of objects may name the struct it stands in: recursion ends at SAAS_JSON_DEPTH_MAX.
 *
 *   #define STATUS(W, T) W(T, draft) W(T, live) W(T, gone, "no-more")
 *   SAAS_ENUM(status, STATUS);          // enum status { status_draft, ... }; a word that is no C name comes second
 *   #define SHAPE(V, T) V(T, circle) V(T, box, "square")
 *   SAAS_UNION(shape, "type", SHAPE);   // struct shape { enum { shape_circle, ... } kind; union { struct circle circle;
 *                                       // ... } is; }: {"type":"square","side":2}; the tag is in none of the schemas
 *   SAAS_STRUCT(note, NOTE, .refine = check_note, .messages = &german);   // also SAAS_DEFINE: rules of the whole
 *
 * Tables are C; structs, enums and has-bytes are C++17 too. Thread: any. Since 0.1. */
#ifndef SAAS_SCHEMA_H
#define SAAS_SCHEMA_H

#include <saas/issue.h>

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
    SAAS_T_URL,
    SAAS_T_I32,
    SAAS_T_F64,
    SAAS_T_DECIMAL,
    SAAS_T_LITERAL,
    SAAS_T_HOSTNAME,
    SAAS_T_IP,
    SAAS_T_IPV4,
    SAAS_T_IPV6,
    SAAS_T_BASE64URL,
    SAAS_T_HEX,
    SAAS_T_E164,
    SAAS_T_DATE,
    SAAS_T_DURATION,
    SAAS_T_JSON,
    SAAS_T_UNION,
    SAAS_T_MAP
} saas_type;

typedef struct saas_schema saas_schema;
typedef struct saas_union saas_union;

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
    saas_type type, item;      /* item: element type of a list or map */
    size_t item_size;
    const saas_schema *of; /* object, or list of objects */
    const saas_enum *words;
    bool bounded;              /* lo and hi count */
    int64_t lo, hi;            /* value of i32 and i64; characters of text; scale and precision of decimal; of a list or
                                  map: of its elements, as all rules on texts and numbers below */
    uint32_t items_lo, items_hi;

    /* what the user writes */
    bool required;      /* absent is an issue; without it the member stays zero and has is ABSENT */
    bool nullable;      /* null is accepted: member zero, has NULL; without it null is an issue */
    bool read_only;     /* in input it is refused like an unknown key */
    bool secret;        /* never logged, nor printed with the configuration, which wipes it; an answer that is made of it
                           does carry it (tokens do): .write_only keeps it out */
    bool key;           /* a secret text that must not be guessable, where configuration reads it (saas/config.h) */
    const char *doc;    /* what it is, for people: "of the restricted role" */
    const char *def;    /* value when absent, as text ("draft", "20", "true") */
    const char *prefix; /* text starts with this */
    const char *json;   /* name in JSON; NULL: camelCase of name */
    const char *column; /* name in SQL; NULL: name */
    const char *schemes; /* of a url, with spaces between: "postgres postgresql"; "*": any; NULL: http and https */
    const saas_union *variants;
    const char *literal;
    double f_lo, f_hi; /* value of f64 */

    bool write_only;                    /* read, but never written to JSON */
    bool exclusive_min, exclusive_max;  /* lo, hi of numbers are themselves out */
    bool trim, lower, upper;            /* before all checks: white space at both ends goes (as ECMAScript's trim), ASCII
                                           letters change */
    bool unique;                        /* elements of a list differ */
    double multiple_of;                 /* number is a multiple, for f64 up to rounding; 0: any */
    const char *suffix;                 /* text ends with this */
    const char *pattern;                /* the whole text matches: see saas_pattern_check */
    const char *const *one_of;          /* text or integer is one of SAAS_ONE_OF("10", "20") */
    const char *message;                /* for every issue of this field's value, in place of the usual */
    char end_;
} saas_field;

/* One alternative of a union. */
typedef struct saas_variant {
    const char *word;
    const saas_schema *of;
} saas_variant;

/* The struct has its kind, 1 for the first variant, at offset 0, and the variant's struct at `offset`. */
struct saas_union {
    const char *name;
    const char *key; /* of the tag in JSON */
    size_t size, offset;
    const saas_variant *variants;
    size_t count, variant_size;
};

/* Checks across fields. Called for an object that has no issue of its own or inside, defaults filled in; in a partial
 * reading only what is SET or NULL is there. Must not block. */
typedef struct saas_refiner saas_refiner;
typedef void saas_refine_fn(saas_refiner *r, const void *in);
/* Adds an issue (code CUSTOM) at a path that starts at the object: "ends_at" is no path, "endsAt" or "lines[2].count"
 * is; "" is the object. Both are copied. */
SAAS_API void saas_refine_add(saas_refiner *r, const char *path, const char *message);

struct saas_schema {
    const char *name;
    size_t struct_size;
    size_t field_size; /* stride of fields */
    size_t count;
    const saas_field *fields;
    saas_refine_fn *refine;        /* NULL: none */
    const saas_messages *messages; /* for a whole reading by this schema; NULL: the usual ones */
    char end_;
};

/* Field i of a schema, whatever size its host knew. */
SAAS__UNUSED static inline const saas_field *saas_schema_field(const saas_schema *s, size_t i)
{
    return (const saas_field *)(const void *)((const char *)s->fields + i * s->field_size);
}

/* Checks a table and all it names: offsets in range and distinct, lo <= hi, known types, names present and distinct,
 * rules that fit the kind, patterns, defaults that pass their own checks; at most 128 schemas, nested at most 16 deep.
 * ERR_BUG, and e->text names the field. An app does this for every schema it is given, at start. */
SAAS_API SAAS_MUST_CHECK saas_err saas_schema_check(const saas_schema *s, saas_error *e);

/* Checks a pattern: ERR_BUG, and e->text says what is wrong with it. A pattern is matched against the whole text, code
 * point by code point, in time proportional to the text's length: no backtracking. It is a regular expression of
 *   characters, . (any), [a-z_], [^...], \d \w \s \D \W \S (ASCII), \ before any punctuation, (...), (?:...), a|b,
 *   * + ? {n} {n,} {n,m}
 * and, without effect, ^ at the start and $ at the end. No back references, look-around, lazy or possessive forms, or
 * empty alternatives. At most 255 steps once repetitions are written out. */
SAAS_API SAAS_MUST_CHECK saas_err saas_pattern_check(const char *pattern, saas_error *e);

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
 * repeated or unknown key is an issue, but the key of a list adds an element each time (tag=a&tag=b); values coerced
 * strictly ("" is no number, only true and false are bools, no hex, no spaces around). Objects, unions, maps, json and lists of those can't be read so. ERR_VALIDATION, ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_read_query(void **out, saas_issues *issues, const saas_schema *schema,
                                                  saas_arena *a, saas_text query);

SAAS_END_DECLS

#include <saas/kinds.h>
#endif
