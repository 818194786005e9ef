#include "app/live.h"
#include "base/clock.h"
#include "base/error.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA = 128 << 20 };

/* What is locked is not waited for: a migration may be at work, and others behind us. */
static const char begin[] =
    "begin read write; set local statement_timeout = '2s'; set local lock_timeout = '500ms';"
    "set local idle_in_transaction_session_timeout = '15s'; set local standard_conforming_strings"
    " = on; set local search_path = pg_catalog";
static const char as_the_program[] = "set local search_path = default; set constraints all immediate";

/* Two organizations the way anybody makes one: the role needs no right that it has not anyway. Without a session, and
 * so without a mail. */
static const char sign_up[] =
    "select (saas_auth_api.signup(gen_random_uuid(), u, gen_random_uuid(), null, 'Probe', 'probe-' || left(u::text, "
    "13),"
    " true, 'probe-' || u || '@probe.invalid', null, null, null, null)).org_id from gen_random_uuid() u";

/* ---- attempts ---- */

static void keep_field(char *out, size_t size, const PGresult *r, int field)
{
    const char *text = PQresultErrorField(r, field);
    snprintf(out, size, "%s", text ? text : "");
}

static void keep_answer(live *l, const PGresult *r)
{
    live_answer *a = &l->answer;
    const ExecStatusType status = PQresultStatus(r);
    *a = (live_answer){.ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK};
    if (a->ok) {
        a->rows = status == PGRES_TUPLES_OK ? PQntuples(r) : strtol(PQcmdTuples((PGresult *)(uintptr_t)r), NULL, 10);
        if (status == PGRES_TUPLES_OK && PQntuples(r) && PQnfields(r))
            snprintf(a->text, sizeof a->text, "%s", PQgetvalue(r, 0, 0));
        return;
    }
    keep_field(a->sqlstate, sizeof a->sqlstate, r, PG_DIAG_SQLSTATE);
    keep_field(a->table, sizeof a->table, r, PG_DIAG_TABLE_NAME);
    keep_field(a->constraint, sizeof a->constraint, r, PG_DIAG_CONSTRAINT_NAME);
    keep_field(a->column, sizeof a->column, r, PG_DIAG_COLUMN_NAME);
    keep_field(a->message, sizeof a->message, r, PG_DIAG_MESSAGE_PRIMARY);
}

static bool run(live *l, const char *sql)
{
    PGresult *r = PQexec(l->conn, sql);
    keep_answer(l, r);
    PQclear(r);
    if (PQstatus(l->conn) != CONNECTION_OK)
        l->found = SAAS_ERR_UNAVAILABLE;
    return l->answer.ok;
}

void saas_live_run(live *l, const char *sql)
{
    const live_answer before = l->answer;
    if (!saas_live_is_over(l))
        run(l, sql);
    l->answer = before;
}

bool saas_live_try(live *l, const char *sql, bool keep)
{
    const char *both = saas_arena_format(l->arena, "savepoint saas_live; %s", sql).ptr;
    l->answer = (live_answer){.message = "no time was left"};
    if (saas_live_is_over(l) || saas_clock_mono_us() > l->end_us || !both)
        return false;
    const bool ok = run(l, both);
    saas_live_run(l, ok && keep ? "release savepoint saas_live"
                                : "rollback to savepoint saas_live; release savepoint saas_live");
    return ok;
}

void saas_live_as(live *l, int org)
{
    const char *sql =
        saas_arena_format(l->arena, "select pg_catalog.set_config('app.current_org_id', '%s', true)", l->org[org]).ptr;
    if (sql)
        saas_live_run(l, sql);
    else
        l->found = SAAS_ERR_NO_MEMORY;
}

long saas_live_count(live *l, const live_table *t, int org)
{
    const char *sql = saas_arena_format(l->arena, "select count(*) from (select from %s where %s = '%s' limit 1000) r",
                                        t->name, t->columns[t->org].name, l->org[org])
                          .ptr;
    saas_live_as(l, org);
    return t->select && sql && saas_live_try(l, sql, false) ? strtol(l->answer.text, NULL, 10) : -1;
}

