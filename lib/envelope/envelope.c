#include "envelope/envelope.h"

void saas_envelope_ok(saas_json *j)
{
    saas_json_object(j);
    saas_json_key(j, SAAS_LIT("success"));
    saas_json_bool(j, true);
    saas_json_key(j, SAAS_LIT("data"));
}

static void write_number(saas_json *j, saas_text key, int64_t value)
{
    saas_json_key(j, key);
    saas_json_i64(j, value);
}

static void write_meta(saas_json *j, const saas_meta *meta)
{
    saas_json_key(j, SAAS_LIT("meta"));
    saas_json_object(j);
    if (meta->kind == SAAS_META_PAGE)
        write_number(j, SAAS_LIT("page"), meta->page);
    write_number(j, SAAS_LIT("perPage"), meta->per_page);
    if (meta->kind == SAAS_META_PAGE) {
        write_number(j, SAAS_LIT("total"), meta->total);
    } else {
        saas_json_key(j, SAAS_LIT("nextCursor"));
        saas_json_text(j, meta->next_cursor);
    }
    saas_json_object_end(j);
}

void saas_envelope_ok_end(saas_json *j, const saas_meta *meta)
{
    if (meta && meta->kind)
        write_meta(j, meta);
    saas_json_object_end(j);
}

static bool same_path(const saas_issues *issues, size_t a, size_t b)
{
    return saas_text_equal(issues->items[a].path, issues->items[b].path);
}

static bool seen_before(const saas_issues *issues, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_path(issues, k, i))
            return true;
    return false;
}

/* At most SAAS_ISSUES_MAX of them, so looking back is cheap. */
static void write_details(saas_json *j, const saas_issues *issues)
{
    saas_json_key(j, SAAS_LIT("details"));
    saas_json_object(j);
    for (size_t i = 0; i < issues->count; i++) {
        if (seen_before(issues, i))
            continue;
        saas_json_key(j, issues->items[i].path);
        saas_json_array(j);
        for (size_t k = i; k < issues->count; k++)
            if (same_path(issues, k, i))
                saas_json_text(j, issues->items[k].message);
        saas_json_array_end(j);
    }
    saas_json_object_end(j);
}

void saas_envelope_fail(saas_json *j, const char *code, const char *message, const saas_issues *issues)
{
    saas_json_object(j);
    saas_json_key(j, SAAS_LIT("success"));
    saas_json_bool(j, false);
    saas_json_key(j, SAAS_LIT("error"));
    saas_json_object(j);
    saas_json_key(j, SAAS_LIT("code"));
    saas_json_text(j, saas_text_z(code));
    saas_json_key(j, SAAS_LIT("message"));
    saas_json_text(j, saas_text_z(message));
    if (issues && issues->count)
        write_details(j, issues);
    saas_json_object_end(j);
    saas_json_object_end(j);
}
