/* http/tx.h: the context's transaction, for the library's own use. */
#ifndef SAAS_HTTP_TX_H
#define SAAS_HTTP_TX_H

#include "http/ctx.h"
#include <saas/db.h>

SAAS_MUST_CHECK saas_err saas_ctx_tx_open(saas_ctx *c, bool serializable);
/* Lets go of it without waiting; also on the loop. */
void saas_ctx_tx_drop(saas_ctx *c);
/* Rolls back and waits until that is done, where waiting is still possible: its locks are gone then. */
void saas_ctx_tx_give_up(saas_ctx *c);

#endif
