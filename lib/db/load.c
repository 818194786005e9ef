#include "db/internal.h"

void saas_db_load_of(saas_db_load out[SAAS_DB_LOADS], const saas_db *db)
{
    for (size_t i = 0; i < SAAS_DB_LOADS; i++)
        out[i] = (saas_db_load){.waiting = db->queues[i].count};
    out[SAAS_DB_SHARED].waiting += db->queues[SAAS_DB_HELD].count;
    for (size_t i = 0; i < db->lane_count; i++) {
        const saas_db_lane *lane = &db->lanes[i];
        out[lane->tier].ready += lane->state == SAAS_DB_READY;
        out[lane->tier].busy += lane->depth || lane->taken;
    }
}
