/* saas/args.h: values on their way into SQL: SAAS_ARGS(in->title, id, true), zero to sixteen of them.
 *
 * Each becomes a bound parameter; nothing is ever printed into SQL text. In C11 `true` arrives as int and an enum as its
 * number: both are checked against the type the statement's parameter has (an int 1 for a boolean parameter is true, an
 * enum's number for a text parameter is an error: say SAAS_WORD). An argument with a bare comma needs parentheses.
 *
 * A list of objects is no argument: docs/guide/database.md shows how its elements are written.
 *
 * Values borrow what they point at until the call they are given to returns. C11 for the macros, C++17 for types and
 * functions. Thread: any. Since 0.1. */
#ifndef SAAS_ARGS_H
#define SAAS_ARGS_H

#include <saas/schema.h>

SAAS_BEGIN_DECLS

typedef enum saas_value_kind {
    SAAS_V_NULL,
    SAAS_V_I64,
    SAAS_V_U64,
    SAAS_V_F64,
    SAAS_V_BOOL,
    SAAS_V_TEXT,
    SAAS_V_UUID,
    SAAS_V_TIME,
    SAAS_V_BYTES,
    SAAS_V_TEXTS, /* arrays: as.p points at len elements */
    SAAS_V_I64S,
    SAAS_V_UUIDS,
    SAAS_V_DATE,     /* as.i: days */
    SAAS_V_DURATION, /* as.i: microseconds; in ISO 8601 */
    SAAS_V_F64S,     /* arrays, as above */
    SAAS_V_BOOLS,
    SAAS_V_BAD /* no value: an error when it is bound */
} saas_value_kind;

typedef struct saas_value {
    saas_value_kind kind;
    size_t len; /* of TEXT and BYTES; elements of an array */
    union {
        int64_t i;
        uint64_t u;
        double f;
        const void *p;
        saas_uuid id;
    } as;
} saas_value;

typedef struct saas_args {
    const saas_value *v;
    size_t n;
    size_t size; /* of one element */
} saas_args;

SAAS_API saas_value saas_v_i64(int64_t x);
SAAS_API saas_value saas_v_u64(uint64_t x);
SAAS_API saas_value saas_v_f64(double x);
SAAS_API saas_value saas_v_bool(bool x);
SAAS_API saas_value saas_v_z(const char *x); /* NULL: SQL null */
SAAS_API saas_value saas_v_text(saas_text x); /* ptr NULL: SQL null */
SAAS_API saas_value saas_v_uuid(saas_uuid x);
SAAS_API saas_value saas_v_time(saas_time x);
SAAS_API saas_value saas_v_date(saas_date x);
SAAS_API saas_value saas_v_duration(saas_duration x);
SAAS_API saas_value saas_v_bytes(const void *bytes, size_t len); /* bytea; NULL: SQL null */
/* Arrays, for parameters such as `id = any($1)` and for json and jsonb; n 0 is an empty one (null is saas_v_null(NULL)).
 * A text with ptr NULL is a null element. */
SAAS_API saas_value saas_v_texts(const saas_text *items, size_t n);
SAAS_API saas_value saas_v_i64s(const int64_t *items, size_t n);
SAAS_API saas_value saas_v_uuids(const saas_uuid *items, size_t n);
SAAS_API saas_value saas_v_f64s(const double *items, size_t n); /* in JSON, what is not finite is null */
SAAS_API saas_value saas_v_bools(const bool *items, size_t n);
SAAS_API saas_value saas_v_null(const void *x); /* only NULL; else BAD */
SAAS_API saas_value saas_v_same(saas_value x);
/* v when `has` is SAAS_SET, else SQL null. */
SAAS_API saas_value saas_v_if(uint8_t has, saas_value v);
/* The word of an enum's number; SQL null for 0, BAD past the end. */
SAAS_API saas_value saas_v_word(const saas_enum *e, int word);

#ifndef __cplusplus
#define SAAS_ARG(x)                                                                                                    \
    _Generic((x), \
        bool: saas_v_bool, signed char: saas_v_i64, short: saas_v_i64, int: saas_v_i64, long: saas_v_i64, \
        long long: saas_v_i64, unsigned char: saas_v_u64, unsigned short: saas_v_u64, unsigned: saas_v_u64, \
        unsigned long: saas_v_u64, unsigned long long: saas_v_u64, float: saas_v_f64, double: saas_v_f64, \
        char *: saas_v_z, const char *: saas_v_z, void *: saas_v_null, const void *: saas_v_null, \
        saas_text: saas_v_text, saas_uuid: saas_v_uuid, saas_time: saas_v_time, saas_date: saas_v_date, \
        saas_duration: saas_v_duration, saas_value: saas_v_same)(x)
