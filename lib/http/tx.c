#include "http/unit.h"

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

saas_err saas_tx_begin(saas_ctx *c)
{
    if (c->tx)
        return saas_ctx_bug(c, "a second transaction");
    if (!c->shard->db)
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
    tx->read_only = saas_ctx_reads(c);
    tx->deadline_us = c->deadline_us;
    saas_err e = saas_db_tx_open(c->shard->db, tx);
    if (e)
        return saas_ctx_refuse(c, saas_ctx_db_failed(c, &tx->error, e));
    c->round_trips++;
    e = saas_ctx_wait(c, &s.wait, abandon, &s);
    if (e)
        return saas_ctx_db_failed(c, &tx->error, e);
    c->tx = tx;
    c->tx_lost = SAAS_OK;
    return SAAS_OK;
}

/* Once COMMIT is on its way, a wait that was cut short says nothing about its outcome. */
static saas_err commit(saas_ctx *c, saas_db_tx *tx)
{
    step s = {.c = c, .wait = {.fiber = c->fiber}, .tx = tx};
    tx->user = &s;
    c->tx = NULL;
    c->round_trips++;
    saas_db_tx_end(tx, true);
    saas_err e = saas_ctx_wait(c, &s.wait, abandon, &s);
    if (e && e == c->over)
        return SAAS_ERR_OUTCOME_UNKNOWN;
    return e ? saas_ctx_db_failed(c, &tx->error, e) : SAAS_OK;
}

saas_err saas_tx_commit(saas_ctx *c)
{
    if (!c->tx && !c->over)
        return saas_ctx_bug(c, "a commit without a transaction");
    SAAS_TRY(saas_ctx_may_wait(c));
    saas_err e = commit(c, c->tx);
    if (e)
        c->tx_lost = e;
    return e;
}

void saas_tx_rollback(saas_ctx *c)
{
    if (!c->tx)
        return;
    saas_db_tx_abandon(c->tx);
    c->tx = NULL;
}
