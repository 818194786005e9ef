#include "schema/ascii.h"
#include "schema/pattern.h"
#include "schema/points.h"

/* The steps that wait for the next code point. */
typedef struct states {
    uint16_t list[SAAS_PATTERN_STEPS_MAX + 1];
    size_t count;
    uint64_t seen[(SAAS_PATTERN_STEPS_MAX + 64) / 64];
} states;

static bool letter_has(char letter, uint32_t point)
{
    bool ascii = point < 0x80, negated = letter < 'a', in;
    char ch = ascii ? (char)point : 0;
    switch (letter | ' ') {
    case 'd':
        in = ascii && saas_is_digit(ch);
        break;
    case 'w':
        in = ascii && (saas_is_alnum(ch) || ch == '_');
        break;
    default:
        in = saas_point_is_space(point);
    }
    return in != negated;
}

static bool set_has(const char *at, uint32_t point)
{
    if (*at != '[')
        return letter_has(*at, point);
    bool negated = at[1] == '^', in = false;
    saas_pattern_item item;
    for (at += negated ? 2 : 1; !in && *at != ']';) {
        if (!saas_pattern_item_take(&at, &item))
            return false;
        in = item.letter ? letter_has(item.letter, point) : point >= item.lo && point <= item.hi;
    }
    return in != negated;
}

static bool takes(const saas_pattern *p, const saas_pattern_step *step, uint32_t point)
{
    switch (step->op) {
    case SAAS_STEP_CHAR:
        return (uint32_t)step->arg == point;
    case SAAS_STEP_ANY:
        return point != '\n' && point != '\r' && point != 0x2028 && point != 0x2029;
    case SAAS_STEP_SET:
        return set_has(p->text + step->arg, point);
    default:
        return false;
    }
}

/* Adds a step and what it leads to without taking anything. A step is followed once, so there are at most two places a
 * step to go on from. */
static void add(states *s, const saas_pattern *p, size_t at)
{
    uint16_t later[SAAS_PATTERN_STEPS_MAX + 2];
    size_t n = 0;
    later[n++] = (uint16_t)at;
    while (n) {
        uint16_t i = later[--n];
        if (s->seen[i / 64] >> (i % 64) & 1)
            continue;
        s->seen[i / 64] |= UINT64_C(1) << (i % 64);
        const saas_pattern_step *step = &p->steps[i];
        if (step->op == SAAS_STEP_SPLIT)
            later[n++] = (uint16_t)(i + 1);
        if (step->op == SAAS_STEP_SPLIT || step->op == SAAS_STEP_JUMP)
            later[n++] = (uint16_t)(i + step->arg);
        else
            s->list[s->count++] = i;
    }
}

static void clear(states *s)
{
    s->count = 0;
    memset(s->seen, 0, sizeof s->seen);
}

bool saas_pattern_matches(const saas_pattern *p, saas_text t)
{
    states a, b, *now = &a, *next = &b;
    const char *at = t.ptr, *end = t.ptr + t.len;
    clear(now);
    add(now, p, 0);
    while (at < end && now->count) {
        uint32_t point = saas_point_take(&at);
        clear(next);
        for (size_t i = 0; i < now->count; i++)
            if (takes(p, &p->steps[now->list[i]], point))
                add(next, p, now->list[i] + 1U);
        states *swap = now;
        now = next;
        next = swap;
    }
    for (size_t i = 0; i < now->count; i++)
        if (p->steps[now->list[i]].op == SAAS_STEP_MATCH)
            return true;
    return false;
}

bool saas_pattern_fits(const char *pattern, saas_text t)
{
    saas_pattern p;
    return !saas_pattern_compile(&p, pattern) && saas_pattern_matches(&p, t);
}
