/* config/dotenv.h: the .env file (saas/config.h has its grammar). */
#ifndef SAAS_CONFIG_DOTENV_H
#define SAAS_CONFIG_DOTENV_H

#include "base/buf.h"

typedef struct saas_dotenv_entry {
    saas_text name, value; /* NUL-terminated, in the file's bytes */
    size_t line;
} saas_dotenv_entry;

typedef struct saas_dotenv {
    saas_dotenv_entry *entries;
    size_t count;
} saas_dotenv;

/* Reads len bytes and one writable one behind them, in place. Lines that are wrong are told to wrong(), without a byte
 * of them, and left out. *out: the caller frees entries. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_dotenv_parse(saas_dotenv *out, char *bytes, size_t len,
                                           void (*wrong)(size_t line, const char *what, void *user), void *user);
/* The value as it would be written there. */
void saas_dotenv_quote(saas_buf *b, saas_text value);

#endif
