/* metrics/metrics.h: numbers that threads add up side by side. Each thread has a meter of its own and writes there
 * only: no lock, no atomic read-modify-write, no cache line shared. Who reads adds the meters up.
 *
 * What a slot means is its owner's matter; the first `gauges` slots are states, which go with their meter, the others
 * counts, which stay. */
#ifndef SAAS_METRICS_METRICS_H
#define SAAS_METRICS_METRICS_H

#include "base/list.h"
#include <saas/err.h>
#include <stdatomic.h>

typedef struct saas_metrics saas_metrics;

/* One thread's. */
typedef struct saas_meter {
    saas_list link;
    saas_metrics *metrics;
    _Atomic uint64_t slots[];
} saas_meter;

SAAS_MUST_CHECK saas_err saas_metrics_new(saas_metrics **out, size_t slots, size_t gauges); /* ERR_NO_MEMORY */
void saas_metrics_free(saas_metrics *m); /* after its meters; NULL is allowed */
/* The sum of a slot. Any thread. */
uint64_t saas_metrics_read(saas_metrics *m, size_t slot);
/* Of a state, the greatest of any meter. Any thread. */
uint64_t saas_metrics_most(saas_metrics *m, size_t slot);

SAAS_MUST_CHECK saas_err saas_meter_new(saas_meter **out, saas_metrics *m); /* ERR_NO_MEMORY */
void saas_meter_free(saas_meter *meter);                                    /* its counts stay; NULL is allowed */

/* Of the meter's own thread. */
static inline void saas_meter_add(saas_meter *meter, size_t slot, uint64_t n)
{
    const uint64_t before = atomic_load_explicit(&meter->slots[slot], memory_order_relaxed);
    atomic_store_explicit(&meter->slots[slot], before + n, memory_order_relaxed);
}

static inline void saas_meter_set(saas_meter *meter, size_t slot, uint64_t n)
{
    atomic_store_explicit(&meter->slots[slot], n, memory_order_relaxed);
}

/* ---- durations: slots in a row ---- */

enum { SAAS_HISTOGRAM_BUCKETS = 14, SAAS_HISTOGRAM_SLOTS = SAAS_HISTOGRAM_BUCKETS + 1 };

/* Counts us in its bucket and adds it to the sum, which is the last slot. */
void saas_histogram_add(saas_meter *meter, size_t first_slot, uint64_t us);
/* The upper bound of a bucket in seconds, as text; "+Inf" for the last. */
const char *saas_histogram_bound(size_t bucket);

#endif
