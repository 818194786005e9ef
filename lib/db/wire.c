#include "base/buf.h"
#include "db/internal.h"
#include <stdio.h>
#include <string.h>

/* What is left of an absolute deadline ($a, microseconds of the server's clock), at most $b milliseconds. -1 for a
 * deadline that has passed: no valid value of the setting, so the statements behind it do not run. 0 would mean none.
 */
#define LIMIT(b)                                                                                                       \
    "set_config('statement_timeout', "                                                                                 \
    "(case when ms < 1 then -1 else least(ms, $" b "::int8) end)::int4::text, true)"
#define LEFT(a)   " from (select floor(($" a "::int8 - date_part('epoch', clock_timestamp()) * 1000000) / 1000) as ms) t"
#define ORG       "set_config('app.current_org_id', $1, true)"
#define READ_ONLY ", set_config('transaction_read_only', 'on', true)"
#define TAG(n)    ", set_config('application_name', $" n ", true)"

/* How values are written. A pooler's connections are nobody's: there it is said in each transaction. */
#define SESSION(local)                                                                                                 \
    "set_config('datestyle', 'ISO, MDY', " local "), set_config('timezone', 'UTC', " local                             \
    "), set_config('bytea_output', 'hex', " local ")"
#define POOLED ", " SESSION("true")

static const struct {
    const char *name, *sql, *pooled; /* pooled NULL: the same */
} builtins[SAAS_DB_BUILTINS] = {
    [SAAS_DB_FIRST] = {"b_first", "select " ORG TAG("4") ", " LIMIT("3") LEFT("2"),
                       "select " ORG TAG("4") POOLED ", " LIMIT("3") LEFT("2")},
    [SAAS_DB_FIRST_READ_ONLY] = {"b_first_ro", "select " ORG TAG("4") ", " LIMIT("3") READ_ONLY LEFT("2"),
                                 "select " ORG TAG("4") POOLED ", " LIMIT("3") READ_ONLY LEFT("2")},
    [SAAS_DB_ORG] = {"b_org", "select " ORG TAG("2"), "select " ORG TAG("2") POOLED},
    [SAAS_DB_ORG_READ_ONLY] = {"b_org_ro", "select " ORG TAG("2") READ_ONLY, "select " ORG TAG("2") POOLED READ_ONLY},
    [SAAS_DB_SCHEMA] = {"b_schema", "select set_config('search_path', $1, true)"},
    [SAAS_DB_LIMIT] = {"b_limit", "select " LIMIT("2") LEFT("1")},
    [SAAS_DB_CLOCK] = {"b_clock", "select (extract(epoch from clock_timestamp()) * 1000000)::int8"},
    [SAAS_DB_SESSION] = {"b_session", "select " SESSION("false")},
    [SAAS_DB_BEGIN] = {"b_begin", "begin"},
    [SAAS_DB_BEGIN_SERIALIZABLE] = {"b_begin_serializable", "begin isolation level serializable"},
    [SAAS_DB_SAVEPOINT] = {"b_savepoint", "savepoint saas"},
    [SAAS_DB_RELEASE] = {"b_release", "release savepoint saas"},
    [SAAS_DB_ROLLBACK_TO] = {"b_rollback_to", "rollback to savepoint saas"},
    [SAAS_DB_COMMIT] = {"b_commit", "commit"},
    [SAAS_DB_ROLLBACK] = {"b_rollback", "rollback"},
    [SAAS_DB_RESET] = {"b_reset", "reset all"},
};

static bool step(saas_db_op *op, int sent, saas_db_step s)
{
    if (sent)
        op->steps[op->step_count++] = s;
    return sent;
}

void saas_db_wire_start(saas_db_op *op)
{
    op->step_count = op->step_at = 0;
    op->answered = op->committed = op->singly = false;
    op->err = SAAS_OK;
    memset(&op->error, 0, sizeof op->error);
}

static bool builtin(saas_db_lane *lane, saas_db_op *op, saas_db_builtin which, int n, const char *const *params)
{
    const char *sql = builtins[which].pooled ? builtins[which].pooled : builtins[which].sql;
    int sent = lane->db->pooled ? PQsendQueryParams(lane->conn, sql, n, NULL, params, NULL, NULL, 0)
                                : PQsendQueryPrepared(lane->conn, builtins[which].name, n, params, NULL, NULL, 0);
    return step(op, sent, (saas_db_step){SAAS_DB_BUILTIN, which, 0});
}

bool saas_db_wire_builtin(saas_db_lane *lane, saas_db_op *op, saas_db_builtin which)
{
    return builtin(lane, op, which, 0, NULL);
}

bool saas_db_wire_session(saas_db_lane *lane, saas_db_op *op)
{
    if (lane->db->pooled)
        return true;
    for (uint32_t i = 0; i < SAAS_DB_BUILTINS; i++) {
        int sent = PQsendPrepare(lane->conn, builtins[i].name, builtins[i].sql, 0, NULL);
        if (!step(op, sent, (saas_db_step){SAAS_DB_BUILTIN, SAAS_DB_BUILTINS, 0}))
            return false;
    }
    return saas_db_wire_builtin(lane, op, SAAS_DB_SESSION);
}

typedef struct limit {
    char deadline[24];
    const char *ms;
} limit;

/* A lane's own limit, in case the deadline is farther: only shared lanes have one. */
static void limit_of(limit *l, const saas_db_lane *lane, const saas_db_op *op)
{
    bool shared = lane->tier == SAAS_DB_SHARED && !lane->db->unsegregated;
    int64_t at = op->deadline_us ? (int64_t)op->deadline_us + lane->clock_us : INT64_MAX / 2;
    saas_buf text = {.ptr = l->deadline, .cap = sizeof l->deadline, .arena = lane->db->scratch};
    saas_buf_i64(&text, at);
    l->deadline[text.len] = 0;
    l->ms = shared ? lane->db->shared_timeout : "2147483647";
}

