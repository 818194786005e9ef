/* tests/db/writers.h: writes without end, each of a number of its own, and what became of them. */
#ifndef TESTS_DB_WRITERS_H
#define TESTS_DB_WRITERS_H

#include "rig.h"

enum { WRITERS = 8, WRITES_MAX = 1 << 22 };

typedef struct writer {
    saas_db_unit unit;
    saas_db_statement statement;
    saas_value arg;
    saas_timer pause;
    bool busy;
} writer;

static writer writers[WRITERS];
static bool acknowledged[WRITES_MAX];
static long written, acks;
static uint64_t last_ack_us;
static bool writing;

static void write_next(void *user);

static void on_write(saas_db_unit *unit, saas_err e)
{
    writer *w = unit->user;
    PQclear(w->statement.result);
    w->statement.result = NULL;
    w->busy = false;
    if (!e) {
        acknowledged[w->arg.as.i] = true;
        acks++;
        last_ack_us = saas_clock_mono_us();
    }
    if (!writing)
        return;
    w->busy = true;
    CHECK_INT(saas_timer_start(loop, &w->pause, e ? 20 : 2, write_next, w), SAAS_OK);
}

static void write_next(void *user)
{
    writer *w = user;
    w->busy = false;
    if (!writing || written == WRITES_MAX)
        return;
    w->arg = saas_v_i64(written++);
    w->statement.sql = "insert into plain (a) values ($1)";
    w->statement.args = (saas_args){&w->arg, 1, sizeof w->arg};
    w->unit = (saas_db_unit){
        .deadline_us = in_ms(2000), .statements = &w->statement, .count = 1, .done = on_write, .user = w};
    w->busy = true;
    saas_err e = saas_db_submit(db, &w->unit);
    if (e)
        on_write(&w->unit, e);
}

static inline void start_writing(void)
{
    memset(acknowledged, 0, sizeof acknowledged);
    written = acks = 0;
    writing = true;
    for (int i = 0; i < WRITERS; i++)
        write_next(&writers[i]);
}

static bool none_busy(void *user)
{
    (void)user;
    for (int i = 0; i < WRITERS; i++)
        if (writers[i].busy)
            return false;
    return true;
}

static inline void stop_writing(void)
{
    writing = false;
    CHECK(turn_until(none_busy, NULL, 15000));
}

static bool acked_since(void *user)
{
    return last_ack_us > *(uint64_t *)user;
}

/* Milliseconds from now to the next acknowledged write. */
static inline long time_to_write(uint64_t most_ms)
{
    uint64_t begin = saas_clock_mono_us();
    return turn_until(acked_since, &begin, most_ms) ? (long)(saas_clock_mono_us() - begin) / 1000 : -1;
}

/* Every acknowledged write is there, and none twice: nothing was sent again whose outcome was unknown. */
static inline void check_writes(const char *dsn)
{
    PGconn *conn = PQconnectdb(dsn);
    PGresult *r = PQexec(conn, "select a, count(*) from plain group by a");
    long there = 0, twice = 0;
    for (int i = 0; i < PQntuples(r); i++) {
        there += acknowledged[strtol(PQgetvalue(r, i, 0), NULL, 10)];
        twice += strcmp(PQgetvalue(r, i, 1), "1") != 0;
    }
    CHECK_INT(there, acks);
    CHECK_INT(twice, 0);
    printf("%ld writes, %ld acknowledged, %d rows, %ld twice\n", written, acks, PQntuples(r), twice);
    PQclear(r);
    PQfinish(conn);
}

#endif
