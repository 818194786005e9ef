/* saas/config.h: configuration through a field table. Each field is read from the variable that is its C name in upper
 * case (jwt_access_secret: JWT_ACCESS_SECRET) or .json, coerced as strictly as a query string, and every problem is
 * reported at once, without a value.
 *
 * A variable comes from the environment, else from the .env file, else it has the field's default; set to "" counts as
 * absent. A .secret one may also come from a file: NAME_FILE names it (a regular file of at most 64 KiB), its content
 * without one newline at the end is the value; NAME and NAME_FILE together are a problem.
 *
 * A .key field is a secret that others must not guess: besides its length it must not look like a placeholder
 * ("changeme…") and must have at least 64 bits by a simple estimate: characters that neither go on with a run (aaaa,
 * 1234) nor repeat four or more from before, times the entropy of how often each occurs among them.
 *
 * The .env file, UTF-8 of at most 64 KiB, is read strictly, so that no other reader understands it differently:
 *
 *   line    blank, # comment, or NAME=value with nothing around the '=', and perhaps a comment behind a space
 *   NAME    letters, digits and '_', no digit first, each once
 *   value   bare: no space, quote, backslash, '$', '`' nor '#' in it
 *           'as it is', without a ' in it
 *           "with \n \r \t \\ \" \$ \` for newline, return, tab and themselves", no bare '$' nor '`'
 *
 * There is no `export`, no interpolation, no line that goes on in the next. Buffers that secrets passed through are
 * wiped. Thread: one, at start. Since 0.1. */
#ifndef SAAS_CONFIG_H
#define SAAS_CONFIG_H

#include <saas/schema.h>

SAAS_BEGIN_DECLS

/* Where settings come from. NULL in place of it: the process's environment alone. */
typedef struct saas_config_sources {
    size_t size;
    const char *const *env;  /* "NAME=value", …, NULL-terminated; NULL: the process's environment */
    const char *dotenv;      /* path of a .env file; NULL: none */
    bool dotenv_optional;    /* that it is not there is no problem */
    const char *dotenv_name; /* what problems call it; NULL: its path */
    char end_;
} saas_config_sources;

/* Reads `count` schemas into structs in the arena, so that one report covers all. An unknown variable is nobody's
 * business, but one in the .env file that looks like a known one is named with the problems.
 * ERR_CONFIG: e->text has a line a problem, "JWT_ACCESS_SECRET: too short: at least 32 characters". ERR_NO_MEMORY.
 * ERR_BUG: objects and lists can't be read so; NAME_FILE of a secret is a field too; from->size is none. */
SAAS_API SAAS_MUST_CHECK saas_err saas_config_read(void **out, saas_arena *a, const saas_schema *const *schemas,
                                                   size_t count, const saas_config_sources *from, saas_error *e);
/* Overwrites every .secret text of a struct with zeros. */
SAAS_API void saas_config_wipe(void *in, const saas_schema *schema);

/* A line a variable for people: name, where it comes from (env, .env, file, default, -), value, which of a .secret one
 * is never shown, nor one that is not valid. Then what in the .env file looks like a known variable and is none. Says
 * nothing of problems: saas_config_read does. ERR_NO_MEMORY, ERR_BUG. */
SAAS_API SAAS_MUST_CHECK saas_err saas_config_show(saas_text *out, saas_arena *a, const saas_schema *const *schemas,
                                                   size_t count, const saas_config_sources *from);
/* A .env file to fill in: each variable with what it takes, its bounds and default. ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_config_example(saas_text *out, saas_arena *a, const saas_schema *const *schemas,
                                                      size_t count);

SAAS_END_DECLS
#endif
