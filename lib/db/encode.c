#include "db/encode.h"
#include "json/write.h"
#include <math.h>

enum {
    I = 1 << SAAS_V_I64 | 1 << SAAS_V_U64,
    F = 1 << SAAS_V_F64,
    B = 1 << SAAS_V_BOOL,
    T = 1 << SAAS_V_TEXT,
    U = 1 << SAAS_V_UUID,
    W = 1 << SAAS_V_TIME,
    X = 1 << SAAS_V_BYTES,
    TS = 1 << SAAS_V_TEXTS,
    IS = 1 << SAAS_V_I64S,
    US = 1 << SAAS_V_UUIDS,
    D = 1 << SAAS_V_DATE,
    P = 1 << SAAS_V_DURATION,
    FS = 1 << SAAS_V_F64S,
    BS = 1 << SAAS_V_BOOLS,
    ARRAYS = TS | IS | US | FS | BS,
    BOOL_OID = 16,
    JSON_OID = 114,
    JSONB_OID = 3802
};

typedef struct type {
    Oid oid;
    const char *name;
    unsigned kinds;
} type;

/* Text goes to whatever reads it unambiguously. Types of the database's own (enums, domains) are not here: any value
 * may go to them, and Postgres has the word. */
static const type types[] = {
    {BOOL_OID, "boolean", B | I},
    {17, "bytea", X},
    {18, "\"char\"", T},
    {19, "name", T},
    {20, "bigint", I},
    {21, "smallint", I},
    {23, "integer", I},
    {25, "text", T | U | W | D | P},
    {26, "oid", I},
    {JSON_OID, "json", T | ARRAYS},
    {700, "real", I | F},
    {701, "double precision", I | F},
    {1042, "character", T},
    {1043, "varchar", T | U | W | D | P},
    {1082, "date", T | W | D},
    {1114, "timestamp", T | W},
    {1184, "timestamptz", T | W},
    {1186, "interval", T | P},
    {1700, "numeric", I | F | T},
    {2950, "uuid", T | U},
    {JSONB_OID, "jsonb", T | ARRAYS},
    {1000, "boolean[]", T | BS},
    {1005, "smallint[]", T | IS},
    {1007, "integer[]", T | IS},
    {1009, "text[]", T | TS | US},
    {1014, "character[]", T | TS},
    {1015, "varchar[]", T | TS | US},
    {1016, "bigint[]", T | IS},
    {1021, "real[]", T | FS | IS},
    {1022, "double precision[]", T | FS | IS},
    {1231, "numeric[]", T | TS | IS | FS},
    {2951, "uuid[]", T | TS | US},
};

static const type *find(Oid oid)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].oid == oid)
            return &types[i];
    return NULL;
}

static const saas_value *arg(const saas_args *args, size_t i)
{
    return (const saas_value *)(const void *)((const char *)args->v + i * args->size);
}

bool saas_db_is_array(saas_value_kind kind)
{
    return kind < SAAS_V_BAD && ARRAYS & 1U << kind;
}

static bool well_formed(const saas_value *v)
{
    if (saas_db_is_array(v->kind))
        return saas_db_array_is_well_formed(v);
    return (unsigned)v->kind < SAAS_V_BAD && (v->kind != SAAS_V_TEXT || !memchr(v->as.p, 0, v->len));
}

static bool fits(saas_value_kind kind, const type *t)
{
    return kind == SAAS_V_NULL || !t || t->kinds & 1U << kind;
}

const char *saas_db_kind_misfit(saas_value_kind kind, Oid oid)
{
    const type *t = find(oid);
    return fits(kind, t) ? NULL : t->name;
}

static saas_err complain(saas_log *log, const saas_db_stmt *stmt, const char *what, size_t param, const char *wanted)
{
    SAAS_LOG(log, SAAS_LOG_ERROR, what, {"statement", saas_v_z(stmt->sql)}, {"parameter", saas_v_u64(param)},
             {"type", saas_v_z(wanted)});
    return SAAS_ERR_BUG;
}

saas_err saas_db_args_check(const saas_args *args, const saas_db_stmt *stmt, saas_log *log)
{
    if (args->n && args->size < sizeof(saas_value))
        return complain(log, stmt, "arguments without their element size", 1, NULL);
    if (stmt->shape && args->n != (size_t)PQnparams(stmt->shape))
        return complain(log, stmt, "wrong number of arguments for a statement", args->n, NULL);
    for (size_t i = 0; i < args->n; i++) {
        const saas_value *v = arg(args, i);
        const type *t = stmt->shape ? find(PQparamtype(stmt->shape, (int)i)) : NULL;
        if (!well_formed(v))
            return complain(log, stmt, "an argument is no value", i + 1, NULL);
        if (!fits(v->kind, t))
            return complain(log, stmt, "an argument does not fit its parameter", i + 1, t->name);
    }
    return SAAS_OK;
}

