#include "check.h"
#include "shapes.h"

static saas_error error;

/* The schema of `line` with one field changed must be refused, and say why. */
static const char *refusal(const saas_field *fields, size_t count)
{
    saas_schema s = {"s", sizeof(struct all), sizeof(saas_field), count, fields};
    error.text[0] = 0;
    return saas_schema_check(&s, &error) == SAAS_ERR_BUG ? error.text : "taken";
}

static void good_tables_pass(void)
{
    CHECK_INT(saas_schema_check(&all_schema, &error), SAAS_OK);
    CHECK_STR(error.text, "");
    CHECK_INT(saas_schema_check(&all_schema, NULL), SAAS_OK);
}

static void each_flaw_is_named(void)
{
    static const char *const twice[] = {"", "a", "a"};
    static const saas_enum words = {"e", twice, 3};
    static const saas_schema odd = {"odd", 8, 8, 1, NULL}, empty = {"empty", 8, sizeof(saas_field), 0, NULL};
    const struct {
        saas_field field;
        const char *text;
    } rows[] = {
        {{.name = "x", .type = SAAS_T_TEXT, .has_offset = 100, .bounded = true, .lo = 2, .hi = 1},
         "schema s.x: lo > hi"},
        {{.name = "x", .type = SAAS_T_TEXT, .has_offset = 100, .bounded = true, .lo = -2, .hi = 1},
         "schema s.x: a length below 0"},
        {{.name = "x", .type = SAAS_T_TEXT, .has_offset = 9}, "schema s.x: its has-byte lies in its member"},
        {{.name = "x", .type = SAAS_T_TEXT, .has_offset = sizeof(struct all)}, "schema s.x: lies outside the struct"},
        {{.name = "x", .type = SAAS_T_TEXT, .offset = sizeof(struct all) - 8}, "schema s.x: lies outside the struct"},
        {{.name = "x", .type = SAAS_T_TEXT, .offset = SIZE_MAX - 7}, "schema s.x: lies outside the struct"},
        {{.name = "x", .type = SAAS_T_I64, .offset = 4, .has_offset = 100}, "schema s.x: is not aligned"},
        {{.name = "x", .type = SAAS_T_NONE, .has_offset = 100}, "schema s.x: unknown type"},
        {{.name = "x", .type = (saas_type)77, .has_offset = 100}, "schema s.x: unknown type"},
        {{.name = NULL, .type = SAAS_T_TEXT, .has_offset = 100}, "schema s.?: names must have 1 to 63 bytes"},
        {{.name = "", .type = SAAS_T_TEXT, .has_offset = 100}, "schema s.: names must have 1 to 63 bytes"},
        {{.name = "a234567890123456789012345678901234567890123456789012345678901234",
          .type = SAAS_T_TEXT,
          .has_offset = 100},
         "schema s.a234567890123456789012345678901234567890123456789012345678901234: names must have 1 to 63 bytes"},
        {{.name = "x", .json = "\xff", .type = SAAS_T_TEXT, .has_offset = 100},
         "schema s.x: names must have 1 to 63 bytes"},
        {{.name = "x", .json = "a\"b", .type = SAAS_T_TEXT, .has_offset = 100},
         "schema s.x: a JSON name must not need escapes"},
        {{.name = "x", .type = SAAS_T_OBJECT, .has_offset = 100}, "schema s.x: object without a schema"},
        {{.name = "x", .type = SAAS_T_WORD, .has_offset = 100}, "schema s.x: words must be distinct and not empty"},
        {{.name = "x", .type = SAAS_T_WORD, .words = &words, .has_offset = 100},
         "schema s.x: words must be distinct and not empty"},
        {{.name = "x", .type = SAAS_T_LIST, .item = SAAS_T_LIST, .has_offset = 100}, "schema s.x: a list of lists"},
        {{.name = "x",
          .type = SAAS_T_LIST,
          .item = SAAS_T_I64,
          .item_size = 8,
          .items_lo = 2,
          .items_hi = 1,
          .has_offset = 100},
         "schema s.x: items: lo > hi"},
        {{.name = "x", .type = SAAS_T_LIST, .item = SAAS_T_I64, .item_size = 4, .items_hi = 1, .has_offset = 100},
         "schema s.x: item_size is not the size of an item"},
        {{.name = "x", .type = SAAS_T_I64, .prefix = "p", .has_offset = 100},
         "schema s.x: a prefix on what is no text"},
        {{.name = "x", .type = SAAS_T_TEXT, .bounded = true, .hi = 2, .prefix = "sk_", .has_offset = 100},
         "schema s.x: prefix longer than the text may be"},
        {{.name = "x", .type = SAAS_T_TEXT, .schemes = "http", .has_offset = 100},
         "schema s.x: schemes on what is no url"},
        {{.name = "x", .type = SAAS_T_URL, .schemes = "http,https", .has_offset = 100},
         "schema s.x: schemes must be lower case, one space between"},
        {{.name = "x", .type = SAAS_T_I64, .bounded = true, .hi = 2, .def = "3", .has_offset = 100},
         "schema s.x: its default does not pass its own checks"},
        {{.name = "x", .type = SAAS_T_LIST, .item = SAAS_T_BOOL, .item_size = 1, .def = "[]", .has_offset = 100},
         "schema s.x: a default on what is no single value"},
        {{.name = "x", .type = SAAS_T_OBJECT, .of = &odd, .has_offset = 100},
         "schema odd: field_size is not that of a field"},
        {{.name = "x", .type = SAAS_T_OBJECT, .of = &empty, .has_offset = 100}, "schema empty: no fields"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(refusal(&rows[i].field, 1), rows[i].text);
}

static void fields_must_differ(void)
{
    saas_field two[2] = {{.name = "a_b", .type = SAAS_T_I64, .offset = 0, .has_offset = 100},
                         {.name = "aB", .type = SAAS_T_I64, .offset = 8, .has_offset = 101}};
    CHECK_STR(refusal(two, 2), "schema s.aB: has the JSON name of another field");
    two[1].json = "A_b";
    CHECK_STR(refusal(two, 2), "taken");
    two[1].json = "AB";
    CHECK_STR(refusal(two, 2), "schema s.aB: has the JSON name of another field");
    two[1].json = "c";
    two[1].column = "a_b";
    CHECK_STR(refusal(two, 2), "schema s.aB: has the column of another field");
    two[1].column = NULL;
    two[1].has_offset = 100;
    CHECK_STR(refusal(two, 2), "schema s.aB: shares memory with another field");
    two[1].has_offset = 7;
    CHECK_STR(refusal(two, 2), "schema s.aB: shares memory with another field");
}

/* Every flaw of every table, so that a start that fails fails once. */
static void all_flaws_are_listed(void)
{
    saas_field two[2] = {{.name = "a", .type = SAAS_T_NONE}, {.name = "b", .type = SAAS_T_WORD}};
    CHECK_STR(refusal(two, 2), "schema s.a: unknown type\nschema s.b: words must be distinct and not empty");
}

static void nesting_ends_at_16(void)
{
    enum { DEEP = 17 };
    static saas_schema s[DEEP];
    static saas_field f[DEEP];
    for (int i = 0; i < DEEP; i++) {
        f[i] = (saas_field){.name = "x",
                            .type = SAAS_T_LIST,
                            .item = SAAS_T_OBJECT,
                            .item_size = 32,
                            .items_hi = 1,
                            .of = &s[i + 1 < DEEP ? i + 1 : i],
                            .has_offset = 24};
        s[i] = (saas_schema){"s", 32, sizeof f[i], 1, &f[i]};
    }
    f[DEEP - 1].item = SAAS_T_BOOL;
    f[DEEP - 1].item_size = 1;
    CHECK_INT(saas_schema_check(&s[1], &error), SAAS_OK);
    CHECK_INT(saas_schema_check(&s[0], &error), SAAS_ERR_BUG);
    CHECK_STR(error.text, "schema s: nested more than 16 deep");
    f[0].of = &s[0]; /* a list of itself has an end */
    CHECK_INT(saas_schema_check(&s[0], &error), SAAS_OK);
}

/* A host built when fields were bigger, and one whose table has nothing behind its last member: both are walked by
 * their own stride, and nothing outside is read. */
static void tables_are_walked_by_their_stride(void)
{
    struct wide {
        saas_field f;
        char later[64];
    } *wide = calloc(address_schema.count, sizeof *wide);
    size_t small = offsetof(saas_field, end_);
    char *narrow = malloc(address_schema.count * small);
    REQUIRE(wide && narrow);
    for (size_t i = 0; i < address_schema.count; i++) {
        memset(&wide[i], 0xff, sizeof wide[i]);
        wide[i].f = address_schema.fields[i];
        memcpy(narrow + i * small, &address_schema.fields[i], small);
    }
    saas_schema tables[] = {address_schema, address_schema};
    tables[0].field_size = sizeof *wide;
    tables[0].fields = &wide[0].f;
    tables[1].field_size = small;
    tables[1].fields = (const saas_field *)(void *)narrow;
    for (size_t i = 0; i < 2; i++) {
        void *out;
        char json[] = "{\"country\":\"FR\",\"street\":\"S\"}", bad[] = "{\"x\":1}";
        issues = (saas_issues){NULL, 0, 0};
        CHECK_INT(saas_schema_check(&tables[i], &error), SAAS_OK);
        REQUIRE(saas_read_json(&out, &issues, &tables[i], arena, json, sizeof json - 1) == SAAS_OK);
        CHECK_STR(((const struct address *)out)->country.ptr, "FR");
        CHECK_INT(saas_read_json(&out, &issues, &tables[i], arena, bad, sizeof bad - 1), SAAS_ERR_VALIDATION);
    }
    free(wide);
    free(narrow);
}

static const check_test tests[] = {TEST(good_tables_pass),   TEST(each_flaw_is_named),
                                   TEST(fields_must_differ), TEST(all_flaws_are_listed),
                                   TEST(nesting_ends_at_16), TEST(tables_are_walked_by_their_stride)};
SHAPES_MAIN(tests)
