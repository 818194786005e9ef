#include "base/arena.h"
#include "base/error.h"
#include "json/chars.h"
#include "schema/coerce.h"
#include "schema/field.h"
#include "schema/format.h"
#include "schema/rules.h"

enum { RECURSION_MAX = 16 };

/* Members of saas_field that every host knows: those of the first version. */
static const size_t field_size_min = offsetof(saas_field, schemes) + sizeof(const char *);

typedef struct checker {
    const saas_schema *schema;
    saas_error *e;
    saas_err err;
} checker;

static void wrong(checker *c, const saas_field *f, const char *what)
{
    const char *name = f && f->name ? f->name : "?";
    c->err = saas_error_add(c->e, SAAS_ERR_BUG, "schema %s%s%s: %s", c->schema->name ? c->schema->name : "?",
                            f ? "." : "", f ? name : "", what);
}

static void check_place(checker *c, const saas_field *f)
{
    size_t all = c->schema->struct_size, size = saas_type_size(f, f->type);
    if (size > all || f->offset > all - size || f->has_offset >= all)
        wrong(c, f, "lies outside the struct");
    else if (f->offset % saas_type_align(f->type))
        wrong(c, f, "is not aligned");
    else if (f->has_offset >= f->offset && f->has_offset < f->offset + size)
        wrong(c, f, "its has-byte lies in its member");
}

