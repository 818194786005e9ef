#include "db/dial.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

/* Serving again within 5 s of the server's return: the longest pause and a connect fit into that. */
enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 1600 };

/* ---- several hosts ---- */

static unsigned count_of(const char *list)
{
    unsigned n = 1;
    for (; *list; list++)
        n += *list == ',';
    return n;
}

static const char *item(const char *list, unsigned i)
{
    for (; i; i--)
        list = strchr(list, ',') + 1;
    return list;
}

/* A list of the connection string beginning with another of its items; NULL: it has one at most, or no memory. */
static char *rotated(const PQconninfoOption *options, const char *keyword, unsigned by)
{
    while (options->keyword && strcmp(options->keyword, keyword) != 0)
        options++;
    const char *list = options->keyword ? options->val : NULL;
    if (!list || count_of(list) < 2)
        return NULL;
    size_t len = strlen(list);
    const char *first = item(list, by % count_of(list));
    char *out = malloc(len + 2), *end;
    if (!out)
        return NULL;
    end = stpcpy(stpcpy(out, first), ",");
    memcpy(end, list, (size_t)(first - list));
    out[len] = 0;
    return out;
}

static PGconn *start(const char *dsn, const char *host, const char *address, const char *port)
{
    static const char *const names[] = {"fallback_application_name",
                                        "keepalives_idle",
                                        "keepalives_interval",
                                        "keepalives_count",
                                        "tcp_user_timeout",
                                        "dbname",
                                        "client_encoding",
                                        "host",
                                        "hostaddr",
                                        "port",
                                        NULL};
    const char *const values[] = {"libsaas", "30", "5", "3", "10000", dsn, "UTF8", host, address, port, NULL};
    return PQconnectStartParams(names, values, 1);
}

/* A host that says nothing at all takes the whole attempt: so the next one begins with the next host. */
PGconn *saas_db_dial(const char *dsn, unsigned attempt)
{
    PQconninfoOption *options = attempt ? PQconninfoParse(dsn, NULL) : NULL;
    if (!options)
        return start(dsn, NULL, NULL, NULL);
    char *host = rotated(options, "host", attempt), *address = rotated(options, "hostaddr", attempt),
         *port = rotated(options, "port", attempt);
    PGconn *conn = start(dsn, host, address, port);
    free(host);
    free(address);
    free(port);
    PQconninfoFree(options);
    return conn;
}

/* ---- pauses ---- */

uint64_t saas_db_pause_ms(unsigned attempt)
{
    uint64_t ms = attempt > 5 ? BACKOFF_MAX_MS : (uint64_t)BACKOFF_FIRST_MS << attempt;
    uint16_t random = 0;
    if (saas_random(&random, sizeof random))
        return ms;
    return ms / 2 + random % (ms / 2);
}
