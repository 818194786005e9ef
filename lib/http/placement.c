#include "http/placement.h"

saas_placement saas_placement_of(const saas_shard *shard, saas_scope scope, saas_uuid org)
{
    (void)org;
    return (saas_placement){.db = scope == SAAS_SCOPE_SYSTEM ? shard->system : shard->db};
}
