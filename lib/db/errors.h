/* db/errors.h: what a failed result says. */
#ifndef SAAS_DB_ERRORS_H
#define SAAS_DB_ERRORS_H

#include "db/pool.h"

saas_err saas_db_error_take(saas_db_error *out, const PGresult *r, size_t statement);

#endif
