#include "schema/array.h"
#include "schema/field.h"

typedef struct element {
    char *at; /* cell's text without quotes and escapes */
    size_t len;
    bool quoted;
} element;

/* The next element; what follows it is at *at. False: the text ends within it. */
static bool take_element(element *e, const char **at, const char *end)
{
    const char *p = *at;
    e->len = 0;
    e->quoted = p < end && *p == '"';
    for (p += e->quoted; p < end; p++) {
        if (e->quoted ? *p == '"' : *p == ',' || *p == '}')
            break;
        if (!e->quoted && (*p == '{' || *p == '"'))
            return false;
        if (*p == '\\' && ++p == end)
            return false;
        e->at[e->len++] = *p;
    }
    if (p == end)
        return false;
    *at = p + e->quoted;
    return true;
}

static bool is_null(const element *e)
{
    return !e->quoted && e->len == 4 && !memcmp(e->at, "NULL", 4);
}

static saas_err write_elements(saas_json *j, const saas_field *item, element *e, saas_text cell)
{
    const char *at = cell.ptr + 1, *end = cell.ptr + cell.len;
    if (cell.len == 2 && *at == '}')
        return SAAS_OK;
    for (;; at++) {
        if (!take_element(e, &at, end) || at == end || (!e->quoted && !e->len))
            return SAAS_ERR_BUG;
        SAAS_TRY(saas_write_cell(j, item, is_null(e) ? (saas_text){NULL, 0} : (saas_text){e->at, e->len}));
        if (*at == '}')
            return at + 1 == end ? SAAS_OK : SAAS_ERR_BUG;
        if (*at != ',')
            return SAAS_ERR_BUG;
    }
}

static saas_err write_array(saas_json *j, const saas_field *f, element *e, saas_text cell)
{
    const saas_field item = {.name = f->name, .type = f->item, .of = f->of, .words = f->words};
    if (!saas_type_is_scalar(f->item))
        return SAAS_ERR_BUG;
    saas_json_array(j);
    SAAS_TRY(write_elements(j, &item, e, cell));
    saas_json_array_end(j);
    return SAAS_OK;
}

saas_err saas_write_array(saas_json *j, const saas_field *f, saas_text cell)
{
    const saas_json before = *j;
    const size_t len = j->out->len;
    element e = {.at = saas_arena_alloc(j->out->arena, cell.len)};
    if (!e.at)
        return SAAS_ERR_NO_MEMORY;
    saas_err err = write_array(j, f, &e, cell);
    if (err) {
        *j = before;
        j->out->len = len;
    }
    return err;
}
