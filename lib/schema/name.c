#include "schema/name.h"
#include "json/chars.h"

saas_text saas_field_json_name(char out[64], const saas_field *f)
{
    size_t len = 0;
    if (f->json)
        return saas_text_z(f->json);
    for (const char *at = f->name; *at && len < SAAS_FIELD_NAME_MAX; at++)
        out[len++] = saas_name_hump(f->name, at) ? saas_name_upper(*++at) : *at;
    out[len] = 0;
    return (saas_text){out, len};
}

const char *saas_field_column(const saas_field *f)
{
    return f->column ? f->column : f->name;
}

const saas_field *saas_schema_find(const saas_schema *s, saas_text key)
{
    const char *end;
    size_t next = 0;
    const saas_field *f = saas_schema_match(s, key.ptr, 0, &next, &end);
    return f && end == key.ptr + key.len ? f : NULL;
}

const saas_field *saas_schema_find_ci(const saas_schema *s, saas_text key)
{
    char name[64];
    for (size_t i = 0; i < s->count; i++) {
        const saas_field *f = saas_schema_field(s, i);
        if (saas_text_equal_ci(saas_field_json_name(name, f), key))
            return f;
    }
    return NULL;
}

saas_text saas_key_clip(saas_text key)
{
    enum { KEY_MAX = 64 };
    const char *stop = key.ptr, *end = key.ptr + key.len;
    for (size_t n; stop < end && (n = saas_utf8_sequence(stop, end)) != 0; stop += n)
        if (stop + n > key.ptr + KEY_MAX)
            break;
    return (saas_text){key.ptr, (size_t)(stop - key.ptr)};
}
