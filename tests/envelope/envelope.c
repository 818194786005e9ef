#include "envelope/envelope.h"
#include "base/arena.h"
#include "check.h"

static saas_arena *arena;
static saas_buf buf;

static saas_json start(void)
{
    saas_buf_init(&buf, arena, 0);
    return saas_json_on(&buf);
}

static void success(void)
{
    saas_json j = start();
    saas_envelope_ok(&j);
    saas_json_null(&j);
    saas_envelope_ok_end(&j, NULL);
    CHECK_STR(saas_buf_done(&buf).ptr, "{\"success\":true,\"data\":null}");
    j = start();
    saas_envelope_ok(&j);
    saas_json_array(&j);
    saas_json_array_end(&j);
    saas_envelope_ok_end(&j, &(saas_meta){.kind = SAAS_META_PAGE, .page = 2, .per_page = 20, .total = 41});
    CHECK_STR(saas_buf_done(&buf).ptr,
              "{\"success\":true,\"data\":[],\"meta\":{\"page\":2,\"perPage\":20,\"total\":41}}");
    j = start();
    saas_envelope_ok(&j);
    saas_json_i64(&j, 1);
    saas_envelope_ok_end(&j, &(saas_meta){.kind = SAAS_META_NONE});
    CHECK_STR(saas_buf_done(&buf).ptr, "{\"success\":true,\"data\":1}");
}

static saas_text with_cursor(saas_text next)
{
    saas_json j = start();
    saas_envelope_ok(&j);
    saas_json_null(&j);
    saas_envelope_ok_end(&j, &(saas_meta){.kind = SAAS_META_CURSOR, .page = 1, .per_page = 3, .next_cursor = next});
    return saas_buf_done(&buf);
}

static void cursors(void)
{
    CHECK_STR(with_cursor(SAAS_LIT("a-_")).ptr,
              "{\"success\":true,\"data\":null,\"meta\":{\"perPage\":3,\"nextCursor\":\"a-_\"}}");
    CHECK_STR(with_cursor((saas_text){NULL, 0}).ptr,
              "{\"success\":true,\"data\":null,\"meta\":{\"perPage\":3,\"nextCursor\":null}}");
}

static void failure(void)
{
    saas_json j = start();
    saas_envelope_fail(&j, "NOT_FOUND", "Not \"found\"", NULL);
    CHECK_STR(saas_buf_done(&buf).ptr,
              "{\"success\":false,\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"Not \\\"found\\\"\"}}");
    saas_issues none = {NULL, 0, 0};
    j = start();
    saas_envelope_fail(&j, "X", "x", &none);
    CHECK_STR(saas_buf_done(&buf).ptr, "{\"success\":false,\"error\":{\"code\":\"X\",\"message\":\"x\"}}");
}

static void details_are_grouped_by_path(void)
{
    saas_issues issues = {NULL, 0, 0};
    static const char *const rows[][2] = {
        {"b", "one"}, {"items[3].qty", "two"}, {"b", "three"}, {"", "four"}, {"b", "five"}};
    for (size_t i = 0; i < 5; i++)
        CHECK_INT(saas_issues_add(&issues, arena, rows[i][0], rows[i][1]), SAAS_OK);
    saas_json j = start();
    saas_envelope_fail(&j, "VALIDATION_ERROR", "m", &issues);
    CHECK_STR(saas_buf_done(&buf).ptr,
              "{\"success\":false,\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"m\",\"details\":"
              "{\"b\":[\"one\",\"three\",\"five\"],\"items[3].qty\":[\"two\"],\"\":[\"four\"]}}}");
}

static const check_test tests[] = {TEST(success), TEST(cursors), TEST(failure), TEST(details_are_grouped_by_path)};

int main(int argc, char **argv)
{
    arena = saas_arena_new(0);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
