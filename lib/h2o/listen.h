/* h2o/listen.h: listening sockets: of our own, sharing a port, one for each thread; or passed in. */
#ifndef SAAS_H2O_LISTEN_H
#define SAAS_H2O_LISTEN_H

#include <saas/err.h>

/* Opens count sockets on address (NULL: 0.0.0.0) and *port (0: any free one, which it is set to). On failure none is
 * left open. ERR_UNAVAILABLE: e->text says why; a port that another program listens on is never shared with it. */
SAAS_MUST_CHECK saas_err saas_h2o_listen(int *fds, size_t count, const char *address, uint16_t *port, saas_error *e);

/* Duplicates listening TCP sockets that were passed in, whoever else accepts from them, and sets *port to the first
 * one's. On failure none is left open. ERR_UNAVAILABLE: e->text says which is none, or why not. */
SAAS_MUST_CHECK saas_err saas_h2o_listen_inherit(int *fds, const int *passed, size_t count, uint16_t *port,
                                                 saas_error *e);

/* Has the kernel drop further SYNs to a listening socket of our own while handshakes under way end and are accepted: a
 * socket that is closed resets what it has not accepted yet. A client that is dropped tries again a second later, and
 * then finds another listener or none. */
void saas_h2o_listen_bar(int fd);

#endif
