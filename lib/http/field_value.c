#include "http/field_value.h"
#include "schema/field.h"

static const void *member(const void *in, const saas_field *f)
{
    return (const char *)in + f->offset;
}

static saas_value word_value(const void *in, const saas_field *f)
{
    int word;
    memcpy(&word, member(in, f), sizeof word);
    return saas_v_word(f->words, word);
}

/* Objects, and lists of what is no array value, go in as the JSON they came as. */
static saas_value json_value(saas_arena *a, const void *in, const saas_field *f)
{
    saas_buf out;
    saas_buf_init(&out, a, 256);
    saas_json j = saas_json_on(&out);
    saas_write_stored(&j, f, member(in, f));
    saas_text json = saas_buf_done(&out);
    return json.ptr ? saas_v_text(json) : (saas_value){.kind = SAAS_V_BAD};
}

static saas_value widened(saas_arena *a, const saas_list_member *list)
{
    const int32_t *narrow = list->items;
    int64_t *wide = saas_arena_calloc(a, list->count, sizeof *wide);
    for (size_t i = 0; wide && i < list->count; i++)
        wide[i] = narrow[i];
    return wide ? saas_v_i64s(wide, list->count) : (saas_value){.kind = SAAS_V_BAD};
}

/* Words, times, dates, durations: each as the text that JSON has, without the quotes. */
static saas_value as_texts(saas_arena *a, const saas_field *f, const saas_list_member *list)
{
    saas_text *texts = saas_arena_calloc(a, list->count, sizeof *texts);
    for (size_t i = 0; texts && i < list->count; i++) {
        saas_buf out;
        saas_buf_init(&out, a, 48);
        saas_json j = saas_json_on(&out);
        saas_write_value(&j, f, f->item, (const char *)list->items + i * f->item_size);
        saas_text quoted = saas_buf_done(&out);
        if (!quoted.ptr || quoted.len < 2 || *quoted.ptr != '"')
            return (saas_value){.kind = SAAS_V_BAD};
        texts[i] = (saas_text){saas_arena_copy(a, quoted.ptr + 1, quoted.len - 2), quoted.len - 2};
        if (!texts[i].ptr)
            return (saas_value){.kind = SAAS_V_BAD};
    }
    return texts ? saas_v_texts(texts, list->count) : (saas_value){.kind = SAAS_V_BAD};
}

/* Into an array or into json, as the column is. */
static saas_value list_value(saas_arena *a, const void *in, const saas_field *f)
{
    const saas_list_member *list = member(in, f);
    if (saas_type_is_text(f->item) && f->item != SAAS_T_JSON)
        return saas_v_texts(list->items, list->count);
    switch (f->item) {
    case SAAS_T_I32:
        return widened(a, list);
    case SAAS_T_I64:
        return saas_v_i64s(list->items, list->count);
    case SAAS_T_F64:
        return saas_v_f64s(list->items, list->count);
    case SAAS_T_BOOL:
        return saas_v_bools(list->items, list->count);
    case SAAS_T_UUID:
        return saas_v_uuids(list->items, list->count);
    case SAAS_T_WORD:
    case SAAS_T_TIME:
    case SAAS_T_DATE:
    case SAAS_T_DURATION:
        return as_texts(a, f, list);
    default:
        return json_value(a, in, f);
    }
}

saas_value saas_field_value(saas_arena *a, const void *in, const saas_field *f)
{
    if (saas_field_given(in, f) == SAAS_NULL)
        return saas_v_null(NULL);
    if (saas_type_is_text(f->type))
        return saas_v_text(*(const saas_text *)member(in, f));
    switch (f->type) {
    case SAAS_T_I32:
        return saas_v_i64(*(const int32_t *)member(in, f));
    case SAAS_T_I64:
        return saas_v_i64(*(const int64_t *)member(in, f));
    case SAAS_T_F64:
        return saas_v_f64(*(const double *)member(in, f));
    case SAAS_T_BOOL:
        return saas_v_bool(*(const bool *)member(in, f));
    case SAAS_T_UUID:
        return saas_v_uuid(*(const saas_uuid *)member(in, f));
    case SAAS_T_TIME:
        return saas_v_time(*(const saas_time *)member(in, f));
    case SAAS_T_DATE:
        return saas_v_date(*(const saas_date *)member(in, f));
    case SAAS_T_DURATION:
        return saas_v_duration(*(const saas_duration *)member(in, f));
    case SAAS_T_WORD:
        return word_value(in, f);
    case SAAS_T_LIST:
        return list_value(a, in, f);
    case SAAS_T_OBJECT:
    case SAAS_T_UNION:
    case SAAS_T_MAP:
        return json_value(a, in, f);
    default:
        return (saas_value){.kind = SAAS_V_BAD};
    }
}
