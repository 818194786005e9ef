/* http/hooks.h: the steps of the host's own, at their places in a request's way. */
#ifndef SAAS_HTTP_HOOKS_H
#define SAAS_HTTP_HOOKS_H

#include <saas/ctx.h>

/* Each of the route's groups, until one fails or makes a reply. */
SAAS_MUST_CHECK saas_err saas_hooks_arrive(saas_ctx *c);
SAAS_MUST_CHECK saas_err saas_hooks_before(saas_ctx *c);
/* With the answer made; on the fiber. */
void saas_hooks_after(saas_ctx *c);

#endif
