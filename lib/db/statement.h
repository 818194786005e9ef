/* db/statement.h: the statements a pool has seen, by their text: the types of their parameters, how long they take, and
 * the name they are prepared under. Bounded: the one unused for longest goes, and its name with it. */
#ifndef SAAS_DB_STATEMENT_H
#define SAAS_DB_STATEMENT_H

#include "base/list.h"
#include "db/pool.h"

enum { SAAS_DB_STATEMENTS = 1024, SAAS_DB_NAME_SIZE = 32 };

typedef struct saas_db_stmt {
    saas_list lru;             /* while nobody holds it */
    struct saas_db_stmt *next; /* of the same bucket */
    uint64_t hash;
    uint32_t slot, gen; /* its name: another gen is another name */
    uint32_t refs, runs;
    const void *trial; /* the operation that runs it for the first time: others wait for what it takes */
    double mean_us;
    double tail; /* share of the last few hundred runs that took far too long for a shared lane */
    char name[SAAS_DB_NAME_SIZE];
    PGresult *shape; /* parameters and columns; NULL: not described */
    const saas_schema *fits; /* the table last found to fit the columns */
    size_t len;
    char sql[];
} saas_db_stmt;

typedef struct saas_db_stmts {
    saas_db_stmt *buckets[SAAS_DB_STATEMENTS];
    saas_list unused; /* oldest first */
    uint32_t count, gen;
    double typical_us; /* of units on shared lanes: their median, roughly */
} saas_db_stmts;

void saas_db_stmts_init(saas_db_stmts *s);
void saas_db_stmts_done(saas_db_stmts *s);
/* Holds the statement of this text. ERR_BUG: it would change the transaction or the session. ERR_BUSY: all are held. */
SAAS_MUST_CHECK saas_err saas_db_stmt_get(saas_db_stmts *s, const char *sql, saas_db_stmt **out);
void saas_db_stmt_put(saas_db_stmts *s, saas_db_stmt *stmt);
void saas_db_stmt_name(char out[SAAS_DB_NAME_SIZE], uint32_t slot, uint32_t gen);
/* What the server says of its parameters and columns; takes the result over. */
void saas_db_stmt_describe(saas_db_stmt *stmt, PGresult *r);
/* Whether its columns fit the table, once it is described. ERR_BUG, logged. */
SAAS_MUST_CHECK saas_err saas_db_stmt_check(saas_db_stmt *stmt, const saas_schema *columns, saas_log *log);
/* Its plan or types no longer hold: prepared and described anew under another name. */
void saas_db_stmt_changed(saas_db_stmts *s, saas_db_stmt *stmt);
/* A unit took this long, on a shared lane or on another. */
void saas_db_stmts_ran(saas_db_stmts *s, saas_db_stmt *const *stmts, size_t count, double us, bool shared);
/* Whether a unit of these belongs on a slow lane. */
bool saas_db_stmts_slow(const saas_db_stmts *s, saas_db_stmt *const *stmts, size_t count);
/* Ran into the limit of a shared lane. */
void saas_db_stmt_overran(saas_db_stmt *stmt, double limit_us);
/* Ran, and failed: that says how long it takes as little as it holds anybody up. */
void saas_db_stmt_failed(saas_db_stmt *stmt);

/* ---- first runs: at most one of each at a time on the shared lanes ---- */

/* Whether `who` may run these on a shared lane: none is being run for the first time by another. Takes those that have
 * not run yet. */
bool saas_db_stmts_try(saas_db_stmt *const *stmts, size_t count, const void *who);
/* Lets go of what it took. Whether it had any. */
bool saas_db_stmts_tried(saas_db_stmt *const *stmts, size_t count, const void *who);

#endif
