#include "schema/format.h"
#include "schema/reader.h"
#include "schema/rules.h"

enum { KEY_POINTS_MAX = 64 };

static bool read_item(saas_reader *r, const saas_step *at, const saas_field *f, void *item)
{
    if (saas_json_peek(&r->in) != 'n')
        return saas_reader_value(r, at, f, f->item, item);
    saas_rule_null(&r->report, at);
    return saas_json_literal(&r->in, SAAS_LIT("null"));
}

/* A place for one more element, behind `count` others; NULL for one that is only checked to be JSON. */
static void *place(saas_reader *r, const saas_field *f, saas_list_member *list, size_t count)
{
    size_t most = r->report.stored ? SIZE_MAX : f->items_hi;
    if (r->in.nodes > SAAS_JSON_NODES_MAX || count >= most)
        return NULL;
    void *item = saas_list_add(r->report.arena, f, list, most);
    r->report.no_memory |= !item;
    return item;
}

static bool read_items(saas_reader *r, const saas_step *up, const saas_field *f, saas_list_member *list, size_t *count)
{
    do {
        r->in.nodes++;
        saas_step at = {.up = up, .index = *count};
        void *item = place(r, f, list, (*count)++);
        if (item ? !read_item(r, &at, f, item) : r->report.no_memory || !saas_json_skip(&r->in))
            return false;
    } while (saas_json_take(&r->in, ','));
    return saas_json_take(&r->in, ']');
}

bool saas_reader_list(saas_reader *r, const saas_step *at, const saas_field *f, saas_list_member *list)
{
    size_t count = 0, issues = saas_report_total(&r->report);
    r->in.at++;
    if (!saas_json_enter(&r->in) || (!saas_json_take(&r->in, ']') && !read_items(r, at, f, list, &count)))
        return false;
    if (issues == saas_report_total(&r->report)) /* else some element has no value to compare */
        saas_rule_unique(&r->report, at, f, list);
    saas_rule_count(&r->report, at, f, count);
    saas_json_leave(&r->in);
    return true;
}

static void check_key(saas_reader *r, const saas_step *at, const saas_json_string *key)
{
    size_t points = saas_format_points(key->text);
    if (r->report.stored)
        return;
    if (key->nul)
        saas_report_add(&r->report, at, SAAS_ISSUE_NUL, NULL);
    else if (!points)
        saas_report_limit(&r->report, at, SAAS_ISSUE_TOO_SHORT, 1);
    else if (points > KEY_POINTS_MAX)
        saas_report_limit(&r->report, at, SAAS_ISSUE_TOO_LONG, KEY_POINTS_MAX);
}

static bool read_pair(saas_reader *r, const saas_step *up, const saas_field *f, saas_list_member *map, size_t count)
{
    saas_json_string key;
    if (saas_json_peek(&r->in) != '"' || !saas_json_string_in_place(&r->in, &key) || !saas_json_take(&r->in, ':'))
        return false;
    r->in.nodes++;
    saas_step at = {.up = up, .name = saas_key_clip(key.text)};
    char *item = place(r, f, map, count);
    if (!item)
        return !r->report.no_memory && saas_json_skip(&r->in);
    check_key(r, &at, &key);
    *(saas_text *)(void *)item = key.text;
    return read_item(r, &at, f, item + SAAS_MAP_VALUE);
}

static bool read_pairs(saas_reader *r, const saas_step *at, const saas_field *f, saas_list_member *map, size_t *count)
{
    do {
        if (!read_pair(r, at, f, map, (*count)++))
            return false;
    } while (saas_json_take(&r->in, ','));
    return saas_json_take(&r->in, '}');
}

bool saas_reader_map(saas_reader *r, const saas_step *at, const saas_field *f, saas_list_member *map)
{
    size_t count = 0;
    r->in.at++;
    if (!saas_json_enter(&r->in) || (!saas_json_take(&r->in, '}') && !read_pairs(r, at, f, map, &count)))
        return false;
    saas_rule_count(&r->report, at, f, count);
    saas_rule_unique(&r->report, at, f, map);
    saas_json_leave(&r->in);
    return true;
}
