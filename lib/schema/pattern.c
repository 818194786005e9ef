#include "schema/pattern.h"
#include "base/error.h"
#include "json/chars.h"
#include "schema/ascii.h"
#include "schema/points.h"
#include <saas/schema.h>

enum { GROUPS_MAX = 32, REPEAT_MAX = 255 };

typedef struct compiler {
    saas_pattern *p;
    const char *at;
    const char *problem; /* the first sticks */
    int groups;
} compiler;

static void fail(compiler *c, const char *problem)
{
    if (!c->problem)
        c->problem = problem;
}

static void emit(compiler *c, saas_step_op op, int32_t arg)
{
    if (c->p->count == SAAS_PATTERN_ROOM)
        fail(c, "too many steps");
    else
        c->p->steps[c->p->count++] = (saas_pattern_step){op, arg};
}

/* Room for one step before `start`; jumps are relative, so what follows can move. */
static void insert(compiler *c, size_t start, saas_step_op op, int32_t arg)
{
    emit(c, op, arg);
    if (c->problem)
        return;
    saas_pattern_step *steps = c->p->steps;
    memmove(&steps[start + 1], &steps[start], (c->p->count - 1 - start) * sizeof *steps);
    steps[start] = (saas_pattern_step){op, arg};
}

/* ---- sets and escapes ---- */

/* Behind a backslash; false when there is no such escape. */
static bool escaped(const char **at, bool in_set, saas_pattern_item *out)
{
    static const char named[] = "tnrfv", values[] = "\t\n\r\f\v";
    char ch = **at;
    const char *name = ch ? strchr(named, ch) : NULL;
    *at += ch != 0;
    uint32_t point = (unsigned char)(name ? values[name - named] : ch);
    *out = (saas_pattern_item){point, point, saas_is_in(ch, "dwsDWS") ? ch : 0};
    return out->letter || name || saas_is_in(ch, "^$\\.*+?()[]{}|/") || (in_set && ch == '-');
}

static bool set_point(const char **at, saas_pattern_item *out)
{
    if (**at == '\\') {
        ++*at;
        return escaped(at, true, out);
    }
    if (!**at)
        return false;
    out->lo = out->hi = saas_point_take(at);
    out->letter = 0;
    return true;
}

bool saas_pattern_item_take(const char **at, saas_pattern_item *out)
{
    saas_pattern_item last;
    if (!set_point(at, out))
        return false;
    if ((*at)[0] != '-' || (*at)[1] == ']')
        return true;
    ++*at;
    if (!set_point(at, &last) || out->letter || last.letter || last.lo < out->lo)
        return false;
    out->hi = last.hi;
    return true;
}

static void set(compiler *c)
{
    saas_pattern_item item;
    emit(c, SAAS_STEP_SET, (int32_t)(c->at - c->p->text));
    c->at += c->at[1] == '^' ? 2 : 1;
    if (*c->at == ']')
        fail(c, "an empty set");
    while (!c->problem && *c->at != ']')
        if (!saas_pattern_item_take(&c->at, &item))
            fail(c, "a set that is no set");
    c->at += !c->problem;
}

static void escape(compiler *c)
{
    saas_pattern_item item;
    const char *letter = ++c->at;
    if (!escaped(&c->at, false, &item))
        fail(c, "an escape that is none");
    else if (item.letter)
        emit(c, SAAS_STEP_SET, (int32_t)(letter - c->p->text));
    else
        emit(c, SAAS_STEP_CHAR, (int32_t)item.lo);
}

/* ---- repetition ---- */

typedef struct repeat {
    int lo, hi; /* hi -1: without end */
} repeat;

static bool number(const char **at, int *out)
{
    const char *start = *at;
    for (*out = 0; saas_is_digit(**at) && *out <= REPEAT_MAX; ++*at)
        *out = *out * 10 + (**at - '0');
    return *at > start && *out <= REPEAT_MAX;
}

static bool counted(const char **at, repeat *out)
{
    ++*at;
    if (!number(at, &out->lo))
        return false;
    out->hi = out->lo;
    if (**at == ',') {
        ++*at;
        out->hi = -1;
        if (**at != '}' && (!number(at, &out->hi) || out->hi < out->lo))
            return false;
    }
    if (**at != '}')
        return false;
    ++*at;
    return true;
}

/* False: none here. */
static bool take_repeat(compiler *c, repeat *out)
{
    static const char signs[] = "*+?";
    static const repeat simple[] = {{0, -1}, {1, -1}, {0, 1}};
    const char *sign = *c->at ? strchr(signs, *c->at) : NULL;
    if (!sign && *c->at != '{')
        return false;
    if (sign) {
        *out = simple[sign - signs];
        c->at++;
    } else if (!counted(&c->at, out)) {
        fail(c, "a repetition that is none");
    }
    if (saas_is_in(*c->at, "*+?{"))
        fail(c, "a repetition of a repetition");
    return !c->problem;
}

