/* saas/kinds.h: the macros behind SAAS_STRUCT, SAAS_ENUM and SAAS_UNION; saas/schema.h says what they take.
 * Thread: any. Since 0.1. */
#ifndef SAAS_KINDS_H
#define SAAS_KINDS_H

#include <saas/schema.h>

/* Each kind K has SAAS__C_K, its member's C type; SAAS__A_K, what the compiler checks; SAAS__K_K, its type and what else
 * it says, for the table. A kind is only ever pasted, never passed on: <stdbool.h>'s bool must not become _Bool on the
 * way. */
#define SAAS__C_i32(lo, hi)       int32_t
#define SAAS__C_i64(lo, hi)       int64_t
#define SAAS__C_f64(lo, hi)       double
#define SAAS__C_decimal(p, s)     saas_text
#define SAAS__C_bool              bool
#define SAAS__C_text(lo, hi)      saas_text
#define SAAS__C_literal(x)        saas_text
#define SAAS__C_email             saas_text
#define SAAS__C_slug(lo, hi)      saas_text
#define SAAS__C_url               saas_text
#define SAAS__C_hostname          saas_text
#define SAAS__C_ip                saas_text
#define SAAS__C_ipv4              saas_text
#define SAAS__C_ipv6              saas_text
#define SAAS__C_base64url(lo, hi) saas_text
#define SAAS__C_hex(lo, hi)       saas_text
#define SAAS__C_e164              saas_text
#define SAAS__C_uuid              saas_uuid
#define SAAS__C_time              saas_time
#define SAAS__C_date              saas_date
#define SAAS__C_duration          saas_duration
#define SAAS__C_json              saas_text
#define SAAS__C_word(e)           enum e
#define SAAS__C_object(t)         struct t
#define SAAS__C_union(t)          struct t
#define SAAS__C_list(k, lo, hi)                                                                                        \
    struct {                                                                                                           \
        const SAAS__C_##k *items;                                                                                      \
        size_t count;                                                                                                  \
    }
#define SAAS__C_map(k, lo, hi)                                                                                         \
    struct {                                                                                                           \
        const struct {                                                                                                 \
            saas_text key;                                                                                             \
            SAAS__C_##k value;                                                                                         \
        } *items;                                                                                                      \
        size_t count;                                                                                                  \
    }

/* Comparing doubles is no integer constant expression by the letter; gcc and clang fold it, each asked in its way. */
#if defined __clang__ && !defined __cplusplus
#define SAAS__ASSERT_F64(cond, text) SAAS__ASSERT(__builtin_constant_p(cond) ? (cond) : 0, text)
#elif defined __GNUC__ && !defined __cplusplus
#define SAAS__ASSERT_F64 __extension__ SAAS__ASSERT
#else
#define SAAS__ASSERT_F64 SAAS__ASSERT
#endif

#define SAAS__A_i32(lo, hi)                                                                                            \
    SAAS__ASSERT(INT32_MIN <= (lo) && (lo) <= (hi) && (hi) <= INT32_MAX, "i32: lo > hi, or beyond 32 bits");
#define SAAS__A_i64(lo, hi)       SAAS__ASSERT((lo) <= (hi), "i64: lo > hi");
#define SAAS__A_f64(lo, hi)       SAAS__ASSERT_F64((lo) <= (hi), "f64: lo > hi");
#define SAAS__A_decimal(p, s)                                                                                          \
    SAAS__ASSERT(0 <= (s) && (s) <= (p) && 0 < (p) && (p) <= 1000, "decimal: 0 <= scale <= precision <= 1000");
#define SAAS__A_bool
#define SAAS__A_text(lo, hi)      SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "text: lo > hi");
#define SAAS__A_literal(x)        SAAS__ASSERT(sizeof("" x) > 1, "literal: empty");
#define SAAS__A_email
#define SAAS__A_slug(lo, hi)      SAAS__ASSERT(0 < (lo) && (lo) <= (hi), "slug: lo > hi");
#define SAAS__A_url
#define SAAS__A_hostname
#define SAAS__A_ip
#define SAAS__A_ipv4
#define SAAS__A_ipv6
#define SAAS__A_base64url(lo, hi) SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "base64url: lo > hi");
#define SAAS__A_hex(lo, hi)       SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "hex: lo > hi");
#define SAAS__A_e164
#define SAAS__A_uuid
#define SAAS__A_time
#define SAAS__A_date
#define SAAS__A_duration
#define SAAS__A_json
#define SAAS__A_word(e)
#define SAAS__A_object(t)
#define SAAS__A_union(t)
#define SAAS__A_list(k, lo, hi)   SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "list: lo > hi"); SAAS__A_##k
#define SAAS__A_map(k, lo, hi)    SAAS__ASSERT(0 <= (lo) && (lo) <= (hi), "map: lo > hi"); SAAS__A_##k

