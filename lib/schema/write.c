#include "schema/write.h"
#include "schema/field.h"

static void write_uuid(saas_json *j, saas_uuid id)
{
    char text[SAAS_UUID_CHARS + 3] = {'"'};
    saas_uuid_format(text + 1, id);
    text[SAAS_UUID_CHARS + 1] = '"';
    saas_json_raw(j, (saas_text){text, SAAS_UUID_CHARS + 2});
}

static void write_time(saas_json *j, saas_time t)
{
    char text[SAAS_TIME_CHARS + 3] = {'"'};
    saas_time_format(text + 1, t);
    text[SAAS_TIME_CHARS + 1] = '"';
    saas_json_raw(j, (saas_text){text, SAAS_TIME_CHARS + 2});
}

static void write_word(saas_json *j, const saas_enum *e, int word)
{
    bool known = word > 0 && (size_t)word < e->count;
    saas_json_text(j, saas_text_z(known ? e->words[word] : NULL));
}

static void write_list(saas_json *j, const saas_field *f, const saas_list_member *list)
{
    saas_json_array(j);
    for (size_t i = 0; i < list->count; i++)
        saas_write_value(j, f, f->item, (const char *)list->items + i * f->item_size);
    saas_json_array_end(j);
}

void saas_write_value(saas_json *j, const saas_field *f, saas_type type, const void *member)
{
    switch (type) {
    case SAAS_T_I64:
        saas_json_i64(j, *(const int64_t *)member);
        break;
    case SAAS_T_BOOL:
        saas_json_bool(j, *(const bool *)member);
        break;
    case SAAS_T_UUID:
        write_uuid(j, *(const saas_uuid *)member);
        break;
    case SAAS_T_TIME:
        write_time(j, *(const saas_time *)member);
        break;
    case SAAS_T_WORD:
        write_word(j, f->words, *(const int *)member);
        break;
    case SAAS_T_OBJECT:
        saas_write_struct(j, f->of, member);
        break;
    case SAAS_T_LIST:
        write_list(j, f, member);
        break;
    default:
        saas_json_text(j, *(const saas_text *)member);
    }
}

void saas_write_struct(saas_json *j, const saas_schema *schema, const void *in)
{
    char name[64];
    saas_json_object(j);
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        uint8_t has = ((const uint8_t *)in)[f->has_offset];
        if (has == SAAS_ABSENT)
            continue;
        saas_json_key(j, saas_field_json_name(name, f));
        if (has == SAAS_NULL)
            saas_json_null(j);
        else
            saas_write_value(j, f, f->type, (const char *)in + f->offset);
    }
    saas_json_object_end(j);
}
