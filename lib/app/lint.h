/* app/lint.h: what a migration may not leave behind. */
#ifndef SAAS_APP_LINT_H
#define SAAS_APP_LINT_H

#include "app/pg.h"

/* Within the step's transaction, before it is committed: every table with a column org_id has forced row-level security,
 * policies with WITH CHECK and an index led by org_id. Partitions are their parent's matter. ERR_TENANT: a line
 * "what: table: why" for each that has not. ERR_SQL, ERR_UNAVAILABLE. */
SAAS_MUST_CHECK saas_err saas_lint(PGconn *conn, const char *what, saas_error *e);

#endif
