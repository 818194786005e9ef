#include "schema/rules.h"
#include "schema/same.h"

static const char *const shape_names[] = {
    [SAAS_SHAPE_NONE] = "something else", [SAAS_SHAPE_STRING] = "string",   [SAAS_SHAPE_INTEGER] = "integer",
    [SAAS_SHAPE_NUMBER] = "number",       [SAAS_SHAPE_BOOLEAN] = "boolean", [SAAS_SHAPE_OBJECT] = "object",
    [SAAS_SHAPE_ARRAY] = "array",         [SAAS_SHAPE_ANY] = "anything",
};

void saas_rule_type(saas_report *r, const saas_step *at, saas_type type)
{
    saas_report_add(r, at, SAAS_ISSUE_TYPE, shape_names[saas_type_shape(type)]);
}

void saas_rule_null(saas_report *r, const saas_step *at)
{
    saas_report_add(r, at, SAAS_ISSUE_TYPE, "not null");
}

void saas_rule_count(saas_report *r, const saas_step *at, const saas_field *f, size_t count)
{
    if (r->stored)
        return;
    if (count < f->items_lo)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_FEW, f->items_lo);
    else if (count > f->items_hi)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_MANY, f->items_hi);
}

/* What elements are compared by: their JSON, in which equal values look the same. */
static saas_text *elements(saas_arena *a, const saas_field *f, const saas_list_member *list)
{
    saas_buf out;
    saas_text *texts = saas_arena_calloc(a, list->count, sizeof *texts);
    size_t start = 0;
    if (!texts)
        return NULL;
    saas_buf_init(&out, a, 64 * list->count);
    for (size_t i = 0; i < list->count; i++) {
        saas_json j = saas_json_on(&out);
        saas_write_value(&j, f, f->item, (const char *)list->items + i * f->item_size);
        texts[i].len = out.len - start;
        start = out.len;
    }
    const char *at = saas_buf_done(&out).ptr;
    for (size_t i = 0; at && i < list->count; at += texts[i++].len)
        texts[i].ptr = at;
    return at ? texts : NULL;
}

static saas_text *keys(saas_arena *a, const saas_field *f, const saas_list_member *map)
{
    saas_text *texts = saas_arena_calloc(a, map->count, sizeof *texts);
    for (size_t i = 0; texts && i < map->count; i++)
        texts[i] = *(const saas_text *)(const void *)((const char *)map->items + i * f->item_size);
    return texts;
}

void saas_rule_unique(saas_report *r, const saas_step *at, const saas_field *f, const saas_list_member *list)
{
    bool map = f->type == SAAS_T_MAP;
    if (r->stored || list->count < 2 || !(map || f->unique))
        return;
    saas_text *texts = (map ? keys : elements)(r->arena, f, list);
    bool *same = texts ? saas_same(r->arena, texts, list->count) : NULL;
    r->no_memory |= !same;
    for (size_t i = 0; same && i < list->count; i++) {
        saas_step item = {.up = at, .index = i, .name = map ? saas_key_clip(texts[i]) : (saas_text){NULL, 0}};
        if (same[i])
            saas_report_add(r, &item, map ? SAAS_ISSUE_DUPLICATE_KEY : SAAS_ISSUE_NOT_UNIQUE, NULL);
    }
}

void saas_rule_words(saas_report *r, const saas_step *at, const char *const *words, size_t count)
{
    char list[400];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(words[i]), room = sizeof list - len;
        if (n + sizeof ", , …" > room) {
            memcpy(list + len, ", …", sizeof ", …");
            len += sizeof ", …" - 1;
            break;
        }
        memcpy(list + len, i ? ", " : "", i ? 2 : 0);
        len += i ? 2 : 0;
        memcpy(list + len, words[i], n);
        len += n;
    }
    list[len] = 0;
    saas_report_add(r, at, SAAS_ISSUE_NOT_A_WORD, list);
}

bool saas_rule_one_of(const saas_field *f, saas_text t)
{
    for (const char *const *word = f->one_of; word && *word; word++)
        if (saas_text_is(t, *word))
            return true;
    return !f->one_of;
}

void saas_rule_absent(saas_report *r, const saas_step *at, const saas_field *f, void *base)
{
    if (f->read_only || r->stored)
        return;
    if (f->def) {
        *saas_field_has(f, base) = SAAS_SET;
        saas_rule_coerce(r, at, f, f->type, saas_text_z(f->def), saas_field_member(f, base));
    } else if (f->required) {
        saas_report_add(r, at, SAAS_ISSUE_REQUIRED, NULL);
    }
}
