#include "http/field_value.h"
#include "http/unit.h"
#include "schema/write.h"

/* "column" = $7 for every field that is there; counts them into *n. */
static void write_set(saas_buf *sql, saas_value *values, size_t *n, saas_arena *a, const void *in,
                      const saas_schema *schema)
{
    const char *before = " set ";
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (saas_field_given(in, f) == SAAS_ABSENT)
            continue;
        values[(*n)++] = saas_field_value(a, in, f);
        saas_buf_z(sql, before);
        saas_buf_lit(sql, "\"");
        saas_buf_z(sql, saas_field_column(f));
        saas_buf_lit(sql, "\" = $");
        saas_buf_i64(sql, (int64_t)*n);
        before = ", ";
    }
}

static void write_update(saas_buf *sql, const char *table, const char *set, const char *where)
{
    saas_buf_z(sql, *set ? "update " : "select * from ");
    saas_buf_z(sql, table);
    saas_buf_z(sql, set);
    saas_buf_lit(sql, " where ");
    saas_buf_z(sql, where);
    if (*set)
        saas_buf_lit(sql, " returning *");
}

saas_err saas_update(saas_ctx *c, saas_rows **row, const char *table, const void *in, const saas_schema *schema,
                     const char *where, saas_args args)
{
    saas_buf set, sql;
    size_t n = args.n;
    saas_value *values = saas_args_copy(&c->arena, args, schema->count);
    if (!values)
        return SAAS_ERR_NO_MEMORY;
    saas_buf_init(&set, &c->arena, 256);
    write_set(&set, values, &n, &c->arena, in, schema);
    saas_text set_text = saas_buf_done(&set);
    if (!set_text.ptr)
        return SAAS_ERR_NO_MEMORY;
    saas_buf_init(&sql, &c->arena, set_text.len + 256);
    write_update(&sql, table, set_text.ptr, where);
    saas_text sql_text = saas_buf_done(&sql);
    if (!sql_text.ptr)
        return SAAS_ERR_NO_MEMORY;
    return saas_query_one(c, row, sql_text.ptr, (saas_args){values, n, sizeof *values});
}
