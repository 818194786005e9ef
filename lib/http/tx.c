#include "base/clock.h"
#include "http/call.h"
#include "http/placement.h"
#include "http/tx.h"

typedef struct step {
    saas_ctx *c;
    saas_wait wait;
    saas_db_tx *tx;
} step;

static void step_done(saas_db_tx *tx, saas_err e)
{
    step *s = tx->user;
    saas_ctx_wake(s->c, &s->wait, e);
}

static bool abandon(void *op)
{
    step *s = op;
    saas_db_tx_abandon(s->tx);
    return true;
}

saas_err saas_ctx_tx_open(saas_ctx *c, bool serializable)
{
    if (c->tx)
        return saas_ctx_bug(c, "a second transaction");
    const saas_placement place =
        saas_placement_of(c->shard, c->has_org ? SAAS_SCOPE_TENANT : SAAS_SCOPE_OUTSIDE, c->org);
    if (!place.db)
        return saas_ctx_refuse(c, SAAS_ERR_UNAVAILABLE);
    SAAS_TRY(saas_ctx_may_wait(c));
    saas_db_tx *tx = saas_arena_calloc(&c->arena, 1, sizeof *tx);
    if (!tx)
        return SAAS_ERR_NO_MEMORY;
    step s = {.c = c, .wait = {.fiber = c->fiber}, .tx = tx};
    tx->done = step_done;
    tx->user = &s;
    tx->org = c->org;
    tx->has_org = c->has_org;
    tx->schema = place.schema;
    tx->read_only = saas_ctx_reads(c);
    tx->serializable = serializable;
    tx->deadline_us = c->deadline_us;
    tx->tag = saas_ctx_tag(c);
    saas_err e = saas_db_tx_open(place.db, tx);
    if (e)
        return saas_ctx_refuse(c, saas_ctx_db_failed(c, &tx->error, NULL, e));
    c->round_trips++;
    e = saas_ctx_wait(c, "transaction", &s.wait, abandon, &s);
    if (e)
        return saas_ctx_db_failed(c, &tx->error, NULL, e);
    c->tx = tx;
    c->savepoints = 0;
    c->tx_lost = SAAS_OK;
    return SAAS_OK;
}

/* Under an Idempotency-Key the handler's transaction is part of its request's. */
static bool shares(const saas_ctx *c)
{
    return c->idempotency && c->idempotency->open;
}

saas_err saas_tx_begin(saas_ctx *c)
{
    if (!shares(c))
        return saas_ctx_tx_open(c, false);
    if (c->match.route->tx || c->idempotency->joined)
        return saas_ctx_bug(c, "a second transaction");
    SAAS_TRY(saas_savepoint(c));
    c->idempotency->joined = true;
    return SAAS_OK;
}

/* Once COMMIT is on its way, a wait that was cut short says nothing about its outcome. */
static saas_err end(saas_ctx *c, bool commit)
{
    saas_db_tx *tx = c->tx;
    step s = {.c = c, .wait = {.fiber = c->fiber}, .tx = tx};
    tx->user = &s;
    c->tx = NULL;
    c->round_trips++;
    saas_db_tx_end(tx, commit);
    saas_err e = saas_ctx_wait(c, "transaction", &s.wait, abandon, &s);
    if (e && e == c->over)
        return SAAS_ERR_OUTCOME_UNKNOWN;
    return e ? saas_ctx_db_failed(c, &tx->error, NULL, e) : SAAS_OK;
}

static saas_err commit_share(saas_ctx *c)
{
    if (!c->idempotency->joined && !c->match.route->tx)
        return saas_ctx_bug(c, "a commit without a transaction");
    while (c->savepoints)
        SAAS_TRY(saas_savepoint_release(c));
    c->idempotency->joined = false;
    return SAAS_OK;
}

saas_err saas_tx_commit(saas_ctx *c)
{
    if (!c->tx && !c->over)
        return saas_ctx_bug(c, "a commit without a transaction");
    if (c->bug) {
        saas_ctx_tx_drop(c);
        return c->tx_lost = SAAS_ERR_BUG;
    }
    SAAS_TRY(saas_ctx_may_wait(c));
    saas_err e = saas_call_flush(c);
    if (!e)
        e = shares(c) ? commit_share(c) : end(c, true);
    if (e)
        c->tx_lost = e;
    return e;
}

void saas_ctx_tx_drop(saas_ctx *c)
{
    if (!c->tx)
        return;
    saas_db_tx_abandon(c->tx);
    c->tx = NULL;
    saas_call_lost(c);
}

void saas_ctx_tx_give_up(saas_ctx *c)
{
    if (!c->tx)
        return;
    if (c->over || saas_ctx_may_wait(c) || saas_call_flush(c) || end(c, false))
        saas_ctx_tx_drop(c);
}