/* ---- texts ---- */

static const char *number(saas_arena *a, const saas_value *v, bool boolean)
{
    saas_buf b;
    if (boolean)
        return v->as.u ? "t" : "f";
    saas_buf_init(&b, a, 24);
    if (v->kind == SAAS_V_I64)
        saas_buf_i64(&b, v->as.i);
    else
        saas_buf_u64(&b, v->as.u);
    return saas_buf_done(&b).ptr;
}

void saas_db_add_f64(saas_buf *b, double x)
{
    saas_json j = saas_json_on(b);
    if (isfinite(x))
        saas_json_f64(&j, x);
    else
        saas_buf_z(b, isnan(x) ? "NaN" : x < 0 ? "-Infinity" : "Infinity");
}

static const char *floating(saas_arena *a, double x)
{
    saas_buf b;
    saas_buf_init(&b, a, 32);
    saas_db_add_f64(&b, x);
    return saas_buf_done(&b).ptr;
}

/* Texts are NUL-terminated where they come from; a slice of a longer one is not. */
static const char *text(saas_arena *a, const saas_value *v)
{
    const char *p = v->as.p;
    return p[v->len] ? saas_arena_copy(a, p, v->len) : p;
}

static const char *bytes(saas_arena *a, const saas_value *v)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = v->as.p;
    char *out = v->len < SIZE_MAX / 2 - 2 ? saas_arena_alloc(a, v->len * 2 + 3) : NULL, *at = out;
    if (!out)
        return NULL;
    *at++ = '\\';
    *at++ = 'x';
    for (size_t i = 0; i < v->len; i++) {
        *at++ = digits[in[i] >> 4];
        *at++ = digits[in[i] & 15];
    }
    *at = 0;
    return out;
}

static const char *uuid(saas_arena *a, saas_uuid id)
{
    char *out = saas_arena_alloc(a, SAAS_UUID_CHARS + 1);
    if (out)
        saas_uuid_format(out, id);
    return out;
}

static const char *instant(saas_arena *a, int64_t us)
{
    char *out = saas_arena_alloc(a, SAAS_TIME_CHARS + 1);
    if (out)
        saas_time_format(out, (saas_time){us});
    return out;
}

static const char *date(saas_arena *a, int64_t days)
{
    char *out = saas_arena_alloc(a, SAAS_DATE_CHARS + 1);
    if (out)
        saas_date_format(out, (saas_date){(int32_t)days});
    return out;
}

static const char *duration(saas_arena *a, int64_t us)
{
    char *out = saas_arena_alloc(a, SAAS_DURATION_CHARS + 1);
    if (out)
        saas_duration_format(out, (saas_duration){us});
    return out;
}

static const char *encode(saas_arena *a, const saas_value *v, Oid oid)
{
    switch (v->kind) {
    case SAAS_V_I64:
    case SAAS_V_U64:
        return number(a, v, oid == BOOL_OID);
    case SAAS_V_BOOL:
        return v->as.i ? "t" : "f";
    case SAAS_V_F64:
        return floating(a, v->as.f);
    case SAAS_V_TEXT:
        return text(a, v);
    case SAAS_V_UUID:
        return uuid(a, v->as.id);
    case SAAS_V_TIME:
        return instant(a, v->as.i);
    case SAAS_V_BYTES:
        return bytes(a, v);
    case SAAS_V_TEXTS:
    case SAAS_V_I64S:
    case SAAS_V_UUIDS:
    case SAAS_V_F64S:
    case SAAS_V_BOOLS:
        return saas_db_encode_array(a, v, oid == JSON_OID || oid == JSONB_OID);
    case SAAS_V_DATE:
        return date(a, v->as.i);
    case SAAS_V_DURATION:
        return duration(a, v->as.i);
    default:
        return NULL;
    }
}

saas_err saas_db_args_encode(const char *const **out, saas_arena *a, const saas_args *args, const saas_db_stmt *stmt)
{
    const char **texts = saas_arena_calloc(a, args->n ? args->n : 1, sizeof *texts);
    if (!texts)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < args->n; i++) {
        const saas_value *v = arg(args, i);
        texts[i] = encode(a, v, PQparamtype(stmt->shape, (int)i));
        if (!texts[i] && v->kind != SAAS_V_NULL)
            return SAAS_ERR_NO_MEMORY;
    }
    *out = texts;
    return SAAS_OK;
}
