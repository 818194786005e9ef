/* http/forwarded.h: one line of X-Forwarded-For or Forwarded, taken apart. */
#ifndef SAAS_HTTP_FORWARDED_H
#define SAAS_HTTP_FORWARDED_H

#include <saas/text.h>

enum { SAAS_HOPS_MAX = 64 };

/* Who came to whom, the last proxy's word last; of a long line the end of it. */
typedef struct saas_hops {
    saas_text nodes[SAAS_HOPS_MAX]; /* as written, without quotes; len 0: that proxy does not say */
    size_t count;
    saas_text proto; /* of the last one */
} saas_hops;

/* X-Forwarded-For, X-Forwarded-Proto: a list with commas between. Nothing can be wrong with one. */
void saas_hops_read(saas_hops *out, saas_text line);
/* RFC 7239 section 4. False: it is not of that grammar, so nobody can say whose word is whose. */
bool saas_forwarded_read(saas_hops *out, saas_text line);

#endif
