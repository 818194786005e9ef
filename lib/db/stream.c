#include "db/internal.h"

/* A stream is a unit whose rows are handed on while the server still sends. libpq gives each row as a result of its
 * own; those are put together to batches. Between two batches nothing is read: the socket fills, and the server waits.
 */

enum { BATCH_ROWS = 512, BATCH_BYTES = 256 << 10 };

/* Whenever libpq might parse the first row: it has to know before. */
void saas_db_stream_begin(saas_db_lane *lane, saas_db_op *op)
{
    if (op->streams && !op->singly && !op->answered && op->steps[op->step_at].kind == SAAS_DB_EXECUTE)
        op->singly = PQsetSingleRowMode(lane->conn);
}

static void hand_over(saas_db_lane *lane, saas_db_op *op, PGresult *batch)
{
    op->batch = NULL;
    op->handed = lane->held = true;
    saas_db_lane_watch(lane, lane->events);
    op->unit->rows(op->unit, batch);
}

static bool append(PGresult *to, const PGresult *row)
{
    const int at = PQntuples(to);
    for (int i = 0; i < PQnfields(to); i++) {
        const bool null = PQgetisnull(row, 0, i);
        if (!PQsetvalue(to, at, i, null ? NULL : PQgetvalue(row, 0, i), null ? -1 : PQgetlength(row, 0, i)))
            return false;
    }
    return true;
}

/* Rows without columns can't be put together. */
static bool full(const PGresult *batch)
{
    return !PQnfields(batch) || PQntuples(batch) >= BATCH_ROWS || PQresultMemorySize(batch) >= BATCH_BYTES;
}

/* The first row's result takes the others in. */
void saas_db_stream_row(saas_db_lane *lane, saas_db_op *op, PGresult *row)
{
    if (!op->unit) {
        PQclear(row);
    } else if (!op->batch) {
        op->batch = row;
    } else {
        if (!append(op->batch, row)) {
            op->err = SAAS_ERR_NO_MEMORY;
            saas_db_lane_fail(lane);
        }
        PQclear(row);
    }
    if (op->batch && !op->err && full(op->batch))
        hand_over(lane, op, op->batch);
}

/* `last` has rows only where libpq would not give them one by one: then it has all of them. */
void saas_db_stream_end(saas_db_lane *lane, saas_db_op *op, PGresult *last)
{
    if (!op->batch && PQntuples(last))
        op->batch = last;
    else
        PQclear(last);
    if (op->batch && op->unit)
        hand_over(lane, op, op->batch);
}

void saas_db_more(saas_db_unit *unit)
{
    saas_db_op *op = unit->op;
    if (!op || !op->lane || !op->lane->held)
        return;
    op->lane->resuming = true;
    saas_db_kick_off(op->db);
}

void saas_db_stream_leave(saas_db_op *op)
{
    if (!op->streams || !op->lane)
        return;
    op->lane->left = true;
    saas_db_lane_fail(op->lane);
}
