#include "schema/read.h"
#include "base/arena.h"
#include "schema/reader.h"
#include "schema/rules.h"

_Static_assert((int)SAAS_JSON_NESTING_MAX == (int)SAAS_JSON_DEPTH_MAX, "the limit the header names");

/* ---- objects ---- */

typedef struct object {
    const saas_step *at;
    const saas_schema *schema;
    void *base;
    const saas_union *variants; /* whose tag is among the keys */
    bool tagged;
    size_t next; /* field to look at first */
} object;

static void refuse_key(saas_reader *r, const object *o, saas_text key)
{
    if (r->report.stored)
        return;
    const saas_field *f = saas_report_full(&r->report) ? NULL : saas_schema_find_ci(o->schema, key);
    saas_step at = {.up = o->at, .name = saas_key_clip(key)};
    bool twice = f && *saas_field_has(f, o->base) != SAAS_ABSENT;
    saas_report_add(&r->report, &at, twice ? SAAS_ISSUE_DUPLICATE_KEY : SAAS_ISSUE_UNKNOWN_KEY, NULL);
}

/* The tag chose the schema already. */
static bool skip_tag(saas_reader *r, object *o, saas_text key)
{
    saas_step at = {.up = o->at, .name = key};
    if (o->tagged)
        saas_report_add(&r->report, &at, SAAS_ISSUE_DUPLICATE_KEY, NULL);
    o->tagged = true;
    return saas_json_skip(&r->in);
}

static bool read_field(saas_reader *r, const saas_step *at, void *base)
{
    const saas_field *f = at->field;
    uint8_t *has = saas_field_has(f, base);
    *has = SAAS_SET;
    if (saas_json_peek(&r->in) != 'n')
        return saas_reader_value(r, at, f, f->type, saas_field_member(f, base));
    if (f->nullable)
        *has = SAAS_NULL;
    else
        saas_rule_null(&r->report, at);
    return saas_json_literal(&r->in, SAAS_LIT("null"));
}

/* A key that is no field's as it stands there: with escapes, a tag, unknown. */
static bool decode_key(saas_reader *r, const object *o, saas_text *key, const saas_field **f)
{
    saas_json_string decoded;
    if (!saas_json_string_in_place(&r->in, &decoded))
        return false;
    *key = decoded.text;
    *f = saas_schema_find(o->schema, decoded.text);
    return true;
}

static bool take_key(saas_reader *r, object *o, saas_text *key, const saas_field **f)
{
    const char *end;
    if (saas_json_peek(&r->in) != '"')
        return false;
    key->ptr = r->in.at + 1;
    *f = saas_schema_match(o->schema, key->ptr, '"', &o->next, &end);
    if (!*f)
        return decode_key(r, o, key, f);
    key->len = (size_t)(end - key->ptr);
    r->in.at = end + 1;
    return true;
}

static bool read_pair(saas_reader *r, object *o)
{
    saas_text key;
    saas_step at = {.up = o->at};
    if (!take_key(r, o, &key, &at.field) || !saas_json_take(&r->in, ':'))
        return false;
    r->in.nodes++;
    if (o->variants && saas_text_is(key, o->variants->key))
        return saas_json_peek(&r->in) != 0 && skip_tag(r, o, key);
    bool wanted = at.field && (!at.field->read_only || r->report.stored);
    if (wanted && *saas_field_has(at.field, o->base) == SAAS_ABSENT)
        return read_field(r, &at, o->base);
    refuse_key(r, o, key);
    return saas_json_skip(&r->in);
}

static void fill_absent(saas_reader *r, const object *o)
{
    for (size_t i = 0; i < o->schema->count; i++) {
        const saas_field *f = saas_schema_field(o->schema, i);
        saas_step at = {.up = o->at, .field = f};
        if (*saas_field_has(f, o->base) == SAAS_ABSENT)
            saas_rule_absent(&r->report, &at, f, o->base);
    }
}

bool saas_reader_object(saas_reader *r, const saas_step *at, const saas_schema *s, void *base, const saas_union *u)
{
    object o = {.at = at, .schema = s, .base = base, .variants = u};
    size_t issues = saas_report_total(&r->report);
    r->in.at++;
    if (!saas_json_enter(&r->in))
        return false;
    if (!saas_json_take(&r->in, '}')) {
        do {
            if (!read_pair(r, &o))
                return false;
        } while (saas_json_take(&r->in, ','));
        if (!saas_json_take(&r->in, '}'))
            return false;
    }
    saas_json_leave(&r->in);
    if (at || !r->partial)
        fill_absent(r, &o);
    if (s->refine && issues == saas_report_total(&r->report) && r->in.nodes <= SAAS_JSON_NODES_MAX)
        saas_report_refine(&r->report, at, s, base);
    return true;
}

/* ---- single values ---- */

static bool read_bool(saas_reader *r, bool *member)
{
    *member = *r->in.at == 't';
    return saas_json_literal(&r->in, *member ? SAAS_LIT("true") : SAAS_LIT("false"));
}

static bool read_number(saas_reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    saas_json_number n;
    if (!saas_json_number_token(&r->in, &n))
        return false;
    saas_rule_number(&r->report, at, f, type, &n, member);
    return true;
}

