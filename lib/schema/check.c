#include "base/arena.h"
#include "base/error.h"
#include "json/chars.h"
#include "schema/coerce.h"
#include "schema/field.h"
#include "schema/fits.h"
#include "schema/rules.h"

enum { NESTING_MAX = 16, SCHEMAS_MAX = 128 };

/* Members of saas_field that every host knows: those of the first version. */
static const size_t field_size_min = offsetof(saas_field, message) + sizeof(const char *);

typedef struct checker {
    const saas_schema *schema;
    saas_error *e;
    saas_err err;
    const saas_schema *seen[SCHEMAS_MAX];
    size_t seen_count;
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

/* Keys are compared as they stand in the text, up to their quote. */
static bool is_escaped(const char *name)
{
    bool escaped = false;
    for (; *name; name++)
        escaped |= (unsigned char)*name < ' ' || *name == '"' || *name == '\\';
    return escaped;
}

static bool check_names(checker *c, const saas_field *f)
{
    bool fits = name_fits(f->name) && (!f->json || name_fits(f->json)) && (!f->column || name_fits(f->column));
    if (!fits)
        wrong(c, f, "names must have 1 to 63 bytes");
    else if (is_escaped(f->json ? f->json : f->name))
        wrong(c, f, "a JSON name must not need escapes");
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

static const char *variants_problem(const saas_union *u)
{
    if (!u || !u->key || !name_fits(u->key) || !u->count || !u->variants || u->variant_size < sizeof(saas_variant))
        return "a union without tag or variants";
    for (int kind = 1; (size_t)kind <= u->count; kind++) {
        const saas_variant *v = saas_union_variant(u, kind);
        if (!v->word || !*v->word || saas_union_kind(u, saas_text_z(v->word)) != kind)
            return "words of a union must be distinct and not empty";
        if (!v->of || v->of->struct_size > u->size || u->offset > u->size - v->of->struct_size)
            return "a variant lies outside the union";
        if (saas_schema_find_ci(v->of, saas_text_z(u->key)))
            return "a variant has a field with the name of the tag";
    }
    return NULL;
}

/* What the type needs to stand at all; without it nothing else can be looked at. */
static bool check_type(checker *c, const saas_field *f, saas_type type)
{
    bool many = type == SAAS_T_LIST || type == SAAS_T_MAP;
    const char *problem = NULL;
    if (type == SAAS_T_OBJECT && !f->of)
        problem = "object without a schema";
    else if (type == SAAS_T_WORD && !words_fit(f->words))
        problem = "words must be distinct and not empty";
    else if (type == SAAS_T_LITERAL && (!f->literal || !*f->literal))
        problem = "a literal without its text";
    else if (type == SAAS_T_UNION)
        problem = variants_problem(f->variants);
    else if (type != SAAS_T_OBJECT && !saas_type_size(f, type))
        problem = "unknown type";
    else if (many && (f->item == SAAS_T_LIST || f->item == SAAS_T_MAP))
        problem = "a list of lists";
    if (problem)
        wrong(c, f, problem);
    return !problem;
}

static size_t item_size(const saas_field *f)
{
    size_t size = saas_type_size(f, f->item), align = sizeof(void *);
    return f->type == SAAS_T_MAP ? (SAAS_MAP_VALUE + size + align - 1) / align * align : size;
}

static void check_items(checker *c, const saas_field *f)
{
    if (f->items_lo > f->items_hi)
        wrong(c, f, "items: lo > hi");
    if (f->item_size != item_size(f))
        wrong(c, f, "item_size is not the size of an item");
    if (f->unique && f->type == SAAS_T_MAP)
        wrong(c, f, "unique on what is no list");
}

static void check_key(checker *c, const saas_field *f)
{
    if (f->key && (!f->secret || f->type != SAAS_T_TEXT))
        wrong(c, f, "a key that is no secret text");
}

static void check_default(checker *c, const saas_field *f)
{
    char first[1024];
    saas_arena a;
    saas_issues issues = {NULL, 0, 0, NULL};
    if (!f->def)
        return;
    if (!saas_type_is_scalar(f->type)) {
        wrong(c, f, "a default on what is no single value");
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

static void check_variants(checker *c, const saas_union *u, int depth)
{
    for (int kind = 1; (size_t)kind <= u->count; kind++)
        check_schema(c, saas_union_variant(u, kind)->of, depth);
}

static void check_field(checker *c, const saas_field *f, int depth)
{
    bool many = f->type == SAAS_T_LIST || f->type == SAAS_T_MAP;
    saas_type type = many ? f->item : f->type;
    if (!check_names(c, f) || !check_type(c, f, f->type) || (many && !check_type(c, f, f->item)))
        return;
    check_key(c, f);
    if (many)
        check_items(c, f);
    else if (f->unique)
        wrong(c, f, "unique on what is no list");
    if (f->read_only && f->write_only)
        wrong(c, f, "read-only and write-only");
    const char *problem = saas_rules_problem(f, type);
    if (problem)
        wrong(c, f, problem);
    check_place(c, f);
    if (c->err == SAAS_OK)
        check_default(c, f);
    if (type == SAAS_T_OBJECT)
        check_schema(c, f->of, depth + 1);
    else if (type == SAAS_T_UNION)
        check_variants(c, f->variants, depth + 1);
}

static const char *shape_problem(const saas_schema *s)
{
    if (s->field_size < field_size_min || s->field_size % _Alignof(saas_field))
        return "field_size is not that of a field";
    if (!s->struct_size || !s->count || !s->fields)
        return "no fields";
    return NULL;
}

/* Schemas may name each other in a circle, through lists: each is looked at once. */
static bool is_new(checker *c, const saas_schema *s)
{
    for (size_t i = 0; i < c->seen_count; i++)
        if (c->seen[i] == s)
            return false;
    if (c->seen_count < SCHEMAS_MAX)
        c->seen[c->seen_count] = s;
    c->seen_count++;
    return true;
}

static void check_schema(checker *c, const saas_schema *s, int depth)
{
    const saas_schema *outer = c->schema;
    if (!is_new(c, s))
        return;
    c->schema = s;
    const char *problem = depth > NESTING_MAX ? "nested more than 16 deep" : shape_problem(s);
    if (c->seen_count > SCHEMAS_MAX)
        problem = "more than 128 schemas in one";
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
