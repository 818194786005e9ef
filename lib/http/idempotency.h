/* http/idempotency.h: a POST that carries an Idempotency-Key has its effect once, and its answer as often as it is
 * asked.
 *
 * Handler, answer and the row that remembers it are one transaction: whoever is killed in between leaves nothing. While
 * it runs it holds an advisory lock, so that nobody waits for anybody. */
#ifndef SAAS_HTTP_IDEMPOTENCY_H
#define SAAS_HTTP_IDEMPOTENCY_H

#include <saas/ctx.h>

enum { SAAS_IDEMPOTENCY_HEX = 65 };

typedef struct saas_idempotency {
    char key[SAAS_IDEMPOTENCY_HEX];  /* of organization, user, method, route and the client's key */
    char body[SAAS_IDEMPOTENCY_HEX]; /* of path, query string and body */
    int64_t lock;
    bool open;   /* its transaction is the context's */
    bool joined; /* the handler has begun one of its own inside */
    bool used;   /* the handler has run statements in it */
    bool secret; /* the answer must not be kept */
} saas_idempotency;

/* Before the body is read, which changes it in place: notes the key of a signed-in POST. ERR_VALIDATION: one that is
 * none. */
SAAS_MUST_CHECK saas_err saas_idempotency_note(saas_ctx *c);
/* Runs the handler in a transaction, or answers as the first one was: 409 IDEMPOTENCY_IN_PROGRESS, 409
 * IDEMPOTENCY_REPLAYED (the first answer held a secret), 422 IDEMPOTENCY_MISMATCH. */
SAAS_MUST_CHECK saas_err saas_idempotency_run(saas_ctx *c, saas_err (*handler)(saas_ctx *c));
/* Starts over, SERIALIZABLE, for a handler that has run nothing yet or is to run again. */
SAAS_MUST_CHECK saas_err saas_idempotency_reopen(saas_ctx *c);
/* The answer is written of this schema. */
void saas_idempotency_watch(saas_ctx *c, const saas_schema *schema);

#endif
