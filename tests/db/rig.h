/* tests/db/rig.h: a Postgres, a loop and a pool; units run to their end in one call. */
#ifndef TESTS_DB_RIG_H
#define TESTS_DB_RIG_H

#include "base/clock.h"
#include "check.h"
#include "db/pool.h"
#include <saas/test.h>
#include <unistd.h>

static saas_test_pg *pg;
static saas_test_db base;
static saas_loop *loop;
static saas_db *db;
static char logged[16384];

static const char schema[] = "create function saas_current_org() returns uuid language sql stable as "
                             "$$ select nullif(current_setting('app.current_org_id', true), '')::uuid $$;"
                             "create table notes (id bigint generated always as identity primary key,"
                             "  org_id uuid not null default saas_current_org(), title text not null constraint "
                             "notes_title check (title <> 'bad'),"
                             "  mark text unique);"
                             "create index on notes (org_id);"
                             "alter table notes enable row level security; alter table notes force row level security;"
                             "create policy tenant on notes to saas_app using (org_id = (select saas_current_org()))"
                             "  with check (org_id = (select saas_current_org()));"
                             "grant select, insert, update, delete on notes to saas_app;"
                             "create table plain (a int, at timestamptz default clock_timestamp());"
                             "grant select, insert, update, delete on plain to saas_app;"
                             "create table parents (id int primary key); grant select, insert on parents to saas_app;"
                             "create table children (parent int constraint children_parent references parents (id) "
                             "deferrable initially deferred);"
                             "grant select, insert on children to saas_app;";

static bool sql_as(const char *dsn, const char *sql, char out[256])
{
    PGconn *conn = PQconnectdb(dsn);
    PGresult *r = PQexec(conn, sql);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
    if (out)
        snprintf(out, 256, "%s", ok && PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    if (!ok)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(conn));
    PQclear(r);
    PQfinish(conn);
    return ok;
}

static inline long count_of(const char *sql)
{
    char out[256];
    return sql_as(base.super_dsn, sql, out) ? strtol(out, NULL, 10) : -1;
}

static void log_line(const char *line, size_t len, void *user)
{
    (void)user;
    size_t used = strlen(logged);
    if (used + len < sizeof logged)
        snprintf(logged + used, sizeof logged - used, "%.*s", (int)len, line);
}

static saas_log *rig_log;

static inline bool turn_until(bool (*done)(void *user), void *user, uint64_t ms)
{
    uint64_t end = saas_clock_mono_us() + ms * 1000;
    while (!done(user)) {
        if (saas_clock_mono_us() > end)
            return false;
        saas_poll_loop_turn(loop, 5);
    }
    return true;
}

static inline void turn_for(uint64_t ms)
{
    uint64_t end = saas_clock_mono_us() + ms * 1000;
    while (saas_clock_mono_us() < end)
        saas_poll_loop_turn(loop, 5);
}

static bool pool_ready(void *user)
{
    return saas_db_ready(user);
}

/* A pool of its own for each test; slow and exclusive lanes connect a little later than ready. */
static inline bool open_pool(saas_db_options o)
{
    o.dsn = o.dsn ? o.dsn : base.app_dsn;
    o.log = rig_log;
    *logged = 0;
    if (saas_db_new(&db, loop, &o) || !turn_until(pool_ready, db, 5000))
        return false;
    turn_for(60);
    return true;
}

static inline void close_pool(void)
{
    saas_db_free(db);
    db = NULL;
}

/* ---- one unit ---- */

typedef struct run {
    saas_db_unit unit;
    saas_db_statement statements[4];
    saas_value held[4]; /* of the first statement: SAAS_ARGS lives only as long as its block */
    unsigned calls;
    saas_err e;
    uint64_t done_us;
} run;

static void on_done(saas_db_unit *unit, saas_err e)
{
    run *r = unit->user;
    r->calls++;
    r->e = e;
    r->done_us = saas_clock_mono_us();
}

static bool has_run(void *user)
{
    return ((run *)user)->calls != 0;
}

static inline void run_clear(run *r)
{
    for (size_t i = 0; i < r->unit.count; i++) {
        PQclear(r->statements[i].result);
        r->statements[i].result = NULL;
    }
}

static inline uint64_t in_ms(uint64_t ms)
{
    return saas_clock_mono_us() + ms * 1000;
}

/* A unit of one statement. */
static inline run one(const char *sql, saas_args args)
{
    run r = {.unit = {.count = 1}};
    r.statements[0] = (saas_db_statement){.sql = sql, .args = args};
    for (size_t i = 0; i < args.n && i < 4; i++)
        r.held[i] = args.v[i];
    return r;
}

static inline void aim(run *r)
{
    if (r->unit.count == 1)
        r->statements[0].args.v = r->held;
    r->unit.statements = r->statements;
    r->unit.done = on_done;
    r->unit.user = r;
    r->calls = 0;
}

static inline saas_err start(run *r)
{
    aim(r);
    saas_err e = saas_db_submit(db, &r->unit);
    CHECK_INT(r->calls, 0); /* never before the starting call returns */
    return e;
}

static inline saas_err finish(run *r)
{
    if (!turn_until(has_run, r, 10000))
        return SAAS_ERR_INTERNAL;
    CHECK_INT(r->calls, 1);
    return r->e;
}

static inline saas_err run_it(run *r)
{
    saas_err e = start(r);
    return e ? e : finish(r);
}

static inline const char *cell(const run *r, size_t statement, int column)
{
    const PGresult *result = r->statements[statement].result;
    if (!result || !PQntuples(result))
        return "(none)";
    return PQgetisnull(result, 0, column) ? "(null)" : PQgetvalue(result, 0, column);
}

/* One statement's error; its first cell goes to out. */
static inline saas_err value(char out[256], const char *sql, saas_args args)
{
    run r = one(sql, args);
    saas_err e = run_it(&r);
    snprintf(out, 256, "%s", e ? r.unit.error.sqlstate : cell(&r, 0, 0));
    run_clear(&r);
    return e;
}

static inline saas_uuid org(unsigned n)
{
    saas_uuid id = {{0xaa}};
    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    return id;
}

static inline int rig_run(int (*body)(int argc, char **argv), int argc, char **argv)
{
    saas_error e = {0};
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&base, pg, NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = 1;
    if (sql_as(base.owner_dsn, schema, NULL) && !saas_poll_loop_new(&loop) &&
        !saas_log_new(&rig_log, -1, SAAS_LOG_DEBUG, log_line, NULL))
        failed = body(argc, argv);
    saas_loop_free(loop);
    saas_log_free(rig_log);
    saas_test_pg_stop(pg);
    return failed;
}

#define RIG_MAIN(tests)                                                                                                \
    static int rig_body(int argc, char **argv)                                                                         \
    {                                                                                                                  \
        return check_run(tests, sizeof(tests) / sizeof *(tests), argc, argv);                                          \
    }                                                                                                                  \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return rig_run(rig_body, argc, argv);                                                                          \
    }

#endif
