/* The order of a list: what its text may be, and the condition that goes on behind a row. */
#include "http/keyset.h"
#include "base/arena.h"
#include "check.h"

#define INNER(F, T) F(T, bool, x)
SAAS_STRUCT(inner, INNER);
#define ROW(F, T)                                                                                                      \
    F(T, uuid, id)                                                                                                     \
    F(T, time, created_at)                                                                                             \
    F(T, text(0, 9), name, .column = "title")                                                                          \
    F(T, i64(0, 9), b2)                                                                                                \
    F(T, text(0, 9), maybe, .nullable = true)                                                                          \
    F(T, text(0, 9), hidden, .secret = true)                                                                           \
    F(T, object(inner), inner)                                                                                         \
    F(T, list(bool, 0, 9), list)                                                                                       \
    F(T, bool, c1) F(T, bool, c2) F(T, bool, c3) F(T, bool, c4) F(T, bool, c5)
SAAS_STRUCT(row, ROW);

static saas_arena *arena;
static saas_keyset k;

static const char *after(const char *order, size_t first)
{
    saas_buf b;
    saas_buf_init(&b, arena, 0);
    const char *fault = saas_keyset_parse(&k, order, &row_schema);
    if (fault)
        return fault;
    saas_keyset_after(&b, &k, first);
    saas_buf_lit(&b, " | ");
    saas_keyset_order(&b, &k);
    return saas_buf_done(&b).ptr;
}

static void conditions(void)
{
    CHECK_STR(after("id", 1), "(\"id\") > ($1) | \"id\"");
    CHECK_STR(after("  created_at   desc ,id desc ", 4),
              "(\"created_at\", \"id\") < ($4, $5) | \"created_at\" desc, \"id\" desc");
    CHECK_STR(after("title asc, b2,id", 1), "(\"title\", \"b2\", \"id\") > ($1, $2, $3) | \"title\", \"b2\", \"id\"");
    CHECK_STR(after("created_at desc,id", 2),
              "\"created_at\" <= $2 and (\"created_at\" < $2 or (\"created_at\" = $2 and (\"id\" > $3)))"
              " | \"created_at\" desc, \"id\"");
    CHECK_STR(after("title, created_at desc, id", 1),
              "\"title\" >= $1 and (\"title\" > $1 or (\"title\" = $1 and (\"created_at\" < $2 or"
              " (\"created_at\" = $2 and (\"id\" > $3))))) | \"title\", \"created_at\" desc, \"id\"");
    CHECK_INT(k.count, 3);
    CHECK(!k.keys[0].down && k.keys[1].down && k.keys[2].field->type == SAAS_T_UUID);
}

static void what_is_no_order(void)
{
    static const char *const refused[] = {"",
                                          " ",
                                          ",",
                                          "id,",
                                          ",id",
                                          "id desc desc",
                                          "id asc nulls last",
                                          "id nulls first",
                                          "id DESC",
                                          "ID",
                                          "\"id\"",
                                          "lower(title)",
                                          "t.id",
                                          "1",
                                          "9id",
                                          "id; drop table x",
                                          "id--",
                                          "id desc, id",
                                          "name",
                                          "org_id",
                                          "maybe, id",
                                          "hidden, id",
                                          "inner",
                                          "list",
                                          "id\tdesc",
                                          "id\ndesc",
                                          "id+1",
                                          "id desc,,b2",
                                          "id,created_at,title,b2,c1,c2,c3,c4,c5",
                                          "id descending"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        k.count = 77;
        const char *fault = saas_keyset_parse(&k, refused[i], &row_schema);
        if (!fault)
            fprintf(stderr, "taken: %s\n", refused[i]);
        CHECK(fault && !strncmp(fault, "saas_reply_page: ", 17));
        CHECK_INT(k.count, 77);
    }
    CHECK(!saas_keyset_parse(&k, "id,created_at,title,b2,c1,c2,c3,c4", &row_schema));
}

/* One that has been signed is well-formed; should a later version pack differently, it is refused, not misread. */
static void packed_values(void)
{
    saas_value v[SAAS_KEYS_MAX];
    REQUIRE(!saas_keyset_parse(&k, "title, b2, c1", &row_schema));
    static const char good[] = "t\0\2abi\0\2-7b\0\1t";
    REQUIRE(!saas_keyset_unpack(v, arena, &k, (saas_text){good, sizeof good - 1}));
    CHECK(v[0].kind == SAAS_V_TEXT && v[0].len == 2 && !strcmp(v[0].as.p, "ab"));
    CHECK(v[1].kind == SAAS_V_I64 && v[1].as.i == -7 && v[2].kind == SAAS_V_BOOL && v[2].as.i == 1);
    for (size_t len = 0; len < sizeof good - 1; len++)
        CHECK_INT(saas_keyset_unpack(v, arena, &k, (saas_text){good, len}), SAAS_ERR_VALIDATION);
    CHECK_INT(saas_keyset_unpack(v, arena, &k, (saas_text){good, sizeof good}), SAAS_ERR_VALIDATION);
    static const struct {
        const char *ptr;
        size_t len;
    } bad[] = {{"t\0\1\0i\0\1"
                "1b\0\1t",
                12},
               {"t\0\1ai\0\0b\0\1t", 11},
               {"t\0\1ai\0\2"
                "1.b\0\1t",
                13},
               {"t\0\1ai\0\1xb\0\1t", 12},
               {"t\0\1ai\0\1"
                "1b\0\1x",
                12},
               {"t\0\1ai\0\1"
                "1b\0\0",
                11},
               {"x\0\1ai\0\1"
                "1b\0\1t",
                12},
               {"t\0\1ai\0\1"
                "1b\xff\xfft",
                12}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(saas_keyset_unpack(v, arena, &k, (saas_text){bad[i].ptr, bad[i].len}), SAAS_ERR_VALIDATION);
}

static const check_test tests[] = {TEST(conditions), TEST(what_is_no_order), TEST(packed_values)};

int main(int argc, char **argv)
{
    arena = saas_arena_new(0);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
