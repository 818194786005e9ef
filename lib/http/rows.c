#include "http/rows.h"
#include "db/columns.h"
#include "http/reply.h"
#include "schema/write.h"

static void clear(void *arg)
{
    PQclear(arg);
}

bool saas_rows_init(saas_rows *rows, saas_ctx *c, const char *sql)
{
    rows->sql = saas_arena_copy(&c->arena, sql, strlen(sql));
    rows->arena = &c->arena;
    rows->fits = &rows->fitting;
    return rows->sql;
}

saas_rows *saas_rows_new(saas_ctx *c, const char *sql)
{
    saas_rows *rows = saas_arena_calloc(&c->arena, 1, sizeof *rows);
    return rows && saas_rows_init(rows, c, sql) ? rows : NULL;
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

static saas_text cell(const PGresult *r, int row, int column)
{
    const size_t len = (size_t)PQgetlength(r, row, column);
    if (!len && PQgetisnull(r, row, column))
        return (saas_text){NULL, 0};
    return (saas_text){PQgetvalue(r, row, column), len};
}

saas_text saas_rows_text(const saas_rows *rows, size_t i, const char *column)
{
    int at = i < saas_rows_count(rows) ? saas_db_column(rows->result, column, 0) : -1;
    return at < 0 ? (saas_text){NULL, 0} : cell(rows->result, (int)i, at);
}

/* Names and types, whatever rows there are. The line in the log tells the statement, the request's own line the rest.
 */
static saas_err check_columns(saas_ctx *c, const saas_rows *rows, const saas_schema *schema, bool every)
{
    return saas_db_columns_check(schema, rows->result, every, rows->sql, saas_ctx_log(c));
}

static saas_err misfit(saas_ctx *c, const saas_rows *rows, const saas_schema *schema, const saas_field *f)
{
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, "a value does not read as its field", {"schema", saas_v_z(schema->name)},
             {"field", saas_v_z(f->name)}, {"column", saas_v_z(saas_field_column(f))},
             {"statement", saas_v_z(rows->sql)});
    return SAAS_ERR_BUG;
}

saas_err saas_rows_read_(void **out, saas_ctx *c, const saas_rows *rows, size_t i, const saas_schema *schema)
{
    if (i >= saas_rows_count(rows))
        return SAAS_ERR_BUG;
    if (*rows->fits != schema)
        SAAS_TRY(check_columns(c, rows, schema, false));
    *rows->fits = schema;
    void *in = saas_arena_calloc(rows->arena, 1, schema->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    for (size_t at = 0; at < schema->count; at++) {
        const saas_field *f = saas_schema_field(schema, at);
        int column = saas_db_column(rows->result, saas_field_column(f), (int)at);
        if (column < 0)
            continue;
        saas_err e = saas_read_cell(in, rows->arena, f, cell(rows->result, (int)i, column));
        if (e == SAAS_ERR_BUG)
            return misfit(c, rows, schema, f);
        SAAS_TRY(e);
    }
    *out = in;
    return SAAS_OK;
}

/* ---- rows to JSON: names are looked up once a result ---- */

typedef struct column {
    const saas_field *field;
    int at;
    saas_text key; /* as it goes out, with quotes and colon */
} column;

static saas_text key_of(saas_arena *a, saas_text name)
{
    saas_buf b;
    saas_buf_init(&b, a, name.len + 4);
    saas_json j = saas_json_on(&b);
    saas_json_key(&j, name);
    return saas_buf_done(&b);
}

static saas_err plan(column **out, saas_ctx *c, const saas_rows *rows, const saas_schema *schema)
{
    SAAS_TRY(check_columns(c, rows, schema, true));
    column *columns = saas_arena_alloc(&c->arena, schema->count * sizeof *columns);
    if (!columns)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < schema->count; i++) {
        char derived[64];
        const saas_field *f = saas_schema_field(schema, i);
        column *to = &columns[i];
        if (f->write_only) {
            *to = (column){f, -1, {NULL, 0}};
            continue;
        }
        const saas_text name = saas_field_json_name(derived, f);
        *to = (column){f, saas_db_column(rows->result, saas_field_column(f), (int)i), key_of(&c->arena, name)};
        if (!to->key.ptr)
            return SAAS_ERR_NO_MEMORY;
    }
    *out = columns;
    return SAAS_OK;
}

static saas_err write_row(saas_json *j, saas_ctx *c, const saas_rows *rows, int row, const column *columns,
                          const saas_schema *schema)
{
    saas_json_object(j);
    for (size_t i = 0; i < schema->count; i++) {
        if (columns[i].at < 0)
            continue;
        saas_json_quoted_key(j, columns[i].key);
        saas_err e = saas_write_cell(j, columns[i].field, cell(rows->result, row, columns[i].at));
        if (e == SAAS_ERR_BUG)
            return misfit(c, rows, schema, columns[i].field);
        SAAS_TRY(e);
    }
    saas_json_object_end(j);
    return SAAS_OK;
}

static size_t raw_length(const saas_rows *rows, size_t row, const column *columns, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (columns[i].at >= 0)
            sum += (size_t)PQgetlength(rows->result, (int)row, columns[i].at);
    return sum;
}

/* Room for all rows, by what the first takes beside its cells and by the cells of some: without it a large answer is
 * copied each time it doubles. Where it can't be had they still may fit. */
static void make_room(saas_json *j, size_t first, const saas_rows *rows, const column *columns, size_t width,
                      size_t count)
{
    enum { SAMPLES = 32 };
    saas_buf *b = j->out;
    const size_t step = count / SAMPLES + 1, raw = raw_length(rows, 0, columns, width);
    size_t sum = 0, seen = 0;
    for (size_t row = 0; row < count; row += step, seen++)
        sum += raw_length(rows, row, columns, width);
    const size_t cells = sum / seen, each = (first > raw ? first - raw : 0) + cells + cells / 8 + 2;
    const size_t more = (count - 1) * each;
    if (!b->failed && more > b->cap - b->len && more < b->arena->limit - b->arena->used)
        saas_buf_reserve(b, more);
}

saas_err saas_rows_write(saas_json *j, saas_ctx *c, const saas_rows *rows, const saas_schema *schema, size_t most)
{
    saas_idempotency_watch(c, schema);
    column *columns;
    const size_t count = saas_rows_count(rows) < most ? saas_rows_count(rows) : most;
    SAAS_TRY(plan(&columns, c, rows, schema));
    saas_json_array(j);
    for (size_t row = 0; row < count; row++) {
        const size_t before = j->out->len;
        SAAS_TRY(write_row(j, c, rows, (int)row, columns, schema));
        if (!row && count > 1)
            make_room(j, j->out->len - before, rows, columns, schema->count, count);
    }
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
    SAAS_TRY(write_row(&j, c, rows, 0, columns, schema));
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