static void star(compiler *c, size_t start)
{
    int32_t len = (int32_t)(c->p->count - start);
    insert(c, start, SAAS_STEP_SPLIT, len + 2);
    emit(c, SAAS_STEP_JUMP, -(len + 1));
}

static void copy(compiler *c, size_t start, size_t len)
{
    for (size_t i = 0; i < len; i++)
        emit(c, c->p->steps[start + i].op, c->p->steps[start + i].arg);
}

/* The steps from `start` on, lo to hi times: written behind, then moved to their place. */
static void write_out(compiler *c, size_t start, repeat r)
{
    size_t end = c->p->count, len = end - start;
    for (int i = 0; i < r.lo; i++)
        copy(c, start, len);
    for (int i = r.lo; i < r.hi; i++) {
        emit(c, SAAS_STEP_SPLIT, (int32_t)len + 1);
        copy(c, start, len);
    }
    if (r.hi < 0) {
        size_t last = c->p->count;
        copy(c, start, len);
        star(c, last);
    }
    if (c->problem)
        return;
    c->p->count -= len;
    memmove(&c->p->steps[start], &c->p->steps[end], (c->p->count - start) * sizeof *c->p->steps);
}

static void repeated(compiler *c, size_t start)
{
    repeat r;
    int32_t len = (int32_t)(c->p->count - start);
    if (!take_repeat(c, &r))
        return;
    if (r.lo == 0 && r.hi < 0)
        star(c, start);
    else if (r.lo == 1 && r.hi < 0)
        emit(c, SAAS_STEP_SPLIT, -len);
    else if (r.lo == 0 && r.hi == 1)
        insert(c, start, SAAS_STEP_SPLIT, len + 1);
    else if (r.lo != 1 || r.hi != 1)
        write_out(c, start, r);
}

/* ---- grammar ---- */

static void alternatives(compiler *c);

static void group(compiler *c)
{
    c->at++;
    if (c->at[0] == '?') {
        if (c->at[1] != ':')
            fail(c, "a group that is neither (...) nor (?:...)");
        c->at += c->at[1] ? 2 : 1;
    }
    if (++c->groups > GROUPS_MAX)
        fail(c, "groups nested too deep");
    if (!c->problem)
        alternatives(c);
    if (*c->at != ')')
        fail(c, "a group without its end");
    else
        c->at++;
    c->groups--;
}

static void atom(compiler *c)
{
    if (*c->at == '(') {
        group(c);
    } else if (*c->at == '[') {
        set(c);
    } else if (*c->at == '\\') {
        escape(c);
    } else if (*c->at == '.') {
        c->at++;
        emit(c, SAAS_STEP_ANY, 0);
    } else if (saas_is_in(*c->at, "*+?{}]^$")) {
        fail(c, "a character that must be escaped");
    } else {
        emit(c, SAAS_STEP_CHAR, (int32_t)saas_point_take(&c->at));
    }
}

static bool at_end(const compiler *c)
{
    return !*c->at || *c->at == '|' || *c->at == ')' || (*c->at == '$' && !c->at[1] && !c->groups);
}

static void sequence(compiler *c)
{
    if (at_end(c))
        fail(c, "an empty alternative");
    while (!c->problem && !at_end(c)) {
        size_t start = c->p->count;
        atom(c);
        if (!c->problem)
            repeated(c, start);
    }
}

/* a|b|c: split to b, a, jump to the end; ... */
static void alternatives(compiler *c)
{
    size_t start = c->p->count;
    sequence(c);
    while (!c->problem && *c->at == '|') {
        int32_t before = (int32_t)(c->p->count - start);
        c->at++;
        insert(c, start, SAAS_STEP_SPLIT, before + 2);
        size_t jump = c->p->count;
        emit(c, SAAS_STEP_JUMP, 0);
        sequence(c);
        if (!c->problem)
            c->p->steps[jump].arg = (int32_t)(c->p->count - jump);
    }
}

const char *saas_pattern_compile(saas_pattern *p, const char *text)
{
    compiler c = {.p = p, .at = text + (*text == '^')};
    size_t len = strlen(text);
    p->text = text;
    p->count = 0;
    if (len > SAAS_PATTERN_BYTES_MAX || saas_utf8_span(text, text + len) != text + len)
        return "more than 1000 bytes, or no UTF-8";
    alternatives(&c);
    if (!c.problem && *c.at == ')')
        fail(&c, "a ) without its (");
    emit(&c, SAAS_STEP_MATCH, 0);
    if (p->count > SAAS_PATTERN_STEPS_MAX)
        fail(&c, "too many steps");
    return c.problem;
}

saas_err saas_pattern_check(const char *pattern, saas_error *e)
{
    saas_pattern p;
    saas_error_clear(e);
    const char *problem = saas_pattern_compile(&p, pattern);
    return problem ? saas_error_add(e, SAAS_ERR_BUG, "pattern %s: %s", pattern, problem) : SAAS_OK;
}
