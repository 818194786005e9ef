#include "metrics/metrics.h"

typedef struct bound {
    uint64_t us;
    const char *seconds;
} bound;

static const bound bounds[SAAS_HISTOGRAM_BUCKETS] = {
    {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"},     {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},      {250000, "0.25"},
    {1000000, "1"},   {2500000, "2.5"}, {10000000, "10"}, {UINT64_MAX, "+Inf"},
};

void saas_histogram_add(saas_meter *meter, size_t first_slot, uint64_t us)
{
    size_t i = 0;
    while (us > bounds[i].us)
        i++;
    saas_meter_add(meter, first_slot + i, 1);
    saas_meter_add(meter, first_slot + SAAS_HISTOGRAM_BUCKETS, us);
}

const char *saas_histogram_bound(size_t bucket)
{
    return bounds[bucket].seconds;
}
