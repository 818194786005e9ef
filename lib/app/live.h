/* app/live.h: isolation tried out, in a transaction that is rolled back: two organizations sign up, each table that the
 * role may write is filled for both, and then one reaches for the other's rows in every way there is.
 *
 * Rows for tables nobody knows are made by the catalogues: what must be given gets a value of its type, of its checks'
 * constants, of its enum, or the key of a row that was made before; what the table answers says which column to change.
 */
#ifndef SAAS_APP_LIVE_H
#define SAAS_APP_LIVE_H

#include "app/pg.h"
#include <saas/arena.h>
#include <saas/log.h>

typedef struct live_table live_table;

typedef struct live_pair {
    size_t column;      /* of the table */
    const char *parent; /* column of the key's parent, quoted */
} live_pair;

typedef struct live_key {
    const char *name, *parent_name;
    live_table *parent; /* NULL: no tenant's */
    live_pair *pairs;
    size_t count;
} live_key;

/* How a column of a new row is come by: by its default, a value made up, or the key of a row that is there. */
typedef enum live_source { LIVE_DEFAULT, LIVE_VALUE, LIVE_PARENT, LIVE_GIVEN } live_source;

typedef struct live_column {
    int number;
    const char *name; /* quoted */
    bool required, updatable;
    const char **values; /* expressions, likeliest first */
    size_t value_count;

    live_source source;
    size_t value;        /* LIVE_VALUE: which */
    const live_key *key; /* LIVE_PARENT: of which */
    const char *parent;  /* LIVE_PARENT: its column */
    const char *given;   /* LIVE_GIVEN: an expression, for one attempt */
} live_column;

/* A check or a unique index, and the columns it looks at. */
typedef struct live_rule {
    const char *name, *columns; /* numbers with spaces between */
} live_rule;

struct live_table {
    const char *oid, *name, *plain; /* name: qualified, quoted */
    bool select, insert, update, remove;
    size_t org; /* its column that says whose a row is */
    live_column *columns;
    size_t column_count;
    live_key *keys;
    size_t key_count;
    live_rule *rules;
    size_t rule_count;
    bool filling, filled; /* for the current organization */
    bool reached;
    const char *why; /* it could not be filled; NULL: it could, or was not tried */
    long others;     /* rows of the second organization, before the first one worked */
};

/* What Postgres said of the last attempt. */
typedef struct live_answer {
    bool ok;
    long rows; /* affected or returned */
    char sqlstate[6], table[64], constraint[64], column[64], message[160];
    char text[128]; /* the first value */
} live_answer;

typedef struct live {
    PGconn *conn;
    saas_arena *arena;
    saas_error *e;
    saas_err found; /* ERR_TENANT, ERR_UNAVAILABLE, ERR_NO_MEMORY */
    live_table *tables;
    size_t count;
    const char *org[2];
    uint64_t end_us; /* no attempt begins after it */
    live_answer answer;
} live;

/* Nothing more can be tried. */
static inline bool saas_live_is_over(const live *l)
{
    return l->found == SAAS_ERR_UNAVAILABLE || l->found == SAAS_ERR_NO_MEMORY;
}

/* Tables, columns, keys and values, as the role sees them; shared: names to pass over, a line each. */
SAAS_MUST_CHECK saas_err saas_live_catalog(live *l, const char *shared);

/* Runs a statement that needs no savepoint. */
void saas_live_run(live *l, const char *sql);
/* Runs one statement behind a savepoint. Kept when it succeeds and `keep`; l->answer says what came of it. */
bool saas_live_try(live *l, const char *sql, bool keep);
/* From here on as that organization, 0 or 1. */
void saas_live_as(live *l, int org);
/* Rows of organization 0 or 1, asked as that, which the session then is; a thousand at most; -1: it can't be told. */
long saas_live_count(live *l, const live_table *t, int org);

/* A row of the current organization, of what its keys refer to first. false: t->why says what is in the way. */
bool saas_live_fill(live *l, live_table *t);
/* insert of t's columns as they are set. */
const char *saas_live_insert(live *l, const live_table *t);

/* An expression: that column of the first row, in the key's order, that the current organization sees of its parent. */
const char *saas_live_parent(live *l, const live_key *key, const char *column);

/* As the first organization: everything at the second one's rows. Findings go to l->e. */
void saas_live_reach(live *l, live_table *t);
void saas_live_finding(live *l, const live_table *t, const char *what);

enum { SAAS_LIVE_MS = 10000 };

/* Whether two counts, both known, differ. */
static inline bool saas_live_differs(long a, long b)
{
    return a >= 0 && b >= 0 && a != b;
}

/* All of it, within whole_ms. Nothing stays. ERR_TENANT: a line in e for each table that does not hold. What could not be tried is in
 * the log, with its reason. ERR_UNAVAILABLE, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_live_probe(PGconn *conn, const char *shared, uint32_t whole_ms, saas_log *log,
                                         saas_error *e);

#endif
