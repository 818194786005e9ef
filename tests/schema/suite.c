#include "json/suite.h"
#include "shapes.h"

static saas_err read_between(const char *before, const suite_file *f, const char *after)
{
    void *out;
    size_t head = strlen(before), tail = strlen(after), len = head + f->len + tail;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    char *json = saas_arena_alloc(arena, len + 1);
    memcpy(json, before, head);
    memcpy(json + head, f->bytes, f->len);
    memcpy(json + head + f->len, after, tail);
    saas_err err = saas_read_json(&out, &issues, &all_schema, arena, json, len);
    CHECK((err == SAAS_ERR_VALIDATION) == (issues.count != 0));
    return err;
}

/* VA1: as the whole body, under a key that is unknown, and as the value of a field of each kind: well-formed or not
 * does not depend on where a value stands. */
static void check(suite_file *f)
{
    static const char *const places[][2] = {
        {"", ""},
        {"{\"nope\":", "}"},
        {"{\"title\":", "}"},
        {"{\"huge\":", "}"},
        {"{\"done\":", "}"},
        {"{\"digits\":", "}"},
        {"{\"items\":[{\"shipTo\":", "}]}"},
        {"{\"title\":\"t\",\"items\":[{\"qty\":1},", "]}"},
        {"{\"title\":\"t\",\"title\":", "}"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        saas_err err = read_between(places[i][0], f, places[i][1]);
        bool taken = err == SAAS_OK || err == SAAS_ERR_VALIDATION;
        if (taken != suite_wanted(f->name)) {
            fprintf(stderr, "%s%s%s: %s\n", places[i][0], f->name, places[i][1], saas_err_symbol(err));
            check_failed++;
        }
    }
}

static void valid_texts_are_taken(void)
{
    CHECK_INT(suite_each("y_", check), 95);
}

static void invalid_texts_are_refused(void)
{
    CHECK_INT(suite_each("n_", check), 188);
}

static void open_cases_are_decided(void)
{
    CHECK_INT(suite_each("i_", check), 35);
}

static const check_test tests[] = {TEST(valid_texts_are_taken), TEST(invalid_texts_are_refused),
                                   TEST(open_cases_are_decided)};

int main(int argc, char **argv)
{
    if (!suite_is_here())
        return 77;
    arena = saas_arena_new(8 << 20);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
