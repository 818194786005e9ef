/* VA1 as a client sees it: each file of JSONTestSuite as the value of a field that takes any JSON. What is taken comes
 * back as it is. */
#include "json/suite.h"
#include <saas/test.h>

#define ANYTHING(F, T) F(T, json, value, .required = true, .nullable = true)
SAAS_STRUCT(anything, ANYTHING);

static saas_test_client *t;

static saas_err echo(saas_ctx *c)
{
    return saas_reply(c, 200, &anything_schema, saas_body(c, anything));
}

static const saas_route routes[] = {SAAS_POST("/any", echo, .open = true, .body = &anything_schema)};

/* U+0000 is JSON, and refused as a value. */
static bool holds_nul(const suite_file *f)
{
    return !strcmp(f->name, "y_string_null_escape.json") || !strcmp(f->name, "y_object_escaped_null_in_key.json");
}

static void check(suite_file *f)
{
    static char body[400000];
    saas_test_response r;
    size_t len = (size_t)sprintf(body, "{\"value\":");
    REQUIRE(f->len < sizeof body - 16);
    memcpy(body + len, f->bytes, f->len);
    len += f->len;
    body[len++] = '}';
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/any", .body = body, .body_len = len));
    int want = holds_nul(f) ? 400 : suite_wanted(f->name) ? 200 : 400;
    if (r.status != want)
        fprintf(stderr, "%s: %d %.*s\n", f->name, r.status, (int)r.body.len, r.body.ptr);
    CHECK_INT(r.status, want);
    saas_text code = saas_test_json(t, r.body, "error.code");
    if (want == 400)
        CHECK_STR(code.ptr, holds_nul(f) ? "VALIDATION_ERROR" : "MALFORMED_JSON");
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
    saas_error e;
    if (!suite_is_here())
        return 77;
    if (saas_test_client_new(&t, SAAS_APP(.name = "any", SAAS_ROUTES(routes)), NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_client_free(t);
    return failed;
}
