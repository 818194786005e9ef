#include "base/buf.h"
#include "schema/rules.h"
#include <float.h>
#include <math.h>

/* ---- integers ---- */

static void check_value(saas_report *r, const saas_step *at, const saas_field *f, int64_t value)
{
    saas_buf text;
    if (f->multiple_of != 0 && value % (int64_t)f->multiple_of)
        saas_report_limit(r, at, SAAS_ISSUE_NOT_MULTIPLE, (int64_t)f->multiple_of);
    if (!f->one_of)
        return;
    saas_buf_init(&text, r->arena, 0);
    saas_buf_i64(&text, value);
    saas_text t = saas_buf_done(&text);
    size_t count = 0;
    while (f->one_of[count])
        count++;
    r->no_memory |= !t.ptr;
    if (t.ptr && !saas_rule_one_of(f, t))
        saas_rule_words(r, at, f->one_of, count);
}

static void put(void *member, saas_type type, int64_t value)
{
    if (type == SAAS_T_I32)
        *(int32_t *)member = (int32_t)value;
    else
        *(int64_t *)member = value;
}

static void integer(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, const saas_json_number *n,
                    void *member)
{
    bool bounded = f->bounded && !r->stored, narrow = type == SAAS_T_I32;
    int64_t lo = bounded ? f->lo : narrow ? INT32_MIN : INT64_MIN;
    int64_t hi = bounded ? f->hi : narrow ? INT32_MAX : INT64_MAX;
    if (n->kind == SAAS_JSON_FRACTIONAL)
        saas_rule_type(r, at, type);
    else if (n->kind == SAAS_JSON_BEYOND ? n->negative : n->value < lo)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_SMALL, lo);
    else if (n->kind == SAAS_JSON_BEYOND || n->value > hi)
        saas_report_limit(r, at, SAAS_ISSUE_TOO_BIG, hi);
    else if (bounded && f->exclusive_min && n->value == lo)
        saas_report_limit(r, at, SAAS_ISSUE_NOT_ABOVE, lo);
    else if (bounded && f->exclusive_max && n->value == hi)
        saas_report_limit(r, at, SAAS_ISSUE_NOT_BELOW, hi);
    else {
        put(member, type, n->value);
        if (!r->stored && (f->multiple_of != 0 || f->one_of))
            check_value(r, at, f, n->value);
    }
}

/* ---- doubles ---- */

static void limit(saas_report *r, const saas_step *at, saas_issue_code code, double value)
{
    saas_buf text;
    saas_buf_init(&text, r->arena, 0);
    saas_json j = saas_json_on(&text);
    saas_json_f64(&j, value);
    saas_text t = saas_buf_done(&text);
    r->no_memory |= !t.ptr;
    if (t.ptr)
        saas_report_add(r, at, code, t.ptr);
}

/* Value and step were rounded when they were read, and their quotient is once more. */
static bool is_multiple(double value, double step)
{
    double ratio = value / step, whole = round(ratio);
    return fabs(ratio - whole) < 4 * DBL_EPSILON * fmax(fabs(ratio), 1);
}

static void real(saas_report *r, const saas_step *at, const saas_field *f, const saas_json_number *n, double *member)
{
    double value = 0;
    bool bounded = f->bounded && !r->stored, finite = saas_json_real(&value, n->text);
    double lo = bounded ? f->f_lo : -DBL_MAX, hi = bounded ? f->f_hi : DBL_MAX;
    if (finite ? value < lo : n->negative)
        limit(r, at, SAAS_ISSUE_TOO_SMALL, lo);
    else if (!finite || value > hi)
        limit(r, at, SAAS_ISSUE_TOO_BIG, hi);
    else if (bounded && f->exclusive_min && value == lo)
        limit(r, at, SAAS_ISSUE_NOT_ABOVE, lo);
    else if (bounded && f->exclusive_max && value == hi)
        limit(r, at, SAAS_ISSUE_NOT_BELOW, hi);
    else
        *member = value;
    if (finite && !r->stored && f->multiple_of != 0 && !is_multiple(value, f->multiple_of))
        limit(r, at, SAAS_ISSUE_NOT_MULTIPLE, f->multiple_of);
}

void saas_rule_number(saas_report *r, const saas_step *at, const saas_field *f, saas_type type,
                      const saas_json_number *n, void *member)
{
    if (type == SAAS_T_F64)
        real(r, at, f, n, member);
    else
        integer(r, at, f, type, n, member);
}
