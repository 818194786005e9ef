/* db/internal.h: pool, lanes and operations, between the files of this folder. */
#ifndef SAAS_DB_INTERNAL_H
#define SAAS_DB_INTERNAL_H

#include "db/encode.h"
#include "db/errors.h"
#include "db/queue.h"
#include "loop/loop.h"

/* Held: waits for the first run of a statement to end, then for a lane of another tier. */
typedef enum saas_db_tier {
    SAAS_DB_SHARED,
    SAAS_DB_SLOW,
    SAAS_DB_EXCLUSIVE,
    SAAS_DB_TIERS,
    SAAS_DB_HELD = SAAS_DB_TIERS,
    SAAS_DB_QUEUES
} saas_db_tier;

typedef struct saas_db_lane saas_db_lane;
typedef struct saas_db_op saas_db_op;

/* What a lane was sent and owes an answer for. */
typedef struct saas_db_step {
    enum {
        SAAS_DB_BUILTIN,    /* at: which */
        SAAS_DB_PREPARE,    /* at: slot */
        SAAS_DB_DEALLOCATE, /* at: slot */
        SAAS_DB_DESCRIBE,   /* at: statement of the operation */
        SAAS_DB_EXECUTE,    /* at: statement of the operation */
        SAAS_DB_SYNC
    } kind;
    uint32_t at, gen;
} saas_db_step;

/* One Sync's worth of work: a unit, or a step of a transaction, or what a lane does for itself. */
typedef struct saas_db_op_kind {
    /* Hands the operation to libpq. ERR_NO_MEMORY: nothing was sent. A broken connection is not an error here: the lane
     * is lost soon, and the operation with it. */
    saas_err (*send)(saas_db_lane *lane, saas_db_op *op);
    /* Answered (lane), or over without a lane. */
    void (*finish)(saas_db_op *op, saas_db_lane *lane, saas_err e);
} saas_db_op_kind;

struct saas_db_op {
    saas_db_queued queued; /* first */
    saas_list link;        /* in a lane's flight */
    const saas_db_op_kind *kind;
    saas_db *db;
    saas_db_lane *lane; /* it was sent on and has not answered */
    saas_db_unit *unit; /* NULL: let go */
    saas_db_tx *tx;     /* NULL: none, or let go */
    saas_db_tier tier;
    saas_uuid org;
    bool has_org, read_only;
    const char *schema;
    bool probing;   /* only prepares and describes, to know the types of the parameters */
    bool replanned; /* once */
    bool committed; /* COMMIT itself was confirmed */
    bool answered;  /* the current step */
    bool streams;   /* its rows are handed on as they come */
    bool singly;    /* libpq gives them one by one */
    bool handed;    /* some have been handed on: it can't run again */
    unsigned reruns;
    uint64_t deadline_us, queued_us, sent_us, took_us;
    saas_timer timer;
    saas_err doomed; /* of a transaction: why it can't be committed */
    saas_err err;
    saas_db_error error;
    size_t failed; /* the step that did */
    size_t count;
    saas_db_stmt **stmts;
    PGresult **results;
    PGresult *batch; /* of a stream, until it is full */
    saas_db_step *steps;
    size_t step_count, step_at;
};

enum { SAAS_DB_OWN_STEPS = 32 };

