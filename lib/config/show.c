#include "config/config.h"
#include "log/line.h"

static const char *const origins[] = {[SAAS_FROM_NOWHERE] = "-",
                                      [SAAS_FROM_DEFAULT] = "default",
                                      [SAAS_FROM_DOTENV] = ".env",
                                      [SAAS_FROM_FILE] = "file",
                                      [SAAS_FROM_ENV] = "env"};

/* Bare where that is unmistakable, else so that no terminal takes it for more than text. */
static void add_value(saas_buf *b, saas_text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~') {
            saas_line_text(b, value, value.len * 6);
            return;
        }
    saas_buf_text(b, value);
}

static void add_line(saas_buf *b, int width, saas_text name, const saas_setting *from, const saas_field *f, bool valid)
{
    saas_buf_format(b, "%-*s  ", width, name.ptr);
    if (!from->value.ptr && valid) {
        saas_buf_lit(b, "-\n");
        return;
    }
    saas_buf_format(b, "%-7s  ", origins[from->origin]);
    if (!valid)
        saas_buf_z(b, from->value.ptr ? "(not valid)" : "(missing)");
    else if (f->secret)
        saas_buf_lit(b, "(secret)");
    else
        add_value(b, from->value);
    saas_buf_lit(b, "\n");
}

static saas_err show_schema(saas_buf *b, int width, saas_sources *s, const saas_schema *schema)
{
    char name[SAAS_VARIABLE_MAX];
    saas_setting from;
    saas_err err = SAAS_OK;
    void *in = saas_arena_calloc(s->arena, 1, schema->struct_size);
    if (!in)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < schema->count && (err == SAAS_OK || err == SAAS_ERR_VALIDATION); i++) {
        const saas_field *f = saas_schema_field(schema, i);
        err = saas_config_field(in, &from, s, f);
        if (err == SAAS_OK || err == SAAS_ERR_VALIDATION)
            add_line(b, width, saas_variable(name, f), &from, f, err == SAAS_OK);
    }
    saas_config_wipe(in, schema);
    return err == SAAS_ERR_VALIDATION ? SAAS_OK : err;
}

static int width_of(saas_tables t)
{
    char name[SAAS_VARIABLE_MAX];
    size_t width = 0;
    for (size_t i = 0; i < t.count; i++)
        for (size_t k = 0; k < t.schemas[i]->count; k++) {
            size_t len = saas_variable(name, saas_schema_field(t.schemas[i], k)).len;
            width = len > width ? len : width;
        }
    return (int)width;
}

static saas_err show(saas_buf *b, saas_sources *s, saas_tables t)
{
    saas_issues near = {NULL, 0, 0};
    for (size_t i = 0; i < t.count; i++)
        SAAS_TRY(show_schema(b, width_of(t), s, t.schemas[i]));
    s->issues = &near;
    saas_config_near_misses(s, t);
    for (size_t i = 0; i < near.count; i++)
        saas_buf_format(b, "%s%s: %s\n", i ? "" : "\n", near.items[i].path.ptr, near.items[i].message.ptr);
    return s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}

saas_err saas_config_show(saas_text *out, saas_arena *a, const saas_schema *const *schemas, size_t count,
                          const saas_config_sources *from)
{
    saas_sources s;
    saas_buf b;
    saas_issues issues = {NULL, 0, 0};
    saas_buf_init(&b, a, 1024);
    saas_err err = saas_sources_open(&s, from, &issues, a);
    if (!err)
        err = show(&b, &s, (saas_tables){schemas, count});
    saas_sources_close(&s);
    SAAS_TRY(err);
    saas_text text = saas_buf_done(&b);
    if (!text.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = text;
    return SAAS_OK;
}
