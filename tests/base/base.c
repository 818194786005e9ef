#include "base/percent.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "check.h"

static void arena_aligns_and_limits(void)
{
    saas_arena *a = saas_arena_new(10000);
    REQUIRE(a);
    for (size_t i = 0; i < 100; i++) {
        char *p = saas_arena_alloc(a, i);
        REQUIRE(p);
        CHECK_INT((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 1, i);
    }
    CHECK(!saas_arena_alloc(a, 20000));
    CHECK(!saas_arena_alloc(a, SIZE_MAX));
    CHECK(!saas_arena_calloc(a, SIZE_MAX / 2, 4));
    saas_arena_reset(a);
    CHECK(saas_arena_alloc(a, 9000));
    CHECK(!saas_arena_alloc(a, 9000));
    saas_arena_free(a);
}

static void buffers_grow_and_stick_on_failure(void)
{
    saas_arena *a = saas_arena_new(4096);
    REQUIRE(a);
    saas_buf b;
    saas_buf_init(&b, a, 0);
    saas_buf_i64(&b, INT64_MIN);
    saas_buf_lit(&b, " ");
    saas_buf_i64(&b, 0);
    saas_buf_format(&b, " %s", "x");
    CHECK_STR(saas_buf_done(&b).ptr, "-9223372036854775808 0 x");
    static const char big[9000];
    saas_buf_add(&b, big, sizeof big);
    CHECK(b.failed);
    saas_buf_lit(&b, "y");
    CHECK(!saas_buf_done(&b).ptr);
    saas_arena_free(a);
}

static void errors_have_code_and_status(void)
{
    CHECK_STR(saas_err_code(SAAS_ERR_VALIDATION), "VALIDATION_ERROR");
    CHECK_INT(saas_err_status(SAAS_ERR_VALIDATION), 400);
    CHECK_STR(saas_err_symbol(SAAS_ERR_DEADLINE), "ERR_DEADLINE");
    CHECK_STR(saas_err_code((saas_err)12345), "INTERNAL_ERROR");
}

static void uuids(void)
{
    saas_uuid id, other;
    char text[SAAS_UUID_CHARS + 1];
    CHECK_INT(saas_uuid_parse(&id, SAAS_LIT("01234567-89AB-cdef-0123-456789abcdef")), SAAS_OK);
    saas_uuid_format(text, id);
    CHECK_STR(text, "01234567-89ab-cdef-0123-456789abcdef");
    CHECK_INT(saas_uuid_parse(&id, SAAS_LIT("0123456789ab-cdef-0123-456789abcdef-")), SAAS_ERR_VALIDATION);
    CHECK_INT(saas_uuid_parse(&id, SAAS_LIT("01234567-89AB-cdef-0123-456789abcde")), SAAS_ERR_VALIDATION);
    CHECK_INT(saas_uuid_v7(&id), SAAS_OK);
    CHECK_INT(saas_uuid_v7(&other), SAAS_OK);
    saas_uuid_format(text, id);
    CHECK(text[14] == '7' && strchr("89ab", text[19]));
    CHECK(!saas_uuid_equal(id, other) && !saas_uuid_is_nil(id) && saas_uuid_is_nil((saas_uuid){{0}}));
}

static void times_read_and_write(void)
{
    static const struct {
        const char *in, *out;
    } good[] = {
        {"2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000000Z"},
        {"2026-01-31 09:30:00.12+00", "2026-01-31T09:30:00.120000Z"},
        {"2026-01-31T09:30:00.1234567-01:30", "2026-01-31T11:00:00.123456Z"},
        {"2024-02-29T23:59:59.999999+00:00", "2024-02-29T23:59:59.999999Z"},
        {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
    };
    static const char *const bad[] = {"",
                                      "2026-01-31",
                                      "2026-02-29T00:00:00Z",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T09:30:00",
                                      "2026-01-31T09:30:00.Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-01-31T09:30:00Zx"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        saas_time t;
        char text[SAAS_TIME_CHARS + 1];
        REQUIRE(saas_time_parse(&t, saas_text_z(good[i].in)) == SAAS_OK);
        saas_time_format(text, t);
        CHECK_STR(text, good[i].out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        saas_time t;
        CHECK_INT(saas_time_parse(&t, saas_text_z(bad[i])), SAAS_ERR_VALIDATION);
    }
}

static bool decodes(const char *in, bool plus, const char *want)
{
    char out[64];
    size_t len = 0;
    if (saas_percent_decode(out, &len, saas_text_z(in), plus))
        return want == NULL;
    return want && len == strlen(out) && !strcmp(out, want);
}

static void percent_escapes(void)
{
    CHECK(decodes("a%20b%2Fc%c3%A9", false, "a b/c\xc3\xa9"));
    CHECK(decodes("a+b", false, "a+b"));
    CHECK(decodes("a+b%2b", true, "a b+"));
    CHECK(decodes("", true, ""));
    CHECK(decodes("%", true, NULL) && decodes("a%2", true, NULL) && decodes("%zz", true, NULL) &&
          decodes("%2g", true, NULL));
    size_t len = 0;
    char out[8];
    CHECK(!saas_percent_decode(out, &len, SAAS_LIT("a%00b"), false));
    CHECK_INT(len, 3);
}

static void reports_add_lines_until_full(void)
{
    static saas_error e;
    saas_error_clear(&e);
    CHECK_INT(saas_error_add(&e, SAAS_ERR_BUG, "one %d", 1), SAAS_ERR_BUG);
    CHECK_INT(saas_error_add(&e, SAAS_ERR_CONFIG, "two"), SAAS_ERR_CONFIG);
    CHECK_STR(e.text, "one 1\ntwo");
    CHECK_INT(e.err, SAAS_ERR_BUG);
    for (int i = 0; i < 100; i++)
        saas_error_add(&e, SAAS_ERR_BUG, "%0100d", i);
    CHECK_INT(strlen(e.text), sizeof e.text - 1);
    CHECK_STR(e.text + sizeof e.text - sizeof "\n…", "\n…");
    CHECK_INT(saas_error_add(NULL, SAAS_ERR_BUG, "x"), SAAS_ERR_BUG);
}

static const check_test tests[] = {TEST(arena_aligns_and_limits),
                                   TEST(buffers_grow_and_stick_on_failure),
                                   TEST(errors_have_code_and_status),
                                   TEST(uuids),
                                   TEST(percent_escapes),
                                   TEST(times_read_and_write),
                                   TEST(reports_add_lines_until_full)};
CHECK_MAIN(tests)
