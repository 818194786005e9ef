/* auth_routes/slug.h: a name as it stands in an address. */
#ifndef SAAS_AUTH_ROUTES_SLUG_H
#define SAAS_AUTH_ROUTES_SLUG_H

#include <saas/text.h>

enum { SAAS_SLUG_MIN = 3, SAAS_SLUG_MAX = 40 };

/* 3..40 of [a-z0-9-], no '-' at either end, from any name: letters and digits of ASCII in lower case, one '-' for
 * whatever is between them; "org" where too little is left. */
void saas_slug_of(char out[SAAS_SLUG_MAX + 1], saas_text name);

#endif