struct saas_db_lane {
    saas_db *db;
    saas_db_tier tier;
    enum { SAAS_DB_DOWN, SAAS_DB_CONNECTING, SAAS_DB_READY } state;
    PGconn *conn;
    int fd; /* a duplicate of libpq's socket, -1: none */
    void *watch;
    unsigned events;
    bool failing;      /* to be dropped as soon as the loop turns */
    bool left;         /* failing because a stream is not wanted any more */
    bool held;         /* nothing is read until its stream's rows are asked for */
    bool resuming;     /* which they were */
    bool demoted;      /* its server takes no writes any more: to be dropped once it has answered what it was sent */
    unsigned attempts; /* failed in a row */
    saas_timer timer;  /* to the next attempt; of an attempt; of the watch over what is in flight */
    saas_list flight;
    uint32_t depth;
    uint64_t answered_us;
    bool taken;       /* exclusive: checked out */
    bool read_only;   /* exclusive: as the transaction wants it */
    saas_db_tx *tx;   /* by; NULL: let go */
    int64_t clock_us; /* server's clock minus ours: never more than it is */
    uint64_t clock_at_us, rtt_us;
    bool clock_known;
    saas_db_op own; /* set-up, the clock, cleaning up */
    saas_db_step own_steps[SAAS_DB_OWN_STEPS];
    uint32_t prepared[SAAS_DB_STATEMENTS]; /* gen by slot; 0: not */
};

/* Runs what must not run inside the caller's call; outlives a pool that is freed meanwhile. */
typedef struct saas_db_kick {
    saas_posted posted;
    saas_db *db; /* NULL: freed */
    bool queued;
} saas_db_kick;

struct saas_db {
    saas_loop *loop;
    saas_log *log;
    char *dsn;
    uint32_t depth_max, shared_timeout_ms;
    char shared_timeout[16];
    bool pooled, unsegregated, closing;
    bool tried; /* a first run has ended since the held ones were looked at */
    saas_arena *scratch;
    saas_db_stmts stmts;
    saas_db_queue queues[SAAS_DB_QUEUES];
    saas_list later; /* operations that are over, to be told when the loop turns */
    saas_db_kick *kick;
    size_t lane_count;
    saas_db_lane lanes[];
};

/* ---- wire.c: to libpq, step by step; false: the connection is broken ---- */

typedef enum saas_db_builtin {
    SAAS_DB_FIRST, /* organization and limit: $1 organization, $2 deadline, $3 limit in ms, $4 tag */
    SAAS_DB_FIRST_READ_ONLY,
    SAAS_DB_ORG, /* $1 organization, $2 tag */
    SAAS_DB_ORG_READ_ONLY,
    SAAS_DB_SCHEMA, /* $1 search path */
    SAAS_DB_LIMIT, /* $1 deadline, $2 limit in ms */
    SAAS_DB_CLOCK,
    SAAS_DB_SESSION,
    SAAS_DB_BEGIN,
    SAAS_DB_BEGIN_SERIALIZABLE,
    SAAS_DB_SAVEPOINT,
    SAAS_DB_RELEASE,
    SAAS_DB_ROLLBACK_TO,
    SAAS_DB_COMMIT,
    SAAS_DB_ROLLBACK,
    SAAS_DB_RESET,
    SAAS_DB_BUILTINS
} saas_db_builtin;

void saas_db_wire_start(saas_db_op *op);
bool saas_db_wire_builtin(saas_db_lane *lane, saas_db_op *op, saas_db_builtin which);
bool saas_db_wire_session(saas_db_lane *lane, saas_db_op *op); /* a new connection, as all of them are */
bool saas_db_wire_first(saas_db_lane *lane, saas_db_op *op);
bool saas_db_wire_limit(saas_db_lane *lane, saas_db_op *op);
bool saas_db_wire_prepare(saas_db_lane *lane, saas_db_op *op);  /* those of its statements the lane does not have */
bool saas_db_wire_describe(saas_db_lane *lane, saas_db_op *op); /* those not described */
bool saas_db_wire_execute(saas_db_lane *lane, saas_db_op *op, size_t i, const char *const *params);
/* COMMIT or ROLLBACK, the session as it was, Sync. */
bool saas_db_wire_end(saas_db_lane *lane, saas_db_op *op, saas_db_builtin word);
bool saas_db_wire_sync(saas_db_lane *lane, saas_db_op *op);

/* ---- connection.c ---- */

