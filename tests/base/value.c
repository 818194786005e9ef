#include "check.h"
#include <saas/args.h>

#define STATUS(W, T) W(T, open) W(T, closed)
SAAS_ENUM(status, STATUS);

static void args_are_counted(void)
{
    CHECK_INT(SAAS_NO_ARGS.n, 0);
    CHECK_INT(SAAS_ARGS().n, 0);
    CHECK_INT(SAAS_ARGS(1).n, 1);
    CHECK_INT(SAAS_ARGS((1)).n, 1);
    CHECK_INT(SAAS_ARGS(1, 2).n, 2);
    CHECK_INT(SAAS_ARGS(1, 2, 3).n, 3);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4).n, 4);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5).n, 5);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6).n, 6);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7).n, 7);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8).n, 8);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9).n, 9);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).n, 10);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).n, 11);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).n, 12);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13).n, 13);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14).n, 14);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).n, 15);
    CHECK_INT(SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).n, 16);
}

static void args_keep_their_order(void)
{
    saas_args a = SAAS_ARGS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    CHECK_INT(a.size, sizeof(saas_value));
    for (size_t i = 0; i < a.n; i++)
        CHECK(a.v[i].kind == SAAS_V_I64 && a.v[i].as.i == (int64_t)i + 1);
    CHECK(SAAS_NO_ARGS.v != NULL);
}

static void numbers_keep_their_kind(void)
{
    bool yes = true;
    const int fixed = -3;
    unsigned char byte = 255;
    float half = 0.5F;
    saas_args a = SAAS_ARGS(yes, fixed, INT64_MIN, UINT64_MAX, byte, half, 2.5, 'x' == 'x', (short)-1);
    static const saas_value_kind kinds[] = {SAAS_V_BOOL, SAAS_V_I64, SAAS_V_I64, SAAS_V_U64, SAAS_V_U64,
                                            SAAS_V_F64,  SAAS_V_F64, SAAS_V_I64, SAAS_V_I64};
    REQUIRE(a.n == sizeof kinds / sizeof *kinds);
    for (size_t i = 0; i < a.n; i++)
        CHECK_INT(a.v[i].kind, kinds[i]);
    CHECK(a.v[0].as.i == 1 && a.v[1].as.i == -3 && a.v[2].as.i == INT64_MIN && a.v[3].as.u == UINT64_MAX);
    CHECK(a.v[4].as.u == 255 && a.v[5].as.f == 0.5 && a.v[6].as.f == 2.5 && a.v[8].as.i == -1);
}

static void texts_carry_their_length(void)
{
    char array[] = "abc";
    const char *nothing = NULL;
    saas_text with_nul = SAAS_LIT("a\0b");
    saas_args a = SAAS_ARGS("literal", array, nothing, with_nul, ((saas_text){NULL, 0}), SAAS_LIT(""));
    REQUIRE(a.n == 6);
    CHECK(a.v[0].kind == SAAS_V_TEXT && a.v[0].len == 7 && !memcmp(a.v[0].as.p, "literal", 7));
    CHECK(a.v[1].kind == SAAS_V_TEXT && a.v[1].len == 3 && a.v[1].as.p == array);
    CHECK_INT(a.v[2].kind, SAAS_V_NULL);
    CHECK(a.v[3].kind == SAAS_V_TEXT && a.v[3].len == 3);
    CHECK_INT(a.v[4].kind, SAAS_V_NULL);
    CHECK(a.v[5].kind == SAAS_V_TEXT && a.v[5].len == 0);
}

static void null_is_null_and_a_pointer_is_none(void)
{
    void *somewhere = &somewhere;
    saas_args a = SAAS_ARGS(NULL, somewhere, saas_v_bytes(NULL, 0), saas_v_bytes("\1\2", 2));
    CHECK_INT(a.v[0].kind, SAAS_V_NULL);
    CHECK_INT(a.v[1].kind, SAAS_V_BAD);
    CHECK_INT(a.v[2].kind, SAAS_V_NULL);
    CHECK(a.v[3].kind == SAAS_V_BYTES && a.v[3].len == 2);
}

static void uuids_and_times(void)
{
    saas_uuid id = {{1, 2, 3}};
    saas_time at = {1234567};
    saas_args a = SAAS_ARGS(id, at, saas_v_i64(9));
    CHECK(a.v[0].kind == SAAS_V_UUID && saas_uuid_equal(a.v[0].as.id, id));
    CHECK(a.v[1].kind == SAAS_V_TIME && a.v[1].as.i == 1234567);
    CHECK(a.v[2].kind == SAAS_V_I64 && a.v[2].as.i == 9);
}

static void absent_and_null_fields_are_null(void)
{
    struct {
        const char *title;
        struct {
            uint8_t title;
        } has;
    } in = {"x", {SAAS_ABSENT}};
    CHECK_INT(SAAS_IF(&in, title).kind, SAAS_V_NULL);
    in.has.title = SAAS_NULL;
    CHECK_INT(SAAS_IF(&in, title).kind, SAAS_V_NULL);
    in.has.title = SAAS_SET;
    CHECK_INT(SAAS_IF(&in, title).kind, SAAS_V_TEXT);
}

static void enums_become_words(void)
{
    saas_value v = SAAS_WORD(status, status_closed);
    CHECK(v.kind == SAAS_V_TEXT);
    CHECK_STR(v.as.p, "closed");
    CHECK_INT(SAAS_WORD(status, 0).kind, SAAS_V_NULL);
    CHECK_INT(SAAS_WORD(status, status_end_).kind, SAAS_V_BAD);
    CHECK_INT(SAAS_WORD(status, -1).kind, SAAS_V_BAD);
}

static const check_test tests[] = {TEST(args_are_counted),
                                   TEST(args_keep_their_order),
                                   TEST(numbers_keep_their_kind),
                                   TEST(texts_carry_their_length),
                                   TEST(null_is_null_and_a_pointer_is_none),
                                   TEST(uuids_and_times),
                                   TEST(absent_and_null_fields_are_null),
                                   TEST(enums_become_words)};
CHECK_MAIN(tests)
