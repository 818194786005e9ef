#include "http/unit.h"

saas_err saas_ctx_unit(saas_ctx *c, saas_db_statement *statements, size_t count, saas_scope scope)
{
    saas_call k;
    SAAS_TRY(saas_call_start(&k, c, statements, count, scope));
    return saas_call_end(&k);
}

/* ---- several statements ---- */

struct saas_unit {
    saas_ctx *c;
    saas_db_statement *statements;
    saas_rows ***wanted; /* where the caller wants each one's rows; NULL: nowhere */
    saas_rows **rows;
    size_t count, cap;
    enum { GATHERING, SENT, RECEIVED } state;
    saas_err err;
    saas_call call;
    saas_defer_item item; /* lets go of it when the request is over */
};

saas_err saas_unit_new(saas_unit **out, saas_ctx *c)
{
    saas_unit *unit = saas_arena_calloc(&c->arena, 1, sizeof *unit);
    if (!unit)
        return SAAS_ERR_NO_MEMORY;
    unit->c = c;
    *out = unit;
    return SAAS_OK;
}

static saas_err grow(saas_unit *unit)
{
    saas_arena *a = &unit->c->arena;
    size_t cap = unit->cap ? unit->cap * 2 : 4, n = unit->count;
    saas_db_statement *statements = saas_arena_calloc(a, cap, sizeof *statements);
    saas_rows ***wanted = saas_arena_calloc(a, cap, sizeof *wanted);
    saas_rows **rows = saas_arena_calloc(a, cap, sizeof *rows);
    if (!statements || !wanted || !rows)
        return SAAS_ERR_NO_MEMORY;
    if (n) {
        memcpy(statements, unit->statements, n * sizeof *statements);
        memcpy(wanted, unit->wanted, n * sizeof *wanted);
        memcpy(rows, unit->rows, n * sizeof *rows);
    }
    unit->statements = statements;
    unit->wanted = wanted;
    unit->rows = rows;
    unit->cap = cap;
    return SAAS_OK;
}

saas_err saas_unit_add(saas_unit *unit, saas_rows **rows, const char *sql, saas_args args)
{
    saas_ctx *c = unit->c;
    if (unit->state != GATHERING)
        return saas_ctx_bug(c, "a statement added to a unit that was sent");
    if (unit->count == unit->cap)
        SAAS_TRY(grow(unit));
    saas_value *values = saas_args_copy(&c->arena, args, 0);
    saas_rows *made = saas_rows_new(c, sql);
    if (!values || !made)
        return SAAS_ERR_NO_MEMORY;
    size_t i = unit->count++;
    unit->statements[i] = (saas_db_statement){.sql = sql, .args = {values, args.n, sizeof *values}};
    unit->wanted[i] = rows;
    unit->rows[i] = made;
    return SAAS_OK;
}

static void forget(void *arg)
{
    saas_unit *unit = arg;
    saas_call_forget(&unit->call);
}

/* Not counted in a transaction: that one's commit tells. */
static saas_err send(saas_unit *unit)
{
    saas_ctx *c = unit->c;
    SAAS_TRY(saas_call_start(&unit->call, c, unit->statements, unit->count, SAAS_SCOPE_TENANT));
    unit->item = (saas_defer_item){.next = c->deferred, .fn = forget, .arg = unit};
    c->deferred = &unit->item;
    c->unreceived += !unit->call.tx;
    return SAAS_OK;
}

saas_err saas_unit_send(saas_unit *unit)
{
    if (unit->state != GATHERING)
        return saas_ctx_bug(unit->c, "a unit that is sent twice");
    unit->state = SENT;
    if (!unit->count)
        return SAAS_OK;
    unit->err = send(unit);
    if (unit->err)
        unit->state = RECEIVED;
    return unit->err;
}

static void take_rows(saas_unit *unit)
{
    for (size_t i = 0; i < unit->count; i++) {
        saas_rows_take(unit->rows[i], unit->c, unit->statements[i].result);
        unit->statements[i].result = NULL;
        if (unit->wanted[i])
            *unit->wanted[i] = unit->rows[i];
    }
}

saas_err saas_unit_receive(saas_unit *unit)
{
    saas_ctx *c = unit->c;
    if (unit->state != SENT)
        return saas_ctx_bug(c, "a unit that was not sent, or is received twice");
    unit->state = RECEIVED;
    if (!unit->count)
        return SAAS_OK;
    c->unreceived -= !unit->call.tx;
    unit->err = saas_call_end(&unit->call);
    if (!unit->err)
        take_rows(unit);
    return unit->err;
}

saas_err saas_unit_run(saas_unit *unit)
{
    SAAS_TRY(saas_unit_send(unit));
    return saas_unit_receive(unit);
}

saas_err saas_unit_err(const saas_unit *unit, size_t i)
{
    const saas_db_error *error = &unit->call.unit.error;
    if (unit->state != RECEIVED || i >= unit->count)
        return SAAS_ERR_BUG;
    if (!error->of_statement || i == error->statement)
        return unit->err;
    return i < error->statement || unit->err == SAAS_ERR_TOO_MANY_ROWS ? SAAS_OK : SAAS_ERR_CANCELLED;
}

saas_err saas_send(saas_ctx *c, saas_unit **sent, saas_rows **rows, const char *sql, saas_args args)
{
    saas_unit *unit;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, rows, sql, args));
    SAAS_TRY(saas_unit_send(unit));
    *sent = unit;
    return SAAS_OK;
}
