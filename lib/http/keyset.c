#include "http/keyset.h"
#include "db/columns.h"
#include "json/token.h"
#include "schema/field.h"

/* ---- the order's text ---- */

static bool name_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_';
}

/* The next word; what stands before it is skipped. */
static saas_text next_word(const char **at)
{
    const char *start;
    while (**at == ' ')
        ++*at;
    for (start = *at; name_char(**at);)
        ++*at;
    saas_text word = {start, (size_t)(*at - start)};
    while (**at == ' ')
        ++*at;
    return word;
}

static const saas_field *field_of(const saas_schema *rows, saas_text column)
{
    for (size_t i = 0; i < rows->count; i++) {
        const saas_field *f = saas_schema_field(rows, i);
        if (saas_text_equal(saas_text_z(saas_field_column(f)), column))
            return f;
    }
    return NULL;
}

static const char *fault_of(const saas_key *key)
{
    if (!key->column.len || (*key->column.ptr >= '0' && *key->column.ptr <= '9'))
        return "saas_reply_page: .order must be \"column [asc|desc], …\" where the query has a cursor";
    if (!key->field)
        return "saas_reply_page: a column of .order is no field of the schema";
    if (key->field->nullable || key->field->secret || !saas_type_is_scalar(key->field->type))
        return "saas_reply_page: a column of .order is nullable, secret, or no scalar";
    return NULL;
}

static bool is_twice(const saas_keyset *k, saas_text column)
{
    for (size_t i = 0; i < k->count; i++)
        if (saas_text_equal(k->keys[i].column, column))
            return true;
    return false;
}

const char *saas_keyset_parse(saas_keyset *out, const char *order, const saas_schema *rows)
{
    saas_keyset k = {.count = 0};
    for (const char *at = order;; at++) {
        saas_key key = {.column = next_word(&at)};
        saas_text way = next_word(&at);
        key.field = field_of(rows, key.column);
        key.down = saas_text_equal(way, SAAS_LIT("desc"));
        const char *fault = fault_of(&key);
        if (fault)
            return fault;
        if ((way.len && !key.down && !saas_text_equal(way, SAAS_LIT("asc"))) || (*at && *at != ','))
            return "saas_reply_page: .order has more than columns, asc and desc where the query has a cursor";
        if (k.count == SAAS_KEYS_MAX || is_twice(&k, key.column))
            return "saas_reply_page: .order has a column twice, or more than 8";
        k.keys[k.count++] = key;
        if (!*at)
            break;
    }
    *out = k;
    return NULL;
}

/* ---- SQL ---- */

static void add_column(saas_buf *b, const saas_key *key)
{
    saas_buf_lit(b, "\"");
    saas_buf_text(b, key->column);
    saas_buf_lit(b, "\"");
}

static void add_comparison(saas_buf *b, const saas_key *key, const char *operator, size_t param)
{
    add_column(b, key);
    saas_buf_format(b, " %s $%zu", operator, param);
}

static bool one_way(const saas_keyset *k)
{
    for (size_t i = 1; i < k->count; i++)
        if (k->keys[i].down != k->keys[0].down)
            return false;
    return true;
}

static void compare_rows(saas_buf *b, const saas_keyset *k, size_t first)
{
    saas_buf_lit(b, "(");
    for (size_t i = 0; i < k->count; i++) {
        if (i)
            saas_buf_lit(b, ", ");
        add_column(b, &k->keys[i]);
    }
    saas_buf_z(b, k->keys[0].down ? ") < (" : ") > (");
    for (size_t i = 0; i < k->count; i++)
        saas_buf_format(b, "%s$%zu", i ? ", " : "", first + i);
    saas_buf_lit(b, ")");
}

/* (a > $1 or (a = $1 and (b < $2 or …))), and before it a >= $1, which an index can use. */
static void compare_each(saas_buf *b, const saas_keyset *k, size_t first)
{
    add_comparison(b, &k->keys[0], k->keys[0].down ? "<=" : ">=", first);
    saas_buf_lit(b, " and (");
    for (size_t i = 0; i < k->count; i++) {
        add_comparison(b, &k->keys[i], k->keys[i].down ? "<" : ">", first + i);
        if (i + 1 < k->count) {
            saas_buf_lit(b, " or (");
            add_comparison(b, &k->keys[i], "=", first + i);
            saas_buf_lit(b, " and (");
        }
    }
    for (size_t i = 0; i < 2 * k->count - 1; i++)
        saas_buf_lit(b, ")");
}

