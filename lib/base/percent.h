/* base/percent.h: percent escapes of RFC 3986 section 2.1. */
#ifndef SAAS_BASE_PERCENT_H
#define SAAS_BASE_PERCENT_H

#include <saas/text.h>

/* Decodes in.len bytes into out (as many at most, and a NUL; out may be in.ptr); *len is what came of it. plus: '+' is
 * a space. ERR_BAD_REQUEST: a '%' without two hex digits behind it. */
SAAS_MUST_CHECK saas_err saas_percent_decode(char *out, size_t *len, saas_text in, bool plus);

#endif
