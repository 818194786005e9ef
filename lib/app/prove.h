/* app/prove.h: the proof of tenant isolation, as one list of checks over the catalogues. */
#ifndef SAAS_APP_PROVE_H
#define SAAS_APP_PROVE_H

#include "app/ledger.h"
#include "app/statements.h"

typedef struct saas_proof {
    const char *dsn;                  /* of the very role that serves */
    const char *system_dsn;           /* of the system scope; NULL: there is none */
    const char *const *shared_tables; /* NULL-terminated; NULL: none */
    uint32_t connections;             /* the program will hold at once */
    uint32_t system_connections;      /* of system_dsn */
    const saas_module *modules;
    size_t module_count;
    saas_statements statements;
    bool catalogue_only; /* nothing is read but the catalogues, and nothing tried */
    saas_log *log;       /* what could not be tried; may be NULL */
} saas_proof;

/* ERR_TENANT: e has a line a finding, each with its table, role or function. ERR_BUG: only the program's statements are
 * at fault. ERR_UNAVAILABLE, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_prove(const saas_proof *proof, saas_error *e);

/* A check: rows of (what, why) are findings. Functions and tables outside pg_catalog come qualified: the proof runs
 * with an empty search path, so that nothing can be put before what is meant. */
typedef enum saas_check_param { SAAS_CHECK_PLAIN, SAAS_CHECK_SHARED, SAAS_CHECK_CONNECTIONS } saas_check_param;
typedef enum saas_check_role { SAAS_CHECK_SERVING = 1, SAAS_CHECK_SYSTEM = 2, SAAS_CHECK_BOTH = 3 } saas_check_role;
typedef struct saas_check {
    const char *name;
    saas_check_role role;   /* which it asks something of */
    saas_check_param param; /* $1: none, names that are shared (a line each), connections needed */
    const char *sql;
} saas_check;

const saas_check *saas_checks(size_t *count);
/* Begins the proof's transaction. */
SAAS_MUST_CHECK saas_err saas_prove_begin(PGconn *conn, saas_error *e);
/* All checks of a role, in that transaction. ERR_TENANT, ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_prove_role(PGconn *conn, saas_check_role role, const char *const params[], saas_error *e);
/* The role of the system scope, on a connection of its own. shared: a line each. */
SAAS_MUST_CHECK saas_err saas_prove_system(const saas_proof *proof, const char *shared, saas_error *e);

/* Names, quoted, of all that the role can read and that is not shared ($1). */
const char *saas_probe_sql(void);
/* In the proof's transaction: reads each of them without an organization and as one that does not exist: a row is a finding. ERR_TENANT,
 * ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_probe(PGconn *conn, const char *shared, saas_error *e);

#endif
