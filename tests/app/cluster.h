/* tests/app/cluster.h: one cluster for a test program, and statements in it. */
#ifndef TESTS_APP_CLUSTER_H
#define TESTS_APP_CLUSTER_H

#include "check.h"
#include <libpq-fe.h>
#include <saas/test.h>

static saas_test_pg *cluster;

/* Runs sql on a connection of its own; the first value of its result, or what went wrong. */
static inline const char *sql_on(const char *dsn, const char *sql)
{
    static char value[512];
    PGconn *conn = PQconnectdb(dsn);
    PQclear(PQexec(conn, "set client_min_messages = warning"));
    PGresult *r = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(r);
    bool done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    const char *got = !done ? PQerrorMessage(conn) : PQntuples(r) ? PQgetvalue(r, 0, 0) : "";
    snprintf(value, sizeof value, "%s", got);
    PQclear(r);
    PQfinish(conn);
    return value;
}

static inline int cluster_run(const check_test *tests, size_t count, int argc, char **argv)
{
    static saas_error start;
    if (saas_test_pg_start(&cluster, &start)) {
        fprintf(stderr, "%s\n", start.text);
        return strstr(start.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, count, argc, argv);
    saas_test_pg_stop(cluster);
    return failed;
}

#define CLUSTER_MAIN(tests)                                                                                            \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return cluster_run(tests, sizeof(tests) / sizeof *(tests), argc, argv);                                        \
    }

#endif