static bool read_string(saas_reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    saas_json_string s;
    if (!saas_json_string_in_place(&r->in, &s))
        return false;
    if (s.nul)
        saas_report_add(&r->report, at, SAAS_ISSUE_NUL, NULL);
    else if (saas_rule_is_plain(f, type, s.text, s.ascii))
        *(saas_text *)member = s.text;
    else
        saas_rule_string(&r->report, at, f, type, s.text, s.ascii, member);
    return true;
}

/* An escape \u0000: a backslash that is itself not escaped before it. Postgres could not store it. */
static bool has_nul(saas_text json)
{
    for (size_t i = 0; i + 6 <= json.len; i++) {
        if (json.ptr[i] != '\\')
            continue;
        if (!memcmp(json.ptr + i, "\\u0000", 6))
            return true;
        i++;
    }
    return false;
}

bool saas_reader_json(saas_reader *r, const saas_step *at, saas_text *member)
{
    const char *start = r->in.at;
    if (!saas_json_skip(&r->in))
        return false;
    saas_text raw = {start, (size_t)(r->in.at - start)};
    if (has_nul(raw)) {
        saas_report_add(&r->report, at, SAAS_ISSUE_NUL, NULL);
        return true;
    }
    *member = (saas_text){saas_arena_copy(r->report.arena, raw.ptr, raw.len), raw.len};
    r->report.no_memory |= !member->ptr;
    return member->ptr != NULL;
}

static bool read_container(saas_reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    switch (type) {
    case SAAS_T_OBJECT:
        return saas_reader_object(r, at, f->of, member, NULL);
    case SAAS_T_UNION:
        return saas_reader_union(r, at, f->variants, member);
    default:
        return saas_reader_map(r, at, f, member);
    }
}

bool saas_reader_value(saas_reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member)
{
    char ch = saas_json_peek(&r->in);
    if (r->in.nodes > SAAS_JSON_NODES_MAX)
        return saas_json_skip(&r->in);
    switch (saas_type_shape(type)) {
    case SAAS_SHAPE_STRING:
        if (ch == '"')
            return read_string(r, at, f, type, member);
        break;
    case SAAS_SHAPE_INTEGER:
    case SAAS_SHAPE_NUMBER:
        if (ch == '-' || (ch >= '0' && ch <= '9'))
            return read_number(r, at, f, type, member);
        break;
    case SAAS_SHAPE_BOOLEAN:
        if (ch == 't' || ch == 'f')
            return read_bool(r, member);
        break;
    case SAAS_SHAPE_OBJECT:
        if (ch == '{')
            return read_container(r, at, f, type, member);
        break;
    case SAAS_SHAPE_ARRAY:
        if (ch == '[')
            return saas_reader_list(r, at, f, member);
        break;
    case SAAS_SHAPE_ANY:
        return saas_reader_json(r, at, member);
    case SAAS_SHAPE_NONE:
        break;
    }
    saas_rule_type(&r->report, at, type);
    return saas_json_skip(&r->in);
}

/* ---- whole texts ---- */

static saas_err finish(saas_reader *r, bool well_formed)
{
    if (r->report.no_memory)
        return SAAS_ERR_NO_MEMORY;
    if (!well_formed || saas_json_peek(&r->in) || r->in.at != r->in.end) {
        saas_report_forget(&r->report);
        r->report.issues->malformed_at = (size_t)(r->in.at - r->start);
        return SAAS_ERR_MALFORMED_JSON;
    }
    if (r->in.nodes > SAAS_JSON_NODES_MAX) {
        saas_report_forget(&r->report);
        saas_report_limit(&r->report, NULL, SAAS_ISSUE_TOO_COMPLEX, SAAS_JSON_NODES_MAX);
    }
    return saas_report_result(&r->report);
}

static bool read_root(saas_reader *r, const saas_schema *s, void *base)
{
    r->in.nodes = 1;
    switch (saas_json_peek(&r->in)) {
    case '{':
        return saas_reader_object(r, NULL, s, base, NULL);
    case 'n':
        saas_rule_null(&r->report, NULL);
        break;
    default:
        saas_rule_type(&r->report, NULL, SAAS_T_OBJECT);
    }
    return saas_json_skip(&r->in);
}

/* The NUL behind the text ends a key that does not end. */
static saas_reader reader(char *json, size_t len, saas_report report)
{
    json[len] = 0;
    return (saas_reader){.in = {.at = json, .end = json + len}, .report = report, .start = json};
}

static saas_err read_whole(void **out, saas_reader *r, const saas_schema *schema)
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
    saas_reader r = reader(json, len, saas_report_on(issues, a, schema));
    return read_whole(out, &r, schema);
}

saas_err saas_read_json_partial(void **out, saas_issues *issues, const saas_schema *schema, saas_arena *a, char *json,
                                size_t len)
{
    saas_reader r = reader(json, len, saas_report_on(issues, a, schema));
    r.partial = true;
    return read_whole(out, &r, schema);
}

saas_err saas_read_stored(void *base, saas_arena *a, const saas_field *f, char *json, size_t len)
{
    saas_issues issues = {NULL, 0, 0, NULL};
    saas_reader r = reader(json, len, saas_report_on(&issues, a, NULL));
    saas_step at = {.field = f};
    r.report.stored = true;
    r.in.nodes = 1;
    saas_json_peek(&r.in);
    return finish(&r, read_field(&r, &at, base));
}
