#include "http/reply.h"
#include "http/unit.h"
#include <stdlib.h>

static const saas_field *field_named(const saas_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (!strcmp(f->name, name))
            return f->type == SAAS_T_I64 ? f : NULL;
    }
    return NULL;
}

static bool read_number(int64_t *out, const saas_ctx *c, const char *name)
{
    const saas_schema *schema = c->match.route->query;
    const saas_field *f = schema && c->query_in ? field_named(schema, name) : NULL;
    if (!f)
        return false;
    memcpy(out, (const char *)c->query_in + f->offset, sizeof *out);
    return *out > 0;
}

static const char *count_sql(saas_arena *a, const char *select)
{
    return saas_arena_format(a, "select count(*) from (%s) as saas_counted", select).ptr;
}

static const char *page_sql(saas_arena *a, const char *select, const char *order, size_t args)
{
    return saas_arena_format(a, "%s order by %s limit $%zu offset $%zu", select, order, args + 1, args + 2).ptr;
}

/* Two statements in one round trip: how many there are, and this page of them. */
static saas_err fetch(saas_ctx *c, saas_meta *meta, saas_rows **rows, const char *select, saas_args args,
                      const char *order)
{
    saas_unit *unit;
    saas_rows *total;
    const char *count = count_sql(&c->arena, select), *page = page_sql(&c->arena, select, order, args.n);
    saas_value *values = saas_args_copy(&c->arena, args, 2);
    if (!count || !page || !values)
        return SAAS_ERR_NO_MEMORY;
    values[args.n] = saas_v_i64(meta->per_page);
    values[args.n + 1] = saas_v_i64((meta->page - 1) * meta->per_page);
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &total, count, args));
    SAAS_TRY(saas_unit_add(unit, rows, page, (saas_args){values, args.n + 2, sizeof *values}));
    SAAS_TRY(saas_unit_run(unit));
    meta->total = strtoll(PQgetvalue(total->result, 0, 0), NULL, 10);
    return SAAS_OK;
}

saas_err saas_reply_page_(saas_ctx *c, const saas_schema *schema, const char *select, saas_args args, saas_page page)
{
    saas_json j;
    saas_rows *rows;
    saas_meta meta = {.paged = true};
    if (!page.order)
        return saas_ctx_bug(c, "saas_reply_page without .order");
    if (!read_number(&meta.page, c, "page") || !read_number(&meta.per_page, c, "per_page"))
        return saas_ctx_bug(c, "saas_reply_page: the route's .query lacks SAAS_PAGE_FIELDS");
    SAAS_TRY(fetch(c, &meta, &rows, select, args, page.order));
    SAAS_TRY(saas_reply_begin(&j, c, 200));
    SAAS_TRY(saas_rows_write(&j, c, rows, schema));
    return saas_reply_end(c, &j, &meta);
}
