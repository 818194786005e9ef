#include "schema/coerce.h"
#include "shapes.h"

#define PAGE(F, T)                                                                                                     \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, i64(1, INT64_MAX), page, .def = "1")                                                                          \
    F(T, i64(1, 100), per_page, .def = "20")                                                                           \
    F(T, text(0, 10), q)                                                                                               \
    F(T, bool, deep)                                                                                                   \
    F(T, word(status), status)                                                                                         \
    F(T, uuid, owner_id, .nullable = true)                                                                             \
    F(T, time, since)                                                                                                  \
    F(T, object(address), address)                                                                                     \
    F(T, list(bool, 0, 2), flags)
SAAS_STRUCT(page, PAGE);

static const struct page *read_page(const char *query, saas_err *err)
{
    void *out = NULL;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    *err = saas_read_query(&out, &issues, &page_schema, arena, saas_text_z(query));
    return out;
}

static void values_are_coerced(void)
{
    saas_err err;
    const struct page *in = read_page("perPage=7&q=a%20b%2B%C3%BC+c&deep=true&&status=no-more&"
                                      "ownerId=01234567-89AB-cdef-0123-456789abcdef&since=2026-01-31T09:30:00%2b00:00&",
                                      &err);
    CHECK_STR(issue_lines(), "");
    REQUIRE(in);
    CHECK(in->page == 1 && in->has.page == SAAS_SET);
    CHECK_INT(in->per_page, 7);
    CHECK_STR(in->q.ptr, "a b+\xc3\xbc c");
    CHECK(in->deep);
    CHECK_INT(in->status, status_gone);
    CHECK_INT(in->owner_id.b[15], 0xef);
    CHECK_INT(in->since.us, 1769851800000000);
    CHECK(in->has.flags == SAAS_ABSENT && in->has.id == SAAS_ABSENT);
    in = read_page("", &err);
    CHECK(in && in->per_page == 20 && in->has.q == SAAS_ABSENT);
    in = read_page("q", &err);
    CHECK(in && in->has.q == SAAS_SET && in->q.ptr && !in->q.len);
    in = read_page("%71=x%3Dy=z", &err);
    REQUIRE(in);
    CHECK_STR(in->q.ptr, "x=y=z");
}

/* VA9 */
static void every_problem_is_an_issue(void)
{
    static const struct {
        const char *query, *issues;
    } rows[] = {
        {"page=", "page|3|0|must be an integer"},
        {"page= 1", "page|3|0|must be an integer"},
        {"page=+1", "page|3|0|must be an integer"},
        {"page=%2B1", "page|3|0|must be an integer"},
        {"page=0x10", "page|3|0|must be an integer"},
        {"page=01", "page|3|0|must be an integer"},
        {"page=1.0", "page|3|0|must be an integer"},
        {"page=1e1", "page|3|0|must be an integer"},
        {"page=-", "page|3|0|must be an integer"},
        {"page=1-1", "page|3|0|must be an integer"},
        {"page=0", "page|6|1|too small: at least 1"},
        {"page=99999999999999999999", "page|7|9223372036854775807|too big: at most 9223372036854775807"},
        {"perPage=101", "perPage|7|100|too big: at most 100"},
        {"page=1&page=1", "page|5|0|given more than once"},
        {"page=1&Page=1", "Page|5|0|given more than once"},
        {"PAGE=1", "PAGE|4|0|unknown key"},
        {"per_page=1", "per_page|4|0|unknown key"},
        {"Flags=true", "Flags|4|0|unknown key"},
        {"id=01234567-89AB-cdef-0123-456789abcdef", "id|4|0|unknown key"},
        {"address=x", "address|4|0|unknown key"},
        {"flags=true&flags=x", "flags[1]|3|0|must be true or false"},
        {"flags=true&flags=true&flags=true", "flags|15|2|too many: at most 2 items"},
        {"=1", "|4|0|unknown key"},
        {"q=%00", "q|10|0|must not contain U+0000"},
        {"q=%f", "q|8|0|bad percent escape"},
        {"q=%", "q|8|0|bad percent escape"},
        {"q=%gg", "q|8|0|bad percent escape"},
        {"q=%4", "q|8|0|bad percent escape"},
        {"%zz=1", "%zz|8|0|bad percent escape"},
        {"q=%zz&q=1", "q|8|0|bad percent escape\nq|5|0|given more than once"},
        {"q=%ff", "q|8|0|not UTF-8"},
        {"q=%ed%a0%80", "q|8|0|not UTF-8"},
        {"q=12345678901", "q|13|10|too long: at most 10 characters"},
        {"deep=1", "deep|3|0|must be true or false"},
        {"deep=", "deep|3|0|must be true or false"},
        {"deep=True", "deep|3|0|must be true or false"},
        {"ownerId=", "ownerId|8|0|not a UUID"},
        {"ownerId=null", "ownerId|8|0|not a UUID"},
        {"since=2026", "since|8|0|not an RFC 3339 time"},
        {"status=", "status|9|0|must be one of: draft, live, no-more"},
        {"page=x&perPage=0&zip", "page|3|0|must be an integer\nperPage|6|1|too small: at least 1\nzip|4|0|unknown key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        saas_err err;
        CHECK(!read_page(rows[i].query, &err));
        CHECK_INT(err, SAAS_ERR_VALIDATION);
        CHECK_STR(issue_lines(), rows[i].issues);
    }
    saas_err err;
    void *out;
    issues = (saas_issues){NULL, 0, 0};
    err = saas_read_query(&out, &issues, &address_schema, arena, SAAS_LIT("country=FR"));
    CHECK_INT(err, SAAS_ERR_VALIDATION);
    CHECK_STR(issue_lines(), "street|2|0|required");
}

static void one_string_into_one_member(void)
{
    struct page out;
    memset(&out, 0, sizeof out);
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    const saas_field *page = &page_schema.fields[1], *list = &page_schema.fields[9];
    CHECK_INT(saas_coerce(&out, &issues, arena, page, SAAS_LIT("PAGE"), SAAS_LIT("3")), SAAS_OK);
    CHECK(out.page == 3 && out.has.page == SAAS_SET);
    CHECK_INT(saas_coerce(&out, &issues, arena, page, SAAS_LIT("PAGE"), SAAS_LIT("x")), SAAS_ERR_VALIDATION);
    CHECK_INT(saas_coerce_absent(&out, &issues, arena, page, SAAS_LIT("PAGE")), SAAS_OK);
    CHECK_INT(out.page, 1);
    CHECK_INT(saas_coerce_absent(&out, &issues, arena, &address_schema.fields[0], SAAS_LIT("a.b")),
              SAAS_ERR_VALIDATION);
    CHECK_INT(saas_coerce(&out, &issues, arena, list, SAAS_LIT("l"), SAAS_LIT("[]")), SAAS_ERR_BUG);
    CHECK_STR(issue_lines(), "PAGE|3|0|must be an integer\na.b|2|0|required");
}

static const check_test tests[] = {TEST(values_are_coerced), TEST(every_problem_is_an_issue),
                                   TEST(one_string_into_one_member)};
SHAPES_MAIN(tests)
