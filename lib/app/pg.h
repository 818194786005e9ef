/* app/pg.h: a blocking conversation with Postgres, for migrating and proving; before the loops turn. */
#ifndef SAAS_APP_PG_H
#define SAAS_APP_PG_H

#include <libpq-fe.h>
#include <saas/err.h>

/* A connection for `purpose` ("migrate"), its session as it comes; the setting is named in errors, its value never.
 * NULL: e says why. */
PGconn *saas_pg_open(const char *setting, const char *dsn, const char *purpose, saas_error *e);
/* Runs sql with text parameters (count 0: any number of statements). *out, when wanted, is the caller's to PQclear.
 * ERR_SQL, ERR_UNAVAILABLE (the connection is gone): a line "what: …" is added to e. */
SAAS_MUST_CHECK saas_err saas_pg_run(PGresult **out, PGconn *conn, const char *what, const char *sql,
                                     const char *const *values, int count, saas_error *e);
/* In a transaction that has failed: back to its savepoint `saas`. */
void saas_pg_recover(PGconn *conn);
/* Whether a connection string reads, without a part of a badly escaped password ending up where errors show it.
 * NULL: it does; else what is wrong, without any of it. */
const char *saas_pg_dsn_fault(const char *dsn);
/* Whether a connection string that reads gives this parameter. */
bool saas_pg_dsn_has(const char *dsn, const char *keyword);

#endif
