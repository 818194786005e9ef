#include "schema/rules.h"
#include "schema/format.h"
#include "schema/field.h"
#include <inttypes.h>
#include <stdio.h>

void saas_rule_type(saas_report *r, const saas_step *at, saas_type type)
{
    saas_report_add(r, at, SAAS_ISSUE_TYPE, 0, "must be %s", saas_type_what(type));
}

void saas_rule_null(saas_report *r, const saas_step *at)
{
    saas_report_add(r, at, SAAS_ISSUE_TYPE, 0, "must not be null");
}

static void too_small(saas_report *r, const saas_step *at, const char *how, int64_t limit, const char *unit)
{
    saas_report_add(r, at, SAAS_ISSUE_TOO_SMALL, limit, "too %s: at least %" PRId64 "%s%s", how, limit, unit,
                    *unit && limit != 1 ? "s" : "");
}

static void too_big(saas_report *r, const saas_step *at, const char *how, int64_t limit, const char *unit)
{
    saas_report_add(r, at, SAAS_ISSUE_TOO_BIG, limit, "too %s: at most %" PRId64 "%s%s", how, limit, unit,
                    *unit && limit != 1 ? "s" : "");
}

void saas_rule_number(saas_report *r, const saas_step *at, const saas_field *f, const saas_json_number *n, void *member)
{
    bool bounded = f->bounded && !r->stored;
    int64_t lo = bounded ? f->lo : INT64_MIN, hi = bounded ? f->hi : INT64_MAX;
    if (n->kind == SAAS_JSON_FRACTIONAL)
        saas_rule_type(r, at, SAAS_T_I64);
    else if (n->kind == SAAS_JSON_BEYOND ? n->negative : n->value < lo)
        too_small(r, at, "small", lo, "");
    else if (n->kind == SAAS_JSON_BEYOND || n->value > hi)
        too_big(r, at, "big", hi, "");
    else
        *(int64_t *)member = n->value;
}

void saas_rule_count(saas_report *r, const saas_step *at, const saas_field *f, size_t count)
{
    if (r->stored)
        return;
    if (count < f->items_lo)
        too_small(r, at, "few", f->items_lo, " item");
    else if (count > f->items_hi)
        too_big(r, at, "many", f->items_hi, " item");
}

static void check_length(saas_report *r, const saas_step *at, const saas_field *f, const saas_json_string *s)
{
    int64_t points = (int64_t)(s->ascii ? s->text.len : saas_format_points(s->text));
    if (points < f->lo)
        too_small(r, at, "short", f->lo, " character");
    else if (points > f->hi)
        too_big(r, at, "long", f->hi, " character");
}

static void check_prefix(saas_report *r, const saas_step *at, const saas_field *f, saas_text t)
{
    size_t len = strlen(f->prefix);
    if (t.len < len || memcmp(t.ptr, f->prefix, len) != 0)
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, 0, "must start with %s", f->prefix);
}

static void text(saas_report *r, const saas_step *at, const saas_field *f, const saas_json_string *s, void *member)
{
    *(saas_text *)member = s->text;
    if (r->stored)
        return;
    if (f->bounded)
        check_length(r, at, f, s);
    if (f->prefix)
        check_prefix(r, at, f, s->text);
}

int saas_enum_index(const saas_enum *e, saas_text word)
{
    for (size_t i = 1; i < e->count; i++)
        if (saas_text_equal(saas_text_z(e->words[i]), word))
            return (int)i;
    return 0;
}

static void word(saas_report *r, const saas_step *at, const saas_enum *e, saas_text t, void *member)
{
    char list[400];
    size_t len = 0;
    int index = saas_enum_index(e, t);
    *(int *)member = index;
    if (index)
        return;
    for (size_t i = 1; i < e->count; i++) {
        size_t n = strlen(e->words[i]), room = sizeof list - len;
        if (n + sizeof ", , …" > room) {
            memcpy(list + len, ", …", sizeof ", …");
            break;
        }
        len += (size_t)snprintf(list + len, room, "%s%s", i > 1 ? ", " : "", e->words[i]);
    }
    saas_report_add(r, at, SAAS_ISSUE_NOT_A_WORD, 0, "must be one of: %s", list);
}

static void format(saas_report *r, const saas_step *at, bool good, const char *message)
{
    if (!good)
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, 0, "%s", message);
}

void saas_rule_string(saas_report *r, const saas_step *at, const saas_field *f, saas_type type,
                      const saas_json_string *s, void *member)
{
    if (s->nul) {
        saas_report_add(r, at, SAAS_ISSUE_NUL, 0, "must not contain U+0000");
        return;
    }
    switch (type) {
    case SAAS_T_TEXT:
        text(r, at, f, s, member);
        break;
    case SAAS_T_EMAIL:
        text(r, at, f, s, member);
        format(r, at, r->stored || saas_format_email(s->text), "not an e-mail address");
        break;
    case SAAS_T_SLUG:
        text(r, at, f, s, member);
        format(r, at, r->stored || saas_format_slug(s->text), "only a-z, 0-9 and - inside");
        break;
    case SAAS_T_URL:
        text(r, at, f, s, member);
        format(r, at, r->stored || saas_format_url(s->text, f->schemes), "not a URL of the kind taken here");
        break;
    case SAAS_T_UUID:
        format(r, at, saas_uuid_parse(member, s->text) == SAAS_OK, "not a UUID");
        break;
    case SAAS_T_TIME:
        format(r, at, saas_format_time(member, s->text), "not an RFC 3339 time");
        break;
    default:
        word(r, at, f->words, s->text, member);
    }
}

void saas_rule_absent(saas_report *r, const saas_step *at, const saas_field *f, void *base)
{
    if (f->read_only || r->stored)
        return;
    if (f->def)
        saas_rule_coerce(r, at, f, saas_text_z(f->def), base);
    else if (f->required)
        saas_report_add(r, at, SAAS_ISSUE_REQUIRED, 0, "required");
}
