/* http/etag.h: entity tags (RFC 9110 section 8.8.3) and who has one already. */
#ifndef SAAS_HTTP_ETAG_H
#define SAAS_HTTP_ETAG_H

#include <saas/ctx.h>

enum { SAAS_ETAG_CHARS = 34 };

/* A strong tag of bytes, with its quotes and a NUL. */
void saas_etag_of(char out[SAAS_ETAG_CHARS + 1], saas_text bytes);
/* Whether one line of If-None-Match names the tag ("…", by weak comparison) or "*". What is no list of tags names none
 * from there on. */
bool saas_etag_listed(saas_text field, saas_text tag);
/* Whether the request has the tag already. */
bool saas_etag_known(const saas_ctx *c, saas_text tag);

#endif
