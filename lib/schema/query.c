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

/* What a query can say: no objects, no lists. */
static const saas_field *find(query *q, saas_text key)
{
    size_t next = 0;
    const saas_field *f = saas_schema_find(q->schema, key, &next);
    return f && !f->read_only && f->type != SAAS_T_OBJECT && f->type != SAAS_T_LIST ? f : NULL;
}

static void take(query *q, saas_text key, char *value, char *end)
{
    saas_text text;
    saas_step at = {.field = find(q, key), .name = saas_key_clip(key)};
    const saas_field *seen = at.field ? at.field : saas_schema_find_ci(q->schema, key);
    if (seen && *saas_field_has(seen, q->base) != SAAS_ABSENT)
        saas_report_add(&q->report, &at, SAAS_ISSUE_DUPLICATE_KEY, 0, "given more than once");
    else if (!at.field)
        saas_report_add(&q->report, &at, SAAS_ISSUE_UNKNOWN_KEY, 0, "unknown key");
    else if (decode(value, end, &text))
        saas_rule_coerce(&q->report, &at, at.field, text, q->base);
    else {
        *saas_field_has(at.field, q->base) = SAAS_SET;
        saas_report_add(&q->report, &at, SAAS_ISSUE_FORMAT, 0, "bad percent escape");
    }
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
    saas_report_add(&q->report, &step, SAAS_ISSUE_FORMAT, 0, "bad percent escape");
}

static void fill_absent(query *q)
{
    for (size_t i = 0; i < q->schema->count; i++) {
        saas_step at = {.field = saas_schema_field(q->schema, i)};
        if (*saas_field_has(at.field, q->base) == SAAS_ABSENT)
            saas_rule_absent(&q->report, &at, at.field, q->base);
    }
}

saas_err saas_read_query(void **out, saas_issues *issues, const saas_schema *schema, saas_arena *a, saas_text text)
{
    query q = {.report = saas_report_on(issues, a), .schema = schema};
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
    fill_absent(&q);
    SAAS_TRY(saas_report_result(&q.report));
    *out = q.base;
    return SAAS_OK;
}
