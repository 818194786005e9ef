/* auth/base64url.h: base64url without padding (RFC 4648 section 5), the one canonical form of each byte string. */
#ifndef SAAS_AUTH_BASE64URL_H
#define SAAS_AUTH_BASE64URL_H

#include <saas/text.h>

/* Characters for n bytes, and at most how many bytes come out of n characters. */
#define SAAS_BASE64URL_CHARS(n) (((n)*4 + 2) / 3)
#define SAAS_BASE64URL_BYTES(n) ((n)*3 / 4)

/* Writes SAAS_BASE64URL_CHARS(len) characters, no NUL; returns behind the last. */
char *saas_base64url_write(char *out, const void *bytes, size_t len);
/* Writes SAAS_BASE64URL_BYTES(text.len) bytes. ERR_VALIDATION: padding, another alphabet, a length no bytes have, or
 * bits behind the last byte that are not zero. *out may be changed then. */
SAAS_MUST_CHECK saas_err saas_base64url_read(uint8_t *out, size_t *len, saas_text text);

#endif
