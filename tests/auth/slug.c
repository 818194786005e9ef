#include "auth_routes/slug.h"
#include "check.h"

static void any_name_has_one(void)
{
    static const char *const cases[][2] = {
        {"Acme", "acme"},
        {"  Acme  Inc. ", "acme-inc"},
        {"A & B", "a-b"},
        {"a", "org-a"},
        {"42", "org-42"},
        {"", "org"},
        {"---", "org"},
        {"\xe6\x97\xa5\xe6\x9c\xac", "org"},
        {"\xc3\x84rzte 3", "rzte-3"},
        {"0123456789012345678901234567890123456789xyz", "0123456789012345678901234567890123456789"},
        {"012345678901234567890123456789012345678 90", "012345678901234567890123456789012345678"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char slug[SAAS_SLUG_MAX + 1];
        saas_slug_of(slug, saas_text_z(cases[i][0]));
        CHECK_STR(slug, cases[i][1]);
    }
}

static const check_test tests[] = {TEST(any_name_has_one)};
CHECK_MAIN(tests)
