#include "config/config.h"
#include "base/error.h"
#include "schema/coerce.h"
#include "schema/field.h"
#include "schema/report.h"
#include <sodium.h>

saas_text saas_variable(char out[SAAS_VARIABLE_MAX], const saas_field *f)
{
    size_t len = 0;
    if (f->json)
        return saas_text_z(f->json);
    for (; f->name[len] && len < SAAS_VARIABLE_MAX - 1; len++) {
        char ch = f->name[len];
        out[len] = ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
    }
    out[len] = 0;
    return (saas_text){out, len};
}

static saas_text *text_member(const saas_field *f, void *in)
{
    return saas_field_member(f, in);
}

/* Texts move into the arena only once they are good, and defaults too: what is wiped must be ours. */
static saas_err own_text(void *in, saas_arena *a, const saas_field *f)
{
    saas_text *text = text_member(f, in);
    if (!saas_type_is_text(f->type) || !text->ptr)
        return SAAS_OK;
    char *copy = saas_arena_copy(a, text->ptr, text->len);
    *text = (saas_text){copy, copy ? text->len : 0};
    return copy ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

static saas_err check_key(saas_sources *s, const saas_field *f, saas_text path, saas_text value)
{
    const char *fault = f->key ? saas_key_fault(value) : NULL;
    if (!fault)
        return SAAS_OK;
    saas_err err = saas_issues_add(s->issues, s->arena, path.ptr, fault);
    return err ? err : SAAS_ERR_VALIDATION;
}

static saas_err take(void *in, saas_sources *s, const saas_field *f, saas_text path, const saas_setting *found)
{
    if (!found->value.ptr)
        return saas_coerce_absent(in, s->issues, s->arena, f, path);
    saas_err err = saas_coerce(in, s->issues, s->arena, f, path, found->value);
    return err ? err : check_key(s, f, path, found->value);
}

/* .trim and its like leave a copy in the arena, which nothing but this knows of. */
static void forget_transformed(saas_text read, saas_text given, const saas_field *f)
{
    uintptr_t at = (uintptr_t)read.ptr, start = (uintptr_t)given.ptr;
    bool theirs = given.ptr ? at >= start && at <= start + given.len : true;
    if (f->secret && read.ptr && !theirs)
        sodium_memzero((char *)(uintptr_t)read.ptr, read.len);
}

saas_err saas_config_field(void *in, saas_setting *from, saas_sources *s, const saas_field *f)
{
    char name[SAAS_VARIABLE_MAX];
    saas_setting found = {{NULL, 0}, SAAS_FROM_NOWHERE};
    if (!saas_type_is_scalar(f->type))
        return SAAS_ERR_BUG;
    saas_text path = saas_variable(name, f);
    saas_err err = saas_sources_find(&found, s, path, f->secret);
    if (!err)
        err = take(in, s, f, path, &found);
    const saas_text read = saas_type_is_text(f->type) ? *text_member(f, in) : (saas_text){NULL, 0};
    if (err && saas_type_is_text(f->type))
        *text_member(f, in) = (saas_text){NULL, 0};
    if (!err)
        err = own_text(in, s->arena, f);
    forget_transformed(read, found.value, f);
    if (!found.value.ptr && f->def)
        found = (saas_setting){saas_text_z(f->def), SAAS_FROM_DEFAULT};
    *from = found;
    return err;
}

/* KEY and FILE_OF_KEY with .json = "KEY_FILE" would both read KEY_FILE. */
static bool is_file_of(const saas_field *secret, const saas_field *f)
{
    char a[SAAS_VARIABLE_MAX], b[SAAS_VARIABLE_MAX];
    saas_text name = saas_variable(a, secret), other = saas_variable(b, f);
    return secret->secret && other.len == name.len + 5 && !memcmp(other.ptr, name.ptr, name.len) &&
           !memcmp(other.ptr + name.len, "_FILE", 5);
}

static const saas_field *file_field(saas_tables t, const saas_field *secret)
{
    for (size_t i = 0; i < t.count; i++)
        for (size_t k = 0; k < t.schemas[i]->count; k++)
            if (is_file_of(secret, saas_schema_field(t.schemas[i], k)))
                return saas_schema_field(t.schemas[i], k);
    return NULL;
}

saas_err saas_config_check(saas_tables t, saas_error *e)
{
    saas_err err = SAAS_OK;
    for (size_t i = 0; i < t.count; i++)
        for (size_t k = 0; k < t.schemas[i]->count; k++) {
            const saas_field *secret = saas_schema_field(t.schemas[i], k), *f = file_field(t, secret);
            if (f)
                err = saas_error_add(e, SAAS_ERR_BUG, "configuration: %s has the variable of the file of the secret %s",
                                     f->name, secret->name);
        }
    return err;
}

/* Goes on past what is invalid, so that one report has it all. */
static saas_err fill(void **out, saas_sources *s, const saas_schema *schema)
{
    saas_setting from;
    const size_t before = s->issues->count;
    void *in = saas_arena_calloc(s->arena, 1, schema->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    *out = in;
    for (size_t i = 0; i < schema->count; i++) {
        saas_err err = saas_config_field(in, &from, s, saas_schema_field(schema, i));
        if (err != SAAS_OK && err != SAAS_ERR_VALIDATION)
            return err;
    }
    if (s->issues->count == before) {
        saas_report r = saas_report_on(s->issues, s->arena, schema);
        saas_report_refine(&r, NULL, schema, in);
        s->no_memory |= r.no_memory;
    }
    return SAAS_OK;
}

saas_err saas_config_fill(void **out, saas_sources *s, saas_tables t)
{
    for (size_t i = 0; i < t.count; i++)
        SAAS_TRY(fill(&out[i], s, t.schemas[i]));
    if (s->issues->count)
        saas_config_near_misses(s, t);
    return s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}

saas_err saas_config_report(const saas_issues *issues, saas_error *e)
{
    for (size_t i = 0; i < issues->count; i++)
        saas_error_add(e, SAAS_ERR_CONFIG, "%s: %s", issues->items[i].path.ptr, issues->items[i].message.ptr);
    if (issues->dropped)
        saas_error_add(e, SAAS_ERR_CONFIG, "and %zu more", issues->dropped);
    return issues->count ? SAAS_ERR_CONFIG : SAAS_OK;
}

saas_err saas_config_read(void **out, saas_arena *a, const saas_schema *const *schemas, size_t count,
                          const saas_config_sources *from, saas_error *e)
{
    saas_sources s;
    saas_issues issues = {NULL, 0, 0};
    void **read = saas_arena_calloc(a, count, sizeof *read);
    saas_error_clear(e);
    SAAS_TRY(saas_config_check((saas_tables){schemas, count}, e));
    saas_err err = saas_sources_open(&s, from, &issues, a);
    if (!read)
        err = SAAS_ERR_NO_MEMORY;
    if (!err)
        err = saas_config_fill(read, &s, (saas_tables){schemas, count});
    saas_sources_close(&s);
    if (err)
        saas_error_add(e, err, "configuration: %s", saas_err_symbol(err));
    else
        err = saas_config_report(&issues, e);
    for (size_t i = 0; read && i < count; i++) {
        if (!err)
            out[i] = read[i];
        else if (read[i])
            saas_config_wipe(read[i], schemas[i]);
    }
    return err;
}

void saas_config_wipe(void *in, const saas_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (!f->secret || !saas_type_is_text(f->type))
            continue;
        saas_text *text = text_member(f, in);
        if (text->ptr)
            sodium_memzero((char *)(uintptr_t)text->ptr, text->len);
        *text = (saas_text){NULL, 0};
    }
}
