#include "metrics/metrics.h"
#include <pthread.h>
#include <stdlib.h>

struct saas_metrics {
    pthread_mutex_t lock; /* of the list and of what is left of meters that are gone */
    saas_list meters;
    size_t slots, gauges;
    uint64_t left[];
};

saas_err saas_metrics_new(saas_metrics **out, size_t slots, size_t gauges)
{
    saas_metrics *m = calloc(1, sizeof *m + slots * sizeof *m->left);
    if (!m)
        return SAAS_ERR_NO_MEMORY;
    pthread_mutex_init(&m->lock, NULL);
    saas_list_init(&m->meters);
    m->slots = slots;
    m->gauges = gauges;
    *out = m;
    return SAAS_OK;
}

void saas_metrics_free(saas_metrics *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

uint64_t saas_metrics_read(saas_metrics *m, size_t slot)
{
    pthread_mutex_lock(&m->lock);
    uint64_t sum = m->left[slot];
    for (saas_list *at = m->meters.next; at != &m->meters; at = at->next)
        sum += atomic_load_explicit(&SAAS_CONTAINER(at, saas_meter, link)->slots[slot], memory_order_relaxed);
    pthread_mutex_unlock(&m->lock);
    return sum;
}

uint64_t saas_metrics_most(saas_metrics *m, size_t slot)
{
    uint64_t most = 0;
    pthread_mutex_lock(&m->lock);
    for (saas_list *at = m->meters.next; at != &m->meters; at = at->next) {
        const uint64_t n =
            atomic_load_explicit(&SAAS_CONTAINER(at, saas_meter, link)->slots[slot], memory_order_relaxed);
        most = n > most ? n : most;
    }
    pthread_mutex_unlock(&m->lock);
    return most;
}

saas_err saas_meter_new(saas_meter **out, saas_metrics *m)
{
    saas_meter *meter = calloc(1, sizeof *meter + m->slots * sizeof *meter->slots);
    if (!meter)
        return SAAS_ERR_NO_MEMORY;
    meter->metrics = m;
    pthread_mutex_lock(&m->lock);
    saas_list_insert(&m->meters, &meter->link);
    pthread_mutex_unlock(&m->lock);
    *out = meter;
    return SAAS_OK;
}

void saas_meter_free(saas_meter *meter)
{
    if (!meter)
        return;
    saas_metrics *m = meter->metrics;
    pthread_mutex_lock(&m->lock);
    saas_list_remove(&meter->link);
    for (size_t i = m->gauges; i < m->slots; i++)
        m->left[i] += atomic_load_explicit(&meter->slots[i], memory_order_relaxed);
    pthread_mutex_unlock(&m->lock);
    free(meter);
}
