/* app/ledger.h: which migrations a database has, against those the program brings.
 *
 * The ledger is the table public.saas_migrations of the role that migrates: module, number, name, checksum, applied_at.
 * The program's role may read it and no more: that is how it proves that it runs on the schema it was written for. */
#ifndef SAAS_APP_LEDGER_H
#define SAAS_APP_LEDGER_H

#include "app/pg.h"
#include <saas/app.h>

/* Migrations of one origin: "saas" is the library, "app" the host. */
typedef struct saas_module {
    const char *name;
    const saas_migration *steps;
    size_t count, size; /* size: of one element */
} saas_module;

/* The library's own: 0001_tenancy and on. */
saas_module saas_library_module(void);

const saas_migration *saas_module_step(const saas_module *m, size_t i);
/* Names given and numbers rising: problems are added to e. ERR_BUG. */
SAAS_MUST_CHECK saas_err saas_module_check(const saas_module *m, saas_error *e);

enum { SAAS_CHECKSUM_CHARS = 64 };
void saas_migration_checksum(char out[SAAS_CHECKSUM_CHARS + 1], const saas_migration *step);

/* Whether there is a ledger: else nothing was ever migrated. */
SAAS_MUST_CHECK saas_err saas_ledger_exists(bool *out, PGconn *conn, saas_error *e);
/* The ledger's rows, for the functions below. */
SAAS_MUST_CHECK saas_err saas_ledger_read(PGresult **out, PGconn *conn, saas_error *e);
bool saas_ledger_has(const PGresult *ledger, const saas_module *m, const saas_migration *step);
/* Steps that were applied with another text, or that come before one that was applied: a line each is added to e.
 * ERR_CONFLICT. */
SAAS_MUST_CHECK saas_err saas_ledger_verify(const PGresult *ledger, const saas_module *m, saas_error *e);

/* Tells of every step of the modules, then of those only the database knows. The setting is named in errors. */
SAAS_MUST_CHECK saas_err saas_migrations_tell(const char *setting, const char *dsn, const saas_module *modules,
                                              size_t count, saas_migration_each *each, void *user, saas_error *e);

#endif
