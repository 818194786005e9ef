#include "schema/read.h"
#include "base/arena.h"
#include "json/token.h"
#include "schema/field.h"
#include "schema/rules.h"

_Static_assert((int)SAAS_JSON_NESTING_MAX == (int)SAAS_JSON_DEPTH_MAX, "the limit the header names");

/* Functions below return false when there is no going on: the text is malformed, or memory is out. */
typedef struct reader {
    saas_json_in in;
    saas_report report;
    bool partial; /* the root's absent fields stay absent */
} reader;

static bool read_value(reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member);

static void refuse_key(reader *r, const saas_step *up, const saas_schema *s, saas_text key, void *base)
{
    if (r->report.stored)
        return;
    const saas_field *f = saas_report_full(&r->report) ? NULL : saas_schema_find_ci(s, key);
    saas_step at = {.up = up, .name = saas_key_clip(key)};
    if (f && *saas_field_has(f, base) != SAAS_ABSENT)
        saas_report_add(&r->report, &at, SAAS_ISSUE_DUPLICATE_KEY, 0, "given more than once");
    else
        saas_report_add(&r->report, &at, SAAS_ISSUE_UNKNOWN_KEY, 0, "unknown key");
}

static bool read_field(reader *r, const saas_step *at, void *base)
{
    const saas_field *f = at->field;
    uint8_t *has = saas_field_has(f, base);
    *has = SAAS_SET;
    if (saas_json_peek(&r->in) != 'n')
        return read_value(r, at, f, f->type, saas_field_member(f, base));
    if (f->nullable)
        *has = SAAS_NULL;
    else
        saas_rule_null(&r->report, at);
    return saas_json_literal(&r->in, SAAS_LIT("null"));
}

static bool read_pair(reader *r, const saas_step *up, const saas_schema *s, void *base, size_t *next)
{
    saas_json_string key;
    if (saas_json_peek(&r->in) != '"' || !saas_json_string_in_place(&r->in, &key) || !saas_json_take(&r->in, ':'))
        return false;
    r->in.nodes++;
    saas_step at = {.up = up, .field = saas_schema_find(s, key.text, next)};
    bool wanted = at.field && (!at.field->read_only || r->report.stored);
    if (wanted && *saas_field_has(at.field, base) == SAAS_ABSENT)
        return read_field(r, &at, base);
    refuse_key(r, up, s, key.text, base);
    return saas_json_skip(&r->in);
}

static void fill_absent(reader *r, const saas_step *up, const saas_schema *s, void *base)
{
    for (size_t i = 0; i < s->count; i++) {
        saas_step at = {.up = up, .field = saas_schema_field(s, i)};
        if (*saas_field_has(at.field, base) == SAAS_ABSENT)
            saas_rule_absent(&r->report, &at, at.field, base);
    }
}

static bool read_object(reader *r, const saas_step *at, const saas_schema *s, void *base)
{
    size_t next = 0;
    r->in.at++;
    if (!saas_json_enter(&r->in))
        return false;
    if (!saas_json_take(&r->in, '}')) {
        do {
            if (!read_pair(r, at, s, base, &next))
                return false;
        } while (saas_json_take(&r->in, ','));
        if (!saas_json_take(&r->in, '}'))
            return false;
    }
    saas_json_leave(&r->in);
    if (at || !r->partial)
        fill_absent(r, at, s, base);
    return true;
}

/* Room for one more element, zeroed; NULL without memory. */
static void *next_item(reader *r, const saas_field *f, saas_list_member *list, size_t *cap)
{
    if (list->count == *cap) {
        size_t grown = *cap ? *cap * 2 : 4;
        if (grown > f->items_hi && !r->report.stored)
            grown = f->items_hi;
        list->items = saas_arena_grow(r->report.arena, list->items, *cap * f->item_size, grown * f->item_size);
        *cap = grown;
    }
    if (!list->items) {
        r->report.no_memory = true;
        return NULL;
    }
    return memset((char *)list->items + list->count * f->item_size, 0, f->item_size);
}

static bool read_item(reader *r, const saas_step *at, const saas_field *f, void *item)
{
    if (saas_json_peek(&r->in) != 'n')
        return read_value(r, at, f, f->item, item);
    saas_rule_null(&r->report, at);
    return saas_json_literal(&r->in, SAAS_LIT("null"));
}

/* Whether an element past `count` others has a place; without one it is only checked to be JSON. */
static bool has_place(const reader *r, const saas_field *f, size_t count)
{
    return r->in.nodes <= SAAS_JSON_NODES_MAX && (count < f->items_hi || r->report.stored);
}

