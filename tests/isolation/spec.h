/* tests/isolation/spec.h: what concurrent calls do, in every order there is. A spec is up to three calls, each in a
 * transaction of a connection of its own; all interleavings of their steps are run, from the same rows each time. A step
 * that waits for a lock of another session is seen to wait (pg_blocking_pids), and the others go on; an order in which a
 * session that waits would have to go on is none. */
#ifndef TESTS_ISOLATION_SPEC_H
#define TESTS_ISOLATION_SPEC_H

#include "check.h"
#include <libpq-fe.h>
#include <time.h>

enum { SESSIONS_MAX = 3, STEPS_MAX = 9 };

typedef struct spec {
    const char *name, *setup;
    const char *calls[SESSIONS_MAX]; /* each gives one value */
    const char *outcomes;            /* what may come of them, sorted, "grace rotated"; several: "; " between */
    const char *holds;               /* a condition on what is stored afterwards */
} spec;

typedef struct session {
    PGconn *conn;
    char pid[16], value[64];
    int step; /* next one */
    bool waits;
} session;

static session sessions[SESSIONS_MAX];
static PGconn *observer;
static const char *spec_dsn, *spec_begin;
static unsigned orders, impossible, waits;

static inline const char *observe(const char *sql)
{
    static char out[512];
    PGresult *r = PQexec(observer, sql);
    const ExecStatusType status = PQresultStatus(r);
    const bool done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    snprintf(out, sizeof out, "%s", !done ? PQerrorMessage(observer) : PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return out;
}

/* ---- one session ---- */

/* With two sessions begin is a step of its own: now() is from then. */
static inline int steps_of(int count)
{
    return count == 2 ? 3 : 2;
}

static inline void send(session *s, const spec *what, int which, int count)
{
    char sql[1024];
    const int step = s->step + (count == 2 ? 0 : 1);
    if (step == 0)
        snprintf(sql, sizeof sql, "%s", spec_begin);
    else if (step == 1)
        snprintf(sql, sizeof sql, "%s; %s", count == 2 ? "" : spec_begin, what->calls[which]);
    else
        snprintf(sql, sizeof sql, "commit");
    CHECK(PQsendQuery(s->conn, sql) == 1);
    s->step++;
}

/* The last value of what has come; a failed statement's is its SQLSTATE. */
static inline void collect(session *s, bool is_call)
{
    for (PGresult *r; (r = PQgetResult(s->conn)); PQclear(r)) {
        const bool rows = PQresultStatus(r) == PGRES_TUPLES_OK;
        if (rows && is_call && PQntuples(r) && PQnfields(r))
            snprintf(s->value, sizeof s->value, "%s", PQgetvalue(r, 0, 0));
        else if (PQresultStatus(r) == PGRES_FATAL_ERROR)
            snprintf(s->value, sizeof s->value, "%s", PQresultErrorField(r, PG_DIAG_SQLSTATE));
    }
    s->waits = false;
}

static inline bool is_blocked(const session *s)
{
    char sql[96];
    snprintf(sql, sizeof sql, "select pg_blocking_pids(%s) <> '{}'", s->pid);
    return !strcmp(observe(sql), "t");
}

/* Until it has answered or waits for another session. */
static inline void settle(session *s, bool is_call)
{
    const struct timespec pause = {.tv_nsec = 200000};
    for (int i = 0; i < 50000; i++) {
        if (!PQconsumeInput(s->conn) || !PQisBusy(s->conn)) {
            collect(s, is_call);
            return;
        }
        if (i > 2 && is_blocked(s)) {
            waits += !s->waits;
            s->waits = true;
            return;
        }
        nanosleep(&pause, NULL);
    }
    const bool answers_or_waits = false;
    CHECK(answers_or_waits);
}

/* ---- one order ---- */

static inline bool is_call_step(const session *s, int count)
{
    return s->step - 1 == (count == 2 ? 1 : 0);
}

static inline void settle_waiting(int count)
{
    for (int i = 0; i < count; i++)
        if (sessions[i].waits)
            settle(&sessions[i], is_call_step(&sessions[i], count));
}

/* order: which session's step comes next. */
static inline bool run_steps(const spec *what, const int *order, int steps, int count)
{
    for (int i = 0; i < steps; i++) {
        session *s = &sessions[order[i]];
        if (s->waits)
            return false;
        send(s, what, order[i], count);
        settle(s, is_call_step(s, count));
        settle_waiting(count);
    }
    return true;
}

/* What still waits goes on once the others have ended. */
static inline void end_all(int count)
{
    for (int round = 0; round < count; round++) {
        for (int i = 0; i < count; i++)
            if (!sessions[i].waits && PQtransactionStatus(sessions[i].conn) != PQTRANS_IDLE)
                PQclear(PQexec(sessions[i].conn, "rollback"));
        settle_waiting(count);
    }
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline bool is_allowed(const char *outcomes, const char *got)
{
    const size_t len = strlen(got);
    for (const char *at = outcomes; at; at = strchr(at, ';') ? strchr(at, ';') + 2 : NULL)
        if (!strncmp(at, got, len) && (!at[len] || at[len] == ';'))
            return true;
    return false;
}

static inline void judge(const spec *what, const int *order, int steps, int count)
{
    const char *values[SESSIONS_MAX];
    char got[256] = "", shown[16] = "";
    for (int i = 0; i < count; i++)
        values[i] = sessions[i].value;
    qsort(values, (size_t)count, sizeof *values, by_text);
    for (int i = 0; i < count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "", values[i]);
    for (int i = 0; i < steps; i++)
        shown[i] = (char)('a' + order[i]);
    if (!is_allowed(what->outcomes, got)) {
        fprintf(stderr, "%s, order %s: \"%s\" is none of \"%s\"\n", what->name, shown, got, what->outcomes);
        check_failed++;
    }
    const char *held = observe(what->holds);
    if (strcmp(held, "t") != 0) {
        fprintf(stderr, "%s, order %s (%s): afterwards \"%s\" is %s\n", what->name, shown, got, what->holds, held);
        check_failed++;
    }
}

static inline void run_order(const spec *what, const int *order, int steps, int count)
{
    const char *failed = observe(what->setup);
    CHECK_STR(failed, "");
    for (int i = 0; i < count; i++) {
        sessions[i].step = 0;
        sessions[i].value[0] = 0;
        sessions[i].waits = false;
    }
    orders++;
    const bool possible = run_steps(what, order, steps, count);
    if (!possible)
        impossible++;
    else
        judge(what, order, steps, count);
    end_all(count);
}

/* All orders of `left` more steps, as many as each session has. */
static inline void permute(const spec *what, int *order, int at, int *left, int count)
{
    const int steps = steps_of(count) * count;
    if (at == steps) {
        run_order(what, order, steps, count);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (!left[i])
            continue;
        left[i]--;
        order[at] = i;
        permute(what, order, at + 1, left, count);
        left[i]++;
    }
}

static inline void run_spec(const spec *what)
{
    int order[STEPS_MAX] = {0}, left[SESSIONS_MAX], count = 0;
    while (count < SESSIONS_MAX && what->calls[count])
        count++;
    orders = impossible = waits = 0;
    for (int i = 0; i < count; i++) {
        sessions[i].conn = PQconnectdb(spec_dsn);
        REQUIRE(PQstatus(sessions[i].conn) == CONNECTION_OK);
        snprintf(sessions[i].pid, sizeof sessions[i].pid, "%d", PQbackendPID(sessions[i].conn));
        left[i] = steps_of(count);
    }
    permute(what, order, 0, left, count);
    for (int i = 0; i < count; i++)
        PQfinish(sessions[i].conn);
    printf("     %s: %u orders, %u of them impossible, %u waits\n", what->name, orders, impossible, waits);
    CHECK(waits && orders > impossible);
}

#endif
