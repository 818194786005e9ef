#include "schema/type.h"

#define OF(type) sizeof(type), _Alignof(type)
#define TEXT     OF(saas_text), SAAS_SHAPE_STRING, true

const saas_type_facts saas_types[SAAS_TYPES] = {
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

size_t saas_type_size(const saas_field *f, saas_type type)
{
    switch (type) {
    case SAAS_T_OBJECT:
        return f->of->struct_size;
    case SAAS_T_UNION:
        return f->variants->size;
    default:
        return saas_type_facts_of(type)->size;
    }
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
