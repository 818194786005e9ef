#include <saas/text.h>
#include <inttypes.h>
#include <stdio.h>

static const int64_t second_us = 1000000;

typedef struct unit {
    char name;
    bool time; /* behind the T */
    int64_t us;
} unit;

/* In the order they are written in. */
static const unit units[] = {
    {'D', false, INT64_C(86400000000)},
    {'H', true, INT64_C(3600000000)},
    {'M', true, INT64_C(60000000)},
    {'S', true, INT64_C(1000000)},
};
enum { UNITS = sizeof units / sizeof *units };

/* Adds count * us; false beyond 64 bits. */
static bool add(int64_t *total, int64_t count, int64_t us)
{
    int64_t part;
    return !__builtin_mul_overflow(count, us, &part) && !__builtin_add_overflow(*total, part, total);
}

static bool digits(const char **at, const char *end, int64_t *out)
{
    const char *start = *at;
    *out = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, **at - '0', out))
            return false;
    return *at > start;
}

/* ".5" of seconds; more than six digits would not be exact. */
static bool fraction(const char **at, const char *end, int64_t *total)
{
    int64_t part = second_us;
    const char *start = ++*at;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        part /= 10;
        if (!part || !add(total, **at - '0', part))
            return false;
    }
    return *at > start && *at < end && **at == 'S';
}

/* One number with its unit, which stands behind units[*next - 1] in the table. */
static bool component(const char **at, const char *end, bool time, size_t *next, int64_t *total)
{
    int64_t count;
    if (!digits(at, end, &count) || *at == end)
        return false;
    if (**at == '.' && !(time && fraction(at, end, total)))
        return false;
    while (*next < UNITS && (units[*next].name != **at || units[*next].time != time))
        ++*next;
    if (*next == UNITS || !add(total, count, units[*next].us))
        return false;
    ++*next;
    ++*at;
    return true;
}

static bool weeks(const char *at, const char *end, int64_t *total)
{
    int64_t count;
    return digits(&at, end, &count) && end - at == 1 && *at == 'W' && add(total, count, 7 * units[0].us);
}

saas_err saas_duration_parse(saas_duration *out, saas_text text)
{
    const char *at = text.ptr, *end = at + text.len;
    int64_t total = 0;
    size_t next = 0;
    bool time = false;
    if (text.len < 3 || *at++ != 'P')
        return SAAS_ERR_VALIDATION;
    if (end[-1] == 'W') {
        if (!weeks(at, end, &total))
            return SAAS_ERR_VALIDATION;
        at = end;
    }
    while (at < end) {
        if (*at == 'T') {
            if (time)
                return SAAS_ERR_VALIDATION;
            time = true;
            at++;
        }
        if (!component(&at, end, time, &next, &total))
            return SAAS_ERR_VALIDATION;
    }
    out->us = total;
    return SAAS_OK;
}

static char *put_seconds(char *at, const char *end, uint64_t us)
{
    at += snprintf(at, (size_t)(end - at), "%" PRIu64, us / 1000000);
    if (us % 1000000) {
        at += snprintf(at, (size_t)(end - at), ".%06" PRIu64, us % 1000000);
        while (at[-1] == '0')
            at--;
    }
    *at++ = 'S';
    return at;
}

void saas_duration_format(char out[SAAS_DURATION_CHARS + 1], saas_duration d)
{
    char *at = out, *end = out + SAAS_DURATION_CHARS + 1;
    uint64_t rest = d.us < 0 ? 0 - (uint64_t)d.us : (uint64_t)d.us;
    if (d.us < 0)
        *at++ = '-';
    *at++ = 'P';
    bool time = false;
    for (size_t i = 0; i < UNITS; i++) {
        uint64_t us = (uint64_t)units[i].us, count = rest / us;
        bool last = i == UNITS - 1;
        if (last ? !rest && at > out + 1 + (d.us < 0) : !count)
            continue;
        if (units[i].time && !time)
            *at++ = 'T';
        time |= units[i].time;
        if (last)
            at = put_seconds(at, end, rest);
        else
            at += snprintf(at, (size_t)(end - at), "%" PRIu64 "%c", count, units[i].name);
        rest -= last ? rest : count * us;
    }
    *at = 0;
}
