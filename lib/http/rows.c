#include "http/rows.h"
#include "http/reply.h"
#include "schema/write.h"

static void clear(void *arg)
{
    PQclear(arg);
}

saas_rows *saas_rows_new(saas_ctx *c)
{
    return saas_arena_calloc(&c->arena, 1, sizeof(saas_rows));
}

void saas_rows_take(saas_rows *rows, saas_ctx *c, PGresult *result)
{
    rows->result = result;
    rows->item = (saas_defer_item){.next = c->deferred, .fn = clear, .arg = result};
    c->deferred = &rows->item;
}

size_t saas_rows_count(const saas_rows *rows)
{
    return rows ? (size_t)PQntuples(rows->result) : 0;
}

/* Most results have their columns in the order of the table: `likely` is tried first. -1: none of that name. */
static int column_at(const PGresult *r, const char *name, int likely)
{
    int count = PQnfields(r);
    if (likely < count && !strcmp(PQfname(r, likely), name))
        return likely;
    for (int i = 0; i < count; i++)
        if (!strcmp(PQfname(r, i), name))
            return i;
    return -1;
}

static saas_text cell(const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return (saas_text){NULL, 0};
    return (saas_text){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
}

saas_text saas_rows_text(const saas_rows *rows, size_t i, const char *column)
{
    int at = i < saas_rows_count(rows) ? column_at(rows->result, column, 0) : -1;
    return at < 0 ? (saas_text){NULL, 0} : cell(rows->result, (int)i, at);
}

static saas_err misfit(saas_ctx *c, const saas_schema *schema, const saas_field *f, const char *what)
{
    SAAS_LOG(c->shard->site->log, SAAS_LOG_ERROR, what, {"schema", saas_v_z(schema->name)},
             {"column", saas_v_z(saas_field_column(f))}, {"request_id", SAAS_ARG(c->request_id)});
    return SAAS_ERR_BUG;
}

saas_err saas_rows_read_(void **out, saas_ctx *c, const saas_rows *rows, size_t i, const saas_schema *schema)
{
    if (i >= saas_rows_count(rows))
        return SAAS_ERR_BUG;
    void *in = saas_arena_calloc(&c->arena, 1, schema->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    for (size_t at = 0; at < schema->count; at++) {
        const saas_field *f = saas_schema_field(schema, at);
        int column = column_at(rows->result, saas_field_column(f), (int)at);
        if (column < 0)
            continue;
        saas_err e = saas_read_cell(in, &c->arena, f, cell(rows->result, (int)i, column));
        if (e == SAAS_ERR_BUG)
            return misfit(c, schema, f, "a column does not read as its field");
        SAAS_TRY(e);
    }
    *out = in;
    return SAAS_OK;
}

/* ---- rows to JSON: names are looked up once a result ---- */

typedef struct column {
    const saas_field *field;
    int at;
    saas_text key;
} column;

static saas_err plan(column **out, saas_ctx *c, const saas_rows *rows, const saas_schema *schema)
{
    column *columns = saas_arena_alloc(&c->arena, schema->count * sizeof *columns);
    if (!columns)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < schema->count; i++) {
        char derived[64];
        const saas_field *f = saas_schema_field(schema, i);
        column *to = &columns[i];
        *to = (column){f, column_at(rows->result, saas_field_column(f), (int)i), saas_field_json_name(derived, f)};
        if (to->at < 0)
            return misfit(c, schema, f, "a result lacks a column of its table");
        if (to->key.ptr == derived)
            to->key.ptr = saas_arena_copy(&c->arena, derived, to->key.len);
        if (!to->key.ptr)
            return SAAS_ERR_NO_MEMORY;
    }
    *out = columns;
    return SAAS_OK;
}

static saas_err write_row(saas_json *j, saas_ctx *c, const PGresult *r, int row, const column *columns,
                          const saas_schema *schema)
{
    saas_json_object(j);
    for (size_t i = 0; i < schema->count; i++) {
        saas_json_key(j, columns[i].key);
        if (saas_write_cell(j, columns[i].field, cell(r, row, columns[i].at)))
            return misfit(c, schema, columns[i].field, "a column does not read as its field");
    }
    saas_json_object_end(j);
    return SAAS_OK;
}

saas_err saas_rows_write(saas_json *j, saas_ctx *c, const saas_rows *rows, const saas_schema *schema, size_t most)
{
    column *columns;
    const size_t count = saas_rows_count(rows) < most ? saas_rows_count(rows) : most;
    SAAS_TRY(plan(&columns, c, rows, schema));
    saas_json_array(j);
    for (size_t row = 0; row < count; row++)
        SAAS_TRY(write_row(j, c, rows->result, (int)row, columns, schema));
    saas_json_array_end(j);
    return SAAS_OK;
}

saas_err saas_reply_row(saas_ctx *c, int status, const saas_rows *rows, const saas_schema *schema)
{
    saas_json j;
    column *columns;
    if (!saas_rows_count(rows))
        return saas_ctx_bug(c, "saas_reply_row without a row");
    SAAS_TRY(plan(&columns, c, rows, schema));
    SAAS_TRY(saas_reply_begin(&j, c, status));
    SAAS_TRY(write_row(&j, c, rows->result, 0, columns, schema));
    return saas_reply_end(c, &j, NULL);
}

saas_err saas_reply_rows(saas_ctx *c, int status, const saas_rows *rows, const saas_schema *schema)
{
    saas_json j;
    if (!rows)
        return saas_ctx_bug(c, "saas_reply_rows without rows");
    SAAS_TRY(saas_reply_begin(&j, c, status));
    SAAS_TRY(saas_rows_write(&j, c, rows, schema, SIZE_MAX));
    return saas_reply_end(c, &j, NULL);
}
