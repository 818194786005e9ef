/* middleware/validate.h: the last step: what reaches a handler is what its route declares. */
#ifndef SAAS_MIDDLEWARE_VALIDATE_H
#define SAAS_MIDDLEWARE_VALIDATE_H

#include <saas/ctx.h>

/* Size, path parameters (decoded), media type, then query string and body with all their issues at once. */
SAAS_MUST_CHECK saas_err saas_validate(saas_ctx *c);
/* Whether a Content-Type is application/json, with no parameter but charset=utf-8. */
bool saas_is_json_type(saas_text content_type);

#endif
