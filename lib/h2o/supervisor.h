/* h2o/supervisor.h: systemd's protocol between a service and who started it: sockets that are passed in, and what the
 * service tells of itself. All of it is in the environment; without it there is nobody to tell. */
#ifndef SAAS_H2O_SUPERVISOR_H
#define SAAS_H2O_SUPERVISOR_H

#include "h2o/conn.h"

typedef struct saas_h2o_supervisor {
    int fds[SAAS_H2O_LISTENERS_MAX];
    unsigned fd_count;
    uint64_t watchdog_ms; /* it wants to hear that often that the service lives; 0: it doesn't */
    const char *socket;   /* where it listens; NULL: it doesn't */
} saas_h2o_supervisor;

/* ERR_UNAVAILABLE: more sockets than one can serve; e->text says so. */
SAAS_MUST_CHECK saas_err saas_h2o_supervisor_find(saas_h2o_supervisor *out, saas_error *e);
/* state: a line such as "READY=1". Lost when nobody listens. */
void saas_h2o_supervisor_tell(const saas_h2o_supervisor *s, const char *state);

#endif
