/* http/call.h: statements of a context on their way to the database: in the context's transaction if one is open, else
 * as a unit of their own. */
#ifndef SAAS_HTTP_CALL_H
#define SAAS_HTTP_CALL_H

#include "http/ctx.h"
#include "http/placement.h"

/* In memory that outlives it: the stack of who waits for it, or the context's arena. */
typedef struct saas_call {
    saas_ctx *c;
    saas_wait wait;
    saas_db_unit unit;
    saas_db_tx *tx; /* it runs in; NULL: none */
    saas_err err;   /* once it is over */
    bool over;
} saas_call;

/* Sends `count` statements, which stay where they are until it is over. Errors
 * as saas_query's, logged and remembered in c->db_error; without an organization where one is needed: ERR_TENANT. */
SAAS_MUST_CHECK saas_err saas_call_start(saas_call *k, saas_ctx *c, saas_db_statement *statements, size_t count,
                                         saas_scope scope);
/* Waits until it is over. SAAS_OK: each statement has its result, the caller's to take. Once. */
SAAS_MUST_CHECK saas_err saas_call_end(saas_call *k);
/* Of one whose rows come as they are sent, in batches (saas_db_unit.rows). Each await needs a new k->wait. */
SAAS_MUST_CHECK saas_err saas_call_stream(saas_call *k, saas_ctx *c, saas_db_statement *statement,
                                          void (*rows)(saas_db_unit *unit, PGresult *rows));
/* Waits until it is over, or is woken: k->over, k->err. */
void saas_call_await(saas_call *k);
/* Lets go of it, and with it of the transaction it runs in, which is lost then. */
void saas_call_give_up(saas_call *k, saas_err why);
/* Lets go of it, wherever it is; its results go. Also when it is over, and on the loop. */
void saas_call_forget(saas_call *k);
/* Waits for what is under way in the context's transaction, which carries one call at a time. Only errors of the wait:
 * what became of the call is told to whoever ends it. */
SAAS_MUST_CHECK saas_err saas_call_flush(saas_ctx *c);
/* The context's transaction is gone, and what was under way in it. */
void saas_call_lost(saas_ctx *c);
/* Remembers what Postgres said and logs it with the text of the statement, NULL when it is none's; returns e. */
saas_err saas_ctx_db_failed(saas_ctx *c, const saas_db_error *error, const char *sql, saas_err e);
/* The same of a call, which is over. */
saas_err saas_call_failed(const saas_call *k, saas_err e);

#endif
