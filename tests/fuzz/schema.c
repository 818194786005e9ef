/* JSON into a struct of every kind: what is taken holds its own rules, and reads back from what it is written as. */
#include "fuzz.h"
#include "base/arena.h"
#include "json/scan.h"
#include "schema/shapes.h"
#include "schema/write.h"

static void *read_once(saas_arena *a, saas_text json, saas_err *err)
{
    void *out = NULL;
    saas_issues found = {NULL, 0, 0};
    char *copy = saas_arena_copy(a, json.ptr, json.len);
    MUST(copy);
    *err = saas_read_json(&out, &found, &all_schema, a, copy, json.len);
    MUST((*err == SAAS_OK) == (out != NULL));
    MUST((*err == SAAS_ERR_VALIDATION) == (found.count != 0));
    MUST(found.count <= SAAS_ISSUES_MAX);
    for (size_t i = 0; i < found.count; i++) {
        saas_issue *s = &found.items[i];
        MUST(s->code && s->message.len && !s->message.ptr[s->message.len] && !s->path.ptr[s->path.len]);
    }
    return out;
}

static saas_text write_once(saas_arena *a, const void *in)
{
    saas_buf b;
    saas_buf_init(&b, a, 0);
    saas_json j = saas_json_on(&b);
    saas_write_struct(&j, &all_schema, in);
    return saas_buf_done(&b);
}

static void rules_hold(const struct all *in)
{
    MUST(in->has.title == SAAS_SET && in->title.len >= 1 && in->title.len <= 32 && !in->title.ptr[in->title.len]);
    MUST(strlen(in->title.ptr) == in->title.len);
    MUST(in->has.id == SAAS_ABSENT);
    MUST(in->qty >= -5 && in->qty <= 1000);
    MUST(in->status > status_none_ && in->status < status_end_);
    MUST(in->has.items == SAAS_ABSENT || (in->items.count >= 1 && in->items.count <= 3));
    for (size_t i = 0; i < in->items.count; i++)
        MUST(in->items.items[i].qty >= 1 && in->items.items[i].qty <= 10 && in->items.items[i].tags.count <= 2);
    MUST(in->has.api_key == SAAS_ABSENT || !strncmp(in->api_key.ptr, "sk_", 3));
    MUST(in->has.mail == SAAS_ABSENT || (memchr(in->mail.ptr, '@', in->mail.len) && in->mail.len <= 254));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_err err;
    saas_text json = {(const char *)data, size};
    saas_arena *a = saas_arena_new(16 << 20);
    MUST(a);
    const struct all *in = read_once(a, json, &err);
    MUST((err == SAAS_ERR_MALFORMED_JSON) == (saas_json_check(json) != SAAS_OK));
    if (in) {
        rules_hold(in);
        saas_text written = write_once(a, in);
        const struct all *again = read_once(a, written, &err);
        MUST(again && saas_text_equal(write_once(a, again), written));
    }
    saas_arena_free(a);
    return 0;
}