/* To where the handler began: its own begin, or the claim. */
static saas_err rollback_share(saas_ctx *c)
{
    const bool joined = c->idempotency->joined;
    while (c->savepoints)
        SAAS_TRY(saas_savepoint_rollback(c));
    c->idempotency->joined = false;
    if (joined)
        return SAAS_OK;
    c->savepoints = 1;
    SAAS_TRY(saas_savepoint_rollback(c));
    SAAS_TRY(saas_savepoint(c));
    c->savepoints = 0;
    return SAAS_OK;
}

void saas_tx_rollback(saas_ctx *c)
{
    if (!c->tx)
        return;
    saas_err e = shares(c) ? rollback_share(c) : SAAS_OK;
    if (e)
        c->tx_lost = e;
    if (e || !shares(c))
        saas_ctx_tx_drop(c);
}

/* ---- savepoints ---- */

/* Cut short: the whole transaction goes. */
static bool abandon_whole(void *op)
{
    step *s = op;
    saas_ctx_tx_drop(s->c);
    s->c->tx_lost = s->c->over;
    return true;
}

static saas_err mark(saas_ctx *c, saas_db_mark what)
{
    step s = {.c = c, .wait = {.fiber = c->fiber}, .tx = c->tx};
    SAAS_TRY(saas_ctx_may_wait(c));
    SAAS_TRY(saas_call_flush(c));
    c->tx->user = &s;
    saas_err e = saas_db_tx_mark(c->tx, what);
    if (e)
        return saas_ctx_refuse(c, e);
    c->round_trips++;
    e = saas_ctx_wait(c, "transaction", &s.wait, abandon_whole, &s);
    return e ? saas_ctx_db_failed(c, &s.tx->error, NULL, e) : SAAS_OK;
}

saas_err saas_savepoint(saas_ctx *c)
{
    if (c->over)
        return saas_ctx_may_wait(c);
    if (!c->tx)
        return saas_ctx_bug(c, "a savepoint without a transaction");
    SAAS_TRY(mark(c, SAAS_DB_MARK_SET));
    c->savepoints++;
    return SAAS_OK;
}

static saas_err end_savepoint(saas_ctx *c, saas_db_mark what)
{
    if (c->over)
        return saas_ctx_may_wait(c);
    if (!c->tx || !c->savepoints)
        return saas_ctx_bug(c, "no savepoint is set");
    SAAS_TRY(mark(c, what));
    c->savepoints--;
    return SAAS_OK;
}

saas_err saas_savepoint_release(saas_ctx *c)
{
    return end_savepoint(c, SAAS_DB_MARK_RELEASE);
}

saas_err saas_savepoint_rollback(saas_ctx *c)
{
    return end_savepoint(c, SAAS_DB_MARK_BACK);
}

/* ---- again and again ---- */

enum { ATTEMPTS = 5, PAUSE_MS = 4, PAUSE_DOUBLINGS = 5 };

static saas_err attempt(saas_ctx *c, saas_err (*fn)(saas_ctx *c, void *arg), void *arg)
{
    SAAS_TRY(shares(c) ? saas_idempotency_reopen(c) : saas_ctx_tx_open(c, true));
    saas_err e = fn(c, arg);
    if (!e && c->bug)
        e = SAAS_ERR_BUG;
    if (!e && !c->tx)
        e = c->tx_lost ? c->tx_lost : saas_ctx_bug(c, "what saas_tx_run runs must leave the transaction open");
    if (shares(c)) /* which ends it */
        return e;
    if (!e)
        return saas_tx_commit(c);
    saas_ctx_tx_drop(c);
    return e;
}

/* As if it had not been tried: what it answered is forgotten. Those who lost together must not meet again. */
static saas_err pause_before(saas_ctx *c, unsigned n, size_t headers)
{
    uint64_t most = (uint64_t)PAUSE_MS << (n < PAUSE_DOUBLINGS ? n : PAUSE_DOUBLINGS);
    saas_ctx_clear_reply(c);
    c->reply_header_count = headers;
    c->issues = (saas_issues){0};
    return saas_sleep(c, 1 + saas_clock_mono_us() % most);
}

saas_err saas_tx_run(saas_ctx *c, saas_err (*fn)(saas_ctx *c, void *arg), void *arg, unsigned attempts)
{
    const size_t headers = c->reply_header_count;
    if (shares(c) && (c->idempotency->used || c->idempotency->joined))
        return saas_ctx_bug(c, "saas_tx_run after other statements, in a request with an Idempotency-Key");
    for (unsigned n = 1;; n++) {
        saas_err e = attempt(c, fn, arg);
        if (e != SAAS_ERR_SERIALIZATION || n >= (attempts ? attempts : ATTEMPTS))
            return e;
        SAAS_TRY(pause_before(c, n, headers));
    }
}
