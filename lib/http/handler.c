#include "base/clock.h"
#include "http/hooks.h"
#include "http/meter.h"
#include "http/tx.h"
#include <saas/db.h>

enum { STATUS_CLIENT_GONE = 499 };

static saas_err before_handler(saas_ctx *c)
{
    if (c->chore)
        return SAAS_OK;
    for (const saas_step *step = c->shard->site->steps; *step && !c->replied; step++)
        SAAS_TRY((*step)(c));
    return SAAS_OK;
}

/* Only a confirmed commit lets the reply out. What a handler wrote and forgot to commit must not be answered as done.
 */
static saas_err end_transaction(saas_ctx *c)
{
    if (!c->tx)
        return c->tx_lost;
    if (c->match.route->tx)
        return saas_tx_commit(c);
    return c->tx->read_only ? SAAS_OK : saas_ctx_bug(c, "the handler left its transaction open");
}

static saas_err call_handler(saas_ctx *c)
{
    SAAS_TRY(c->match.route->handler(c));
    if (!c->replied && !c->bug)
        return saas_ctx_bug(c, "the handler returned without a reply");
    if (c->unreceived && !saas_ctx_reads(c))
        return saas_ctx_bug(c, "the handler did not receive what it sent");
    return c->bug ? SAAS_ERR_BUG : SAAS_OK;
}

static saas_err handle(saas_ctx *c)
{
    if (saas_shard_closed(c->shard, c->match.route))
        return SAAS_ERR_UNAVAILABLE;
    if (c->idempotency)
        return saas_idempotency_run(c, call_handler);
    if (c->match.route->tx)
        SAAS_TRY(saas_tx_begin(c));
    SAAS_TRY(call_handler(c));
    return end_transaction(c);
}

void saas_ctx_run(saas_fiber *self, void *arg)
{
    saas_ctx *c = arg;
    c->fiber = self;
    saas_err e = before_handler(c);
    if (!e && !c->replied)
        e = handle(c);
    if (c->tx)
        saas_ctx_tx_drop(c);
    saas_ctx_answer(c, e);
    saas_hooks_after(c);
    saas_ctx_conclude(c, e);
}

static void run_deferred(saas_ctx *c)
{
    for (saas_defer_item *item; (item = c->deferred);) {
        c->deferred = item->next;
        item->fn(item->arg);
    }
}

void saas_ctx_settle(saas_ctx *c)
{
    if (!c->finished)
        return;
    c->finished = false;
    saas_timer_stop(c->shard->loop, &c->deadline);
    if (c->gone) {
        c->status = STATUS_CLIENT_GONE;
    } else {
        c->sent = true;
        c->ops->reply(c->transport, &c->reply);
    }
    run_deferred(c);
    if (c->admitted)
        saas_pulse_leave(c->shard, c->match.route);
    const uint64_t took_us = saas_clock_mono_us() - c->started_us;
    saas_ctx_meter(c, took_us);
    saas_ctx_log_request(c, took_us);
    saas_ctx_drop(c);
}

/* ---- the request's line in the log ---- */

static saas_log_level level_of(int status)
{
    return status < 500 ? SAAS_LOG_INFO : status == 503 ? SAAS_LOG_WARN : SAAS_LOG_ERROR;
}

void saas_ctx_log_request(saas_ctx *c, uint64_t took_us)
{
    saas_log *log = c->shard->site->log;
    saas_log_level level = level_of(c->status);
    if (!saas_log_enabled(log, level) || c->quiet || (c->chore && c->status < 500))
        return;
    const saas_route *route = c->match.route;
    const saas_value none = saas_v_null(NULL);
    char ids[2][2 * sizeof c->trace.span];
    saas_trace_hex(ids[0], c->trace.span, sizeof c->trace.span);
    saas_trace_hex(ids[1], c->trace.parent, sizeof c->trace.parent);
    saas_log_write(log, level, "request",
                   (const saas_log_field[]){
                       {"method", saas_v_text(c->method)},
                       {"route", saas_v_z(route ? route->path : NULL)},
                       {"status", saas_v_i64(c->status)},
                       {"took_us", saas_v_u64(took_us)},
                       {"bytes_in", saas_v_u64(c->body.len)},
                       {"bytes_out", saas_v_u64(c->gone ? 0 : c->reply.body.len)},
                       {"request_id", saas_v_text(c->request_id)},
                       {"trace_id", saas_v_text(saas_trace_id(c))},
                       {"span_id", saas_v_text((saas_text){ids[0], sizeof ids[0]})},
                       {"parent_id", c->trace.continued ? saas_v_text((saas_text){ids[1], sizeof ids[1]}) : none},
                       {"user", c->signed_in ? saas_v_uuid(c->me.user_id) : none},
                       {"org", c->has_org ? saas_v_uuid(c->org) : none},
                       {"round_trips", saas_v_u64(c->round_trips)},
                       {"db_wait_us", saas_v_u64(c->db_wait_us)},
                       {"error", c->result ? saas_v_z(saas_err_symbol(c->result)) : none},
                   },
                   15);
}
