/* schema/field.h: what the layer's files share about one field: its names, its place, its value in JSON. The JSON name
 * is derived on the fly, so that a table need not hold it. */
#ifndef SAAS_SCHEMA_FIELD_H
#define SAAS_SCHEMA_FIELD_H

#include "schema/write.h"

enum { SAAS_FIELD_NAME_MAX = 63 };

/* Every list's member, whatever its items. */
typedef struct saas_list_member {
    void *items;
    size_t count;
} saas_list_member;

/* Whether key, NUL-terminated, is the JSON name of the field. */
bool saas_field_is(const saas_field *f, saas_text key);
/* The field of a key, or NULL. Looks from *next on, which it moves behind what it found: keys mostly come in the order
 * of the table. */
const saas_field *saas_schema_find(const saas_schema *s, saas_text key, size_t *next);
/* The field whose JSON name is key but for case, or NULL. */
const saas_field *saas_schema_find_ci(const saas_schema *s, saas_text key);

/* The first bytes of a key that is in no table, enough to name it: a key may be as long as the body. */
saas_text saas_key_clip(saas_text key);

/* What JSON has for a type. */
typedef enum saas_shape {
    SAAS_SHAPE_NONE,
    SAAS_SHAPE_STRING,
    SAAS_SHAPE_INTEGER,
    SAAS_SHAPE_NUMBER,
    SAAS_SHAPE_BOOLEAN,
    SAAS_SHAPE_OBJECT,
    SAAS_SHAPE_ARRAY,
    SAAS_SHAPE_ANY
} saas_shape;

/* Bytes of a member of that type (of an element: the item's). 0: no such type. */
size_t saas_type_size(const saas_field *f, saas_type type);
size_t saas_type_align(saas_type type); /* of an object: 1 */
saas_shape saas_type_shape(saas_type type);
/* What JSON has for it, for people: "an integer". */
const char *saas_type_what(saas_type type);
/* Whether the member is a saas_text. */
bool saas_type_is_text(saas_type type);
/* Whether a string outside of JSON can say it: neither json nor anything of several values. */
bool saas_type_is_scalar(saas_type type);
/* Name of the format a string has to have, or NULL. */
const char *saas_type_format(saas_type type);

/* One more element, zeroed, of at most `most` there will be; NULL without memory. Room is 4, then each power of two. */
void *saas_list_add(saas_arena *a, const saas_field *f, saas_list_member *list, size_t most);
/* Where the value of a map's item stands, behind its key. */
enum { SAAS_MAP_VALUE = sizeof(saas_text) };

/* The variant of a kind, NULL: none. The kind of a word, 0: none. */
const saas_variant *saas_union_variant(const saas_union *u, int kind);
int saas_union_kind(const saas_union *u, saas_text word);

/* A value that is set, by its type (of an element: the item's), at `member`. */
void saas_write_value(saas_json *j, const saas_field *f, saas_type type, const void *member);

static inline uint8_t *saas_field_has(const saas_field *f, void *base)
{
    return (uint8_t *)base + f->has_offset;
}

static inline void *saas_field_member(const saas_field *f, void *base)
{
    return (char *)base + f->offset;
}

#endif
