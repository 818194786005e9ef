#include "schema/coerce.h"
#include "json/chars.h"
#include "schema/field.h"
#include "schema/rules.h"

/* An integer's text as JSON has it, so without zeros in front, and no other number. */
static void number(saas_report *r, const saas_step *at, const saas_field *f, saas_text t, void *member)
{
    saas_json_number n;
    saas_json_in in = {.at = t.ptr, .end = t.ptr + t.len};
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] != '-' && (t.ptr[i] < '0' || t.ptr[i] > '9'))
            in.end = in.at;
    if (saas_json_number_token(&in, &n) && in.at == in.end)
        saas_rule_number(r, at, f, &n, member);
    else
        saas_rule_type(r, at, SAAS_T_I64);
}

static void boolean(saas_report *r, const saas_step *at, saas_text t, void *member)
{
    bool yes = saas_text_equal(t, SAAS_LIT("true"));
    if (yes || saas_text_equal(t, SAAS_LIT("false")))
        *(bool *)member = yes;
    else
        saas_rule_type(r, at, SAAS_T_BOOL);
}

static void string(saas_report *r, const saas_step *at, const saas_field *f, saas_text t, void *member)
{
    saas_json_string s = {.text = t, .nul = t.len && memchr(t.ptr, 0, t.len)};
    if (saas_utf8_span(t.ptr, t.ptr + t.len) == t.ptr + t.len)
        saas_rule_string(r, at, f, f->type, &s, member);
    else
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, 0, "not UTF-8");
}

void saas_rule_coerce(saas_report *r, const saas_step *at, const saas_field *f, saas_text text, void *base)
{
    void *member = saas_field_member(f, base);
    *saas_field_has(f, base) = SAAS_SET;
    if (f->type == SAAS_T_I64)
        number(r, at, f, text, member);
    else if (f->type == SAAS_T_BOOL)
        boolean(r, at, text, member);
    else
        string(r, at, f, text, member);
}

static bool coercible(const saas_field *f)
{
    return f->type != SAAS_T_OBJECT && f->type != SAAS_T_LIST;
}

saas_err saas_coerce(void *out, saas_issues *issues, saas_arena *a, const saas_field *f, saas_text path, saas_text text)
{
    saas_report r = saas_report_on(issues, a);
    saas_step at = {.name = path};
    if (!coercible(f))
        return SAAS_ERR_BUG;
    saas_rule_coerce(&r, &at, f, text, out);
    return saas_report_result(&r);
}

saas_err saas_coerce_absent(void *out, saas_issues *issues, saas_arena *a, const saas_field *f, saas_text path)
{
    saas_report r = saas_report_on(issues, a);
    saas_step at = {.name = path};
    if (f->def && !coercible(f))
        return SAAS_ERR_BUG;
    saas_rule_absent(&r, &at, f, out);
    return saas_report_result(&r);
}
