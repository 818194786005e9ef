/* A query string into a struct: what is taken holds its rules and is UTF-8 without U+0000. */
#include "fuzz.h"
#include "json/chars.h"
#include <saas/schema.h>

#define ORDER(W, T) W(T, name) W(T, name_desc, "-name")
SAAS_ENUM(order, ORDER);

#define LIST(F, T)                                                                                                     \
    F(T, i64(1, 1000000), page, .def = "1")                                                                            \
    F(T, i64(1, 100), per_page, .def = "20")                                                                           \
    F(T, text(0, 10), q)                                                                                               \
    F(T, bool, deep)                                                                                                   \
    F(T, word(order), sort)                                                                                            \
    F(T, uuid, owner_id)                                                                                               \
    F(T, email, mail)                                                                                                  \
    F(T, slug(3, 9), slug)                                                                                             \
    F(T, time, since)
SAAS_STRUCT(list, LIST);

static void rules_hold(const struct list *in)
{
    const char *end = in->q.ptr + in->q.len;
    MUST(in->page >= 1 && in->page <= 1000000 && in->per_page >= 1 && in->per_page <= 100);
    MUST(in->has.sort == SAAS_ABSENT || in->sort == order_name || in->sort == order_name_desc);
    MUST(in->has.slug == SAAS_ABSENT || (in->slug.len >= 3 && in->slug.len <= 9));
    if (in->has.q == SAAS_ABSENT)
        return;
    MUST(strlen(in->q.ptr) == in->q.len && saas_utf8_span(in->q.ptr, end) == end && in->q.len <= 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *out = NULL;
    saas_issues issues = {NULL, 0, 0};
    saas_arena *a = saas_arena_new(16 << 20);
    MUST(a);
    saas_err err = saas_read_query(&out, &issues, &list_schema, a, (saas_text){(const char *)data, size});
    MUST(err == SAAS_OK || err == SAAS_ERR_VALIDATION);
    MUST((err == SAAS_OK) == (out != NULL) && (err == SAAS_OK) == !issues.count);
    if (out)
        rules_hold(out);
    saas_arena_free(a);
    return 0;
}
