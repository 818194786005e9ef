#include "schema/report.h"
#include "base/arena.h"
#include "base/buf.h"
#include "schema/field.h"

saas_report saas_report_on(saas_issues *issues, saas_arena *a)
{
    return (saas_report){.issues = issues, .arena = a, .count = issues->count, .dropped = issues->dropped};
}

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
    saas_buf_text(b, at->field ? saas_field_json_name(name, at->field) : at->name);
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

void saas_report_add(saas_report *r, const saas_step *at, saas_issue_code code, int64_t limit, const char *format, ...)
{
    saas_buf path;
    va_list args;
    if (saas_report_full(r)) {
        r->issues->dropped++;
        return;
    }
    saas_buf_init(&path, r->arena, 0);
    add_path(&path, at);
    saas_issue issue = {.path = saas_buf_done(&path), .code = code, .limit = limit};
    va_start(args, format);
    issue.message = saas_arena_vformat(r->arena, format, args);
    va_end(args);
    if (append(r->issues, r->arena, issue) != SAAS_OK)
        r->no_memory = true;
}

saas_err saas_issues_add(saas_issues *issues, saas_arena *a, const char *path, const char *message)
{
    size_t path_len = strlen(path), len = strlen(message);
    if (issues->count >= SAAS_ISSUES_MAX) {
        issues->dropped++;
        return SAAS_OK;
    }
    return append(issues, a,
                  (saas_issue){.path = {saas_arena_copy(a, path, path_len), path_len},
                               .code = SAAS_ISSUE_CUSTOM,
                               .message = {saas_arena_copy(a, message, len), len}});
}
