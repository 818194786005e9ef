#include "http/survey.h"
#include "http/lookout.h"
#include <stdlib.h>

enum { PATIENCE_MS = 250, LOOK_MS = 5 };

/* One loop's part, filled by its thread. */
typedef struct part {
    saas_desk *desk;
    struct inquiry *inquiry;
    saas_loop_state state;
    saas_flight flights[SAAS_SURVEY_FLIGHTS];
    atomic_bool answered;
} part;

/* Shared by the one who asks and those who have not answered yet: the last one frees it. */
typedef struct inquiry {
    atomic_uint refs;
    saas_shard *home;
    size_t count;
    bool no_memory;
    part *parts[SAAS_SURVEY_LOOPS];
} inquiry;

static void put(inquiry *q)
{
    if (atomic_fetch_sub(&q->refs, 1) != 1)
        return;
    for (size_t i = 0; i < q->count; i++) {
        saas_desk_put(q->parts[i]->desk);
        free(q->parts[i]);
    }
    free(q);
}

/* ---- on a loop ---- */

static const char *state_of(const saas_ctx *c)
{
    if (c->sent)
        return "sending";
    if (c->finished)
        return "answered";
    return c->pending ? c->awaits : "running";
}

static void copy(char *out, size_t size, saas_text t)
{
    const size_t n = t.len < size - 1 ? t.len : size - 1;
    if (n)
        memcpy(out, t.ptr, n);
    out[n] = 0;
}

static void describe(saas_flight *f, const saas_ctx *c, uint64_t now)
{
    *f = (saas_flight){.route = c->match.route,
                       .state = state_of(c),
                       .age_us = now - c->started_us,
                       .org = c->org,
                       .has_org = c->has_org,
                       .user = c->me.user_id,
                       .has_user = c->signed_in};
    copy(f->method, sizeof f->method, c->method);
    copy(f->request_id, sizeof f->request_id, c->request_id);
    saas_trace_hex(f->trace_id, c->trace.id, sizeof c->trace.id);
}

/* The context that asks left out. */
static void fill(part *p, saas_shard *shard, const saas_ctx *asking)
{
    const uint64_t now = saas_clock_mono_us();
    p->state.live = shard->live;
    p->state.lag_us = shard->pulse.lag_us;
    for (saas_list *at = shard->exchanges.next; at != &shard->exchanges && p->state.count < SAAS_SURVEY_FLIGHTS;
         at = at->next) {
        const saas_ctx *c = SAAS_CONTAINER(at, saas_ctx, link);
        if (c != asking)
            describe(&p->flights[p->state.count++], c, now);
    }
    p->state.answered = true;
}

static void answer(void *user)
{
    part *p = user;
    if (p->desk->shard)
        fill(p, p->desk->shard, NULL);
    atomic_store(&p->answered, true);
    put(p->inquiry);
}

/* ---- asking ---- */

static void ask(saas_shard *shard, void *user)
{
    inquiry *q = user;
    part *p = q->count < SAAS_SURVEY_LOOPS ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        q->no_memory = true;
        return;
    }
    q->parts[q->count++] = p;
    p->inquiry = q;
    p->desk = shard->desk;
    p->state.number = shard->number;
    p->state.flights = p->flights;
    atomic_fetch_add(&p->desk->refs, 1);
    if (shard == q->home)
        return;
    atomic_fetch_add(&q->refs, 1);
    if (saas_post(shard->loop, answer, p)) {
        atomic_store(&p->answered, true);
        atomic_fetch_sub(&q->refs, 1);
    }
}

static bool all_answered(const inquiry *q)
{
    for (size_t i = 0; i < q->count; i++)
        if (!atomic_load(&q->parts[i]->answered))
            return false;
    return true;
}

static saas_err wait_for(const inquiry *q, saas_ctx *c)
{
    for (int ms = 0; ms < PATIENCE_MS && !all_answered(q); ms += LOOK_MS)
        SAAS_TRY(saas_sleep(c, LOOK_MS));
    return SAAS_OK;
}

/* What is seen of a loop that does not answer. */
static void look_at(saas_shard *shard, void *user)
{
    const inquiry *q = user;
    const uint64_t since = atomic_load(&shard->pulse.since_us);
    for (size_t i = 0; i < q->count; i++) {
        part *p = q->parts[i];
        if (p->desk != shard->desk || atomic_load(&p->answered) || !since)
            continue;
        p->state.route = atomic_load(&shard->pulse.inside);
        p->state.blocked_us = saas_clock_coarse_us() - since;
    }
}

/* Out of the inquiry, to which a late answer still writes. */
static saas_err take_over(saas_survey *out, saas_ctx *c, const inquiry *q)
{
    saas_loop_state *loops = saas_arena_calloc(&c->arena, q->count, sizeof *loops);
    if (!loops)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < q->count; i++) {
        const part *p = q->parts[i];
        if (!atomic_load(&p->answered)) {
            loops[i] = (saas_loop_state){
                .number = p->state.number, .route = p->state.route, .blocked_us = p->state.blocked_us};
            continue;
        }
        loops[i] = p->state;
        loops[i].flights = saas_arena_alloc(&c->arena, (p->state.count + 1) * sizeof(saas_flight));
        if (!loops[i].flights)
            return SAAS_ERR_NO_MEMORY;
        memcpy(loops[i].flights, p->flights, p->state.count * sizeof(saas_flight));
    }
    *out = (saas_survey){q->count, loops};
    return SAAS_OK;
}

static saas_err inquire(saas_survey *out, saas_ctx *c, inquiry *q)
{
    saas_lookout_each(c->shard->site->lookout, ask, q);
    if (q->no_memory)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < q->count; i++)
        if (q->parts[i]->desk == c->shard->desk) {
            fill(q->parts[i], c->shard, c);
            atomic_store(&q->parts[i]->answered, true);
        }
    SAAS_TRY(wait_for(q, c));
    saas_lookout_each(c->shard->site->lookout, look_at, q);
    return take_over(out, c, q);
}

saas_err saas_survey_take(saas_survey *out, saas_ctx *c)
{
    inquiry *q = calloc(1, sizeof *q);
    if (!q)
        return SAAS_ERR_NO_MEMORY;
    atomic_init(&q->refs, 1);
    q->home = c->shard;
    const saas_err e = inquire(out, c, q);
    put(q);
    return e;
}
