/* schema/field.h: what the layer's files share about one field: its names, its type, its place, its value in JSON. */
#ifndef SAAS_SCHEMA_FIELD_H
#define SAAS_SCHEMA_FIELD_H

#include "schema/name.h"
#include "schema/type.h"
#include "schema/write.h"

/* One more element, zeroed, of at most `most` there will be; NULL without memory. Room is 4, then each power of two. */
void *saas_list_add(saas_arena *a, const saas_field *f, saas_list_member *list, size_t most);
/* Where the value of a map's item stands, behind its key. */
enum { SAAS_MAP_VALUE = sizeof(saas_text) };

/* The variant of a kind, NULL: none. The kind of a word, 0: none. */
const saas_variant *saas_union_variant(const saas_union *u, int kind);
int saas_union_kind(const saas_union *u, saas_text word);

/* A value that is set, by its type (of an element: the item's), at `member`. */
void saas_write_value(saas_json *j, const saas_field *f, saas_type type, const void *member);
/* The field's, for the database: with the write-only fields inside, which no answer has. */
void saas_write_stored(saas_json *j, const saas_field *f, const void *member);

static inline uint8_t *saas_field_has(const saas_field *f, void *base)
{
    return (uint8_t *)base + f->has_offset;
}

static inline void *saas_field_member(const saas_field *f, void *base)
{
    return (char *)base + f->offset;
}

#endif
