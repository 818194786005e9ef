#include "db/dial.h"
#include "base/clock.h"

/* Serving again within 5 s of the server's return: the longest pause and a connect fit into that. */
enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 1600 };

PGconn *saas_db_dial(const char *dsn, unsigned attempt)
{
    static const char *const names[] = {
        "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",          "dbname",          "client_encoding",     NULL};
    const char *const values[] = {"libsaas", "30", "5", "3", "10000", dsn, "UTF8", NULL};
    (void)attempt;
    return PQconnectStartParams(names, values, 1);
}

uint64_t saas_db_pause_ms(unsigned attempt)
{
    uint64_t ms = attempt > 5 ? BACKOFF_MAX_MS : (uint64_t)BACKOFF_FIRST_MS << attempt;
    uint16_t random = 0;
    if (saas_random(&random, sizeof random))
        return ms;
    return ms / 2 + random % (ms / 2);
}