static bool read_items(reader *r, const saas_step *up, const saas_field *f, saas_list_member *list)
{
    size_t cap = 0, count = 0;
    do {
        r->in.nodes++;
        saas_step at = {.up = up, .index = count};
        if (!has_place(r, f, count++)) {
            if (!saas_json_skip(&r->in))
                return false;
            continue;
        }
        void *item = next_item(r, f, list, &cap);
        if (!item || !read_item(r, &at, f, item))
            return false;
        list->count++;
    } while (saas_json_take(&r->in, ','));
    saas_rule_count(&r->report, up, f, count);
    return saas_json_take(&r->in, ']');
}

static bool read_list(reader *r, const saas_step *at, const saas_field *f, saas_list_member *list)
{
    r->in.at++;
    if (!saas_json_enter(&r->in))
        return false;
    if (saas_json_take(&r->in, ']'))
        saas_rule_count(&r->report, at, f, 0);
    else if (!read_items(r, at, f, list))
        return false;
    saas_json_leave(&r->in);
    return true;
}

static bool read_bool(reader *r, bool *member)
{
    *member = *r->in.at == 't';
    return saas_json_literal(&r->in, *member ? SAAS_LIT("true") : SAAS_LIT("false"));
}

static bool read_number(reader *r, const saas_step *at, const saas_field *f, void *member)
{
    saas_json_number n;
    if (!saas_json_number_token(&r->in, &n))
        return false;
    saas_rule_number(&r->report, at, f, &n, member);
    return true;
}

static bool read_string(reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    saas_json_string s;
    if (!saas_json_string_in_place(&r->in, &s))
        return false;
    saas_rule_string(&r->report, at, f, type, &s, member);
    return true;
}

/* Past the most nodes there may be, JSON is only checked. */
static bool read_value(reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    char ch = saas_json_peek(&r->in);
    if (r->in.nodes > SAAS_JSON_NODES_MAX)
        return saas_json_skip(&r->in);
    if (type == SAAS_T_I64 && (ch == '-' || (ch >= '0' && ch <= '9')))
        return read_number(r, at, f, member);
    if (type == SAAS_T_BOOL && (ch == 't' || ch == 'f'))
        return read_bool(r, member);
    if (type == SAAS_T_OBJECT && ch == '{')
        return read_object(r, at, f->of, member);
    if (type == SAAS_T_LIST && ch == '[')
        return read_list(r, at, f, member);
    if (ch == '"' && (saas_type_is_text(type) || type == SAAS_T_UUID || type == SAAS_T_TIME || type == SAAS_T_WORD))
        return read_string(r, at, f, type, member);
    saas_rule_type(&r->report, at, type);
    return saas_json_skip(&r->in);
}

static saas_err finish(reader *r, bool well_formed)
{
    if (r->report.no_memory)
        return SAAS_ERR_NO_MEMORY;
    if (!well_formed || saas_json_peek(&r->in) || r->in.at != r->in.end) {
        saas_report_forget(&r->report);
        return SAAS_ERR_MALFORMED_JSON;
    }
    if (r->in.nodes > SAAS_JSON_NODES_MAX) {
        saas_report_forget(&r->report);
        saas_report_add(&r->report, NULL, SAAS_ISSUE_TOO_COMPLEX, SAAS_JSON_NODES_MAX, "too many values: at most %d",
                        SAAS_JSON_NODES_MAX);
    }
    return saas_report_result(&r->report);
}

static bool read_root(reader *r, const saas_schema *s, void *base)
{
    r->in.nodes = 1;
    switch (saas_json_peek(&r->in)) {
    case '{':
        return read_object(r, NULL, s, base);
    case 'n':
        saas_rule_null(&r->report, NULL);
        break;
    default:
        saas_rule_type(&r->report, NULL, SAAS_T_OBJECT);
    }
    return saas_json_skip(&r->in);
}

static saas_err read_whole(void **out, reader *r, const saas_schema *schema)
{
    void *base = saas_arena_calloc(r->report.arena, 1, schema->struct_size);
    if (!base)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(finish(r, read_root(r, schema, base)));
    *out = base;
    return SAAS_OK;
}

saas_err saas_read_json(void **out, saas_issues *issues, const saas_schema *schema, saas_arena *a, char *json,
                        size_t len)
{
    reader r = {.in = {.at = json, .end = json + len}, .report = saas_report_on(issues, a)};
    return read_whole(out, &r, schema);
}

saas_err saas_read_json_partial(void **out, saas_issues *issues, const saas_schema *schema, saas_arena *a, char *json,
                                size_t len)
{
    reader r = {.in = {.at = json, .end = json + len}, .report = saas_report_on(issues, a), .partial = true};
    return read_whole(out, &r, schema);
}

saas_err saas_read_stored(void *base, saas_arena *a, const saas_field *f, char *json, size_t len)
{
    saas_issues issues = {NULL, 0, 0};
    reader r = {.in = {.at = json, .end = json + len, .nodes = 1}, .report = saas_report_on(&issues, a)};
    saas_step at = {.field = f};
    r.report.stored = true;
    saas_json_peek(&r.in);
    return finish(&r, read_field(&r, &at, base));
}
