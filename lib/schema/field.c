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

/* Size and alignment of a member; a type with size 0 has none of its own. */
typedef struct kind {
    unsigned char size, align;
    bool text;
    const char *what;
} kind;

#define OF(type) sizeof(type), _Alignof(type)
#define STRING   OF(saas_text), true, "text"

static const kind kinds[] = {
    [SAAS_T_NONE] = {0, 1, false, "something else"},
    [SAAS_T_I64] = {OF(int64_t), false, "an integer"},
    [SAAS_T_BOOL] = {OF(bool), false, "true or false"},
    [SAAS_T_TEXT] = {STRING},
    [SAAS_T_EMAIL] = {STRING},
    [SAAS_T_SLUG] = {STRING},
    [SAAS_T_UUID] = {OF(saas_uuid), false, "text"},
    [SAAS_T_TIME] = {OF(saas_time), false, "text"},
    [SAAS_T_WORD] = {OF(int), false, "text"},
    [SAAS_T_OBJECT] = {0, 1, false, "an object"},
    [SAAS_T_LIST] = {OF(saas_list_member), false, "a list"},
    [SAAS_T_URL] = {STRING},
};

static const kind *kind_of(saas_type type)
{
    return &kinds[(size_t)type < sizeof kinds / sizeof *kinds ? type : SAAS_T_NONE];
}

size_t saas_type_size(const saas_field *f, saas_type type)
{
    return type == SAAS_T_OBJECT ? f->of->struct_size : kind_of(type)->size;
}

size_t saas_type_align(saas_type type)
{
    return kind_of(type)->align;
}

bool saas_type_is_text(saas_type type)
{
    return kind_of(type)->text;
}

const char *saas_type_what(saas_type type)
{
    return kind_of(type)->what;
}
