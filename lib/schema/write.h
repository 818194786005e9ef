/* schema/write.h: from structs and database cells to JSON, from cells to structs, through the field table.
 *
 * A cell is a value in Postgres' text output format: "t", "42", "2026-01-31 09:30:00.12+00" (DateStyle ISO, TimeZone
 * UTC), a uuid's 36 characters. ptr NULL is null. */
#ifndef SAAS_SCHEMA_WRITE_H
#define SAAS_SCHEMA_WRITE_H

#include "json/write.h"
#include "schema/name.h"
#include <saas/schema.h>

/* A struct as object: fields with has ABSENT are left out (a required or read-only one too), NULL is null. */
void saas_write_struct(saas_json *j, const saas_schema *schema, const void *in);

/* The same for a log: secret and write-only fields are there, their values are not. */
#define SAAS_REDACTED "[redacted]"
void saas_write_redacted(saas_json *j, const saas_schema *schema, const void *in);

/* One cell as the value of a field. Objects, lists, maps and unions: JSON of Postgres (lists: an array too), of which
 * what the table names is written and nothing else; json: passed through.
 * ERR_BUG when it does not read as the field's kind; nothing is written then. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_write_cell(saas_json *j, const saas_field *f, saas_text cell);
/* One cell into its member, has-byte included; texts are borrowed. ERR_BUG as above, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_read_cell(void *out, saas_arena *a, const saas_field *f, saas_text cell);

#endif
