/* JSON and queries into a struct of the kinds that schema.c's table lacks: what is taken reads back from what it is
 * written as, and pattern and unique rules hold. */
#include "fuzz.h"
#include "base/arena.h"
#include "schema/kinds.h"
#include "schema/write.h"

static void *read_once(saas_arena *a, saas_text json, saas_err *err)
{
    void *out = NULL;
    saas_issues found = {NULL, 0, 0, NULL};
    char *copy = saas_arena_copy(a, json.ptr, json.len);
    MUST(copy);
    *err = saas_read_json(&out, &found, &kinds_schema, a, copy, json.len);
    MUST((*err == SAAS_OK) == (out != NULL));
    MUST((*err == SAAS_ERR_VALIDATION) == (found.count != 0));
    for (size_t i = 0; i < found.count; i++)
        MUST(found.items[i].message.len && !found.items[i].path.ptr[found.items[i].path.len]);
    return out;
}

static saas_text write_once(saas_arena *a, const void *in)
{
    saas_buf b;
    saas_buf_init(&b, a, 0);
    saas_json j = saas_json_on(&b);
    saas_write_struct(&j, &kinds_schema, in);
    return saas_buf_done(&b);
}

static void rules_hold(const struct kinds *in)
{
    MUST(in->small % 5 == 0 && in->small >= -5 && in->small <= 100);
    MUST(in->has.inner == SAAS_ABSENT || (in->inner > 0 && in->inner < 10));
    MUST(in->ratio >= -1.5 && in->ratio <= 1e6 && in->share >= 0 && in->share < 1);
    MUST(in->has.figure == SAAS_ABSENT || in->figure.kind == figure_circle || in->figure.kind == figure_box);
    MUST(in->figure.kind != figure_circle || in->figure.is.circle.radius > 0);
    MUST(in->limits.count <= 2 && in->spans.count <= 2 && in->tags.count <= 40);
    for (size_t i = 0; i < in->spans.count; i++)
        MUST(in->spans.items[i].value.ends_on.days > in->spans.items[i].value.starts_on.days);
    for (size_t i = 0; i < in->tags.count; i++)
        for (size_t k = 0; k < i; k++)
            MUST(!saas_text_equal(in->tags.items[i], in->tags.items[k]));
    MUST(in->has.code == SAAS_ABSENT || (in->code.len >= 4 && in->code.ptr[2] == '-'));
}

static void cells_read(saas_arena *a, saas_text cell)
{
    struct kinds out;
    memset(&out, 0, sizeof out);
    for (size_t i = 0; i < kinds_schema.count; i++) {
        saas_err err = saas_read_cell(&out, a, saas_schema_field(&kinds_schema, i), cell);
        MUST(err == SAAS_OK || err == SAAS_ERR_BUG);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_err err;
    void *out;
    saas_issues found = {NULL, 0, 0, NULL};
    saas_arena *a = saas_arena_new(64 << 20);
    MUST(a);
    saas_text json = {saas_arena_copy(a, data, size), size};
    const struct kinds *in = read_once(a, json, &err);
    if (in) {
        rules_hold(in);
        saas_text written = write_once(a, in);
        bool has_secret = in->has.secret != SAAS_ABSENT;
        const struct kinds *again = read_once(a, written, &err);
        MUST(has_secret || again);
        MUST(!again || saas_text_equal(write_once(a, again), written));
    }
    cells_read(a, json);
    err = saas_read_query(&out, &found, &kinds_schema, a, json);
    MUST(err == SAAS_OK || err == SAAS_ERR_VALIDATION);
    saas_arena_free(a);
    return 0;
}
