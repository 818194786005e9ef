/* db/pool.h: one loop's connections to Postgres, and the two things that run on them: units and transactions.
 *
 * A unit is a first statement that sets organization, tag, READ ONLY and what is left of the deadline, then its statements,
 * then one Sync: one round trip, one implicit transaction. Shared lanes pipeline units known to be fast; slow lanes
 * take one unit at a time; exclusive lanes are checked out by transactions. Units wait in a queue here, never in
 * libpq's: bounded, fair between organizations; one whose deadline has passed is never sent.
 *
 * Callbacks: exactly once, on the loop, never before the starting call returns. */
#ifndef SAAS_DB_POOL_H
#define SAAS_DB_POOL_H

#include <libpq-fe.h>
#include <saas/args.h>
#include <saas/log.h>
#include <saas/loop.h>

typedef struct saas_db saas_db;

typedef struct saas_db_options {
    const char *dsn; /* copied */
    saas_log *log;
    uint32_t lanes_shared, lanes_slow, lanes_exclusive; /* 0: 2, 4, 4 */
    uint32_t queue_max;                                 /* units waiting; 0: 1,024 */
    uint32_t wait_ms; /* for a shared lane, before new ones are refused (db/queue.h); others: ten times; 0: any */
    uint32_t shared_timeout_ms;                         /* a statement's limit on a shared lane; 0: 250 */
    uint32_t depth_max;                                 /* units sent on a shared lane at once; 0: 16 */
    /* Through a pooler that gives each transaction whatever connection is free (PgBouncer's transaction mode): nothing
     * is prepared or set beyond a unit. Each statement is parsed anew. */
    bool pooled;
    bool unsegregated; /* for comparison in benchmarks: slow units and fast ones share the shared lanes, no limit */
} saas_db_options;

/* Connects in the background, for ever, with back-off and jitter. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_db_new(saas_db **out, saas_loop *loop, const saas_db_options *options);
/* Completes everything pending with ERR_CANCELLED, closes, frees. Transactions must be ended or abandoned by the time
 * it returns: what is told of them may still do so. Not from inside a callback of the pool. */
void saas_db_free(saas_db *db);
bool saas_db_ready(const saas_db *db); /* some shared lane is connected */

/* What goes on on the shared, slow and exclusive lanes. */
enum { SAAS_DB_LOADS = 3 };
typedef struct saas_db_load {
    uint32_t ready, busy, waiting; /* lanes, lanes, units */
} saas_db_load;
void saas_db_load_of(saas_db_load out[SAAS_DB_LOADS], const saas_db *db);

/* What Postgres said of a failure, for the log and for constraint names. */
typedef struct saas_db_error {
    char sqlstate[6];
    char constraint[64];
    char message[200]; /* primary message; for the log only */
    size_t statement;  /* which of the unit's; 0 also when it is none's */
    bool of_statement; /* it is one's */
} saas_db_error;

typedef struct saas_db_statement {
    const char *sql;
    saas_args args;
    const saas_schema *columns; /* every field of it must have a column that reads as it; NULL: no matter */
    PGresult *result;           /* out: of a unit that succeeded; the caller's to PQclear. Text format */
} saas_db_statement;

/* A unit in the caller's storage; everything it points at stays until done(), or until saas_db_cancel returns. */
typedef struct saas_db_unit {
    saas_uuid org;
    bool has_org; /* without: the setting is '', which matches no tenant row */
    bool read_only, slow;
    const char *schema;   /* the search path, for this unit; NULL: the role's own */
    uint64_t deadline_us; /* on saas_clock_mono_us; 0: none */
    const char *tag;      /* application_name while it runs; NULL: the connection's. In a transaction: its own holds */
    saas_log *log;        /* of what is wrong with its statements; NULL: the pool's */
    saas_db_statement *statements;
    size_t count;
    void (*done)(struct saas_db_unit *unit, saas_err e);
    /* Makes it a stream, on a slow lane: its one statement's rows come here, some at a time, and are the callee's. The
     * next ones after saas_db_more only, and done() behind the last. They come before it is known whether the statement
     * succeeds. NULL: its results come whole. */
    void (*rows)(struct saas_db_unit *unit, PGresult *rows);
    void *user;

    saas_db_error error; /* out, on database errors */
    uint32_t wait_us;    /* out: in the queue */
    void *op;            /* the pool's */
} saas_db_unit;

/* ERR_BUSY (queue full; also later, through done()), ERR_UNAVAILABLE (no connection), ERR_DEADLINE (passed), ERR_NO_MEMORY, ERR_BUG (arguments, or
 * a statement that would change the transaction or the session): at once, without done(). */
SAAS_MUST_CHECK saas_err saas_db_submit(saas_db *db, saas_db_unit *unit);
/* The rows handed on are done with. */
void saas_db_more(saas_db_unit *unit);
/* Lets go of a unit: done() is not called any more. What was sent runs into its limit, its result is discarded; a
 * stream's connection is replaced. */
void saas_db_cancel(saas_db_unit *unit);

/* ---- transactions ---- */

/* In the caller's storage, from open until end's callback. */
typedef struct saas_db_tx {
    saas_db *db;
    void *lane;
    void (*done)(struct saas_db_tx *tx, saas_err e);
    void *user;
    saas_uuid org;
    bool has_org, read_only, serializable;
    const char *schema; /* as a unit's */
    uint64_t deadline_us;
    const char *tag; /* as of a unit */
    saas_db_error error;
    void *op;
} saas_db_tx;

/* Checks out an exclusive lane, BEGINs, sets the organization; done() tells. Errors as saas_db_submit. */
SAAS_MUST_CHECK saas_err saas_db_tx_open(saas_db *db, saas_db_tx *tx);
/* Statements inside it; the unit's org, schema, read_only and slow are ignored. One at a time. */
SAAS_MUST_CHECK saas_err saas_db_tx_submit(saas_db_tx *tx, saas_db_unit *unit);
/* Savepoints: sets one, forgets the innermost, or goes back to it and forgets it; done() tells. Going back is the only
 * thing that helps after an error. Errors as saas_db_submit. */
typedef enum saas_db_mark { SAAS_DB_MARK_SET, SAAS_DB_MARK_RELEASE, SAAS_DB_MARK_BACK } saas_db_mark;
SAAS_MUST_CHECK saas_err saas_db_tx_mark(saas_db_tx *tx, saas_db_mark what);
/* COMMIT (SAAS_OK only when the server confirmed it; ERR_OUTCOME_UNKNOWN when the link broke after it was sent; any
 * other error: rolled back) or ROLLBACK, and the lane goes back; done() tells. */
void saas_db_tx_end(saas_db_tx *tx, bool commit);
/* Lets go of it at any moment: rolls back in the background, done() is not called any more. Also instead of
 * saas_db_cancel for a unit inside it. */
void saas_db_tx_abandon(saas_db_tx *tx);

/* The error for a SQLSTATE. */
saas_err saas_db_err(const char *sqlstate);

#endif
