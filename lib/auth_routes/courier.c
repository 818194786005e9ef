#include "auth_routes/courier.h"
#include "auth_routes/letter.h"
#include "auth_routes/routes.h"
#include "http/chore.h"
#include "http/ctx.h"
#include <sodium.h>
#include <stdlib.h>

/* Looks when it is called, and now and then for what another process left behind or a mailer refused. */
enum { LOOK_FIRST_MS = 1000, LOOK_AGAIN_MS = 10000, ROUND_MAX = 32, ROUND_MS = 60000 };

typedef struct saas_courier {
    saas_shard *shard;
    saas_timer timer;
    saas_chore chore;
    bool under_way, called;
} saas_courier;

#define TAKEN(F, T)                                                                                                    \
    F(T, i64(1, INT64_MAX), id)                                                                                        \
    F(T, text(1, 40), kind)                                                                                            \
    F(T, text(1, 300), email)                                                                                          \
    F(T, text(1, 80), organization)                                                                                    \
    F(T, text(1, 300), new_email)                                                                                      \
    F(T, bool, with_token)
SAAS_STRUCT(taken, TAKEN);

/* ---- one mail ---- */

typedef struct delivery {
    const saas_site *site;
    saas_mail mail;
    saas_err e;
} delivery;

static void run_mailer(void *arg)
{
    delivery *d = arg;
    d->e = d->site->mailer(&d->mail, d->site->mailer_user);
}

static saas_err hand_over(saas_ctx *c, delivery *d)
{
    const saas_mail *m = &d->mail;
    if (d->site->mailer) {
        SAAS_TRY(saas_work(c, run_mailer, d));
        return d->e;
    }
    if (d->site->development)
        SAAS_LOG(saas_ctx_log(c), SAAS_LOG_INFO, "mail", {"kind", SAAS_ARG(m->kind)}, {"to", SAAS_ARG(m->to)},
                 {"subject", SAAS_ARG(m->subject)}, {"link", SAAS_ARG(m->link)});
    else
        SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "mail dropped: the app has no mailer", {"kind", SAAS_ARG(m->kind)});
    return SAAS_OK;
}

static saas_err deliver(saas_ctx *c, const struct taken *t, const char *token)
{
    saas_rows *none;
    delivery d = {.site = c->shard->site,
                  .mail = {.size = sizeof d.mail,
                           .kind = t->kind.ptr,
                           .to = t->email.ptr,
                           .organization = t->organization.ptr,
                           .token = t->with_token ? token : NULL}};
    SAAS_TRY(saas_letter_write(&d.mail, c, d.site->app_url, t->new_email));
    saas_err e = hand_over(c, &d);
    if (d.mail.link)
        sodium_memzero((char *)(uintptr_t)d.mail.link, strlen(d.mail.link));
    sodium_memzero((char *)(uintptr_t)d.mail.text, strlen(d.mail.text));
    if (!e)
        return saas_outside_query(c, &none, "mail", "select saas_auth_api.mail_done($1)", SAAS_ARGS(t->id));
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "mail not sent", {"kind", SAAS_ARG(t->kind)}, {"mail", SAAS_ARG(t->id)},
             {"error", SAAS_ARG(saas_err_symbol(e))});
    return c->over; /* the next one may do better, unless all is over */
}

/* *found false: nothing is due. */
static saas_err deliver_next(bool *found, saas_ctx *c)
{
    char token[SAAS_MAIL_TOKEN_CHARS + 1];
    uint8_t hash[SAAS_MAIL_TOKEN_HASH];
    struct taken *t;
    saas_rows *rows;
    SAAS_TRY(saas_mail_token_new(token, hash, c->shard->signer));
    SAAS_TRY(saas_outside_query(c, &rows, "mail", "select * from saas_auth_api.mail_take($1)",
                                SAAS_ARGS(saas_v_bytes(hash, sizeof hash))));
    *found = saas_rows_count(rows) > 0;
    saas_err e = *found ? saas_rows_read(&t, c, rows, 0, taken) : SAAS_OK;
    if (!e && *found)
        e = deliver(c, t, token);
    sodium_memzero(token, sizeof token);
    return e;
}

static saas_err deliver_all(saas_ctx *c)
{
    bool found = true;
    for (int i = 0; found && i < ROUND_MAX; i++) {
        saas_err e = deliver_next(&found, c);
        if (e && e != SAAS_ERR_UNAVAILABLE)
            SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "the outbox is not read", {"error", SAAS_ARG(saas_err_symbol(e))});
        if (e)
            return saas_reply_null(c, 200);
    }
    if (found)
        saas_courier_call(c);
    return saas_reply_null(c, 200);
}

/* ---- when ---- */

static const saas_route round_route = SAAS_POST("(courier)", deliver_all, .open = true, .timeout_ms = ROUND_MS);

static void set_out(void *user);

static void look_in(saas_courier *k, uint64_t ms)
{
    if (saas_timer_start(k->shard->loop, &k->timer, ms, set_out, k))
        SAAS_LOG(k->shard->site->log, SAAS_LOG_ERROR, "no more mail is sent: no memory for a timer");
}

static void round_ended(saas_chore *chore)
{
    saas_courier *k = chore->user;
    k->under_way = false;
    look_in(k, k->called ? 0 : LOOK_AGAIN_MS);
    k->called = false;
}

static void set_out(void *user)
{
    saas_courier *k = user;
    k->called = false;
    k->under_way = true;
    k->chore = (saas_chore){.route = &round_route, .ended = round_ended, .user = k};
    if (!saas_chore_start(k->shard, &k->chore))
        return;
    k->under_way = false;
    look_in(k, LOOK_AGAIN_MS);
}

void saas_courier_call(saas_ctx *c)
{
    saas_courier *k = c->shard->courier;
    if (k && k->under_way)
        k->called = true;
    else if (k)
        look_in(k, 0);
}

/* ---- life ---- */

static bool has_accounts(const saas_router *router)
{
    for (size_t i = 0; i < saas_router_count(router); i++)
        if (saas_router_route(router, i)->handler == saas_route_login)
            return true;
    return false;
}

saas_err saas_courier_attach(saas_shard *shard)
{
    if (!shard->db || !has_accounts(shard->site->router))
        return SAAS_OK;
    saas_courier *k = calloc(1, sizeof *k);
    if (!k)
        return SAAS_ERR_NO_MEMORY;
    k->shard = shard;
    saas_err e = saas_timer_start(shard->loop, &k->timer, LOOK_FIRST_MS, set_out, k);
    if (e)
        free(k);
    else
        shard->courier = k;
    return e;
}

void saas_courier_detach(saas_shard *shard)
{
    saas_courier *k = shard->courier;
    if (!k)
        return;
    saas_timer_stop(shard->loop, &k->timer);
    shard->courier = NULL;
    free(k);
}
