/* http/placement.h: where data lies. Units and transactions of a context all ask here, and nowhere else, so that a
 * schema or a database per tenant can follow without a handler's noticing. */
#ifndef SAAS_HTTP_PLACEMENT_H
#define SAAS_HTTP_PLACEMENT_H

#include "http/shard.h"

typedef enum saas_scope {
    SAAS_SCOPE_OUTSIDE, /* no organization is set */
    SAAS_SCOPE_TENANT,  /* the context's */
    SAAS_SCOPE_SYSTEM   /* none, as the role of SYSTEM_DATABASE_URL and never in the context's transaction */
} saas_scope;

typedef struct saas_placement {
    saas_db *db;        /* NULL: there is none */
    const char *schema; /* searched first; NULL: the search path is the role's own. Lives as long as the shard */
} saas_placement;

/* org counts for SAAS_SCOPE_TENANT. Today everything lies in one database, in the schema of the roles. */
saas_placement saas_placement_of(const saas_shard *shard, saas_scope scope, saas_uuid org);

#endif
