#include "middleware/revoked.h"
#include "auth/revocations.h"
#include "base/clock.h"
#include "http/chore.h"
#include "http/meter.h"
#include <inttypes.h>
#include <saas/db.h>
#include <stdlib.h>

enum { LOAD_MS = 10000, RETRY_MS = 1000, FULL_MS = 10000, SWEEP_MS = 60000, ECHO_S = 60, DEAF_TOLD = 3 };

static const char channel[] = "saas_revoked";

/* The set can be relied on while it listens, has loaded what was said before it did, and hears what is said where it
 * loads from: LISTEN succeeds on another database too, and through a pooler. So it says something to itself. */
typedef struct saas_watch {
    saas_shard *shard;
    saas_revocations *set;
    saas_subscription *subscription;
    saas_timer timer;
    saas_chore chore;
    char said[40];     /* to itself, of late */
    uint64_t echoed_s; /* when that was heard the last time */
    bool listening, loaded, hears, busy;
    bool unheard; /* what it said to itself */
    bool missed;  /* something, since the last load began */
    bool full, told;
    unsigned deaf; /* how often in a row */
} saas_watch;

static bool known(const saas_watch *w)
{
    return w->loaded && w->hears;
}

static uint64_t now_s(void)
{
    return saas_clock_mono_us() / 1000000;
}

static void meter(const saas_watch *w)
{
    if (!w->shard->meter)
        return;
    saas_meter_set(w->shard->meter, SAAS_METER_REVOKED, saas_revocations_count(w->set));
    saas_meter_set(w->shard->meter, SAAS_METER_REVOKED_ASK, !known(w));
}

/* ---- loading ---- */

static void look(void *user);

static void look_in(saas_watch *w, uint64_t ms)
{
    if (saas_timer_start(w->shard->loop, &w->timer, ms, look, w))
        SAAS_LOG(w->shard->site->log, SAAS_LOG_ERROR, "revocations are not swept: no memory for a timer");
}

static uint64_t number(saas_text digits)
{
    return digits.ptr ? strtoull(digits.ptr, NULL, 10) : 0;
}

static saas_err keep(saas_watch *w, saas_text said, uint64_t seconds)
{
    saas_revocation r;
    SAAS_TRY(saas_revocation_parse(&r, said));
    return saas_revocations_add(w->set, &r, now_s() + seconds);
}

/* Room for what is said meanwhile is left. */
static saas_err load(saas_ctx *c, saas_watch *w)
{
    enum { ROWS_MAX = SAAS_REVOKED_MAX / 4 * 3 };
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "revocations", "select said, seconds from saas_auth_api.revocations($1)",
                                SAAS_ARGS(ROWS_MAX)));
    const size_t count = saas_rows_count(rows);
    for (size_t i = 0; i < count; i++)
        SAAS_TRY(keep(w, saas_rows_text(rows, i, "said"), number(saas_rows_text(rows, i, "seconds"))));
    return count < ROWS_MAX ? SAAS_OK : SAAS_ERR_BUSY;
}

static saas_err speak(saas_ctx *c, const saas_watch *w)
{
    saas_rows *rows;
    return saas_outside_query(c, &rows, "revocations", "select pg_notify($1, $2) as said", SAAS_ARGS(channel, w->said));
}

/* Speaks first: what is said after that was heard is heard, and what before, loaded. */
static saas_err load_all(saas_ctx *c)
{
    saas_watch *w = c->shard->watch;
    const bool was_known = known(w);
    saas_err e = speak(c, w);
    if (e)
        w->unheard = false;
    if (was_known)
        return saas_reply_null(c, 200);
    e = e ? e : load(c, w);
    w->loaded = !e && w->listening && !w->missed;
    w->full = e == SAAS_ERR_BUSY;
    if (e && !c->over && !w->told)
        SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "revocations are not known: the database is asked for each request",
                 {"error", SAAS_ARG(saas_err_symbol(e))});
    w->told = e && !c->over;
    meter(w);
    return saas_reply_null(c, 200);
}

static uint64_t pause_ms(const saas_watch *w)
{
    return (known(w) && !w->unheard) || !w->listening ? SWEEP_MS : w->full ? FULL_MS : RETRY_MS;
}

static void load_ended(saas_chore *chore)
{
    saas_watch *w = chore->user;
    w->busy = false;
    look_in(w, pause_ms(w));
}

static const saas_route load_route = SAAS_GET("(revocations)", load_all, .open = true, .timeout_ms = LOAD_MS);

/* Whatever was said meanwhile was not heard either. */
static void is_deaf(saas_watch *w)
{
    w->hears = w->loaded = w->unheard = false;
    if (++w->deaf == DEAF_TOLD)
        SAAS_LOG(
            w->shard->site->log, SAAS_LOG_WARN,
            "revocations are not heard, and the database is asked for each request: LISTEN_DATABASE_URL must lead to"
            " the database of DATABASE_URL, past any pooler");
}

