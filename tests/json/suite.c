#include "suite.h"
#include "json/scan.h"

/* VA1 */
static void check(suite_file *f)
{
    bool taken = saas_json_check((saas_text){f->bytes, f->len}) == SAAS_OK;
    if (taken != suite_wanted(f->name)) {
        fprintf(stderr, "%s is %s\n", f->name, taken ? "taken" : "refused");
        check_failed++;
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
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
