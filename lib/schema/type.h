/* schema/type.h: what there is to know of a type, whatever the field. */
#ifndef SAAS_SCHEMA_TYPE_H
#define SAAS_SCHEMA_TYPE_H

#include <saas/schema.h>

/* Every list's member, whatever its items. */
typedef struct saas_list_member {
    void *items;
    size_t count;
} saas_list_member;

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

typedef struct saas_type_facts {
    unsigned char size, align; /* of the member; size 0: the table says, or there is no such type */
    saas_shape shape;
    bool text; /* the member is a saas_text */
    const char *format;
} saas_type_facts;

enum { SAAS_TYPES = SAAS_T_MAP + 1 };
extern const saas_type_facts saas_types[SAAS_TYPES];

static inline const saas_type_facts *saas_type_facts_of(saas_type type)
{
    return &saas_types[(unsigned)type < SAAS_TYPES ? type : SAAS_T_NONE];
}

static inline saas_shape saas_type_shape(saas_type type)
{
    return saas_type_facts_of(type)->shape;
}

/* Whether the member is a saas_text. */
static inline bool saas_type_is_text(saas_type type)
{
    return saas_type_facts_of(type)->text;
}

/* Of an object: 1. */
static inline size_t saas_type_align(saas_type type)
{
    return saas_type_facts_of(type)->align;
}

/* Name of the format a string has to have, or NULL. */
static inline const char *saas_type_format(saas_type type)
{
    return saas_type_facts_of(type)->format;
}

/* Bytes of a member of that type (of an element: the item's). 0: no such type. */
size_t saas_type_size(const saas_field *f, saas_type type);
/* What JSON has for it, for people: "an integer". */
const char *saas_type_what(saas_type type);
/* Whether a string outside of JSON can say it: neither json nor anything of several values. */
bool saas_type_is_scalar(saas_type type);

#endif
