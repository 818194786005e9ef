/* schema/read.h: JSON into one member, for values stored in the database. */
#ifndef SAAS_SCHEMA_READ_H
#define SAAS_SCHEMA_READ_H

#include "schema/report.h"

/* A whole JSON text as the value of a field that is an object or a list; has-byte included. Bounds, required and
 * read-only fields and unknown keys are no issues, as the value was accepted once. json as for saas_read_json. */
SAAS_MUST_CHECK saas_err saas_read_stored(void *base, saas_arena *a, const saas_field *f, char *json, size_t len);

#endif
