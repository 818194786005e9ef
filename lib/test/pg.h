/* test/pg.h: the throw-away cluster, as the databases in it see it. */
#ifndef SAAS_TEST_PG_PRIVATE_H
#define SAAS_TEST_PG_PRIVATE_H

#include "test/command.h"
#include <libpq-fe.h>
#include <saas/test.h>

struct saas_test_pg {
    char folder[64];   /* socket, data and log */
    char programs[128]; /* initdb, pg_ctl */
    saas_test_user user;
    bool ours;         /* else somebody else's, named by SAAS_TEST_PG */
    pid_t keeper;      /* removes it all when we are gone */
    int alive;         /* closing it tells the keeper */
    unsigned databases;
};

/* A superuser's connection to a database; NULL on failure, e filled. */
PGconn *saas_test_connect(const saas_test_pg *pg, const char *database, saas_error *e);
/* Runs a statement; a failure fills e. */
SAAS_MUST_CHECK saas_err saas_test_do(PGconn *conn, const char *sql, saas_error *e);

/* ---- databases ---- */

void saas_test_db_describe(saas_test_db *db, const saas_test_pg *pg, const char *name);
SAAS_MUST_CHECK saas_err saas_test_db_create(PGconn *conn, const char *name, const char *from, saas_error *e);
/* The name of the database that is migrated with these options; made when it is not there yet, by one program while
 * others that want it wait. conn keeps a lock until it ends. */
SAAS_MUST_CHECK saas_err saas_test_template(char name[64], const saas_test_pg *pg, PGconn *conn,
                                            const saas_app_options *options, saas_error *e);

#endif
