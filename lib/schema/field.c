#include "schema/field.h"
#include "json/chars.h"

/* The next character of the camelCase of a C name. An underscore at either end stays. */
static inline char camel(const char *name, const char **at)
{
    char ch = *(*at)++;
    if (ch != '_' || *at == name + 1 || !**at)
        return ch;
    ch = *(*at)++;
    return ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
}

bool saas_field_is(const saas_field *f, saas_text key)
{
    const char *k = key.ptr, *at = f->name;
    if (f->json)
        return saas_text_equal(saas_text_z(f->json), key);
    for (; *at == '_' || *at == *k; k++) {
        if (!*at)
            return k == key.ptr + key.len;
        if (*k != (*at == '_' ? camel(f->name, &at) : *at++))
            return false;
    }
    return false;
}

saas_text saas_field_json_name(char out[64], const saas_field *f)
{
    size_t len = 0;
    if (f->json)
        return saas_text_z(f->json);
    for (const char *at = f->name; *at && len < SAAS_FIELD_NAME_MAX; len++)
        out[len] = camel(f->name, &at);
    out[len] = 0;
    return (saas_text){out, len};
}

const char *saas_field_column(const saas_field *f)
{
    return f->column ? f->column : f->name;
}

const saas_field *saas_schema_find(const saas_schema *s, saas_text key, size_t *next)
{
    for (size_t tries = 0, i = *next; tries < s->count; tries++, i++) {
        if (i == s->count)
            i = 0;
        const saas_field *f = saas_schema_field(s, i);
        if (saas_field_is(f, key)) {
            *next = i + 1;
            return f;
        }
    }
    return NULL;
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

size_t saas_type_size(const saas_field *f, saas_type type)
{
    switch (type) {
    case SAAS_T_I64:
        return sizeof(int64_t);
    case SAAS_T_BOOL:
        return sizeof(bool);
    case SAAS_T_UUID:
        return sizeof(saas_uuid);
    case SAAS_T_TIME:
        return sizeof(saas_time);
    case SAAS_T_WORD:
        return sizeof(int);
    case SAAS_T_OBJECT:
        return f->of->struct_size;
    case SAAS_T_LIST:
        return sizeof(saas_list_member);
    case SAAS_T_TEXT:
    case SAAS_T_EMAIL:
    case SAAS_T_SLUG:
        return sizeof(saas_text);
    default:
        return 0;
    }
}
