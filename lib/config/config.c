#include <saas/config.h>
#include "base/error.h"
#include "schema/coerce.h"
#include "schema/field.h"
#include <sodium.h>
#include <string.h>

/* The variable of a field: its C name in upper case, or .json. */
static saas_text variable(char out[64], const saas_field *f)
{
    size_t len = 0;
    if (f->json)
        return saas_text_z(f->json);
    for (; f->name[len] && len < 63; len++) {
        char ch = f->name[len];
        out[len] = ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
    }
    out[len] = 0;
    return (saas_text){out, len};
}

/* Set to "" counts as absent: {NULL, 0}. */
static saas_text look_up(const char *const *env, saas_text name)
{
    for (; *env; env++)
        if (!strncmp(*env, name.ptr, name.len) && (*env)[name.len] == '=')
            return saas_text_z((*env)[name.len + 1] ? *env + name.len + 1 : NULL);
    return (saas_text){NULL, 0};
}

static saas_text *text_member(const saas_field *f, void *in)
{
    return (saas_text *)(void *)((char *)in + f->offset);
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

static saas_err read_field(void *in, saas_issues *issues, saas_arena *a, const saas_field *f, const char *const *env)
{
    char name[64];
    if (f->type == SAAS_T_OBJECT || f->type == SAAS_T_LIST)
        return SAAS_ERR_BUG;
    saas_text path = variable(name, f), value = look_up(env, path);
    saas_err err = value.ptr ? saas_coerce(in, issues, a, f, path, value) : saas_coerce_absent(in, issues, a, f, path);
    if (err == SAAS_ERR_VALIDATION && saas_type_is_text(f->type))
        *text_member(f, in) = (saas_text){NULL, 0};
    return err == SAAS_OK ? own_text(in, a, f) : err;
}

/* Goes on past what is invalid, so that one report has it all. */
static saas_err read_schema(void **out, saas_issues *issues, saas_arena *a, const saas_schema *s,
                            const char *const *env)
{
    void *in = saas_arena_calloc(a, 1, s->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    *out = in;
    for (size_t i = 0; i < s->count; i++) {
        saas_err err = read_field(in, issues, a, saas_schema_field(s, i), env);
        if (err != SAAS_OK && err != SAAS_ERR_VALIDATION)
            return err;
    }
    return SAAS_OK;
}

static saas_err report(const saas_issues *issues, saas_error *e)
{
    for (size_t i = 0; i < issues->count; i++)
        saas_error_add(e, SAAS_ERR_CONFIG, "%s: %s", issues->items[i].path.ptr, issues->items[i].message.ptr);
    if (issues->dropped)
        saas_error_add(e, SAAS_ERR_CONFIG, "and %zu more", issues->dropped);
    return issues->count ? SAAS_ERR_CONFIG : SAAS_OK;
}

saas_err saas_config_read(void **out, saas_arena *a, const saas_schema *const *schemas, size_t count,
                          const char *const *env, saas_error *e)
{
    saas_issues issues = {NULL, 0, 0};
    void **read = saas_arena_calloc(a, count, sizeof *read);
    saas_err err = read ? SAAS_OK : SAAS_ERR_NO_MEMORY;
    saas_error_clear(e);
    for (size_t i = 0; i < count && err == SAAS_OK; i++)
        err = read_schema(&read[i], &issues, a, schemas[i], env);
    if (err == SAAS_OK)
        err = report(&issues, e);
    else
        saas_error_add(e, err, "configuration: %s", saas_err_symbol(err));
    for (size_t i = 0; read && i < count; i++) {
        if (err == SAAS_OK)
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
            sodium_memzero((char *)text->ptr, text->len);
        *text = (saas_text){NULL, 0};
    }
}
