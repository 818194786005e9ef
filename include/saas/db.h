/* saas/db.h: tenant-scoped Postgres for handlers. A query of a signed-in request sees its organization and nothing else:
 * tenant, statement, deadline and (for GET) READ ONLY travel in one round trip and one transaction.
 *
 * Parameters are bound ($1, $2, …), never printed into SQL. Errors carry no SQL to the client.
 *
 * What a statement gives is read through a field table: each field's column must be there and of a type that reads as it
 * (docs/guide/database.md has the list). If not: ERR_BUG, and a line in the log names statement, column and field.
 *
 * Errors all of these share: ERR_UNIQUE, ERR_FOREIGN_KEY, ERR_CHECK (the named constraint goes through the route's
 * .conflicts), ERR_TENANT (another org's row, or none signed in), ERR_READ_ONLY (a write in a GET), ERR_SERIALIZATION,
 * ERR_DEADLINE, ERR_CANCELLED, ERR_UNAVAILABLE (database gone), ERR_BUSY (queue full), ERR_TOO_MANY_ROWS (below),
 * ERR_SQL (anything else; logged with its SQLSTATE), ERR_BUG (an argument that does not fit its parameter),
 * ERR_NO_MEMORY.
 * What was answered with ERR_DEADLINE is not committed later, with one exception: Postgres has no time limit for what a
 * commit itself runs. A constraint trigger that is `initially deferred` and slow may commit after the deadline; leave
 * constraints immediate.
 * After an error inside a transaction only saas_tx_rollback or saas_savepoint_rollback helps.
 *
 * Thread: the handler's fiber. Since 0.1. */
#ifndef SAAS_DB_H
#define SAAS_DB_H

#include <saas/ctx.h>

SAAS_BEGIN_DECLS

/* More rows or bytes than this of one statement are ERR_TOO_MANY_ROWS: logged with its text, nothing of it is handed out.
 * What its unit wrote stays written, unless a transaction is rolled back. Bytes are those of libpq's result, some 24 a
 * value more than the texts; they are read before they can be counted, within the time limit. */
enum { SAAS_RESULT_ROWS_MAX = 100000, SAAS_RESULT_BYTES_MAX = 16 << 20 };

/* ---- one statement ---- */

/* Any number of rows. */
SAAS_API SAAS_MUST_CHECK saas_err saas_query(saas_ctx *c, saas_rows **rows, const char *sql, saas_args args);
/* Exactly one row: none is ERR_NOT_FOUND, more ERR_TOO_MANY_ROWS (what the statement wrote stays written, unless a
 * transaction is rolled back). */
SAAS_API SAAS_MUST_CHECK saas_err saas_query_one(saas_ctx *c, saas_rows **row, const char *sql, saas_args args);
/* At most one: *row is NULL when there is none. */
SAAS_API SAAS_MUST_CHECK saas_err saas_query_opt(saas_ctx *c, saas_rows **row, const char *sql, saas_args args);
/* No rows wanted. affected may be NULL. */
SAAS_API SAAS_MUST_CHECK saas_err saas_exec(saas_ctx *c, uint64_t *affected, const char *sql, saas_args args);
/* Exactly one row changed, none wanted back: none is ERR_NOT_FOUND, more ERR_TOO_MANY_ROWS (they stay changed, unless
 * the transaction is rolled back, as a .tx route's is by any error). */
SAAS_API SAAS_MUST_CHECK saas_err saas_exec_one(saas_ctx *c, const char *sql, saas_args args);
/* saas_query_one, and its row as the answer (saas_reply_row). A statement whose columns are not the schema's does not
 * run at all. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_one(saas_ctx *c, int status, const saas_schema *schema, const char *sql,
                                                 saas_args args);
/* insert into TABLE (<fields present in `in`>) values (...) returning *. Columns are those of the fields whose has-byte is
 * not ABSENT (objects, unions, maps and lists of objects as JSON), others get their defaults. table is the program's own
 * text. Exactly one row, as saas_query_one. */
SAAS_API SAAS_MUST_CHECK saas_err saas_insert(saas_ctx *c, saas_rows **row, const char *table, const void *in,
                                              const saas_schema *schema);
/* update TABLE set <fields present in `in`> where WHERE returning *. The SET list is built from the table alone, of the
 * fields whose has-byte is not ABSENT (objects and lists as JSON); with none present it is a plain select. `where`
 * numbers its parameters from $1.
 * Exactly one row, as saas_query_one. */
SAAS_API SAAS_MUST_CHECK saas_err saas_update(saas_ctx *c, saas_rows **row, const char *table, const void *in,
                                              const saas_schema *schema, const char *where, saas_args args);

/* ---- several statements, one round trip, one transaction ---- */

