/* config/config.h: what the layer's files share, and reading with sources that are open already. */
#ifndef SAAS_CONFIG_PRIVATE_H
#define SAAS_CONFIG_PRIVATE_H

#include "config/sources.h"

/* The schemas that make up a configuration. */
typedef struct saas_tables {
    const saas_schema *const *schemas;
    size_t count;
} saas_tables;

enum { SAAS_VARIABLE_MAX = 64 };

/* The variable of a field: its C name in upper case, or .json. */
saas_text saas_variable(char out[SAAS_VARIABLE_MAX], const saas_field *f);
/* ERR_BUG, told in e: the variable of a secret's file is a field as well. */
SAAS_MUST_CHECK saas_err saas_config_check(saas_tables t, saas_error *e);
/* Reads every schema, the invalid values left out and told to the sources' issues. out[i] is set to what there is even
 * then; whoever gets an error or has issues wipes it. ERR_NO_MEMORY, ERR_BUG. */
SAAS_MUST_CHECK saas_err saas_config_fill(void **out, saas_sources *s, saas_tables t);
/* The issues as lines of e. ERR_CONFIG when there are any. */
SAAS_MUST_CHECK saas_err saas_config_report(const saas_issues *issues, saas_error *e);
/* One field of a struct from its variable: *from says where that came from. ERR_VALIDATION: the issues say why.
 * ERR_NO_MEMORY, ERR_BUG. */
SAAS_MUST_CHECK saas_err saas_config_field(void *in, saas_setting *from, saas_sources *s, const saas_field *f);

/* NULL, or why a key can be guessed (static). */
const char *saas_key_fault(saas_text key);
/* What in the .env file looks like a variable of the tables and is none becomes an issue. */
void saas_config_near_misses(saas_sources *s, saas_tables t);

#endif