void saas_db_lane_connect(saas_db_lane *lane);
/* Drops the connection, finishes what is in flight, tries again later. On the loop, not from inside a caller's call. */
void saas_db_lane_lose(saas_db_lane *lane, const char *why);
/* Lanes that had no memory for the timer of their next attempt. */
void saas_db_revive(saas_db *db);
void saas_db_lane_close(saas_db_lane *lane); /* for good: tells nobody */
void saas_db_lane_watch(saas_db_lane *lane, unsigned events);

/* ---- lane.c ---- */

bool saas_db_available(saas_db *db, saas_db_tier tier);
saas_db_lane *saas_db_lane_pick(saas_db *db, saas_db_tier tier); /* NULL: all are full */
SAAS_MUST_CHECK saas_err saas_db_lane_send(saas_db_lane *lane, saas_db_op *op);
/* What a lane sends for itself: one at a time. */
void saas_db_lane_send_own(saas_db_lane *lane, const saas_db_op_kind *kind);
void saas_db_lane_fail(saas_db_lane *lane); /* drops it when the loop turns */

/* ---- answer.c ---- */

void saas_db_lane_readable(saas_db_lane *lane);
void saas_db_lane_resume(saas_db_lane *lane); /* a held one, on the loop */

/* ---- stream.c ---- */

void saas_db_stream_begin(saas_db_lane *lane, saas_db_op *op);
void saas_db_stream_row(saas_db_lane *lane, saas_db_op *op, PGresult *row); /* takes it over */
void saas_db_stream_end(saas_db_lane *lane, saas_db_op *op, PGresult *last); /* likewise; there are no more rows */
/* Gives up the connection of a stream that nobody wants any more: what it still sends may be anything. */
void saas_db_stream_leave(saas_db_op *op);

/* ---- upkeep.c ---- */

void saas_db_lane_set_up(saas_db_lane *lane);
void saas_db_lane_settle(saas_db_lane *lane); /* an exclusive lane nobody holds: rolls back and gives it back */
void saas_db_lane_refresh_clock(saas_db_lane *lane);
void saas_db_lane_learn_clock(saas_db_lane *lane, const saas_db_op *op, const PGresult *r);

/* ---- operation.c ---- */

/* With room for the steps of `count` statements, or of a transaction's end. NULL: no memory. */
saas_db_op *saas_db_op_new(saas_db *db, const saas_db_op_kind *kind, size_t count);
void saas_db_op_free(saas_db_op *op);
/* Sends it, queues or holds it. An error: nothing happened. */
SAAS_MUST_CHECK saas_err saas_db_op_start(saas_db_op *op);
/* Sends it once more, on another tier of lane. */
void saas_db_op_move(saas_db_op *op, saas_db_tier tier);
void saas_db_op_finish(saas_db_op *op, saas_db_lane *lane, saas_err e);
/* Its first runs are over: lets those look that wait for them. */
void saas_db_op_tried(saas_db_op *op);
void saas_db_op_later(saas_db_op *op, saas_err e); /* finishes it when the loop turns */
void saas_db_dispatch(saas_db *db);                /* fills lanes from the queues; on the loop */
void saas_db_queue_fail(saas_db *db, saas_db_tier tier, saas_err e);

/* ---- unit.c ---- */

SAAS_MUST_CHECK saas_err saas_db_unit_op(saas_db_op **out, saas_db *db, saas_db_unit *unit,
                                         const saas_db_op_kind *kind);
SAAS_MUST_CHECK saas_err saas_db_unit_send(saas_db_lane *lane, saas_db_op *op);
/* The tier it belongs on by what is known of its statements now. */
saas_db_tier saas_db_unit_tier(const saas_db_op *op);
/* After a probe: arguments and wanted columns, now that their types are known. */
SAAS_MUST_CHECK saas_err saas_db_unit_check(saas_db_op *op);
void saas_db_unit_complete(saas_db_op *op, saas_err e);

/* ---- pool.c ---- */

void saas_db_kick_off(saas_db *db);

#endif
