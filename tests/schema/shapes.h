/* tests/schema/shapes.h: one table with every kind and every rule, and how the tests look at issues. */
#ifndef TESTS_SCHEMA_SHAPES_H
#define TESTS_SCHEMA_SHAPES_H

#include "check.h"
#include <saas/schema.h>

#define STATUS(W, T) W(T, draft) W(T, live) W(T, gone, "no-more")
SAAS_ENUM(status, STATUS);

#define ADDRESS(F, T)                                                                                                  \
    F(T, text(1, 20), street, .required = true)                                                                        \
    F(T, text(2, 2), country, .def = "DE")
SAAS_STRUCT(address, ADDRESS);

#define LINE(F, T)                                                                                                     \
    F(T, i64(1, 10), qty, .required = true)                                                                            \
    F(T, object(address), ship_to)                                                                                     \
    F(T, list(text(1, 5), 0, 2), tags)
SAAS_STRUCT(line, LINE);

#define ALL(F, T)                                                                                                      \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 8), title, .required = true)                                                                          \
    F(T, text(0, 4000), body, .nullable = true)                                                                        \
    F(T, text(0, 40), api_key, .prefix = "sk_", .secret = true)                                                        \
    F(T, email, mail)                                                                                                  \
    F(T, slug(3, 10), slug)                                                                                            \
    F(T, i64(-5, 1000), qty, .def = "7")                                                                               \
    F(T, i64(INT64_MIN, INT64_MAX), huge)                                                                              \
    F(T, bool, done)                                                                                                   \
    F(T, uuid, owner_id)                                                                                               \
    F(T, time, due_at)                                                                                                 \
    F(T, word(status), status, .def = "draft")                                                                         \
    F(T, object(address), address, .nullable = true)                                                                   \
    F(T, list(object(line), 1, 3), items)                                                                              \
    F(T, list(i64(0, 9), 0, 40), digits)                                                                               \
    F(T, list(word(status), 0, 4), states)                                                                             \
    F(T, text(0, 9), odd, .json = "$odd", .column = "odd_col")
SAAS_STRUCT(all, ALL);

static saas_arena *arena;
static saas_issues issues;

/* A struct of `all`, or NULL; *err says why. */
static inline const struct all *read_all_n(const char *json, size_t len, saas_err *err)
{
    void *out = NULL;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    char *copy = saas_arena_copy(arena, json, len);
    *err = copy ? saas_read_json(&out, &issues, &all_schema, arena, copy, len) : SAAS_ERR_NO_MEMORY;
    return out;
}

static inline const struct all *read_all(const char *json, saas_err *err)
{
    return read_all_n(json, strlen(json), err);
}

/* "path code limit message" of each issue, a line each. */
static inline const char *issue_lines(void)
{
    static char text[8192];
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; i < issues.count && len < sizeof text; i++) {
        const saas_issue *s = &issues.items[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s|%d|%lld|%s", i ? "\n" : "", s->path.ptr,
                                (int)s->code, (long long)s->limit, s->message.ptr);
    }
    return text;
}

#define SHAPES_MAIN(tests)                                                                                             \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        arena = saas_arena_new(8 << 20);                                                                               \
        int failed = !arena || check_run(tests, sizeof(tests) / sizeof *(tests), argc, argv);                          \
        saas_arena_free(arena);                                                                                        \
        return failed;                                                                                                 \
    }

#endif
