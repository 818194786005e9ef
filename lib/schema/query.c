#include "base/percent.h"
#include "schema/field.h"
#include "schema/rules.h"

typedef struct query {
    saas_report report;
    const saas_schema *schema;
    void *base;
} query;

/* In place, a NUL behind. */
static bool decode(char *at, char *end, saas_text *out)
{
    out->ptr = at;
    return saas_percent_decode(at, &out->len, (saas_text){at, (size_t)(end - at)}, true) == SAAS_OK;
}

/* What a query can say: scalars and lists of them. */
static const saas_field *find(query *q, saas_text key)
{
    const saas_field *f = saas_schema_find(q->schema, key);
    bool sayable = f && saas_type_is_scalar(f->type == SAAS_T_LIST ? f->item : f->type);
    return sayable && !f->read_only ? f : NULL;
}

static bool is_list(const saas_field *f)
{
    return f && f->type == SAAS_T_LIST;
}

/* Into its member, or as one more element. Past the most there may be, elements are only counted. */
static void put(query *q, const saas_step *at, saas_text text)
{
    const saas_field *f = at->field;
    void *member = saas_field_member(f, q->base);
    if (!is_list(f)) {
        saas_rule_coerce(&q->report, at, f, f->type, text, member);
        return;
    }
    saas_list_member *list = member;
    saas_step item = {.up = at, .index = list->count};
    if (list->count >= f->items_hi) {
        list->count++;
        return;
    }
    void *to = saas_list_add(q->report.arena, f, list, f->items_hi);
    q->report.no_memory |= !to;
    if (to)
        saas_rule_coerce(&q->report, &item, f, f->item, text, to);
}

static void take(query *q, saas_text key, char *value, char *end)
{
    saas_text text;
    saas_step at = {.field = find(q, key), .name = saas_key_clip(key)};
    const saas_field *seen = at.field ? at.field : saas_schema_find_ci(q->schema, key);
    if (seen && !is_list(at.field) && *saas_field_has(seen, q->base) != SAAS_ABSENT) {
        saas_report_add(&q->report, &at, SAAS_ISSUE_DUPLICATE_KEY, NULL);
        return;
    }
    if (!at.field) {
        saas_report_add(&q->report, &at, SAAS_ISSUE_UNKNOWN_KEY, NULL);
        return;
    }
    *saas_field_has(at.field, q->base) = SAAS_SET;
    if (decode(value, end, &text))
        put(q, &at, text);
    else
        saas_report_add(&q->report, &at, SAAS_ISSUE_FORMAT, "percent");
}

static void take_pair(query *q, char *at, char *end)
{
    saas_text key;
    char *equals = memchr(at, '=', (size_t)(end - at)), *key_end = equals ? equals : end;
    if (decode(at, key_end, &key)) {
        take(q, key, equals ? equals + 1 : end, end);
        return;
    }
    saas_step step = {.name = saas_key_clip((saas_text){at, (size_t)(key_end - at)})};
    saas_report_add(&q->report, &step, SAAS_ISSUE_FORMAT, "percent");
}

static void check_list(query *q, const saas_step *at)
{
    saas_list_member *list = saas_field_member(at->field, q->base);
    size_t kept = list->count < at->field->items_hi ? list->count : at->field->items_hi;
    saas_rule_count(&q->report, at, at->field, list->count);
    list->count = kept;
    if (saas_report_result(&q->report) == SAAS_OK)
        saas_rule_unique(&q->report, at, at->field, list);
}

static void finish(query *q)
{
    for (size_t i = 0; i < q->schema->count; i++) {
        saas_step at = {.field = saas_schema_field(q->schema, i)};
        if (*saas_field_has(at.field, q->base) == SAAS_ABSENT)
            saas_rule_absent(&q->report, &at, at.field, q->base);
        else if (is_list(at.field))
            check_list(q, &at);
    }
    if (saas_report_result(&q->report) == SAAS_OK)
        saas_report_refine(&q->report, NULL, q->schema, q->base);
}

saas_err saas_read_query(void **out, saas_issues *issues, const saas_schema *schema, saas_arena *a, saas_text text)
{
    query q = {.report = saas_report_on(issues, a, schema), .schema = schema};
    q.base = saas_arena_calloc(a, 1, schema->struct_size);
    char *at = saas_arena_copy(a, text.ptr, text.len), *end = at + text.len;
    if (!q.base || !at)
        return SAAS_ERR_NO_MEMORY;
    for (char *stop; at < end; at = stop + 1) {
        stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        if (stop > at)
            take_pair(&q, at, stop);
    }
    finish(&q);
    SAAS_TRY(saas_report_result(&q.report));
    *out = q.base;
    return SAAS_OK;
}
