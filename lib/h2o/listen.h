/* h2o/listen.h: listening sockets that share a port, one for each thread. */
#ifndef SAAS_H2O_LISTEN_H
#define SAAS_H2O_LISTEN_H

#include <saas/err.h>

/* Opens count sockets on address (NULL: 0.0.0.0) and *port (0: any free one, which it is set to). On failure none is
 * left open. ERR_UNAVAILABLE: e->text says why; a port that another program listens on is never shared with it. */
SAAS_MUST_CHECK saas_err saas_h2o_listen(int *fds, size_t count, const char *address, uint16_t *port, saas_error *e);

#endif