typedef struct saas_unit saas_unit;
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_new(saas_unit **out, saas_ctx *c);
/* Adds a statement; *rows (may be NULL) is filled by saas_unit_run or _receive. args are copied, texts they point at
 * borrowed until then. */
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_add(saas_unit *unit, saas_rows **rows, const char *sql, saas_args args);
/* Runs it: all or nothing. Once. */
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_run(saas_unit *unit);
/* What became of statement i, in the order they were added, once the unit has ended. SAAS_OK: it ran (undone with the
 * others if the unit failed). ERR_CANCELLED: it did not run, as one before it failed. Another: its error, or that of
 * the unit as a whole. */
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_err(const saas_unit *unit, size_t i);

/* ---- sent at once, received later ---- */

/* saas_unit_run in two halves. Any number may be under way, beside saas_work, saas_sleep and other queries: each is a
 * transaction of its own, and they may run at the same time, in no order. In a transaction they are part of it and run one
 * after another, in the order they were sent; commit and rollback wait for them.
 * Each that was sent outside a transaction has to be received: a success is answered with a 500 otherwise, except in
 * GET. What is left when the handler returns is let go: it runs into its time limit, and may be committed. */
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_send(saas_unit *unit);
SAAS_API SAAS_MUST_CHECK saas_err saas_unit_receive(saas_unit *unit); /* waits for its end; once */
/* A unit of one statement, on its way: saas_query that does not wait. */
SAAS_API SAAS_MUST_CHECK saas_err saas_send(saas_ctx *c, saas_unit **sent, saas_rows **rows, const char *sql,
                                            saas_args args);

/* ---- large results ---- */

/* The rows of one statement as the server sends them, some hundred at a time, in bounded memory (1 MiB or so, and the
 * largest row): what is not asked for is not read, and the server waits. For sums, exports and whatever goes through
 * many rows and keeps little; an answer is still one, built whole before it is sent.
 *     saas_stream *s;
 *     saas_rows *rows;
 *     SAAS_TRY(saas_stream_open(&s, c, 0, 0, "select …", SAAS_ARGS(…)));
 *     for (;;) {
 *         SAAS_TRY(saas_stream_next(s, &rows));
 *         if (!rows)
 *             break;
 *         …
 *     }
 * Outside a transaction it is one of its own, on a connection that nobody else uses meanwhile (one of the slow lanes, of
 * which there are few: give such routes a limit). In a transaction it is part of it, and nothing else runs there before
 * it has ended (ERR_BUG).
 * Rows come before it is known whether the statement succeeds: only the end, NULL, says that it did. Its time limit is
 * the request's, and runs while the handler works on rows, too. */
typedef struct saas_stream saas_stream;
enum { SAAS_STREAM_ROWS_MAX = 1000000, SAAS_STREAM_BYTES_MAX = 256 << 20 };
/* Sends the statement. More rows than rows_max (0: SAAS_STREAM_ROWS_MAX) or bytes than bytes_max (0:
 * SAAS_STREAM_BYTES_MAX; of libpq's results, some 24 a value more than the texts) are ERR_TOO_MANY_ROWS from
 * saas_stream_next, logged. Outside GET, a success with one that was neither
 * read to its end nor closed is answered with a 500. */
SAAS_API SAAS_MUST_CHECK saas_err saas_stream_open(saas_stream **out, saas_ctx *c, uint64_t rows_max,
                                                   uint64_t bytes_max, const char *sql, saas_args args);
/* Waits for the next rows, which live until the next call, and so does what saas_rows_read makes of them. NULL: that
 * was all, and the statement succeeded. After an error: the same again. */
SAAS_API SAAS_MUST_CHECK saas_err saas_stream_next(saas_stream *s, saas_rows **rows);
/* Wants no more: the statement is undone, its connection replaced, and the transaction it is in lost (no success is
 * answered). No effect on one that has ended. Happens by itself when the request is over. */
SAAS_API void saas_stream_close(saas_stream *s);

/* ---- a transaction ---- */

/* From here to commit or rollback every query of this context is part of it, on a connection of its own. One at a time:
 * ERR_BUG for a second. Rolled back when the handler returns without a commit; outside GET, a success is then answered
 * with a 500. After a commit that failed no success is answered either, unless a later transaction is committed. */
SAAS_API SAAS_MUST_CHECK saas_err saas_tx_begin(saas_ctx *c);
/* ERR_OUTCOME_UNKNOWN: the connection broke after COMMIT was sent. ERR_BUG, and rolled back, when the answer is to be a
 * 500 already. */
SAAS_API SAAS_MUST_CHECK saas_err saas_tx_commit(saas_ctx *c);
SAAS_API void saas_tx_rollback(saas_ctx *c);

/* Runs fn(c, arg) in a SERIALIZABLE transaction and commits it; any error of fn rolls it back and is returned. When the
 * server could not serialize it, or broke a deadlock or a lock's time-out (ERR_SERIALIZATION, of a statement or of the
 * commit), it is rolled back, what it answered is forgotten, and it runs again after a short random pause: attempts
 * times at most, 0: 5. So fn must have no effects but through this context, and reply last. A commit whose outcome is
 * unknown is never run again. fn must not end the transaction itself (ERR_BUG). */
