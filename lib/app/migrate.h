/* app/migrate.h: brings a database up to date. */
#ifndef SAAS_APP_MIGRATE_H
#define SAAS_APP_MIGRATE_H

#include "app/ledger.h"

/* Applies what the ledger lacks, module by module, each step in a transaction of its own under an advisory lock, so
 * that several programs may migrate at once. log may be NULL. ERR_UNAVAILABLE, ERR_SQL, ERR_TENANT (see app/lint.h),
 * ERR_CONFLICT (nothing is applied then). */
SAAS_MUST_CHECK saas_err saas_migrate(const char *dsn, const saas_module *modules, size_t count, saas_log *log,
                                      saas_error *e);

/* The same in one transaction that is rolled back. */
SAAS_MUST_CHECK saas_err saas_migrate_dry(const char *dsn, const saas_module *modules, size_t count, saas_log *log,
                                          saas_error *e);

#endif