/* A field of a struct read through a schema: its value when set, SQL null when absent or null. */
#define SAAS_IF(in, field)    saas_v_if((in)->has.field, SAAS_ARG((in)->field))
/* A list member of texts, i64, uuids, f64 or bools as an array: SAAS_ARRAY(in->tags). */
#define SAAS_ARRAY(list)                                                                                               \
    _Generic((list).items, const saas_text *: saas_v_texts, const int64_t *: saas_v_i64s,                              \
        const saas_uuid *: saas_v_uuids, const double *: saas_v_f64s,                                                  \
        const bool *: saas_v_bools)((list).items, (list).count)
/* An enum member as its word: SAAS_WORD(status, in->status). */
#define SAAS_WORD(tag, w)     saas_v_word(&tag##_words, (int)(w))
/* The leading null element makes zero arguments an ordinary case; n is counted by the compiler. */
#define SAAS_ARGS(...)                                                                                                 \
    ((saas_args){.v = (const saas_value[]){{SAAS_V_NULL, 0, {0}} SAAS__EACH(__VA_ARGS__)} + 1,                         \
                 .n = SAAS__N(__VA_ARGS__),                                                                            \
                 .size = sizeof(saas_value)})
#define SAAS_NO_ARGS SAAS_ARGS()

#define SAAS__CAT(a, b)       SAAS__CAT_(a, b)
#define SAAS__CAT_(a, b)      a##b
#define SAAS__PICK(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,...) q
#define SAAS__LEN(...)        SAAS__PICK(__VA_ARGS__, 16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0)
#define SAAS__COMMA(...)      SAAS__PICK(__VA_ARGS__, 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,0,0)
#define SAAS__TRIGGER(...)    ,
#define SAAS__EMPTY(...)      SAAS__EMPTY_(SAAS__COMMA(__VA_ARGS__), SAAS__COMMA(SAAS__TRIGGER __VA_ARGS__), \
                                  SAAS__COMMA(__VA_ARGS__ (~)), SAAS__COMMA(SAAS__TRIGGER __VA_ARGS__ (~)))
#define SAAS__EMPTY_(a,b,c,d) SAAS__COMMA(SAAS__JOIN(a,b,c,d))
#define SAAS__JOIN(a,b,c,d)   SAAS__IS_##a##b##c##d
#define SAAS__IS_0001         ,
#define SAAS__N(...)          SAAS__CAT(SAAS__N, SAAS__EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define SAAS__N0(...)         SAAS__LEN(__VA_ARGS__)
#define SAAS__N1(...)         0
#define SAAS__EACH(...)       SAAS__CAT(SAAS__E, SAAS__N(__VA_ARGS__))(__VA_ARGS__, ~)
#define SAAS__E0(...)
#define SAAS__E1(a, ...)       , SAAS_ARG(a)
#define SAAS__E2(a, ...)       , SAAS_ARG(a) SAAS__E1(__VA_ARGS__)
#define SAAS__E3(a, ...)       , SAAS_ARG(a) SAAS__E2(__VA_ARGS__)
#define SAAS__E4(a, ...)       , SAAS_ARG(a) SAAS__E3(__VA_ARGS__)
#define SAAS__E5(a, ...)       , SAAS_ARG(a) SAAS__E4(__VA_ARGS__)
#define SAAS__E6(a, ...)       , SAAS_ARG(a) SAAS__E5(__VA_ARGS__)
#define SAAS__E7(a, ...)       , SAAS_ARG(a) SAAS__E6(__VA_ARGS__)
#define SAAS__E8(a, ...)       , SAAS_ARG(a) SAAS__E7(__VA_ARGS__)
#define SAAS__E9(a, ...)       , SAAS_ARG(a) SAAS__E8(__VA_ARGS__)
#define SAAS__E10(a, ...)      , SAAS_ARG(a) SAAS__E9(__VA_ARGS__)
#define SAAS__E11(a, ...)      , SAAS_ARG(a) SAAS__E10(__VA_ARGS__)
#define SAAS__E12(a, ...)      , SAAS_ARG(a) SAAS__E11(__VA_ARGS__)
#define SAAS__E13(a, ...)      , SAAS_ARG(a) SAAS__E12(__VA_ARGS__)
#define SAAS__E14(a, ...)      , SAAS_ARG(a) SAAS__E13(__VA_ARGS__)
#define SAAS__E15(a, ...)      , SAAS_ARG(a) SAAS__E14(__VA_ARGS__)
#define SAAS__E16(a, ...)      , SAAS_ARG(a) SAAS__E15(__VA_ARGS__)
#endif

SAAS_END_DECLS
#endif