static bool overlap(size_t a, size_t a_size, size_t b, size_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

static void check_pair(checker *c, const saas_field *f, const saas_field *g)
{
    char a[64], b[64];
    size_t f_size = saas_type_size(f, f->type), g_size = saas_type_size(g, g->type);
    if (overlap(f->offset, f_size, g->offset, g_size) || f->has_offset == g->has_offset ||
        overlap(f->offset, f_size, g->has_offset, 1) || overlap(g->offset, g_size, f->has_offset, 1))
        wrong(c, g, "shares memory with another field");
    if (saas_text_equal_ci(saas_field_json_name(a, f), saas_field_json_name(b, g)))
        wrong(c, g, "has the JSON name of another field");
    if (!strcmp(saas_field_column(f), saas_field_column(g)))
        wrong(c, g, "has the column of another field");
}

static bool name_fits(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    return len > 0 && len <= SAAS_FIELD_NAME_MAX && saas_utf8_span(name, name + len) == name + len;
}

static bool check_names(checker *c, const saas_field *f)
{
    bool fits = name_fits(f->name) && (!f->json || name_fits(f->json)) && (!f->column || name_fits(f->column));
    if (!fits)
        wrong(c, f, "names must have 1 to 63 bytes");
    return fits;
}

static bool words_fit(const saas_enum *e)
{
    if (!e || e->count < 2 || !e->words)
        return false;
    for (size_t i = 1; i < e->count; i++)
        if (!e->words[i] || !*e->words[i] || saas_enum_index(e, saas_text_z(e->words[i])) != (int)i)
            return false;
    return true;
}

/* What the type needs to stand at all; without it nothing else can be looked at. */
static bool check_type(checker *c, const saas_field *f, saas_type type)
{
    const char *problem = NULL;
    if (type == SAAS_T_OBJECT ? !f->of : type == SAAS_T_WORD ? !words_fit(f->words) : false)
        problem = type == SAAS_T_OBJECT ? "object without a schema" : "words must be distinct and not empty";
    else if (!saas_type_size(f, type))
        problem = "unknown type";
    else if (type == SAAS_T_LIST && f->item == SAAS_T_LIST)
        problem = "a list of lists";
    if (problem)
        wrong(c, f, problem);
    return !problem;
}

static void check_bounds(checker *c, const saas_field *f, saas_type type)
{
    if (f->bounded && f->lo > f->hi)
        wrong(c, f, "lo > hi");
    if (f->bounded && saas_type_is_text(type) && f->lo < 0)
        wrong(c, f, "a length below 0");
    if (f->type == SAAS_T_LIST && f->items_lo > f->items_hi)
        wrong(c, f, "items: lo > hi");
    if (f->type == SAAS_T_LIST && f->item_size != saas_type_size(f, f->item))
        wrong(c, f, "item_size is not the size of an item");
}

static void check_prefix(checker *c, const saas_field *f, saas_type type)
{
    if (!f->prefix)
        return;
    if (!saas_type_is_text(type))
        wrong(c, f, "a prefix on what is no text");
    else if (f->bounded && (int64_t)strlen(f->prefix) > f->hi)
        wrong(c, f, "prefix longer than the text may be");
}

static void check_key(checker *c, const saas_field *f)
{
    if (f->key && (!f->secret || f->type != SAAS_T_TEXT))
        wrong(c, f, "a key that is no secret text");
}

static void check_schemes(checker *c, const saas_field *f, saas_type type)
{
    if (f->schemes && type != SAAS_T_URL)
        wrong(c, f, "schemes on what is no url");
    else if (f->schemes && !saas_format_schemes(f->schemes))
        wrong(c, f, "schemes must be lower case, one space between");
}

static void check_default(checker *c, const saas_field *f)
{
    char first[1024];
    saas_arena a;
    saas_issues issues = {NULL, 0, 0};
    if (!f->def)
        return;
    if (f->type == SAAS_T_OBJECT || f->type == SAAS_T_LIST) {
        wrong(c, f, "a default on an object or a list");
        return;
    }
    saas_arena_init(&a, first, sizeof first, c->schema->struct_size + sizeof first);
    void *base = saas_arena_calloc(&a, 1, c->schema->struct_size);
    saas_err err =
        base ? saas_coerce(base, &issues, &a, f, SAAS_LIT("default"), saas_text_z(f->def)) : SAAS_ERR_NO_MEMORY;
    if (err == SAAS_ERR_VALIDATION)
        wrong(c, f, "its default does not pass its own checks");
    else if (err != SAAS_OK)
        c->err = saas_error_add(c->e, err, "%s", saas_err_text(err));
    saas_arena_done(&a);
}

static void check_schema(checker *c, const saas_schema *s, int depth);

static void check_field(checker *c, const saas_field *f, int depth)
{
    bool list = f->type == SAAS_T_LIST;
    saas_type type = list ? f->item : f->type;
    if (!check_names(c, f) || !check_type(c, f, f->type) || (list && !check_type(c, f, f->item)))
        return;
    check_bounds(c, f, type);
    check_prefix(c, f, type);
    check_key(c, f);
    check_schemes(c, f, type);
    check_place(c, f);
    if (c->err == SAAS_OK)
        check_default(c, f);
    if (type == SAAS_T_OBJECT)
        check_schema(c, f->of, depth + 1);
}

static const char *shape_problem(const saas_schema *s)
{
    if (s->field_size < field_size_min || s->field_size % _Alignof(saas_field))
        return "field_size is not that of a field";
    if (!s->struct_size || !s->count || !s->fields)
        return "no fields";
    return NULL;
}

static void check_schema(checker *c, const saas_schema *s, int depth)
{
    const saas_schema *outer = c->schema;
    c->schema = s;
    const char *problem = depth > RECURSION_MAX ? "nested more than 16 deep" : shape_problem(s);
    if (problem)
        wrong(c, NULL, problem);
    for (size_t i = 0; !problem && i < s->count && c->err != SAAS_ERR_NO_MEMORY; i++)
        check_field(c, saas_schema_field(s, i), depth);
    for (size_t i = 0; c->err == SAAS_OK && i < s->count; i++)
        for (size_t k = 0; k < i; k++)
            check_pair(c, saas_schema_field(s, k), saas_schema_field(s, i));
    c->schema = outer;
}

saas_err saas_schema_check(const saas_schema *s, saas_error *e)
{
    checker c = {.schema = s, .e = e};
    saas_error_clear(e);
    check_schema(&c, s, 1);
    return c.err;
}
