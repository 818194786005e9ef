/* config/file.h: a small file whole. */
#ifndef SAAS_CONFIG_FILE_H
#define SAAS_CONFIG_FILE_H

#include <saas/err.h>

/* Reads a regular file of at most `most` bytes. *out: from malloc, a NUL behind; the caller wipes and frees it.
 * ERR_CONFIG: *fault says why, without the path (static); *missing: there is none. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_file_read(char **out, size_t *len, const char *path, size_t most, const char **fault,
                                        bool *missing);
/* Wipes and frees; NULL is allowed. */
void saas_bytes_free(char *bytes, size_t len);

#endif
