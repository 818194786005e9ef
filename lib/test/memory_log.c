#include "test/memory_log.h"
#include <stdlib.h>
#include <string.h>

static bool make_room(saas_test_memory_log *m, size_t len)
{
    if (m->cap - m->len > len)
        return true;
    size_t cap = (m->len + len + 1) * 2;
    char *lines = realloc(m->lines, cap);
    if (!lines)
        return false;
    m->lines = lines;
    m->cap = cap;
    return true;
}

static void keep(const char *line, size_t len, void *user)
{
    saas_test_memory_log *m = user;
    pthread_mutex_lock(&m->lock);
    if (make_room(m, len)) {
        memcpy(m->lines + m->len, line, len);
        m->len += len;
        m->lines[m->len] = 0;
    }
    pthread_mutex_unlock(&m->lock);
}

saas_err saas_test_memory_log_init(saas_test_memory_log *m)
{
    *m = (saas_test_memory_log){.lock = PTHREAD_MUTEX_INITIALIZER};
    return saas_log_new(&m->log, -1, SAAS_LOG_DEBUG, keep, m);
}

void saas_test_memory_log_done(saas_test_memory_log *m)
{
    saas_log_free(m->log);
    free(m->lines);
    free(m->told);
}

const char *saas_test_memory_log_take(saas_test_memory_log *m)
{
    pthread_mutex_lock(&m->lock);
    free(m->told);
    m->told = m->lines;
    m->lines = NULL;
    m->len = m->cap = 0;
    pthread_mutex_unlock(&m->lock);
    return m->told ? m->told : "";
}
