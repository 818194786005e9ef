/* test/memory_log.h: a log that keeps its lines until they are asked for. Any thread writes. */
#ifndef SAAS_TEST_MEMORY_LOG_H
#define SAAS_TEST_MEMORY_LOG_H

#include <pthread.h>
#include <saas/log.h>

typedef struct saas_test_memory_log {
    saas_log *log;
    pthread_mutex_t lock;
    char *lines, *told; /* told: what the last saas_test_memory_log_take returned */
    size_t len, cap;
} saas_test_memory_log;

SAAS_MUST_CHECK saas_err saas_test_memory_log_init(saas_test_memory_log *m);
void saas_test_memory_log_done(saas_test_memory_log *m);
/* The lines since the last call; valid until the next. Never NULL. */
const char *saas_test_memory_log_take(saas_test_memory_log *m);

#endif
