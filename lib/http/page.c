#include "http/page.h"
#include "http/reply.h"
#include "http/unit.h"
#include <stdlib.h>

static const saas_field *field_named(const saas_schema *schema, const char *name, saas_type type)
{
    for (size_t i = 0; schema && i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (!strcmp(f->name, name))
            return f->type == type ? f : NULL;
    }
    return NULL;
}

static bool is_given(const saas_ctx *c, const saas_field *f)
{
    return f && ((const uint8_t *)c->query_in)[f->has_offset] == SAAS_SET;
}

static const void *member(const saas_ctx *c, const saas_field *f)
{
    return (const char *)c->query_in + f->offset;
}

/* ---- by number ---- */

static const char *count_sql(saas_arena *a, const char *select)
{
    return saas_arena_format(a, "select count(*) from (%s) as saas_counted", select).ptr;
}

static const char *page_sql(saas_arena *a, const saas_listing *l)
{
    return saas_arena_format(a, "%s order by %s limit $%zu offset $%zu", l->select, l->order, l->args.n + 1,
                             l->args.n + 2)
        .ptr;
}

/* Two statements in one round trip: how many there are, and this page of them. */
static saas_err fetch(saas_ctx *c, saas_meta *meta, saas_rows **rows, const saas_listing *l)
{
    saas_unit *unit;
    saas_rows *total;
    const size_t n = l->args.n;
    const char *count = count_sql(&c->arena, l->select), *page = page_sql(&c->arena, l);
    saas_value *values = saas_args_copy(&c->arena, l->args, 2);
    if (!count || !page || !values)
        return SAAS_ERR_NO_MEMORY;
    values[n] = saas_v_i64(meta->per_page);
    values[n + 1] = saas_v_i64((meta->page - 1) * meta->per_page);
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &total, count, l->args));
    SAAS_TRY(saas_unit_add(unit, rows, page, (saas_args){values, n + 2, sizeof *values}));
    SAAS_TRY(saas_unit_run(unit));
    meta->total = strtoll(PQgetvalue(total->result, 0, 0), NULL, 10);
    return SAAS_OK;
}

static saas_err reply_numbered(saas_ctx *c, const saas_listing *l, int64_t page)
{
    saas_json j;
    saas_rows *rows;
    saas_meta meta = {.kind = SAAS_META_PAGE, .page = page, .per_page = l->per_page};
    SAAS_TRY(fetch(c, &meta, &rows, l));
    SAAS_TRY(saas_reply_begin(&j, c, 200));
    SAAS_TRY(saas_rows_write(&j, c, rows, l->rows, SIZE_MAX));
    return saas_reply_end(c, &j, &meta);
}

/* ---- both ---- */

saas_err saas_reply_page_(saas_ctx *c, const saas_schema *schema, const char *select, saas_args args, saas_page page)
{
    const saas_schema *query = c->query_in ? c->match.route->query : NULL;
    saas_listing l = {.rows = schema, .select = select, .order = page.order, .args = args};
    const saas_field *number = l.fields[0] = field_named(query, "page", SAAS_T_I64);
    const saas_field *size = l.fields[1] = field_named(query, "per_page", SAAS_T_I64);
    const saas_field *cursor = l.fields[2] = field_named(query, "cursor", SAAS_T_TEXT);
    if (!page.order)
        return saas_ctx_bug(c, "saas_reply_page without .order");
    if (!number || !size || !is_given(c, size) || *(const int64_t *)member(c, size) < 1)
        return saas_ctx_bug(c, "saas_reply_page: the route's .query lacks SAAS_PAGE_FIELDS");
    const char *fault = cursor ? saas_keyset_parse(&l.keys, page.order, schema) : NULL;
    if (fault)
        return saas_ctx_bug(c, fault);
    l.per_page = *(const int64_t *)member(c, size);
    if (is_given(c, cursor) && is_given(c, number))
        return saas_fail_field(c, "cursor", "give either page or cursor");
    if (is_given(c, cursor))
        return saas_reply_from_cursor(c, &l, *(const saas_text *)member(c, cursor));
    return reply_numbered(c, &l, is_given(c, number) ? *(const int64_t *)member(c, number) : 1);
}
