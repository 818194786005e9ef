#include "schema/coerce.h"
#include "json/chars.h"
#include "schema/rules.h"

/* A number's text as JSON has it, so without zeros in front; an integer without fraction and exponent. */
static void number(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text t, void *member)
{
    saas_json_number n;
    saas_json_in in = {.at = t.ptr, .end = t.ptr + t.len};
    for (size_t i = 0; type != SAAS_T_F64 && i < t.len; i++)
        if (t.ptr[i] != '-' && (t.ptr[i] < '0' || t.ptr[i] > '9'))
            in.end = in.at;
    if (saas_json_number_token(&in, &n) && in.at == in.end)
        saas_rule_number(r, at, f, type, &n, member);
    else
        saas_rule_type(r, at, type);
}

static void boolean(saas_report *r, const saas_step *at, saas_text t, void *member)
{
    bool yes = saas_text_equal(t, SAAS_LIT("true"));
    if (yes || saas_text_equal(t, SAAS_LIT("false")))
        *(bool *)member = yes;
    else
        saas_rule_type(r, at, SAAS_T_BOOL);
}

static void string(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text t, void *member)
{
    if (saas_utf8_span(t.ptr, t.ptr + t.len) != t.ptr + t.len)
        saas_report_add(r, at, SAAS_ISSUE_FORMAT, "utf-8");
    else if (t.len && memchr(t.ptr, 0, t.len))
        saas_report_add(r, at, SAAS_ISSUE_NUL, NULL);
    else
        saas_rule_string(r, at, f, type, t, false, member);
}

void saas_rule_coerce(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text text,
                      void *member)
{
    if (type == SAAS_T_BOOL)
        boolean(r, at, text, member);
    else if (saas_type_shape(type) == SAAS_SHAPE_STRING)
        string(r, at, f, type, text, member);
    else
        number(r, at, f, type, text, member);
}

saas_err saas_coerce(void *out, saas_issues *issues, saas_arena *a, const saas_field *f, saas_text path, saas_text text)
{
    saas_report r = saas_report_on(issues, a, NULL);
    saas_step at = {.field = f, .name = path};
    if (!saas_type_is_scalar(f->type))
        return SAAS_ERR_BUG;
    *saas_field_has(f, out) = SAAS_SET;
    saas_rule_coerce(&r, &at, f, f->type, text, saas_field_member(f, out));
    return saas_report_result(&r);
}

saas_err saas_coerce_absent(void *out, saas_issues *issues, saas_arena *a, const saas_field *f, saas_text path)
{
    saas_report r = saas_report_on(issues, a, NULL);
    saas_step at = {.field = f, .name = path};
    if (f->def && !saas_type_is_scalar(f->type))
        return SAAS_ERR_BUG;
    saas_rule_absent(&r, &at, f, out);
    return saas_report_result(&r);
}
