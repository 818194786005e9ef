#include "http/unit.h"

enum { READ_MAX = 4 << 20 }; /* of the structs that a batch's rows are read into */

struct saas_stream {
    saas_rows rows;  /* the batch that is handed out */
    PGresult *fresh; /* the batch that has come */
    saas_db_statement statement;
    saas_call call;
    uint64_t rows_left, bytes_left;
    bool ended;
    saas_err err; /* what it ended with */
    saas_defer_item item;
};

static void on_rows(saas_db_unit *unit, PGresult *rows)
{
    saas_call *k = unit->user;
    saas_stream *s = SAAS_CONTAINER(k, saas_stream, call);
    s->fresh = rows;
    saas_ctx_wake(k->c, &k->wait, SAAS_OK);
}

/* ---- its end ---- */

static saas_err end(saas_stream *s, saas_err e)
{
    s->ended = true;
    s->err = e;
    s->call.c->unreceived -= !s->call.tx;
    return e;
}

static void clear(saas_stream *s)
{
    PQclear(s->rows.result);
    s->rows.result = NULL;
    saas_arena_reset(s->rows.arena);
}

static void let_go(void *arg)
{
    saas_stream *s = arg;
    saas_call_forget(&s->call);
    PQclear(s->rows.result);
    PQclear(s->fresh);
    saas_arena_free(s->rows.arena);
}

void saas_stream_close(saas_stream *s)
{
    if (s->ended)
        return;
    if (!s->call.over)
        saas_call_give_up(&s->call, s->call.tx ? SAAS_ERR_BUG : SAAS_ERR_CANCELLED);
    (void)!end(s, SAAS_ERR_CANCELLED);
}

static saas_err too_large(saas_stream *s)
{
    saas_ctx *c = s->call.c;
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a result is too large", {"statement", saas_v_z(s->rows.sql)},
             {"route", saas_v_z(c->match.route->path)});
    if (!s->call.over)
        saas_call_give_up(&s->call, SAAS_ERR_TOO_MANY_ROWS);
    return end(s, SAAS_ERR_TOO_MANY_ROWS);
}

/* ---- its rows ---- */

static saas_err open_stream(saas_stream *s, saas_ctx *c, const char *sql, saas_args args)
{
    saas_value *values = saas_args_copy(&c->arena, args, 0);
    if (!values || !saas_rows_init(&s->rows, c, sql))
        return SAAS_ERR_NO_MEMORY;
    s->statement = (saas_db_statement){.sql = s->rows.sql, .args = {values, args.n, sizeof *values}};
    s->rows.arena = saas_arena_new(READ_MAX);
    if (!s->rows.arena)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = saas_call_stream(&s->call, c, &s->statement, on_rows);
    if (e)
        saas_arena_free(s->rows.arena);
    return e;
}

saas_err saas_stream_open(saas_stream **out, saas_ctx *c, uint64_t rows_max, uint64_t bytes_max, const char *sql,
                          saas_args args)
{
    saas_stream *s = saas_arena_calloc(&c->arena, 1, sizeof *s);
    if (!s)
        return SAAS_ERR_NO_MEMORY;
    s->rows_left = rows_max ? rows_max : SAAS_STREAM_ROWS_MAX;
    s->bytes_left = bytes_max ? bytes_max : SAAS_STREAM_BYTES_MAX;
    SAAS_TRY(open_stream(s, c, sql, args));
    s->item = (saas_defer_item){.next = c->deferred, .fn = let_go, .arg = s};
    c->deferred = &s->item;
    c->unreceived += !s->call.tx;
    *out = s;
    return SAAS_OK;
}

/* Nothing can come between two batches: it is asked for here only. */
static void ask(saas_stream *s)
{
    if (!s->rows.result)
        return;
    clear(s);
    if (s->call.over)
        return;
    s->call.wait = (saas_wait){.fiber = s->call.c->fiber};
    saas_db_more(&s->call.unit);
}

static saas_err hand_out(saas_stream *s, saas_rows **rows)
{
    PGresult *r = s->fresh;
    const uint64_t count = (uint64_t)PQntuples(r), bytes = PQresultMemorySize(r);
    if (count > s->rows_left || bytes > s->bytes_left)
        return too_large(s);
    s->rows_left -= count;
    s->bytes_left -= bytes;
    s->rows.result = r;
    s->fresh = NULL;
    *rows = &s->rows;
    return SAAS_OK;
}

saas_err saas_stream_next(saas_stream *s, saas_rows **rows)
{
    saas_call *k = &s->call;
    if (s->ended) {
        if (!s->err)
            *rows = NULL;
        return s->err ? saas_ctx_refuse(k->c, s->err) : SAAS_OK;
    }
    SAAS_TRY(saas_ctx_may_wait(k->c));
    ask(s);
    if (!s->fresh)
        saas_call_await(k);
    if (k->over && k->err)
        return end(s, saas_call_failed(k, k->err));
    if (s->fresh)
        return hand_out(s, rows);
    *rows = NULL;
    return end(s, SAAS_OK);
}
