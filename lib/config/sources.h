/* config/sources.h: where the value of a variable comes from. Holds what was read of files until it is closed; then
 * those bytes are wiped. */
#ifndef SAAS_CONFIG_SOURCES_H
#define SAAS_CONFIG_SOURCES_H

#include "config/dotenv.h"
#include <saas/config.h>

enum { SAAS_CONFIG_FILE_MAX = 65536 };

typedef enum saas_origin {
    SAAS_FROM_NOWHERE,
    SAAS_FROM_DEFAULT, /* of the field */
    SAAS_FROM_DOTENV,
    SAAS_FROM_FILE, /* NAME_FILE */
    SAAS_FROM_ENV
} saas_origin;

typedef struct saas_setting {
    saas_text value; /* ptr NULL: absent */
    saas_origin origin;
} saas_setting;

typedef struct saas_secret_file saas_secret_file;

typedef struct saas_sources {
    const char *const *env;
    char *bytes; /* of the .env file */
    size_t len;
    saas_dotenv dotenv;
    const char *dotenv_name;
    saas_secret_file *files; /* read so far */
    saas_issues *issues;     /* problems go here, with memory of the arena */
    saas_arena *arena;
    bool no_memory; /* sticks */
} saas_sources;

/* from may be NULL. What is wrong with the .env file becomes issues; the good lines of it count. ERR_NO_MEMORY,
 * ERR_BUG (their size). To be closed in any case. */
SAAS_MUST_CHECK saas_err saas_sources_open(saas_sources *s, const saas_config_sources *from, saas_issues *issues,
                                           saas_arena *a);
void saas_sources_close(saas_sources *s);
/* The value of a variable, of a secret one also by NAME_FILE; it lives until the sources are closed. ERR_VALIDATION: an
 * issue says why. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_sources_find(saas_setting *out, saas_sources *s, saas_text name, bool secret);

#endif
