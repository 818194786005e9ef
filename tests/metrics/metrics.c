/* Meters add up, whoever writes them; counts outlive their meter, states don't. */
#include "metrics/metrics.h"
#include "check.h"
#include <pthread.h>

enum { STATE, COUNT, TIMES, SLOTS = TIMES + SAAS_HISTOGRAM_SLOTS, THREADS = 4, ROUNDS = 100000 };

static saas_metrics *m;

static void meters_add_up(void)
{
    saas_meter *a, *b;
    REQUIRE(!saas_metrics_new(&m, SLOTS, COUNT) && !saas_meter_new(&a, m) && !saas_meter_new(&b, m));
    saas_meter_set(a, STATE, 3);
    saas_meter_set(b, STATE, 4);
    saas_meter_add(a, COUNT, 10);
    saas_meter_add(b, COUNT, 5);
    CHECK_INT(saas_metrics_read(m, STATE), 7);
    CHECK_INT(saas_metrics_read(m, COUNT), 15);
    saas_meter_free(a);
    CHECK_INT(saas_metrics_read(m, STATE), 4);
    CHECK_INT(saas_metrics_read(m, COUNT), 15);
    saas_meter_free(b);
    saas_meter_free(NULL);
    CHECK_INT(saas_metrics_read(m, COUNT), 15);
    saas_metrics_free(m);
    saas_metrics_free(NULL);
}

static void durations_fall_into_their_bucket(void)
{
    saas_meter *a;
    REQUIRE(!saas_metrics_new(&m, SLOTS, COUNT) && !saas_meter_new(&a, m));
    saas_histogram_add(a, TIMES, 0);
    saas_histogram_add(a, TIMES, 250);
    saas_histogram_add(a, TIMES, 251);
    saas_histogram_add(a, TIMES, 10000000);
    saas_histogram_add(a, TIMES, 10000001);
    CHECK_INT(saas_metrics_read(m, TIMES), 2);
    CHECK_INT(saas_metrics_read(m, TIMES + 1), 1);
    CHECK_INT(saas_metrics_read(m, TIMES + SAAS_HISTOGRAM_BUCKETS - 2), 1);
    CHECK_INT(saas_metrics_read(m, TIMES + SAAS_HISTOGRAM_BUCKETS - 1), 1);
    CHECK_INT(saas_metrics_read(m, TIMES + SAAS_HISTOGRAM_BUCKETS), 20000502);
    CHECK_STR(saas_histogram_bound(0), "0.00025");
    CHECK_STR(saas_histogram_bound(SAAS_HISTOGRAM_BUCKETS - 1), "+Inf");
    saas_meter_free(a);
    saas_metrics_free(m);
}

static void *count(void *arg)
{
    saas_meter *meter;
    (void)arg;
    if (saas_meter_new(&meter, m))
        return NULL;
    for (int i = 0; i < ROUNDS; i++)
        saas_meter_add(meter, COUNT, 1);
    saas_meter_free(meter);
    return NULL;
}

static void threads_come_and_go_while_it_is_read(void)
{
    pthread_t threads[THREADS];
    uint64_t last = 0;
    REQUIRE(!saas_metrics_new(&m, SLOTS, COUNT));
    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, count, NULL) == 0);
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = saas_metrics_read(m, COUNT);
        CHECK(now >= last);
        last = now;
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(saas_metrics_read(m, COUNT), THREADS * ROUNDS);
    saas_metrics_free(m);
}

static const check_test tests[] = {TEST(meters_add_up), TEST(durations_fall_into_their_bucket),
                                   TEST(threads_come_and_go_while_it_is_read)};
CHECK_MAIN(tests)
