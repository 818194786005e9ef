#include <saas/args.h>
#include <string.h>

static saas_value bytes_of(saas_value_kind kind, const void *p, size_t len)
{
    return p ? (saas_value){.kind = kind, .len = len, .as.p = p} : (saas_value){.kind = SAAS_V_NULL};
}

saas_value saas_v_i64(int64_t x)
{
    return (saas_value){.kind = SAAS_V_I64, .as.i = x};
}

saas_value saas_v_u64(uint64_t x)
{
    return (saas_value){.kind = SAAS_V_U64, .as.u = x};
}

saas_value saas_v_f64(double x)
{
    return (saas_value){.kind = SAAS_V_F64, .as.f = x};
}

saas_value saas_v_bool(bool x)
{
    return (saas_value){.kind = SAAS_V_BOOL, .as.i = x};
}

saas_value saas_v_z(const char *x)
{
    return bytes_of(SAAS_V_TEXT, x, x ? strlen(x) : 0);
}

saas_value saas_v_text(saas_text x)
{
    return bytes_of(SAAS_V_TEXT, x.ptr, x.len);
}

saas_value saas_v_uuid(saas_uuid x)
{
    return (saas_value){.kind = SAAS_V_UUID, .as.id = x};
}

saas_value saas_v_time(saas_time x)
{
    return (saas_value){.kind = SAAS_V_TIME, .as.i = x.us};
}

saas_value saas_v_date(saas_date x)
{
    return (saas_value){.kind = SAAS_V_DATE, .as.i = x.days};
}

saas_value saas_v_duration(saas_duration x)
{
    return (saas_value){.kind = SAAS_V_DURATION, .as.i = x.us};
}

saas_value saas_v_bytes(const void *bytes, size_t len)
{
    return bytes_of(SAAS_V_BYTES, bytes, len);
}

static saas_value array_of(saas_value_kind kind, const void *items, size_t n)
{
    return (saas_value){.kind = kind, .len = n, .as.p = items};
}

saas_value saas_v_texts(const saas_text *items, size_t n)
{
    return array_of(SAAS_V_TEXTS, items, n);
}

saas_value saas_v_i64s(const int64_t *items, size_t n)
{
    return array_of(SAAS_V_I64S, items, n);
}

saas_value saas_v_uuids(const saas_uuid *items, size_t n)
{
    return array_of(SAAS_V_UUIDS, items, n);
}

saas_value saas_v_f64s(const double *items, size_t n)
{
    return array_of(SAAS_V_F64S, items, n);
}

saas_value saas_v_bools(const bool *items, size_t n)
{
    return array_of(SAAS_V_BOOLS, items, n);
}

saas_value saas_v_null(const void *x)
{
    return (saas_value){.kind = x ? SAAS_V_BAD : SAAS_V_NULL};
}

saas_value saas_v_same(saas_value x)
{
    return x;
}

saas_value saas_v_if(uint8_t has, saas_value v)
{
    return has == SAAS_SET ? v : (saas_value){.kind = SAAS_V_NULL};
}

saas_value saas_v_word(const saas_enum *e, int word)
{
    if (word < 0 || (size_t)word >= e->count)
        return (saas_value){.kind = SAAS_V_BAD};
    return word ? saas_v_z(e->words[word]) : (saas_value){.kind = SAAS_V_NULL};
}