static bool start_load(saas_watch *w)
{
    uint64_t nonce[2];
    if (saas_random(nonce, sizeof nonce))
        return false;
    snprintf(w->said, sizeof w->said, "p %016" PRIx64 "%016" PRIx64, nonce[0], nonce[1]);
    w->missed = false;
    w->unheard = w->busy = true;
    w->chore = (saas_chore){.route = &load_route, .ended = load_ended, .user = w};
    if (!saas_chore_start(w->shard, &w->chore))
        return true;
    w->unheard = w->busy = false;
    return false;
}

static void look(void *user)
{
    saas_watch *w = user;
    saas_revocations_sweep(w->set, now_s());
    if (w->unheard && !w->busy)
        is_deaf(w);
    meter(w);
    const bool due = w->listening && (!known(w) || now_s() - w->echoed_s >= ECHO_S);
    if (!w->busy && (!due || !start_load(w)))
        look_in(w, pause_ms(w));
}

/* ---- what the listener tells ---- */

/* Every loop of every process does this. */
static bool is_echo(saas_watch *w, saas_text said)
{
    if (said.len < 2 || said.ptr[0] != 'p' || said.ptr[1] != ' ')
        return false;
    if (w->unheard && saas_text_equal(said, saas_text_z(w->said))) {
        w->unheard = false;
        w->deaf = 0;
        w->hears = true;
        w->echoed_s = now_s();
    }
    return true;
}

/* What can't be read, or kept, may stop anything. Where it is known already that something is missing, a look is due.
 */
static void heard(void *user, saas_text said)
{
    saas_watch *w = user;
    saas_err e = is_echo(w, said) ? SAAS_OK : keep(w, said, SAAS_REVOCATION_S);
    if (e) {
        w->missed = true;
        w->full = e == SAAS_ERR_BUSY;
    }
    if (e && w->loaded) {
        w->loaded = false;
        look_in(w, pause_ms(w));
    }
    meter(w);
}

static void regained(void *user)
{
    saas_watch *w = user;
    w->listening = w->missed = true;
    w->loaded = w->hears = w->unheard = false;
    if (w->shard->meter)
        saas_meter_add(w->shard->meter, SAAS_METER_LISTENS, 1);
    meter(w);
    if (!w->busy)
        look_in(w, 0);
}

static void lost(void *user)
{
    saas_watch *w = user;
    w->listening = w->loaded = w->hears = w->unheard = false;
    meter(w);
}

/* ---- checking ---- */

static saas_err ask(saas_ctx *c)
{
    saas_rows *rows;
    saas_err e =
        saas_outside_query(c, &rows, "revocations", "select saas_auth_api.revoked($1, $2, $3, $4) as revoked",
                           SAAS_ARGS(c->me.user_id, c->me.org_id, c->me.session_id, (int64_t)c->me.generation));
    if (e == SAAS_ERR_SQL)
        return SAAS_ERR_UNAVAILABLE; /* not migrated */
    SAAS_TRY(e);
    return saas_text_equal(saas_rows_text(rows, 0, "revoked"), SAAS_LIT("f")) ? SAAS_OK : SAAS_ERR_UNAUTHENTICATED;
}

saas_err saas_revoked_check(saas_ctx *c)
{
    const saas_watch *w = c->shard->watch;
    if (!w)
        return SAAS_OK;
    if (saas_revocations_stop(w->set, &c->me))
        return SAAS_ERR_UNAUTHENTICATED;
    return known(w) ? SAAS_OK : ask(c);
}

/* ---- life ---- */

saas_err saas_revoked_attach(saas_shard *shard)
{
    static const saas_subscriber calls = {.heard = heard, .regained = regained, .lost = lost};
    if (!shard->site->listener)
        return SAAS_OK;
    saas_watch *w = calloc(1, sizeof *w);
    if (!w)
        return SAAS_ERR_NO_MEMORY;
    w->shard = shard;
    shard->watch = w;
    saas_subscriber me = calls;
    me.user = w;
    SAAS_TRY(saas_revocations_new(&w->set, SAAS_REVOKED_MAX));
    meter(w);
    return saas_subscribe(&w->subscription, shard->site->listener, shard->loop, channel, &me);
}

void saas_revoked_detach(saas_shard *shard)
{
    saas_watch *w = shard->watch;
    if (!w)
        return;
    saas_unsubscribe(w->subscription);
    saas_timer_stop(shard->loop, &w->timer);
    saas_revocations_free(w->set);
    shard->watch = NULL;
    free(w);
}
