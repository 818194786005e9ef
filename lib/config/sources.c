#include "config/sources.h"
#include "config/file.h"
#include "schema/report.h"
#include <stdlib.h>
#include <unistd.h>

struct saas_secret_file {
    saas_secret_file *next;
    char *bytes;
    size_t len, size;
    char name[]; /* of the variable it is the value of */
};

static void wrong(saas_sources *s, const char *path, const char *what)
{
    if (saas_issues_add(s->issues, s->arena, path, what))
        s->no_memory = true;
}

/* ---- the .env file ---- */

static void wrong_line(size_t line, const char *what, void *user)
{
    saas_sources *s = user;
    saas_text path = saas_arena_format(s->arena, "%s line %zu", s->dotenv_name, line);
    if (path.ptr)
        wrong(s, path.ptr, what);
    else
        s->no_memory = true;
}

static saas_err read_dotenv(saas_sources *s, const saas_config_sources *from)
{
    const char *fault;
    bool missing;
    saas_err err = saas_file_read(&s->bytes, &s->len, from->dotenv, SAAS_CONFIG_FILE_MAX, &fault, &missing);
    if (err == SAAS_ERR_NO_MEMORY)
        return err;
    if (!err)
        return saas_dotenv_parse(&s->dotenv, s->bytes, s->len, wrong_line, s);
    if (!missing || !from->dotenv_optional)
        wrong(s, s->dotenv_name, fault);
    return SAAS_OK;
}

saas_err saas_sources_open(saas_sources *s, const saas_config_sources *given, saas_issues *issues, saas_arena *a)
{
    saas_config_sources from = {0};
    *s = (saas_sources){.issues = issues, .arena = a};
    if (given && given->size < offsetof(saas_config_sources, dotenv))
        return SAAS_ERR_BUG;
    if (given)
        memcpy(&from, given, given->size < sizeof from ? given->size : sizeof from);
    s->env = from.env ? from.env : (const char *const *)environ;
    s->dotenv_name = from.dotenv_name ? from.dotenv_name : from.dotenv;
    if (from.dotenv)
        SAAS_TRY(read_dotenv(s, &from));
    return s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}

void saas_sources_close(saas_sources *s)
{
    for (saas_secret_file *f; (f = s->files);) {
        s->files = f->next;
        saas_bytes_free(f->bytes, f->size);
        free(f);
    }
    free(s->dotenv.entries);
    saas_bytes_free(s->bytes, s->len);
    *s = (saas_sources){0};
}

/* ---- look-up; set to "" counts as absent ---- */

static saas_setting look_up(const saas_sources *s, saas_text name)
{
    for (const char *const *at = s->env; *at; at++)
        if (!strncmp(*at, name.ptr, name.len) && (*at)[name.len] == '=') {
            if (!(*at)[name.len + 1])
                break;
            return (saas_setting){saas_text_z(*at + name.len + 1), SAAS_FROM_ENV};
        }
    for (size_t i = 0; i < s->dotenv.count; i++)
        if (s->dotenv.entries[i].value.len && saas_text_equal(s->dotenv.entries[i].name, name))
            return (saas_setting){s->dotenv.entries[i].value, SAAS_FROM_DOTENV};
    return (saas_setting){{NULL, 0}, SAAS_FROM_NOWHERE};
}

static const saas_secret_file *file_of(const saas_sources *s, saas_text name)
{
    for (const saas_secret_file *f = s->files; f; f = f->next)
        if (saas_text_equal(saas_text_z(f->name), name))
            return f;
    return NULL;
}

/* One newline at the end is the editor's. */
static saas_err read_secret(saas_secret_file *f, const char *path, const char **fault)
{
    bool missing;
    SAAS_TRY(saas_file_read(&f->bytes, &f->size, path, SAAS_CONFIG_FILE_MAX, fault, &missing));
    f->len = f->size;
    if (f->len && f->bytes[f->len - 1] == '\n')
        f->bytes[--f->len] = 0;
    *fault = f->len ? NULL : "the file is empty";
    return f->len ? SAAS_OK : SAAS_ERR_CONFIG;
}

static saas_err add_file(saas_sources *s, saas_text name, const char *variable, const char *path)
{
    const char *fault = NULL;
    saas_secret_file *f = calloc(1, sizeof *f + name.len + 1);
    if (!f)
        return SAAS_ERR_NO_MEMORY;
    memcpy(f->name, name.ptr, name.len);
    f->next = s->files;
    s->files = f;
    saas_err err = read_secret(f, path, &fault);
    if (err == SAAS_ERR_CONFIG) {
        wrong(s, variable, fault);
        f->len = 0;
        err = s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
    }
    return err;
}

/* The content of the file that NAME_FILE names; a file that could not be read is told once. */
static saas_err find_in_file(saas_setting *out, saas_sources *s, saas_text name)
{
    saas_text variable = saas_arena_format(s->arena, "%s_FILE", name.ptr);
    if (!variable.ptr)
        return SAAS_ERR_NO_MEMORY;
    saas_setting path = look_up(s, variable);
    if (!path.value.ptr)
        return SAAS_OK;
    if (out->value.ptr) {
        wrong(s, name.ptr, "set, and so is the variable of its file: which one is meant?");
        return s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_ERR_VALIDATION;
    }
    if (!file_of(s, name))
        SAAS_TRY(add_file(s, name, variable.ptr, path.value.ptr));
    const saas_secret_file *f = file_of(s, name);
    if (!f->len)
        return SAAS_ERR_VALIDATION;
    *out = (saas_setting){{f->bytes, f->len}, SAAS_FROM_FILE};
    return SAAS_OK;
}

saas_err saas_sources_find(saas_setting *out, saas_sources *s, saas_text name, bool secret)
{
    saas_setting found = look_up(s, name);
    if (secret)
        SAAS_TRY(find_in_file(&found, s, name));
    *out = found;
    return SAAS_OK;
}