void saas_keyset_after(saas_buf *b, const saas_keyset *k, size_t first)
{
    if (one_way(k))
        compare_rows(b, k, first);
    else
        compare_each(b, k, first);
}

void saas_keyset_order(saas_buf *b, const saas_keyset *k)
{
    for (size_t i = 0; i < k->count; i++) {
        if (i)
            saas_buf_lit(b, ", ");
        add_column(b, &k->keys[i]);
        if (k->keys[i].down)
            saas_buf_lit(b, " desc");
    }
}

/* ---- values ---- */

enum { BOOL_OID = 16, INT8_OID = 20, INT2_OID = 21, INT4_OID = 23, OID_OID = 26, FLOAT4_OID = 700, FLOAT8_OID = 701 };

/* How a column's value becomes an argument again: what is neither goes as text to whatever type it has. */
static char kind_of(Oid type)
{
    switch (type) {
    case BOOL_OID:
        return 'b';
    case INT2_OID:
    case INT4_OID:
    case INT8_OID:
    case OID_OID:
        return 'i';
    case FLOAT4_OID:
    case FLOAT8_OID:
        return 0;
    default:
        return 't';
    }
}

int saas_keyset_column(const saas_keyset *k, size_t i, const PGresult *r)
{
    return saas_db_column(r, saas_field_column(k->keys[i].field), 0);
}

const char *saas_keyset_check(const saas_keyset *k, const PGresult *r)
{
    for (size_t i = 0; i < k->count; i++) {
        int at = saas_keyset_column(k, i, r);
        if (at < 0)
            return "saas_reply_page: a column of .order is not among those selected";
        if (!kind_of(PQftype(r, at)))
            return "saas_reply_page: a column of .order is floating-point; select it as numeric";
        for (int row = 0; row < PQntuples(r); row++)
            if (PQgetisnull(r, row, at))
                return "saas_reply_page: a column of .order is null; a cursor would lose rows";
    }
    return NULL;
}

/* Of each: kind, length in two bytes, text. Where two do not hold it, the cursor is too long anyway. */
void saas_keyset_pack(saas_buf *b, const saas_keyset *k, const PGresult *r, int row)
{
    for (size_t i = 0; i < k->count; i++) {
        int at = saas_keyset_column(k, i, r), len = PQgetlength(r, row, at);
        const char head[] = {kind_of(PQftype(r, at)), (char)(len >> 8), (char)len};
        saas_buf_add(b, head, sizeof head);
        saas_buf_add(b, PQgetvalue(r, row, at), (size_t)len);
    }
}

static bool read_integer(saas_value *out, saas_text t)
{
    saas_json_number n;
    saas_json_in in = {.at = t.ptr, .end = t.ptr + t.len};
    if (!t.len || !saas_json_number_token(&in, &n) || in.at != in.end || n.kind != SAAS_JSON_INTEGER)
        return false;
    *out = saas_v_i64(n.value);
    return true;
}

static saas_err read_value(saas_value *out, saas_arena *a, char kind, saas_text t)
{
    char *copy = saas_arena_copy(a, t.ptr, t.len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    bool good = kind == 't' || (kind == 'b' && t.len == 1 && (*copy == 't' || *copy == 'f')) ||
                (kind == 'i' && read_integer(out, (saas_text){copy, t.len}));
    if (!good || memchr(copy, 0, t.len))
        return SAAS_ERR_VALIDATION;
    if (kind == 't')
        *out = saas_v_text((saas_text){copy, t.len});
    else if (kind == 'b')
        *out = saas_v_bool(*copy == 't');
    return SAAS_OK;
}

saas_err saas_keyset_unpack(saas_value *out, saas_arena *a, const saas_keyset *k, saas_text packed)
{
    const char *at = packed.ptr, *end = at + packed.len;
    for (size_t i = 0; i < k->count; i++) {
        if (end - at < 3)
            return SAAS_ERR_VALIDATION;
        size_t len = (size_t)(unsigned char)at[1] << 8 | (unsigned char)at[2];
        if ((size_t)(end - at) - 3 < len)
            return SAAS_ERR_VALIDATION;
        SAAS_TRY(read_value(&out[i], a, *at, (saas_text){at + 3, len}));
        at += 3 + len;
    }
    return at == end ? SAAS_OK : SAAS_ERR_VALIDATION;
}
