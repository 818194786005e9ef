/* tests/schema/kinds.h: one table with every kind and rule that shapes.h lacks. */
#ifndef TESTS_SCHEMA_KINDS_H
#define TESTS_SCHEMA_KINDS_H

#include "schema/shapes.h"

#define CIRCLE(F, T) F(T, f64(0, 100), radius, .required = true, .exclusive_min = true)
SAAS_STRUCT(circle, CIRCLE);
#define BOX(F, T)                                                                                                      \
    F(T, i32(1, 9), side, .required = true)                                                                            \
    F(T, text(0, 9), label, .def = "plain")
SAAS_STRUCT(box, BOX);
#define FIGURE(V, T) V(T, circle) V(T, box, "square")
SAAS_UNION(figure, "type", FIGURE);

#define SPAN(F, T)                                                                                                     \
    F(T, date, starts_on, .required = true)                                                                            \
    F(T, date, ends_on, .required = true)
static saas_refine_fn check_span;
SAAS_STRUCT(span, SPAN, .refine = check_span);

static void check_span(saas_refiner *r, const void *in)
{
    const struct span *s = in;
    if (s->ends_on.days < s->starts_on.days)
        saas_refine_add(r, "endsOn", "ends before it starts");
    if (s->ends_on.days == s->starts_on.days)
        saas_refine_add(r, "", "takes no time");
}

#define FOLDER(F, T)                                                                                                   \
    F(T, text(1, 8), name, .required = true)                                                                           \
    F(T, list(object(folder), 0, 4), inside)
SAAS_STRUCT(folder, FOLDER);

#define KINDS(F, T)                                                                                                    \
    F(T, i32(-5, 100), small, .multiple_of = 5)                                                                        \
    F(T, i32(INT32_MIN, INT32_MAX), int32)                                                                             \
    F(T, i64(0, 10), inner, .exclusive_min = true, .exclusive_max = true)                                              \
    F(T, i32(0, 99), page_size, .one_of = SAAS_ONE_OF("10", "20", "50"))                                               \
    F(T, f64(-1.5, 1e6), ratio)                                                                                        \
    F(T, f64(0, 1), share, .exclusive_max = true, .multiple_of = 0.01)                                                 \
    F(T, decimal(6, 2), price)                                                                                         \
    F(T, literal("v1"), version)                                                                                       \
    F(T, hostname, host)                                                                                               \
    F(T, ip, ip)                                                                                                       \
    F(T, ipv4, ip4)                                                                                                    \
    F(T, ipv6, ip6)                                                                                                    \
    F(T, base64url(2, 8), token)                                                                                       \
    F(T, hex(2, 8), colour)                                                                                            \
    F(T, e164, phone)                                                                                                  \
    F(T, date, day)                                                                                                    \
    F(T, duration, ttl)                                                                                                \
    F(T, json, extra, .nullable = true)                                                                                \
    F(T, union(figure), figure)                                                                                        \
    F(T, map(i64(0, 9), 1, 2), limits)                                                                                 \
    F(T, map(object(span), 0, 2), spans)                                                                               \
    F(T, list(text(0, 9), 0, 40), tags, .unique = true, .trim = true, .lower = true)                                   \
    F(T, list(union(figure), 0, 3), figures, .unique = true)                                                           \
    F(T, text(0, 9), code, .pattern = "[A-Z]{2}-\\d+", .upper = true)                                                  \
    F(T, text(0, 9), file, .prefix = "a", .suffix = ".c")                                                              \
    F(T, text(0, 9), colour_name, .one_of = SAAS_ONE_OF("red", "blue"), .message = "choose a colour")                  \
    F(T, text(1, 9), secret, .write_only = true)                                                                       \
    F(T, object(span), span)                                                                                           \
    F(T, object(folder), root)
SAAS_STRUCT(kinds, KINDS);

#endif
