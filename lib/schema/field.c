#include "schema/field.h"
#include "base/arena.h"
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

/* What there is to know of a type: its member's size (0: the table says) and alignment, what JSON has for it, whether
 * the member is a saas_text, the name of its format. */
typedef struct facts {
    unsigned char size, align;
    saas_shape shape;
    bool text;
    const char *format;
} facts;

#define OF(type) sizeof(type), _Alignof(type)
#define TEXT     OF(saas_text), SAAS_SHAPE_STRING, true

static const facts types[] = {
    [SAAS_T_NONE] = {0, 1, SAAS_SHAPE_NONE, false, NULL},
    [SAAS_T_I64] = {OF(int64_t), SAAS_SHAPE_INTEGER, false, NULL},
    [SAAS_T_BOOL] = {OF(bool), SAAS_SHAPE_BOOLEAN, false, NULL},
    [SAAS_T_TEXT] = {TEXT, NULL},
    [SAAS_T_EMAIL] = {TEXT, "email"},
    [SAAS_T_SLUG] = {TEXT, "slug"},
    [SAAS_T_UUID] = {OF(saas_uuid), SAAS_SHAPE_STRING, false, "uuid"},
    [SAAS_T_TIME] = {OF(saas_time), SAAS_SHAPE_STRING, false, "time"},
    [SAAS_T_WORD] = {OF(int), SAAS_SHAPE_STRING, false, NULL},
    [SAAS_T_OBJECT] = {0, 1, SAAS_SHAPE_OBJECT, false, NULL},
    [SAAS_T_LIST] = {OF(saas_list_member), SAAS_SHAPE_ARRAY, false, NULL},
    [SAAS_T_URL] = {TEXT, "url"},
    [SAAS_T_I32] = {OF(int32_t), SAAS_SHAPE_INTEGER, false, NULL},
    [SAAS_T_F64] = {OF(double), SAAS_SHAPE_NUMBER, false, NULL},
    [SAAS_T_DECIMAL] = {TEXT, "decimal"},
    [SAAS_T_LITERAL] = {TEXT, NULL},
    [SAAS_T_HOSTNAME] = {TEXT, "hostname"},
    [SAAS_T_IP] = {TEXT, "ip"},
    [SAAS_T_IPV4] = {TEXT, "ipv4"},
    [SAAS_T_IPV6] = {TEXT, "ipv6"},
    [SAAS_T_BASE64URL] = {TEXT, "base64url"},
    [SAAS_T_HEX] = {TEXT, "hex"},
    [SAAS_T_E164] = {TEXT, "e164"},
    [SAAS_T_DATE] = {OF(saas_date), SAAS_SHAPE_STRING, false, "date"},
    [SAAS_T_DURATION] = {OF(saas_duration), SAAS_SHAPE_STRING, false, "duration"},
    [SAAS_T_JSON] = {OF(saas_text), SAAS_SHAPE_ANY, true, NULL},
    [SAAS_T_UNION] = {0, 8, SAAS_SHAPE_OBJECT, false, NULL},
    [SAAS_T_MAP] = {OF(saas_list_member), SAAS_SHAPE_OBJECT, false, NULL},
};

static const facts *facts_of(saas_type type)
{
    return &types[(size_t)type < sizeof types / sizeof *types ? type : SAAS_T_NONE];
}

size_t saas_type_size(const saas_field *f, saas_type type)
{
    switch (type) {
    case SAAS_T_OBJECT:
        return f->of->struct_size;
    case SAAS_T_UNION:
        return f->variants->size;
    default:
        return facts_of(type)->size;
    }
}

size_t saas_type_align(saas_type type)
{
    return facts_of(type)->align;
}

bool saas_type_is_text(saas_type type)
{
    return facts_of(type)->text;
}

saas_shape saas_type_shape(saas_type type)
{
    return facts_of(type)->shape;
}

const char *saas_type_format(saas_type type)
{
    return facts_of(type)->format;
}

const char *saas_type_what(saas_type type)
{
    static const char *const words[] = {
        [SAAS_SHAPE_NONE] = "something else",   [SAAS_SHAPE_STRING] = "text",
        [SAAS_SHAPE_INTEGER] = "an integer",    [SAAS_SHAPE_NUMBER] = "a number",
        [SAAS_SHAPE_BOOLEAN] = "true or false", [SAAS_SHAPE_OBJECT] = "an object",
        [SAAS_SHAPE_ARRAY] = "a list",          [SAAS_SHAPE_ANY] = "JSON",
    };
    return words[saas_type_shape(type)];
}

bool saas_type_is_scalar(saas_type type)
{
    saas_shape shape = saas_type_shape(type);
    return shape == SAAS_SHAPE_STRING || shape == SAAS_SHAPE_INTEGER || shape == SAAS_SHAPE_NUMBER ||
           shape == SAAS_SHAPE_BOOLEAN;
}

void *saas_list_add(saas_arena *a, const saas_field *f, saas_list_member *list, size_t most)
{
    size_t n = list->count;
    if (!n || (n >= 4 && !(n & (n - 1)))) {
        size_t room = n ? 2 * n : 4;
        void *items = saas_arena_grow(a, list->items, n * f->item_size, (room < most ? room : most) * f->item_size);
        if (!items)
            return NULL;
        list->items = items;
    }
    list->count++;
    return memset((char *)list->items + n * f->item_size, 0, f->item_size);
}

const saas_variant *saas_union_variant(const saas_union *u, int kind)
{
    if (kind < 1 || (size_t)kind > u->count)
        return NULL;
    return (const void *)((const char *)u->variants + (size_t)(kind - 1) * u->variant_size);
}

int saas_union_kind(const saas_union *u, saas_text word)
{
    for (int kind = 1; (size_t)kind <= u->count; kind++)
        if (saas_text_equal(saas_text_z(saas_union_variant(u, kind)->word), word))
            return kind;
    return 0;
}
