/* schema/name.h: the names of a field in JSON and SQL, and the field that a key names. The JSON name is derived on the
 * fly, so that a table need not hold it. */
#ifndef SAAS_SCHEMA_NAME_H
#define SAAS_SCHEMA_NAME_H

#include "base/text.h"
#include <saas/schema.h>

enum { SAAS_FIELD_NAME_MAX = 63 };

/* camelCase JSON name, column name of a field. NULL in the table means derived; out must hold 64 bytes. */
saas_text saas_field_json_name(char out[64], const saas_field *f);
const char *saas_field_column(const saas_field *f);
/* The field whose JSON name is key but for case, or NULL. */
const saas_field *saas_schema_find_ci(const saas_schema *s, saas_text key);
/* The first bytes of a key that is in no table, enough to name it: a key may be as long as the body. */
saas_text saas_key_clip(saas_text key);

static inline char saas_name_upper(char ch)
{
    return ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
}

/* Whether camelCase leaves out the underscore at `at` of a C name: one at either end stays. */
static inline bool saas_name_hump(const char *name, const char *at)
{
    return *at == '_' && at > name && at[1];
}

/* Both: whether the key at `key` has that name and `close` behind, which is in no name, so that nothing further on is
 * looked at; *end is there then. */
static inline bool saas_name_is(const char *name, const char *key, char close, const char **end)
{
    for (; *name; name++, key++)
        if (*name != *key)
            return false;
    *end = key;
    return *key == close;
}

/* The camelCase of a C name. Most characters are lower-case letters. */
static inline bool saas_name_is_camel(const char *name, const char *key, char close, const char **end)
{
    for (const char *at = name;; at++, key++) {
        for (; *at >= 'a' && *at == *key; at++)
            key++;
        if (!*at) {
            *end = key;
            return *key == close;
        }
        if (*key != (saas_name_hump(name, at) ? saas_name_upper(*++at) : *at))
            return false;
    }
}

/* The field of the key that stands at `key` as it is, with `close` (a quote, NUL) behind; *end is there then. Looks
 * from *next on, which it moves behind what it found: keys mostly come in the order of the table. The first character,
 * which camelCase leaves alone, tells most fields apart. */
static inline const saas_field *saas_schema_match(const saas_schema *s, const char *key, char close, size_t *next,
                                                  const char **end)
{
    for (size_t tries = s->count, i = *next; tries; tries--, i++) {
        i = i < s->count ? i : 0;
        const saas_field *f = saas_schema_field(s, i);
        if (*(f->json ? f->json : f->name) != *key)
            continue;
        if (f->json ? saas_name_is(f->json, key, close, end) : saas_name_is_camel(f->name, key, close, end)) {
            *next = i + 1;
            return f;
        }
    }
    return NULL;
}

/* The field of a key, NUL-terminated, or NULL. */
const saas_field *saas_schema_find(const saas_schema *s, saas_text key);

#endif
