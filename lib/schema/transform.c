#include "schema/transform.h"
#include "schema/points.h"

static saas_text trim(saas_text t)
{
    const char *at = t.ptr, *end = t.ptr + t.len, *start = NULL, *stop = t.ptr;
    while (at < end) {
        const char *here = at;
        if (saas_point_is_space(saas_point_take(&at)))
            continue;
        start = start ? start : here;
        stop = at;
    }
    return start ? (saas_text){start, (size_t)(stop - start)} : (saas_text){t.ptr, 0};
}

static char in_case(char ch, const saas_field *f)
{
    if (f->lower && ch >= 'A' && ch <= 'Z')
        return (char)(ch + ('a' - 'A'));
    if (f->upper && ch >= 'a' && ch <= 'z')
        return (char)(ch - ('a' - 'A'));
    return ch;
}

saas_text saas_transform(saas_text t, saas_arena *a, const saas_field *f)
{
    saas_text kept = f->trim ? trim(t) : t;
    bool changes = kept.len != t.len;
    for (size_t i = 0; !changes && i < kept.len; i++)
        changes = in_case(kept.ptr[i], f) != kept.ptr[i];
    if (!changes)
        return t;
    char *copy = saas_arena_copy(a, kept.ptr, kept.len);
    if (!copy)
        return (saas_text){NULL, 0};
    for (size_t i = 0; i < kept.len; i++)
        copy[i] = in_case(copy[i], f);
    return (saas_text){copy, kept.len};
}
