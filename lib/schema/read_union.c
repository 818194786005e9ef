#include "schema/reader.h"
#include "schema/rules.h"

/* Room for a tag's key or word as it may be escaped. */
enum { RAW_MAX = 512 };

/* The string that `in` stands on, decoded into `room`; `in` goes behind it, and its text stays as it is. A string too
 * long to be a tag is {NULL, 0}. */
static bool look(saas_json_in *in, char room[RAW_MAX], saas_text *out)
{
    const char *start = in->at;
    if (!saas_json_string_skip(in))
        return false;
    size_t len = (size_t)(in->at - start);
    *out = (saas_text){NULL, 0};
    if (len >= RAW_MAX)
        return true;
    memcpy(room, start, len);
    saas_json_string s;
    saas_json_in copy = {.at = room, .end = room + len};
    if (!saas_json_string_in_place(&copy, &s))
        return false;
    *out = s.text;
    return true;
}

typedef struct tag {
    bool found, string;
    int kind;
} tag;

static bool look_at_pair(saas_json_in *in, const saas_union *u, tag *t)
{
    char room[RAW_MAX];
    saas_text text;
    if (saas_json_peek(in) != '"' || !look(in, room, &text) || !saas_json_take(in, ':'))
        return false;
    char ch = saas_json_peek(in);
    if (!text.ptr || !saas_text_equal(text, saas_text_z(u->key)))
        return saas_json_skip(in);
    t->found = true;
    t->string = ch == '"';
    if (!t->string)
        return true;
    if (!look(in, room, &text))
        return false;
    t->kind = text.ptr ? saas_union_kind(u, text) : 0;
    return true;
}

/* Looks ahead for the tag, wherever it stands in the object; mostly it is the first key. */
static bool find_tag(saas_json_in in, const saas_union *u, tag *t)
{
    in.at++;
    if (!saas_json_enter(&in))
        return false;
    if (saas_json_take(&in, '}'))
        return true;
    do {
        if (!look_at_pair(&in, u, t))
            return false;
    } while (!t->found && saas_json_take(&in, ','));
    return true;
}

static void refuse(saas_reader *r, const saas_step *up, const saas_union *u, const tag *t)
{
    saas_step at = {.up = up, .name = saas_text_z(u->key)};
    const char *words[32];
    size_t count = 0;
    if (!t->found) {
        saas_report_add(&r->report, &at, SAAS_ISSUE_REQUIRED, NULL);
    } else if (!t->string) {
        saas_rule_type(&r->report, &at, SAAS_T_TEXT);
    } else {
        for (; count < u->count && count < sizeof words / sizeof *words; count++)
            words[count] = saas_union_variant(u, (int)count + 1)->word;
        saas_rule_words(&r->report, &at, words, count);
    }
}

bool saas_reader_union(saas_reader *r, const saas_step *at, const saas_union *u, void *member)
{
    tag t = {false, false, 0};
    if (!find_tag(r->in, u, &t))
        return false;
    if (!t.kind) {
        refuse(r, at, u, &t);
        return saas_json_skip(&r->in);
    }
    *(int *)member = t.kind;
    return saas_reader_object(r, at, saas_union_variant(u, t.kind)->of, (char *)member + u->offset, u);
}
