/* http/router.h: a trie of path segments. Built at start, immutable and shared afterwards; a look-up allocates nothing.
 */
#ifndef SAAS_HTTP_ROUTER_H
#define SAAS_HTTP_ROUTER_H

#include "http/files.h"
#include "http/policy.h"
#include <saas/route.h>

enum { SAAS_PARAMS_MAX = 8 };

typedef struct saas_router saas_router;

SAAS_MUST_CHECK saas_err saas_router_new(saas_router **out); /* ERR_NO_MEMORY */
void saas_router_free(saas_router *r);                       /* NULL is allowed */

/* Adds a list under a prefix ("" or "/v1/auth"), in a group (NULL: none). Each route is copied by the list's element
 * size into today's struct, its defaults filled in (role, body_max_bytes, timeout_ms, conflict sizes), and checked:
 * handler, method, path, schemas (saas_schema_check), no second one for the same method and path. ERR_BUG: every
 * problem is appended to e->text with method and path. */
SAAS_MUST_CHECK saas_err saas_router_add(saas_router *r, const char *prefix, saas_route_list list,
                                         const saas_group *group, saas_error *e);
/* The group that all routes added afterwards stand in, and what matches none of them. Once, first. ERR_BUG,
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_router_within(saas_router *r, const saas_group *group, saas_error *e);
/* A folder, kept by the caller: its files answer for paths that no route has. ERR_BUG, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_router_add_folder(saas_router *r, const saas_folder *folder, const saas_group *group,
                                                saas_error *e);
/* The plans that limits of its routes name. */
const saas_plans *saas_router_plans(const saas_router *r);
/* Of what matches no route. */
const saas_policy *saas_router_policy(const saas_router *r);

size_t saas_router_count(const saas_router *r);
const saas_route *saas_router_route(const saas_router *r, size_t i); /* in the order added; full path */

/* Its place in that order, of a route of a router. */
size_t saas_route_index(const saas_route *r);

/* Conflict i of a route, whatever size its host knew. */
const saas_conflict *saas_route_conflict(const saas_route *r, size_t i);

typedef struct saas_match {
    const saas_route *route;
    const saas_policy *policy; /* of the route; without one of the group around all */
    const saas_cors_rule *cors;
    const struct saas_node *node;
    const struct saas_place *place;
    const saas_folder *folder; /* that the path lies in, where there is no such route */
    const saas_file *file;
    const char *allow;                                         /* "GET, HEAD, OPTIONS": of ERR_METHOD_NOT_ALLOWED */
    saas_text names[SAAS_PARAMS_MAX], values[SAAS_PARAMS_MAX]; /* values as sent, not decoded */
    size_t param_count;
} saas_match;

/* Literal segments win over :names. A GET route answers HEAD too. ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED (out->allow is
 * filled; also for TRACE and CONNECT on any path). */
SAAS_MUST_CHECK saas_err saas_router_find(saas_match *out, const saas_router *r, saas_text method, saas_text path);
/* Makes what was found in no folder a match of this file of it. */
void saas_match_file(saas_match *m, const saas_file *file);
/* What a path that was found says to other origins about a method. */
const saas_cors_rule *saas_match_cors(const saas_match *m, saas_text method);

#endif
