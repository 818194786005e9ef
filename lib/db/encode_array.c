#include "db/encode.h"
#include "json/write.h"

static saas_text text_at(const saas_value *v, size_t i)
{
    return ((const saas_text *)v->as.p)[i];
}

static saas_uuid uuid_at(const saas_value *v, size_t i)
{
    return ((const saas_uuid *)v->as.p)[i];
}

bool saas_db_array_is_well_formed(const saas_value *v)
{
    if (v->len && !v->as.p)
        return false;
    for (size_t i = 0; v->kind == SAAS_V_TEXTS && i < v->len; i++)
        if (text_at(v, i).ptr && memchr(text_at(v, i).ptr, 0, text_at(v, i).len))
            return false;
    return true;
}

/* ---- '{1,2}': each text in quotes, so that none is taken for NULL, a brace or a comma ---- */

static void add_quoted(saas_buf *b, saas_text t)
{
    if (!t.ptr) {
        saas_buf_lit(b, "NULL");
        return;
    }
    saas_buf_lit(b, "\"");
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"' || t.ptr[i] == '\\')
            saas_buf_lit(b, "\\");
        saas_buf_add(b, &t.ptr[i], 1);
    }
    saas_buf_lit(b, "\"");
}

static void add_element(saas_buf *b, const saas_value *v, size_t i)
{
    char id[SAAS_UUID_CHARS + 1];
    switch (v->kind) {
    case SAAS_V_TEXTS:
        add_quoted(b, text_at(v, i));
        break;
    case SAAS_V_I64S:
        saas_buf_i64(b, ((const int64_t *)v->as.p)[i]);
        break;
    case SAAS_V_F64S:
        saas_db_add_f64(b, ((const double *)v->as.p)[i]);
        break;
    case SAAS_V_BOOLS:
        saas_buf_z(b, ((const bool *)v->as.p)[i] ? "t" : "f");
        break;
    default:
        saas_uuid_format(id, uuid_at(v, i));
        saas_buf_add(b, id, SAAS_UUID_CHARS);
    }
}

static void add_array(saas_buf *b, const saas_value *v)
{
    saas_buf_lit(b, "{");
    for (size_t i = 0; i < v->len; i++) {
        if (i)
            saas_buf_lit(b, ",");
        add_element(b, v, i);
    }
    saas_buf_lit(b, "}");
}

/* ---- the same as JSON ---- */

static void add_json_element(saas_json *j, const saas_value *v, size_t i)
{
    char id[SAAS_UUID_CHARS + 1];
    switch (v->kind) {
    case SAAS_V_TEXTS:
        saas_json_text(j, text_at(v, i));
        break;
    case SAAS_V_I64S:
        saas_json_i64(j, ((const int64_t *)v->as.p)[i]);
        break;
    case SAAS_V_F64S:
        saas_json_f64(j, ((const double *)v->as.p)[i]);
        break;
    case SAAS_V_BOOLS:
        saas_json_bool(j, ((const bool *)v->as.p)[i]);
        break;
    default:
        saas_uuid_format(id, uuid_at(v, i));
        saas_json_text(j, (saas_text){id, SAAS_UUID_CHARS});
    }
}

static void add_json(saas_buf *b, const saas_value *v)
{
    saas_json j = saas_json_on(b);
    saas_json_array(&j);
    for (size_t i = 0; i < v->len; i++)
        add_json_element(&j, v, i);
    saas_json_array_end(&j);
}

const char *saas_db_encode_array(saas_arena *a, const saas_value *v, bool json)
{
    saas_buf b;
    saas_buf_init(&b, a, 64);
    if (json)
        add_json(&b, v);
    else
        add_array(&b, v);
    return saas_buf_done(&b).ptr;
}
