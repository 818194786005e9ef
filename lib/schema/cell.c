#include "json/scan.h"
#include "json/token.h"
#include "schema/array.h"
#include "schema/cell_plain.h"
#include "schema/format.h"
#include "schema/read.h"
#include "schema/rules.h"

static bool parse_number(saas_json_number *n, saas_text cell)
{
    saas_json_in in = {.at = cell.ptr, .end = cell.ptr + cell.len};
    return saas_json_number_token(&in, n) && in.at == in.end;
}

/* Postgres' text output of an integer of any width. */
static bool parse_integer(void *member, saas_type type, saas_text cell)
{
    saas_json_number n;
    if (!parse_number(&n, cell) || n.kind != SAAS_JSON_INTEGER)
        return false;
    if (type == SAAS_T_I64)
        *(int64_t *)member = n.value;
    else
        *(int32_t *)member = (int32_t)n.value;
    return type == SAAS_T_I64 || (n.value >= INT32_MIN && n.value <= INT32_MAX);
}

/* NaN and Infinity are no numbers of JSON's, and so none here. */
static bool parse_f64(double *member, saas_text cell)
{
    saas_json_number n;
    return parse_number(&n, cell) && saas_json_real(member, cell);
}

static bool parse_bool(bool *out, saas_text cell)
{
    if (cell.len != 1 || (*cell.ptr != 't' && *cell.ptr != 'f'))
        return false;
    *out = *cell.ptr == 't';
    return true;
}

static bool parse_text(saas_text *member, saas_type type, saas_text cell)
{
    enum { ANY = 1 << 20 };
    *member = cell;
    return type != SAAS_T_DECIMAL || saas_format_decimal(cell, 2 * ANY, ANY);
}

static bool parse_scalar(void *member, const saas_field *f, saas_type type, saas_text cell)
{
    switch (type) {
    case SAAS_T_I32:
    case SAAS_T_I64:
        return parse_integer(member, type, cell);
    case SAAS_T_F64:
        return parse_f64(member, cell);
    case SAAS_T_BOOL:
        return parse_bool(member, cell);
    case SAAS_T_UUID:
        return saas_uuid_parse(member, cell) == SAAS_OK;
    case SAAS_T_TIME:
        return saas_time_parse(member, cell) == SAAS_OK;
    case SAAS_T_DATE:
        return saas_date_parse(member, cell) == SAAS_OK;
    case SAAS_T_DURATION:
        return saas_duration_parse(member, cell) == SAAS_OK;
    case SAAS_T_WORD:
        return (*(int *)member = saas_enum_index(f->words, cell)) != 0;
    default:
        return saas_type_is_text(type) && parse_text(member, type, cell);
    }
}

/* An array of Postgres', not one of JSON's. */
static bool is_array(const saas_field *f, saas_text cell)
{
    return f->type == SAAS_T_LIST && saas_is_array_cell(cell);
}

static saas_err write_raw(saas_json *j, saas_text cell)
{
    if (saas_json_check(cell) != SAAS_OK)
        return SAAS_ERR_BUG;
    saas_json_raw(j, cell);
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
    if (is_array(f, cell))
        SAAS_TRY(array_json(&json, a, f, cell));
    char *copy = saas_arena_copy(a, json.ptr, json.len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    saas_err err = saas_read_stored(out, a, f, copy, json.len);
    return err == SAAS_OK || err == SAAS_ERR_NO_MEMORY ? err : SAAS_ERR_BUG;
}

/* What is stored may hold more than the table tells: it goes through the struct, as everything else does. */
static saas_err write_shaped(saas_json *j, const saas_field *f, saas_text cell)
{
    size_t size = f->offset + saas_type_size(f, f->type);
    void *base = saas_arena_calloc(j->out->arena, 1, size > f->has_offset ? size : f->has_offset + 1);
    if (!base)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(read_json(base, j->out->arena, f, cell));
    if (*saas_field_has(f, base) == SAAS_SET)
        saas_write_value(j, f, f->type, saas_field_member(f, base));
    else
        saas_json_null(j);
    return SAAS_OK;
}

saas_err saas_write_cell(saas_json *j, const saas_field *f, saas_text cell)
{
    union {
        int64_t i;
        double d;
        int word;
        bool b;
        saas_uuid id;
        saas_time time;
        saas_date date;
        saas_duration duration;
        saas_text text;
    } member;
    if (!cell.ptr) {
        saas_json_null(j);
        return SAAS_OK;
    }
    if (saas_write_plain_cell(j, f->type, cell))
        return SAAS_OK;
    if (is_array(f, cell))
        return saas_write_array(j, f, cell);
    if (f->type == SAAS_T_JSON)
        return write_raw(j, cell);
    if (!saas_type_is_scalar(f->type))
        return write_shaped(j, f, cell);
    if (!parse_scalar(&member, f, f->type, cell))
        return SAAS_ERR_BUG;
    saas_write_value(j, f, f->type, &member);
    return SAAS_OK;
}

saas_err saas_read_cell(void *out, saas_arena *a, const saas_field *f, saas_text cell)
{
    void *member = saas_field_member(f, out);
    if (!cell.ptr) {
        memset(member, 0, saas_type_size(f, f->type));
        *saas_field_has(f, out) = SAAS_NULL;
        return SAAS_OK;
    }
    if (!saas_type_is_scalar(f->type))
        return read_json(out, a, f, cell);
    if (!parse_scalar(member, f, f->type, cell))
        return SAAS_ERR_BUG;
    *saas_field_has(f, out) = SAAS_SET;
    return SAAS_OK;
}
