#include "schema/fits.h"
#include "json/token.h"
#include "schema/field.h"
#include "schema/format.h"
#include "schema/pattern.h"
#include <math.h>

static bool is_number(saas_type type)
{
    return type == SAAS_T_I32 || type == SAAS_T_I64 || type == SAAS_T_F64;
}

static bool is_plain_text(saas_type type)
{
    return saas_type_is_text(type) && type != SAAS_T_JSON;
}

static const char *real_bounds(const saas_field *f)
{
    if (!isfinite(f->f_lo) || !isfinite(f->f_hi))
        return "bounds must be finite";
    if (f->f_lo > f->f_hi)
        return "lo > hi";
    return f->f_lo == f->f_hi && (f->exclusive_min || f->exclusive_max) ? "no value is left" : NULL;
}

static const char *bounds(const saas_field *f, saas_type type)
{
    if ((f->exclusive_min || f->exclusive_max) && !(is_number(type) && f->bounded))
        return "exclusive bounds on what is no number";
    if (!f->bounded)
        return NULL;
    if (type == SAAS_T_F64)
        return real_bounds(f);
    if (f->lo > f->hi)
        return "lo > hi";
    if (is_plain_text(type) && f->lo < 0)
        return "a length below 0";
    if (type == SAAS_T_I32 && (f->lo < INT32_MIN || f->hi > INT32_MAX))
        return "bounds beyond 32 bits";
    return f->lo == f->hi && (f->exclusive_min || f->exclusive_max) ? "no value is left" : NULL;
}

static const char *step(const saas_field *f, saas_type type)
{
    if (f->multiple_of == 0)
        return NULL;
    if (!is_number(type))
        return "multiple_of on what is no number";
    if (!isfinite(f->multiple_of) || f->multiple_of < 0)
        return "multiple_of must be above 0";
    if (type != SAAS_T_F64 && (f->multiple_of != floor(f->multiple_of) || f->multiple_of > 9007199254740992.0))
        return "multiple_of of an integer must be one";
    return NULL;
}

static const char *ends(const saas_field *f, saas_type type)
{
    int64_t longest = f->bounded && type != SAAS_T_DECIMAL ? f->hi : INT64_MAX;
    if (f->prefix && !is_plain_text(type))
        return "a prefix on what is no text";
    if (f->suffix && !is_plain_text(type))
        return "a suffix on what is no text";
    if (f->prefix && (int64_t)saas_format_points(saas_text_z(f->prefix)) > longest)
        return "prefix longer than the text may be";
    if (f->suffix && (int64_t)saas_format_points(saas_text_z(f->suffix)) > longest)
        return "suffix longer than the text may be";
    return NULL;
}

static const char *schemes(const saas_field *f, saas_type type)
{
    if (f->schemes && type != SAAS_T_URL)
        return "schemes on what is no url";
    return f->schemes && !saas_format_schemes(f->schemes) ? "schemes must be lower case, one space between" : NULL;
}

static const char *transforms(const saas_field *f, saas_type type)
{
    if ((f->trim || f->lower || f->upper) && saas_type_shape(type) != SAAS_SHAPE_STRING)
        return "trim, lower or upper on what is no text";
    return f->lower && f->upper ? "lower and upper" : NULL;
}

static const char *pattern(const saas_field *f, saas_type type)
{
    saas_pattern compiled;
    if (f->pattern && !is_plain_text(type))
        return "a pattern on what is no text";
    return f->pattern ? saas_pattern_compile(&compiled, f->pattern) : NULL;
}

static bool is_integer(const char *text)
{
    saas_json_number n;
    saas_json_in in = {.at = text, .end = text + strlen(text)};
    return strspn(text, "-0123456789") == strlen(text) && saas_json_number_token(&in, &n) && in.at == in.end &&
           n.kind == SAAS_JSON_INTEGER && !(n.negative && !n.value);
}

static const char *choices(const saas_field *f, saas_type type)
{
    bool integer = type == SAAS_T_I32 || type == SAAS_T_I64;
    if (!f->one_of)
        return NULL;
    if (!integer && !is_plain_text(type))
        return "one_of on what is neither text nor integer";
    if (!*f->one_of)
        return "one_of without a choice";
    for (const char *const *word = f->one_of; integer && *word; word++)
        if (!is_integer(*word))
            return "one_of of an integer must be integers";
    return NULL;
}

const char *saas_rules_problem(const saas_field *f, saas_type type)
{
    static const char *(*const rules[])(const saas_field *, saas_type) = {bounds,     step,    ends,   schemes,
                                                                          transforms, pattern, choices};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *problem = rules[i](f, type);
        if (problem)
            return problem;
    }
    return NULL;
}
