#include "schema/write.h"
#include "json/scan.h"
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

static void write_date(saas_json *j, saas_date date)
{
    char text[SAAS_DATE_CHARS + 1];
    saas_date_format(text, date);
    saas_json_text(j, (saas_text){text, SAAS_DATE_CHARS});
}

static void write_duration(saas_json *j, saas_duration d)
{
    char text[SAAS_DURATION_CHARS + 1];
    saas_duration_format(text, d);
    saas_json_text(j, saas_text_z(text));
}

/* Checked when it was read; what a host made up is its own affair, but never breaks the JSON around it. */
static void write_json(saas_json *j, saas_text json)
{
    if (json.ptr && saas_json_check(json) == SAAS_OK)
        saas_json_raw(j, json);
    else
        saas_json_null(j);
}

/* Where a value goes. */
typedef struct target {
    saas_json *j;
    bool stored;   /* the database: it keeps what an answer leaves out */
    bool redacted; /* the log: no secrets */
} target;

static void write_value(const target *t, const saas_field *f, saas_type type, const void *member);

static void write_list(const target *t, const saas_field *f, const saas_list_member *list)
{
    saas_json_array(t->j);
    for (size_t i = 0; i < list->count; i++)
        write_value(t, f, f->item, (const char *)list->items + i * f->item_size);
    saas_json_array_end(t->j);
}

static void write_map(const target *t, const saas_field *f, const saas_list_member *map)
{
    saas_json_object(t->j);
    for (size_t i = 0; i < map->count; i++) {
        const char *item = (const char *)map->items + i * f->item_size;
        saas_json_key(t->j, *(const saas_text *)(const void *)item);
        write_value(t, f, f->item, item + SAAS_MAP_VALUE);
    }
    saas_json_object_end(t->j);
}

static void write_members(const target *t, const saas_schema *schema, const void *in)
{
    char name[64];
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        uint8_t has = ((const uint8_t *)in)[f->has_offset];
        if (has == SAAS_ABSENT || (f->write_only && !t->stored && !t->redacted))
            continue;
        saas_json_key(t->j, saas_field_json_name(name, f));
        if (t->redacted && (f->secret || f->write_only))
            saas_json_text(t->j, SAAS_LIT(SAAS_REDACTED));
        else if (has == SAAS_NULL)
            saas_json_null(t->j);
        else
            write_value(t, f, f->type, (const char *)in + f->offset);
    }
}

static void write_object(const target *t, const saas_schema *schema, const void *in)
{
    saas_json_object(t->j);
    write_members(t, schema, in);
    saas_json_object_end(t->j);
}

static void write_union(const target *t, const saas_union *u, const void *member)
{
    const saas_variant *v = saas_union_variant(u, *(const int *)member);
    if (!v) {
        saas_json_null(t->j);
        return;
    }
    saas_json_object(t->j);
    saas_json_key(t->j, saas_text_z(u->key));
    saas_json_text(t->j, saas_text_z(v->word));
    write_members(t, v->of, (const char *)member + u->offset);
    saas_json_object_end(t->j);
}

static void write_number(saas_json *j, saas_type type, const void *member)
{
    if (type == SAAS_T_F64)
        saas_json_f64(j, *(const double *)member);
    else
        saas_json_i64(j, type == SAAS_T_I32 ? *(const int32_t *)member : *(const int64_t *)member);
}

static void write_container(const target *t, const saas_field *f, saas_type type, const void *member)
{
    switch (type) {
    case SAAS_T_OBJECT:
        write_object(t, f->of, member);
        break;
    case SAAS_T_UNION:
        write_union(t, f->variants, member);
        break;
    case SAAS_T_MAP:
        write_map(t, f, member);
        break;
    default:
        write_list(t, f, member);
    }
}

static void write_value(const target *t, const saas_field *f, saas_type type, const void *member)
{
    saas_json *j = t->j;
    switch (type) {
    case SAAS_T_I32:
    case SAAS_T_I64:
    case SAAS_T_F64:
        write_number(j, type, member);
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
    case SAAS_T_DATE:
        write_date(j, *(const saas_date *)member);
        break;
    case SAAS_T_DURATION:
        write_duration(j, *(const saas_duration *)member);
        break;
    case SAAS_T_WORD:
        write_word(j, f->words, *(const int *)member);
        break;
    case SAAS_T_JSON:
        write_json(j, *(const saas_text *)member);
        break;
    case SAAS_T_OBJECT:
    case SAAS_T_UNION:
    case SAAS_T_LIST:
    case SAAS_T_MAP:
        write_container(t, f, type, member);
        break;
    default:
        saas_json_text(j, *(const saas_text *)member);
    }
}

void saas_write_value(saas_json *j, const saas_field *f, saas_type type, const void *member)
{
    write_value(&(target){.j = j}, f, type, member);
}

void saas_write_stored(saas_json *j, const saas_field *f, const void *member)
{
    write_value(&(target){.j = j, .stored = true}, f, f->type, member);
}

void saas_write_struct(saas_json *j, const saas_schema *schema, const void *in)
{
    write_object(&(target){.j = j}, schema, in);
}

void saas_write_redacted(saas_json *j, const saas_schema *schema, const void *in)
{
    write_object(&(target){.j = j, .redacted = true}, schema, in);
}