/* ---- the two organizations ---- */

static bool sign_up_both(live *l)
{
    for (size_t i = 0; i < 2; i++) {
        if (!saas_live_try(l, sign_up, true))
            return false;
        l->org[i] = saas_arena_copy(l->arena, l->answer.text, strlen(l->answer.text));
        if (!l->org[i] || !*l->org[i])
            return false;
    }
    return true;
}

/* The second one has rows everywhere before the first one reaches for them. */
static void fill_other(live *l)
{
    saas_live_as(l, 1);
    for (size_t i = 0; i < l->count; i++)
        if (l->tables[i].insert)
            saas_live_fill(l, &l->tables[i]);
    for (size_t i = 0; i < l->count; i++) {
        l->tables[i].others = saas_live_count(l, &l->tables[i], 1);
        l->tables[i].filled = false;
    }
}

static void reach_all(live *l)
{
    saas_live_as(l, 0);
    for (size_t i = 0; i < l->count; i++)
        saas_live_reach(l, &l->tables[i]);
    for (size_t i = 0; i < l->count; i++)
        if (saas_live_differs(saas_live_count(l, &l->tables[i], 1), l->tables[i].others))
            saas_live_finding(l, &l->tables[i], "has other rows of an organization after another one has worked");
}

/* ---- telling ---- */

static void tell(const live *l, saas_log *log, const char *all, uint64_t began_us)
{
    size_t skipped = 0;
    for (size_t i = 0; i < l->count; i++) {
        const live_table *t = &l->tables[i];
        const char *why = all ? all : t->why;
        if (!t->insert || !why)
            continue;
        skipped++;
        SAAS_LOG(log, SAAS_LOG_WARN, "not probed live", {"table", saas_v_z(t->name)}, {"why", saas_v_z(why)});
    }
    SAAS_LOG(log, SAAS_LOG_INFO, "isolation probed", {"tables", SAAS_ARG((int64_t)l->count)},
             {"skipped", SAAS_ARG((int64_t)skipped)},
             {"ms", SAAS_ARG((int64_t)((saas_clock_mono_us() - began_us) / 1000))});
}

static saas_err probe(live *l, const char *shared, uint32_t whole_ms, saas_log *log)
{
    const uint64_t began_us = saas_clock_mono_us();
    l->end_us = began_us + whole_ms * UINT64_C(1000);
    if (!run(l, begin)) {
        if (l->found)
            return saas_error_add(l->e, l->found, "probing: the connection was lost");
        SAAS_LOG(log, SAAS_LOG_WARN, "not probed live", {"why", saas_v_z(l->answer.message)});
        return SAAS_OK;
    }
    SAAS_TRY(saas_live_catalog(l, shared));
    SAAS_TRY(saas_pg_run(NULL, l->conn, "probing", as_the_program, NULL, 0, l->e));
    const bool both = sign_up_both(l);
    if (both) {
        fill_other(l);
        reach_all(l);
    }
    if (saas_live_is_over(l))
        return saas_error_add(l->e, l->found, "probing: %s",
                              l->found == SAAS_ERR_NO_MEMORY ? "no memory" : "the connection was lost");
    tell(l, log, both ? NULL : l->answer.message, began_us);
    return l->found;
}

saas_err saas_live_probe(PGconn *conn, const char *shared, uint32_t whole_ms, saas_log *log, saas_error *e)
{
    live l = {.conn = conn, .e = e, .arena = saas_arena_new(ARENA)};
    if (!l.arena)
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "probing: no memory");
    saas_err err = probe(&l, shared, whole_ms, log);
    PQclear(PQexec(conn, "rollback"));
    saas_arena_free(l.arena);
    return err == SAAS_ERR_SQL ? SAAS_ERR_TENANT : err;
}
