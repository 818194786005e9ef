#include "json/scan.h"
#include "schema/array.h"
#include "schema/field.h"
#include "schema/read.h"
#include "schema/rules.h"

/* Postgres' text output of an integer of any width. */
static bool parse_i64(int64_t *out, saas_text cell)
{
    saas_json_number n;
    saas_json_in in = {.at = cell.ptr, .end = cell.ptr + cell.len};
    if (!saas_json_number_token(&in, &n) || in.at != in.end || n.kind != SAAS_JSON_INTEGER)
        return false;
    *out = n.value;
    return true;
}

static bool parse_bool(bool *out, saas_text cell)
{
    if (cell.len != 1 || (*cell.ptr != 't' && *cell.ptr != 'f'))
        return false;
    *out = *cell.ptr == 't';
    return true;
}

/* What is neither text nor JSON. */
static bool parse_scalar(void *member, const saas_field *f, saas_text cell)
{
    switch (f->type) {
    case SAAS_T_I64:
        return parse_i64(member, cell);
    case SAAS_T_BOOL:
        return parse_bool(member, cell);
    case SAAS_T_UUID:
        return saas_uuid_parse(member, cell) == SAAS_OK;
    case SAAS_T_TIME:
        return saas_time_parse(member, cell) == SAAS_OK;
    case SAAS_T_WORD:
        return (*(int *)member = saas_enum_index(f->words, cell)) != 0;
    default:
        return false;
    }
}

static bool is_json(const saas_field *f)
{
    return f->type == SAAS_T_OBJECT || f->type == SAAS_T_LIST;
}

saas_err saas_write_cell(saas_json *j, const saas_field *f, saas_text cell)
{
    union {
        int64_t i;
        int word;
        bool b;
        saas_uuid id;
        saas_time t;
    } member;
    if (!cell.ptr) {
        saas_json_null(j);
    } else if (saas_type_is_text(f->type)) {
        saas_json_text(j, cell);
    } else if (f->type == SAAS_T_LIST && saas_is_array_cell(cell)) {
        return saas_write_array(j, f, cell);
    } else if (is_json(f)) {
        if (saas_json_check(cell) != SAAS_OK)
            return SAAS_ERR_BUG;
        saas_json_raw(j, cell);
    } else {
        if (!parse_scalar(&member, f, cell))
            return SAAS_ERR_BUG;
        saas_write_value(j, f, f->type, &member);
    }
    return SAAS_OK;
}

static saas_err array_json(saas_text *out, saas_arena *a, const saas_field *f, saas_text cell)
{
    saas_buf b;
    saas_buf_init(&b, a, cell.len + 16);
    saas_json j = saas_json_on(&b);
    SAAS_TRY(saas_write_array(&j, f, cell));
    *out = saas_buf_done(&b);
    return out->ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

static saas_err read_json(void *out, saas_arena *a, const saas_field *f, saas_text cell)
{
    saas_text json = cell;
    if (f->type == SAAS_T_LIST && saas_is_array_cell(cell))
        SAAS_TRY(array_json(&json, a, f, cell));
    char *copy = saas_arena_copy(a, json.ptr, json.len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    saas_err err = saas_read_stored(out, a, f, copy, json.len);
    return err == SAAS_OK || err == SAAS_ERR_NO_MEMORY ? err : SAAS_ERR_BUG;
}

saas_err saas_read_cell(void *out, saas_arena *a, const saas_field *f, saas_text cell)
{
    void *member = saas_field_member(f, out);
    if (!cell.ptr) {
        memset(member, 0, saas_type_size(f, f->type));
        *saas_field_has(f, out) = SAAS_NULL;
        return SAAS_OK;
    }
    if (is_json(f))
        return read_json(out, a, f, cell);
    if (saas_type_is_text(f->type))
        *(saas_text *)member = cell;
    else if (!parse_scalar(member, f, cell))
        return SAAS_ERR_BUG;
    *saas_field_has(f, out) = SAAS_SET;
    return SAAS_OK;
}
