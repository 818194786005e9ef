#include "schema/format.h"
#include "schema/pattern.h"
#include "schema/rules.h"
#include "schema/transform.h"

static bool has_length(const saas_field *f, saas_type type)
{
    return f->bounded && type != SAAS_T_DECIMAL;
}

/* False when it is too long for its bounds: then a pattern isn't tried. */
static bool check_length(saas_report *r, const saas_step *at, const saas_field *f, saas_text t, bool ascii)
{
    int64_t points = (int64_t)(ascii ? t.len : saas_format_points(t));
    if (points < f->lo)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_SHORT, f->lo);
    else if (points > f->hi)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_LONG, f->hi);
    return points <= f->hi;
}

static void check_ends(saas_report *r, const saas_step *at, const saas_field *f, saas_text t)
{
    size_t prefix = f->prefix ? strlen(f->prefix) : 0, suffix = f->suffix ? strlen(f->suffix) : 0;
    if (prefix && (t.len < prefix || memcmp(t.ptr, f->prefix, prefix) != 0))
        saas_report_add(r, at, SAAS_ISSUE_PREFIX, f->prefix);
    if (suffix && (t.len < suffix || memcmp(t.ptr + t.len - suffix, f->suffix, suffix) != 0))
        saas_report_add(r, at, SAAS_ISSUE_SUFFIX, f->suffix);
}

static void check_one_of(saas_report *r, const saas_step *at, const saas_field *f, saas_text t)
{
    size_t count = 0;
    while (f->one_of[count])
        count++;
    if (!saas_rule_one_of(f, t))
        saas_rule_words(r, at, f->one_of, count);
}

static bool has_format(const saas_field *f, saas_type type, saas_text t)
{
    switch (type) {
    case SAAS_T_EMAIL:
        return saas_format_email(t);
    case SAAS_T_SLUG:
        return saas_format_slug(t);
    case SAAS_T_URL:
        return saas_format_url(t, f->schemes);
    case SAAS_T_HOSTNAME:
        return saas_format_hostname(t);
    case SAAS_T_IP:
        return saas_format_ipv4(t) || saas_format_ipv6(t);
    case SAAS_T_IPV4:
        return saas_format_ipv4(t);
    case SAAS_T_IPV6:
        return saas_format_ipv6(t);
    case SAAS_T_BASE64URL:
        return saas_format_base64url(t);
    case SAAS_T_HEX:
        return saas_format_hex(t);
    case SAAS_T_E164:
        return saas_format_e164(t);
    case SAAS_T_DECIMAL:
        return saas_format_decimal(t, f->hi, f->lo);
    default:
        return true;
    }
}

/* A text member, by all the rules that there are for one. */
static void text(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text t, bool ascii)
{
    bool fits = !has_length(f, type) || check_length(r, at, f, t, ascii);
    if (f->prefix || f->suffix)
        check_ends(r, at, f, t);
    if (f->pattern && fits && !saas_pattern_fits(f->pattern, t))
        saas_report_add(r, at, SAAS_ISSUE_PATTERN, f->pattern);
    if (f->one_of)
        check_one_of(r, at, f, t);
    if (type == SAAS_T_LITERAL && !saas_text_is(t, f->literal))
        saas_rule_words(r, at, &f->literal, 1);
    if (!has_format(f, type, t))
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, saas_type_format(type));
}

int saas_enum_index(const saas_enum *e, saas_text word)
{
    for (size_t i = 1; i < e->count; i++)
        if (saas_text_is(word, e->words[i]))
            return (int)i;
    return 0;
}

static void word(saas_report *r, const saas_step *at, const saas_enum *e, saas_text t, int *member)
{
    *member = saas_enum_index(e, t);
    if (!*member)
        saas_rule_words(r, at, e->words + 1, e->count - 1);
}

static bool parse(void *member, saas_type type, saas_text t)
{
    switch (type) {
    case SAAS_T_UUID:
        return saas_uuid_parse(member, t) == SAAS_OK;
    case SAAS_T_TIME:
        return saas_format_time(member, t);
    case SAAS_T_DATE:
        return saas_date_parse(member, t) == SAAS_OK;
    default:
        return saas_duration_parse(member, t) == SAAS_OK;
    }
}

void saas_rule_string(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text t, bool ascii,
                      void *member)
{
    if ((f->trim || f->lower || f->upper) && !r->stored) {
        t = saas_transform(t, r->arena, f);
        r->no_memory |= !t.ptr;
        if (!t.ptr)
            return;
    }
    if (saas_type_is_text(type)) {
        *(saas_text *)member = t;
        if (!r->stored)
            text(r, at, f, type, t, ascii);
    } else if (type == SAAS_T_WORD) {
        word(r, at, f->words, t, member);
    } else if (!parse(member, type, t)) {
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, saas_type_format(type));
    }
}
