/* http/field_value.h: members of a struct as arguments of a statement. */
#ifndef SAAS_HTTP_FIELD_VALUE_H
#define SAAS_HTTP_FIELD_VALUE_H

#include <saas/args.h>

/* The has-byte. */
static inline uint8_t saas_field_given(const void *in, const saas_field *f)
{
    return *((const uint8_t *)in + f->has_offset);
}

/* Borrows from the struct, or lies in the arena. BAD without memory, or for a field of no known type. */
saas_value saas_field_value(saas_arena *a, const void *in, const saas_field *f);

#endif
