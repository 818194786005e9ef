/* schema/coerce.h: one string (query value, environment variable, default) into a field's member. */
#ifndef SAAS_SCHEMA_COERCE_H
#define SAAS_SCHEMA_COERCE_H

#include <saas/schema.h>

/* Strict: "" is no number, only true and false are bools, no hex, no spaces around. Sets the has-byte. Checks run as
 * for JSON; each problem becomes an issue under `path`. text must live as long as the struct, NUL-terminated.
 * ERR_VALIDATION (issues has why), ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_coerce(void *out, saas_issues *issues, saas_arena *a, const saas_field *f, saas_text path,
                                     saas_text text);
/* Members of absent fields: the default when the table has one (has SET), else zero and ABSENT. A required one without
 * is an issue under `path`. */
SAAS_MUST_CHECK saas_err saas_coerce_absent(void *out, saas_issues *issues, saas_arena *a, const saas_field *f,
                                            saas_text path);

#endif
