#include "http/page.h"
#include "http/reply.h"
#include "http/unit.h"
#include "schema/field.h"

/* ---- what a cursor is bound to ---- */

static bool is_filter(const saas_listing *l, const saas_field *f)
{
    return f != l->fields[0] && f != l->fields[1] && f != l->fields[2];
}

/* The query string as it was read, defaults among it, without the place in the list. */
static void add_filters(saas_json *j, const saas_ctx *c, const saas_listing *l)
{
    const saas_schema *query = c->match.route->query;
    for (size_t i = 0; i < query->count; i++) {
        const saas_field *f = saas_schema_field(query, i);
        if (!is_filter(l, f) || ((const uint8_t *)c->query_in)[f->has_offset] != SAAS_SET)
            continue;
        saas_json_key(j, saas_text_z(f->name));
        saas_write_value(j, f, f->type, (const char *)c->query_in + f->offset);
    }
}

static void add_keys(saas_json *j, const saas_keyset *k)
{
    for (size_t i = 0; i < k->count; i++) {
        saas_json_text(j, k->keys[i].column);
        saas_json_bool(j, k->keys[i].down);
        saas_json_i64(j, k->keys[i].field->type);
    }
}

/* Organization, route, parameters of its path, order with its types, filters: as JSON, so that no two are the same. */
static saas_text bound_to(saas_ctx *c, const saas_listing *l)
{
    saas_buf b;
    char org[SAAS_UUID_CHARS + 1];
    saas_uuid_format(org, c->org);
    saas_buf_init(&b, &c->arena, 256);
    saas_json j = saas_json_on(&b);
    saas_json_array(&j);
    saas_json_text(&j, saas_text_z(org));
    saas_json_text(&j, saas_text_z(c->match.route->path));
    saas_json_array(&j);
    for (size_t i = 0; i < c->match.param_count; i++)
        saas_json_text(&j, c->match.values[i]);
    saas_json_array_end(&j);
    saas_json_array(&j);
    add_keys(&j, &l->keys);
    saas_json_array_end(&j);
    saas_json_object(&j);
    add_filters(&j, c, l);
    saas_json_object_end(&j);
    saas_json_array_end(&j);
    return saas_buf_done(&b);
}

static saas_err open_cursor(saas_value *place, saas_ctx *c, const saas_keyset *k, saas_text bound, saas_text cursor)
{
    saas_text packed;
    saas_err e = saas_cursor_open(&packed, &c->arena, c->shard->signer, bound, cursor);
    if (!e)
        e = saas_keyset_unpack(place, &c->arena, k, packed);
    return e == SAAS_ERR_VALIDATION ? saas_fail_field(c, "cursor", "not a cursor of this list") : e;
}

/* ---- the rows ---- */

/* The columns are those that the select gives: Postgres puts condition and order inside where it can. */
static const char *list_sql(saas_ctx *c, const saas_listing *l, bool started)
{
    saas_buf b;
    saas_buf_init(&b, &c->arena, strlen(l->select) + 256);
    saas_buf_format(&b, "select * from (%s) as saas_listed", l->select);
    if (started) {
        saas_buf_lit(&b, " where ");
        saas_keyset_after(&b, &l->keys, l->args.n + 2);
    }
    saas_buf_lit(&b, " order by ");
    saas_keyset_order(&b, &l->keys);
    saas_buf_format(&b, " limit $%zu", l->args.n + 1);
    return saas_buf_done(&b).ptr;
}

/* One more than asked for tells whether there is more. */
static saas_err fetch(saas_rows **rows, saas_ctx *c, const saas_listing *l, const saas_value *place)
{
    const size_t n = l->args.n, keys = place ? l->keys.count : 0;
    const char *sql = list_sql(c, l, place);
    saas_value *values = saas_args_copy(&c->arena, l->args, 1 + keys);
    if (!sql || !values)
        return SAAS_ERR_NO_MEMORY;
    values[n] = saas_v_i64(l->per_page + 1);
    if (keys)
        memcpy(&values[n + 1], place, keys * sizeof *place);
    SAAS_TRY(saas_query(c, rows, sql, (saas_args){values, n + 1 + keys, sizeof *values}));
    const char *fault = saas_keyset_check(&l->keys, (*rows)->result);
    return fault ? saas_ctx_bug(c, fault) : saas_check_not_null(c, l, (*rows)->result);
}

/* The last row that is shown is where the next ones begin. */
static saas_err next_cursor(saas_text *out, saas_ctx *c, const saas_listing *l, saas_text bound, const saas_rows *rows)
{
    saas_buf b;
    if (saas_rows_count(rows) <= (size_t)l->per_page)
        return SAAS_OK;
    saas_buf_init(&b, &c->arena, 128);
    saas_keyset_pack(&b, &l->keys, rows->result, (int)l->per_page - 1);
    if (b.failed)
        return SAAS_ERR_NO_MEMORY;
    saas_err e = saas_cursor_seal(out, &c->arena, c->shard->signer, bound, (saas_text){b.ptr, b.len});
    return e == SAAS_ERR_BUG ? saas_ctx_bug(c, "saas_reply_page: values of .order are too long for a cursor") : e;
}

saas_err saas_reply_from_cursor(saas_ctx *c, const saas_listing *l, saas_text cursor)
{
    saas_json j;
    saas_rows *rows;
    const saas_keyset *k = &l->keys;
    saas_value place[SAAS_KEYS_MAX];
    saas_meta meta = {.kind = SAAS_META_CURSOR, .per_page = l->per_page};
    if (!c->shard->signer)
        return saas_ctx_bug(c, "saas_reply_page: an app without keys has no cursors");
    saas_text bound = bound_to(c, l);
    if (!bound.ptr)
        return SAAS_ERR_NO_MEMORY;
    if (cursor.len)
        SAAS_TRY(open_cursor(place, c, k, bound, cursor));
    SAAS_TRY(fetch(&rows, c, l, cursor.len ? place : NULL));
    SAAS_TRY(next_cursor(&meta.next_cursor, c, l, bound, rows));
    SAAS_TRY(saas_reply_begin(&j, c, 200));
    SAAS_TRY(saas_rows_write(&j, c, rows, l->rows, (size_t)l->per_page));
    return saas_reply_end(c, &j, &meta);
}
