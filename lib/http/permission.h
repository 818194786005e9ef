/* http/permission.h: a host's permissions, and the routes that ask for them. */
#ifndef SAAS_HTTP_PERMISSION_H
#define SAAS_HTTP_PERMISSION_H

#include "http/router.h"

/* The host's table, walked by its stride. */
typedef struct saas_permissions {
    const saas_permission *first;
    size_t count, size;
} saas_permissions;

/* Checks the table, and that each route's .permission is in it; .role of such a route becomes the permission's, unless
 * that may be granted to lower ones. ERR_BUG: a line a problem in e. */
SAAS_MUST_CHECK saas_err saas_permissions_check(saas_permissions table, saas_router *router, saas_error *e);
/* By value, as today's library knows it; name NULL: there is none. */
saas_permission saas_permission_find(saas_permissions table, const char *name);

#endif