#define SAAS__K_i32(l, h)         SAAS_T_I32, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_i64(l, h)         SAAS_T_I64, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_f64(l, h)         SAAS_T_F64, .bounded = true, .f_lo = (l), .f_hi = (h)
#define SAAS__K_decimal(p, s)     SAAS_T_DECIMAL, .bounded = true, .lo = (s), .hi = (p)
#define SAAS__K_bool              SAAS_T_BOOL
#define SAAS__K_text(l, h)        SAAS_T_TEXT, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_literal(x)        SAAS_T_LITERAL, .literal = "" x
#define SAAS__K_email             SAAS_T_EMAIL
#define SAAS__K_slug(l, h)        SAAS_T_SLUG, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_url               SAAS_T_URL
#define SAAS__K_hostname          SAAS_T_HOSTNAME
#define SAAS__K_ip                SAAS_T_IP
#define SAAS__K_ipv4              SAAS_T_IPV4
#define SAAS__K_ipv6              SAAS_T_IPV6
#define SAAS__K_base64url(l, h)   SAAS_T_BASE64URL, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_hex(l, h)         SAAS_T_HEX, .bounded = true, .lo = (l), .hi = (h)
#define SAAS__K_e164              SAAS_T_E164
#define SAAS__K_uuid              SAAS_T_UUID
#define SAAS__K_time              SAAS_T_TIME
#define SAAS__K_date              SAAS_T_DATE
#define SAAS__K_duration          SAAS_T_DURATION
#define SAAS__K_json              SAAS_T_JSON
#define SAAS__K_word(e)           SAAS_T_WORD, .words = &e##_words
#define SAAS__K_object(t)         SAAS_T_OBJECT, .of = &t##_schema
#define SAAS__K_union(t)          SAAS_T_UNION, .variants = &t##_union
#define SAAS__K_list(k, l, h)                                                                                          \
    SAAS_T_LIST, .items_lo = (l), .items_hi = (h), .item_size = sizeof(SAAS__C_##k), .item = SAAS__K_##k
#define SAAS__K_map(k, l, h)                                                                                           \
    SAAS_T_MAP, .items_lo = (l), .items_hi = (h), .item_size = sizeof(struct {                                         \
                                                      saas_text key;                                                   \
                                                      SAAS__C_##k value;                                               \
                                                  }),                                                                  \
        .item = SAAS__K_##k

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
#define SAAS__TABLE(scope, tag, FIELDS, ...)                                                                           \
    static const saas_field tag##_fields[] = {FIELDS(SAAS__FIELD, tag)};                                               \
    scope const saas_schema tag##_schema = {.name = #tag,                                                              \
                                            .struct_size = sizeof(struct tag),                                         \
                                            .field_size = sizeof(saas_field),                                          \
                                            .count = sizeof tag##_fields / sizeof *tag##_fields,                       \
                                            .fields = tag##_fields,                                                    \
                                            __VA_ARGS__}

#define SAAS_DECLARE(tag, FIELDS)                                                                                      \
    SAAS__STRUCT(tag, FIELDS);                                                                                         \
    extern const saas_schema tag##_schema
#define SAAS_DEFINE(...)               SAAS__DEFINE(__VA_ARGS__, .end_ = 0)
#define SAAS__DEFINE(tag, FIELDS, ...) SAAS__TABLE(, tag, FIELDS, __VA_ARGS__)
/* The schema is declared before its fields, as a list of itself may be among them. */
#define SAAS_STRUCT(...)               SAAS__ONE_FILE(__VA_ARGS__, .end_ = 0)
#define SAAS__ONE_FILE(tag, FIELDS, ...)                                                                               \
    SAAS__STRUCT(tag, FIELDS);                                                                                         \
    static SAAS__UNUSED const saas_schema tag##_schema;                                                                \
    SAAS__TABLE(static SAAS__UNUSED, tag, FIELDS, __VA_ARGS__)

#define SAAS_ONE_OF(...) (const char *const[]){__VA_ARGS__, NULL}

#define SAAS__ENUMERATOR(tag, ...)     SAAS__ENUMERATOR_(tag, __VA_ARGS__, 0)
#define SAAS__ENUMERATOR_(tag, n, ...) tag##_##n,
#define SAAS__WORD(tag, ...)           SAAS__WORD_(__VA_ARGS__, SAAS__WORD_NAME(__VA_ARGS__, 0), 0)
#define SAAS__WORD_NAME(n, ...)        #n
#define SAAS__WORD_(n, word, ...)      word,
#define SAAS_ENUM(tag, WORDS)                                                                                          \
    enum tag { tag##_none_, WORDS(SAAS__ENUMERATOR, tag) tag##_end_ };                                                 \
    static const char *const tag##_word_list[] = {"", WORDS(SAAS__WORD, tag)};                                         \
    SAAS__UNUSED static const saas_enum tag##_words = {#tag, tag##_word_list, tag##_end_}

#define SAAS__VARIANT_MEMBER(tag, ...)     SAAS__VARIANT_MEMBER_(__VA_ARGS__, 0)
#define SAAS__VARIANT_MEMBER_(t, ...)      struct t t;
#define SAAS__VARIANT(tag, ...)            SAAS__VARIANT_(__VA_ARGS__, SAAS__WORD_NAME(__VA_ARGS__, 0), 0)
#define SAAS__VARIANT_(t, word, ...)       {word, &t##_schema},
#define SAAS_UNION(tag, key, VARIANTS)                                                                                 \
    enum tag##_kind { tag##_none_, VARIANTS(SAAS__ENUMERATOR, tag) tag##_end_ };                                       \
    struct tag {                                                                                                       \
        enum tag##_kind kind;                                                                                          \
        union {                                                                                                        \
            VARIANTS(SAAS__VARIANT_MEMBER, tag)                                                                        \
        } is;                                                                                                          \
    };                                                                                                                 \
    static const saas_variant tag##_variants[] = {VARIANTS(SAAS__VARIANT, tag)};                                       \
    SAAS__UNUSED static const saas_union tag##_union = {                                                               \
        #tag, key, sizeof(struct tag), offsetof(struct tag, is), tag##_variants, tag##_end_ - 1, sizeof(saas_variant)}

#endif
