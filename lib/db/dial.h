/* db/dial.h: how a connection is begun, and begun again. */
#ifndef SAAS_DB_DIAL_H
#define SAAS_DB_DIAL_H

#include <libpq-fe.h>
#include <saas/api.h>

/* Starts the attempt-th try in a row (from 0), as PQconnectStart; of several hosts each try begins with another. NULL:
 * no memory. */
PGconn *saas_db_dial(const char *dsn, unsigned attempt);
/* The pause before it: short after a loss, then twice as long each time, 1.6 s at most; between half and all of it, so
 * that loops and servers that lost their database together don't come back together. */
uint64_t saas_db_pause_ms(unsigned attempt);

#endif
