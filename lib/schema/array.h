/* schema/array.h: a Postgres array in its text form ({1,2}, {"a b",NULL}) as JSON. */
#ifndef SAAS_SCHEMA_ARRAY_H
#define SAAS_SCHEMA_ARRAY_H

#include "schema/write.h"

/* A JSON array starts otherwise. */
static inline bool saas_is_array_cell(saas_text cell)
{
    return cell.len && *cell.ptr == '{';
}

/* The elements through the list's field, null as null. One dimension, counted from 1. ERR_BUG: anything else, or an
 * element that does not read as the list's kind; nothing is written then. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_write_array(saas_json *j, const saas_field *f, saas_text cell);

#endif