SAAS_API SAAS_MUST_CHECK saas_err saas_tx_run(saas_ctx *c, saas_err (*fn)(saas_ctx *c, void *arg), void *arg,
                                              unsigned attempts);

/* Savepoints of the open transaction; they nest. Release keeps what was done since the innermost one, rollback undoes
 * it; either way that one is gone. After an error, saas_savepoint_rollback makes the transaction whole again. ERR_BUG
 * without a transaction or savepoint. */
SAAS_API SAAS_MUST_CHECK saas_err saas_savepoint(saas_ctx *c);
SAAS_API SAAS_MUST_CHECK saas_err saas_savepoint_release(saas_ctx *c);
SAAS_API SAAS_MUST_CHECK saas_err saas_savepoint_rollback(saas_ctx *c);

/* ---- outside the tenant ---- */

/* Every place that leaves the tenant gives its reason: a constant of the program's, which is logged with the request and
 * counted in GET /metrics (saas_outside_tenant_total, by scope and reason; the 64th reason and all after it are "other").
 * So such places are found in the text with
 *   grep -rnE 'saas_(outside_query|system_query|set_org)\(' src
 * ERR_BUG without a reason. */

/* A query with no organization set, for what belongs to no tenant (sign-up, look-ups by token): of the serving role, whose
 * policies then show no tenant's row. In the context's transaction, if one is open. */
SAAS_API SAAS_MUST_CHECK saas_err saas_outside_query(saas_ctx *c, saas_rows **rows, const char *why, const char *sql,
                                                     saas_args args);
/* A query of the system scope, for what spans organizations: as the role of SYSTEM_DATABASE_URL, on connections of its
 * own, which no other call can reach. It sees all organizations' rows of the tables that a migration has opened to it,
 * select saas_enable_system('invoices', 'select'), and nothing else. Never part of the context's transaction: it commits
 * by itself. READ ONLY in a GET. ERR_CONFIG, whatever the serving role may do: SYSTEM_DATABASE_URL is not set. */
SAAS_API SAAS_MUST_CHECK saas_err saas_system_query(saas_ctx *c, saas_rows **rows, const char *why, const char *sql,
                                                    saas_args args);
/* Sets the organization of the queries that follow, where no token did (an open route that has found its org). */
SAAS_API SAAS_MUST_CHECK saas_err saas_set_org(saas_ctx *c, saas_uuid org_id, const char *why);

/* ---- rows ---- */

SAAS_API size_t saas_rows_count(const saas_rows *rows);
/* Row i into a struct in the context's memory: columns by name through the table; a field without a column stays
 * ABSENT, SQL null is NULL. ERR_BUG when a column's text does not read as its field's kind, or there is no row i. */
SAAS_API SAAS_MUST_CHECK saas_err saas_rows_read_(void **out, saas_ctx *c, const saas_rows *rows, size_t i,
                                                  const saas_schema *schema);
#define saas_rows_read(out, c, rows, i, tag) saas_rows_read_((void **)(out), (c), (rows), (i), &tag##_schema)
/* One value as Postgres' text by column name; {NULL, 0} for null, for no such row or column. */
SAAS_API saas_text saas_rows_text(const saas_rows *rows, size_t i, const char *column);

/* ---- pages ---- */

typedef struct saas_page {
    /* ORDER BY of the page, from the program's own text only; must end in a unique column. With cursors nothing but
     * names of columns, each with asc, desc or neither ("created_at desc, id desc"): fields of the schema, NOT NULL
     * (asked of the catalogue, once a loop and list, for columns of tables; of others a null that is seen is ERR_BUG). */
    const char *order;
} saas_page;
/* Answers `select` in one round trip, as the query string asks for it:
 *   page=2&perPage=50      that page (1…, 1…100, default 1 and 20), meta page, perPage, total
 *   cursor=…&perPage=50    what stands behind that place (empty: from the start), meta perPage, nextCursor (null at the
 *                          end): each row once, however many are written meanwhile, and as fast at the end as at the
 *                          start where an index has the order. A cursor of another organization, route, filter or order
 *                          is a VALIDATION_ERROR, and so are page and cursor together.
 * The route's .query schema has the fields of SAAS_PAGE_FIELDS (without `cursor` there are none, and .order may be any
 * expression); its other fields are the filters that a cursor is bound to. ERR_BUG otherwise. */
SAAS_API SAAS_MUST_CHECK saas_err saas_reply_page_(saas_ctx *c, const saas_schema *schema, const char *select,
                                                   saas_args args, saas_page page);
#define saas_reply_page(c, schema, select, args, ...) saas_reply_page_((c), (schema), (select), (args), (saas_page){__VA_ARGS__})
/* The fields of a paged list's query string: paste SAAS_PAGE_FIELDS(F, T) into the list's own field table. */
#define SAAS_PAGE_FIELDS(F, T)                                                                                         \
    F(T, i64(1, 1000000), page)                                                                                        \
    F(T, i64(1, 100), per_page, .def = "20")                                                                           \
    F(T, text(0, 2048), cursor)

SAAS_END_DECLS
#endif
