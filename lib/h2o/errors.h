/* h2o/errors.h: answers that h2o makes before any handler runs (body over its limit, unknown expectation) in the
 * envelope. */
#ifndef SAAS_H2O_ERRORS_H
#define SAAS_H2O_ERRORS_H

#include <h2o.h>

/* Rewrites what is sent on the path that h2o uses for its own errors. */
void saas_h2o_errors_register(h2o_hostconf_t *host);

#endif
