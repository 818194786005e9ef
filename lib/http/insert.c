#include "http/field_value.h"
#include "http/unit.h"
#include "schema/write.h"

/* insert into TABLE ("column", ...) values ($1, ...) for every field that is there; their values and how many. */
static void write_insert(saas_buf *sql, saas_value *values, size_t *n, saas_arena *a, const void *in,
                         const saas_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (saas_field_given(in, f) == SAAS_ABSENT)
            continue;
        saas_buf_z(sql, *n ? ", \"" : " (\"");
        saas_buf_z(sql, saas_field_column(f));
        saas_buf_lit(sql, "\"");
        values[(*n)++] = saas_field_value(a, in, f);
    }
    saas_buf_z(sql, *n ? ") values (" : " default values");
    for (size_t i = 0; i < *n; i++)
        saas_buf_format(sql, i ? ", $%zu" : "$%zu", i + 1);
    saas_buf_z(sql, *n ? ") returning *" : " returning *");
}

saas_err saas_insert(saas_ctx *c, saas_rows **row, const char *table, const void *in, const saas_schema *schema)
{
    saas_buf sql;
    size_t n = 0;
    saas_value *values = saas_arena_calloc(&c->arena, schema->count + 1, sizeof *values);
    if (!values)
        return SAAS_ERR_NO_MEMORY;
    saas_buf_init(&sql, &c->arena, 256);
    saas_buf_lit(&sql, "insert into ");
    saas_buf_z(&sql, table);
    write_insert(&sql, values, &n, &c->arena, in, schema);
    saas_text text = saas_buf_done(&sql);
    if (!text.ptr)
        return SAAS_ERR_NO_MEMORY;
    return saas_query_one(c, row, text.ptr, (saas_args){values, n, sizeof *values});
}