static bool limited(const saas_db_lane *lane, const saas_db_op *op)
{
    return op->deadline_us || (lane->tier == SAAS_DB_SHARED && !lane->db->unsegregated);
}

/* NULL: the connection's own name. */
static const char *tag_of(const saas_db_op *op)
{
    return op->unit ? op->unit->tag : op->tx ? op->tx->tag : NULL;
}

static bool set_org(saas_db_lane *lane, saas_db_op *op)
{
    const char *tag = tag_of(op);
    char org[SAAS_UUID_CHARS + 1] = "";
    limit l;
    if (op->has_org)
        saas_uuid_format(org, op->org);
    if (!limited(lane, op))
        return builtin(lane, op, op->read_only ? SAAS_DB_ORG_READ_ONLY : SAAS_DB_ORG, 2,
                       (const char *const[]){org, tag});
    limit_of(&l, lane, op);
    return builtin(lane, op, op->read_only ? SAAS_DB_FIRST_READ_ONLY : SAAS_DB_FIRST, 4,
                   (const char *const[]){org, l.deadline, l.ms, tag});
}

bool saas_db_wire_first(saas_db_lane *lane, saas_db_op *op)
{
    return set_org(lane, op) &&
           (!op->schema || builtin(lane, op, SAAS_DB_SCHEMA, 1, (const char *const[]){op->schema}));
}

bool saas_db_wire_limit(saas_db_lane *lane, saas_db_op *op)
{
    limit l;
    if (!op->deadline_us)
        return true;
    limit_of(&l, lane, op);
    return builtin(lane, op, SAAS_DB_LIMIT, 2, (const char *const[]){l.deadline, l.ms});
}

/* ---- prepared statements ---- */

static bool deallocate(saas_db_lane *lane, saas_db_op *op, uint32_t slot)
{
    char name[SAAS_DB_NAME_SIZE], sql[SAAS_DB_NAME_SIZE + 16];
    uint32_t gen = lane->prepared[slot];
    saas_db_stmt_name(name, slot, gen);
    snprintf(sql, sizeof sql, "deallocate %s", name);
    int sent = PQsendQueryParams(lane->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    return step(op, sent, (saas_db_step){SAAS_DB_DEALLOCATE, slot, gen});
}

/* Taken for prepared at once, for the units behind; taken back when it fails. */
static bool prepare(saas_db_lane *lane, saas_db_op *op, const saas_db_stmt *stmt)
{
    uint32_t *prepared = &lane->prepared[stmt->slot];
    if (*prepared == stmt->gen)
        return true;
    if (*prepared && !deallocate(lane, op, stmt->slot))
        return false;
    int sent = PQsendPrepare(lane->conn, stmt->name, stmt->sql, 0, NULL);
    *prepared = stmt->gen;
    return step(op, sent, (saas_db_step){SAAS_DB_PREPARE, stmt->slot, stmt->gen});
}

bool saas_db_wire_prepare(saas_db_lane *lane, saas_db_op *op)
{
    for (size_t i = 0; i < op->count && !lane->db->pooled; i++)
        if (!prepare(lane, op, op->stmts[i]))
            return false;
    return true;
}

/* Without a name it holds until the next one without: long enough to be described. */
static bool prepare_unnamed(saas_db_lane *lane, saas_db_op *op, const saas_db_stmt *stmt)
{
    int sent = PQsendPrepare(lane->conn, "", stmt->sql, 0, NULL);
    return step(op, sent, (saas_db_step){SAAS_DB_PREPARE, stmt->slot, stmt->gen});
}

bool saas_db_wire_describe(saas_db_lane *lane, saas_db_op *op)
{
    for (size_t i = 0; i < op->count; i++) {
        const saas_db_stmt *stmt = op->stmts[i];
        if (stmt->shape)
            continue;
        if (lane->db->pooled && !prepare_unnamed(lane, op, stmt))
            return false;
        int sent = PQsendDescribePrepared(lane->conn, lane->db->pooled ? "" : stmt->name);
        if (!step(op, sent, (saas_db_step){SAAS_DB_DESCRIBE, (uint32_t)i, stmt->gen}))
            return false;
    }
    return true;
}

bool saas_db_wire_execute(saas_db_lane *lane, saas_db_op *op, size_t i, const char *const *params)
{
    const saas_db_stmt *stmt = op->stmts[i];
    const int n = PQnparams(stmt->shape);
    int sent = lane->db->pooled ? PQsendQueryParams(lane->conn, stmt->sql, n, NULL, params, NULL, NULL, 0)
                                : PQsendQueryPrepared(lane->conn, stmt->name, n, params, NULL, NULL, 0);
    return step(op, sent, (saas_db_step){SAAS_DB_EXECUTE, (uint32_t)i, stmt->gen});
}

bool saas_db_wire_sync(saas_db_lane *lane, saas_db_op *op)
{
    return step(op, PQpipelineSync(lane->conn), (saas_db_step){SAAS_DB_SYNC, 0, 0});
}

/* A pooler takes its connection back at the Sync: the reset still finds what the transaction has set. */
bool saas_db_wire_end(saas_db_lane *lane, saas_db_op *op, saas_db_builtin word)
{
    return saas_db_wire_builtin(lane, op, word) && saas_db_wire_builtin(lane, op, SAAS_DB_RESET) &&
           (lane->db->pooled || saas_db_wire_builtin(lane, op, SAAS_DB_SESSION)) && saas_db_wire_sync(lane, op);
}
