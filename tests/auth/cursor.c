/* Cursors: only what was sealed, whole and for the same list, opens again. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include "base/arena.h"
#include "check.h"

static saas_keys *keys, *other_keys;
static saas_signer *s, *other;
static saas_arena *arena;
static const saas_text bound = {"org list", 8}, values = {"t\0\1\0x", 5};

static saas_text sealed(void)
{
    saas_text out = {NULL, 0};
    CHECK_INT(saas_cursor_seal(&out, arena, s, bound, values), SAAS_OK);
    return out;
}

static saas_err open_with(saas_signer *signer, saas_text b, saas_text cursor)
{
    saas_text out = {NULL, 0};
    saas_err e = saas_cursor_open(&out, arena, signer, b, cursor);
    CHECK(e ? !out.ptr : saas_text_equal(out, values));
    return e;
}

static void opens_for_the_same_list_only(void)
{
    saas_text c = sealed();
    CHECK_INT(c.len, SAAS_BASE64URL_CHARS(5 + SAAS_MAC));
    CHECK_INT(strlen(c.ptr), c.len);
    CHECK(saas_text_equal(c, sealed()));
    CHECK_INT(open_with(s, bound, c), SAAS_OK);
    CHECK_INT(open_with(s, SAAS_LIT("org lis"), c), SAAS_ERR_VALIDATION);
    CHECK_INT(open_with(s, SAAS_LIT("org listt"), c), SAAS_ERR_VALIDATION);
    CHECK_INT(open_with(other, bound, c), SAAS_ERR_VALIDATION);
}

/* A byte moved from what is bound to the values is another cursor. */
static void bound_and_values_stay_apart(void)
{
    saas_text c;
    REQUIRE(!saas_cursor_seal(&c, arena, s, SAAS_LIT("org listt"), SAAS_LIT("x")));
    saas_text out = {NULL, 0};
    REQUIRE(!saas_cursor_open(&out, arena, s, SAAS_LIT("org listt"), c) && out.len == 1);
    uint8_t body[64];
    char moved[128];
    size_t len;
    REQUIRE(!saas_base64url_read(body + 1, &len, c));
    body[0] = 't';
    *saas_base64url_write(moved, body, len + 1) = 0;
    CHECK_INT(saas_cursor_open(&out, arena, s, bound, saas_text_z(moved)), SAAS_ERR_VALIDATION);
}

static void nothing_changed_opens(void)
{
    saas_text c = sealed();
    for (size_t i = 0; i < c.len; i++) {
        char *changed = saas_arena_copy(arena, c.ptr, c.len);
        REQUIRE(changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_INT(open_with(s, bound, (saas_text){changed, c.len}), SAAS_ERR_VALIDATION);
        CHECK_INT(open_with(s, bound, (saas_text){c.ptr, i}), SAAS_ERR_VALIDATION);
    }
    CHECK_INT(open_with(s, bound, saas_arena_format(arena, "%s=", c.ptr)), SAAS_ERR_VALIDATION);
    CHECK_INT(open_with(s, bound, saas_arena_format(arena, "%sA", c.ptr)), SAAS_ERR_VALIDATION);
    CHECK_INT(open_with(s, bound, saas_arena_format(arena, "%s ", c.ptr)), SAAS_ERR_VALIDATION);
}

static void size_is_bounded(void)
{
    static char long_values[SAAS_CURSOR_CHARS_MAX], long_text[SAAS_CURSOR_CHARS_MAX + 1];
    saas_text c;
    size_t most = SAAS_BASE64URL_BYTES(SAAS_CURSOR_CHARS_MAX) - SAAS_MAC;
    CHECK_INT(saas_cursor_seal(&c, arena, s, bound, (saas_text){long_values, most}), SAAS_OK);
    CHECK_INT(saas_cursor_seal(&c, arena, s, bound, (saas_text){long_values, most + 1}), SAAS_ERR_BUG);
    memset(long_text, 'A', sizeof long_text);
    CHECK_INT(open_with(s, bound, (saas_text){long_text, sizeof long_text}), SAAS_ERR_VALIDATION);
}

static void memory_runs_out(void)
{
    saas_text c = sealed(), out;
    for (size_t room = 0; room < 96; room += 16) {
        char memory[96];
        saas_arena tiny;
        saas_arena_init(&tiny, memory, room, 1);
        CHECK_INT(saas_cursor_seal(&out, &tiny, s, bound, values), SAAS_ERR_NO_MEMORY);
        saas_arena_done(&tiny);
        saas_arena_init(&tiny, memory, room < 48 ? room : 0, 1);
        CHECK_INT(saas_cursor_open(&out, &tiny, s, bound, c), SAAS_ERR_NO_MEMORY);
        saas_arena_done(&tiny);
    }
}

static const check_test tests[] = {TEST(opens_for_the_same_list_only), TEST(bound_and_values_stay_apart),
                                   TEST(nothing_changed_opens), TEST(size_is_bounded), TEST(memory_runs_out)};

int main(int argc, char **argv)
{
    const saas_text name = SAAS_LIT("test"), access = SAAS_LIT("0123456789abcdef0123456789abcdef");
    arena = saas_arena_new(0);
    if (!arena || saas_keys_new(&keys, access, SAAS_LIT("fedcba9876543210fedcba9876543210"), name, name) ||
        saas_keys_new(&other_keys, access, SAAS_LIT("fedcba9876543210fedcba9876543211"), name, name) ||
        saas_signer_new(&s, keys) || saas_signer_new(&other, other_keys))
        return 1;
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_signer_free(s);
    saas_signer_free(other);
    saas_keys_free(keys);
    saas_keys_free(other_keys);
    saas_arena_free(arena);
    return failed;
}
