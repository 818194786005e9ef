#include "schema/report.h"
#include "base/arena.h"
#include "base/buf.h"
#include "schema/field.h"
#include "schema/message.h"
#include <inttypes.h>

void saas_report_forget(saas_report *r)
{
    r->issues->count = r->count;
    r->issues->dropped = r->dropped;
}

saas_err saas_report_result(const saas_report *r)
{
    if (r->no_memory)
        return SAAS_ERR_NO_MEMORY;
    bool clean = r->issues->count == r->count && r->issues->dropped == r->dropped;
    return clean ? SAAS_OK : SAAS_ERR_VALIDATION;
}

static void add_path(saas_buf *b, const saas_step *at)
{
    char name[64];
    if (!at)
        return;
    add_path(b, at->up);
    if (!at->field && !at->name.ptr) {
        saas_buf_format(b, "[%zu]", at->index);
        return;
    }
    if (b->len)
        saas_buf_lit(b, ".");
    saas_buf_text(b, at->name.ptr ? at->name : saas_field_json_name(name, at->field));
}

/* Capacity is 4, then the next power of two of what is there. */
static bool make_room(saas_issues *issues, saas_arena *a)
{
    size_t n = issues->count;
    if (n && (n < 4 || (n & (n - 1))))
        return true;
    saas_issue *items = saas_arena_alloc(a, (n ? 2 * n : 4) * sizeof *items);
    if (!items)
        return false;
    if (n)
        memcpy(items, issues->items, n * sizeof *items);
    issues->items = items;
    return true;
}

static saas_err append(saas_issues *issues, saas_arena *a, saas_issue issue)
{
    if (!issue.path.ptr || !issue.message.ptr || !make_room(issues, a))
        return SAAS_ERR_NO_MEMORY;
    issues->items[issues->count++] = issue;
    return SAAS_OK;
}

/* The field that an issue is about: of an element, its list's. */
static const saas_field *field_of(const saas_step *at)
{
    while (at && !at->field)
        at = at->up;
    return at ? at->field : NULL;
}

static saas_text message(const saas_report *r, const saas_step *at, saas_issue_code code, saas_text param)
{
    bool own_key = code == SAAS_ISSUE_UNKNOWN_KEY || code == SAAS_ISSUE_DUPLICATE_KEY;
    const saas_field *f = own_key ? NULL : field_of(at);
    if (f && f->message)
        return saas_text_z(f->message);
    return saas_message_of(r->arena, code, param, r->messages, r->issues->messages);
}

static void add(saas_report *r, const saas_step *at, saas_issue issue)
{
    saas_buf path;
    if (saas_report_full(r)) {
        r->issues->dropped++;
        return;
    }
    saas_buf_init(&path, r->arena, 0);
    add_path(&path, at);
    issue.path = saas_buf_done(&path);
    issue.message = message(r, at, issue.code, issue.param);
    if (append(r->issues, r->arena, issue) != SAAS_OK)
        r->no_memory = true;
}

static saas_text own(saas_arena *a, const char *text)
{
    size_t len = strlen(text);
    char *copy = saas_arena_copy(a, text, len);
    return (saas_text){copy, copy ? len : 0};
}

void saas_report_add(saas_report *r, const saas_step *at, saas_issue_code code, const char *param)
{
    saas_text copy = {NULL, 0};
    if (param && !saas_report_full(r)) {
        copy = own(r->arena, param);
        r->no_memory |= !copy.ptr;
    }
    add(r, at, (saas_issue){.code = code, .param = copy});
}

void saas_report_limit(saas_report *r, const saas_step *at, saas_issue_code code, int64_t limit)
{
    saas_text text = {NULL, 0};
    if (!saas_report_full(r)) {
        text = saas_arena_format(r->arena, "%" PRId64, limit);
        r->no_memory |= !text.ptr;
    }
    add(r, at, (saas_issue){.code = code, .limit = limit, .param = text});
}

void saas_report_custom(saas_report *r, const saas_step *at, const char *path, const char *text)
{
    saas_buf whole;
    if (saas_report_full(r)) {
        r->issues->dropped++;
        return;
    }
    saas_buf_init(&whole, r->arena, 0);
    add_path(&whole, at);
    if (whole.len && *path && *path != '[')
        saas_buf_lit(&whole, ".");
    saas_buf_z(&whole, path);
    saas_issue issue = {.path = saas_buf_done(&whole), .code = SAAS_ISSUE_CUSTOM, .message = own(r->arena, text)};
    if (append(r->issues, r->arena, issue) != SAAS_OK)
        r->no_memory = true;
}

struct saas_refiner {
    saas_report *report;
    const saas_step *at;
};

void saas_report_refine(saas_report *r, const saas_step *at, const saas_schema *s, const void *in)
{
    saas_refiner refiner = {r, at};
    if (s->refine && !r->stored && !r->no_memory)
        s->refine(&refiner, in);
}

void saas_refine_add(saas_refiner *r, const char *path, const char *text)
{
    saas_report_custom(r->report, r->at, path, text);
}

saas_err saas_issues_add(saas_issues *issues, saas_arena *a, const char *path, const char *text)
{
    saas_report r = saas_report_on(issues, a, NULL);
    saas_report_custom(&r, NULL, path, text);
    return r.no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}
