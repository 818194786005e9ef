/* Cursors from outside. The first byte chooses what the rest is: a cursor, which nobody without the key can make; the
 * values of one that is signed; or the text of an order. */
#include "auth/signer.h"
#include "fuzz.h"
#include "http/keyset.h"
#include "base/arena.h"

#define ROW(F, T)                                                                                                      \
    F(T, uuid, id)                                                                                                     \
    F(T, time, created_at)                                                                                             \
    F(T, i64(0, 9), rank)
SAAS_STRUCT(row, ROW);

static saas_signer *s;
static saas_arena *arena;
static saas_keyset keys;
static const saas_text bound = {"[\"org\",\"/v1/rows\"]", 18};

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    saas_keys *k;
    (void)argc;
    (void)argv;
    MUST(!saas_keys_new(&k, SAAS_LIT("access-secret-access-secret-access"),
                        SAAS_LIT("refresh-secret-refresh-secret-refr"), SAAS_LIT("iss"), SAAS_LIT("aud")));
    MUST(!saas_signer_new(&s, k));
    MUST(arena = saas_arena_new(1 << 20));
    MUST(!saas_keyset_parse(&keys, "created_at desc, rank, id desc", &row_schema));
    return 0;
}

/* One in the corpus is genuine: it, and no other text for its values, opens. */
static void as_cursor(saas_text text)
{
    saas_text values, again;
    saas_err e = saas_cursor_open(&values, arena, s, bound, text);
    MUST(e == SAAS_OK || e == SAAS_ERR_VALIDATION);
    if (e)
        return;
    MUST(!saas_cursor_seal(&again, arena, s, bound, values) && saas_text_equal(again, text));
}

static void as_values(saas_text packed)
{
    saas_value v[SAAS_KEYS_MAX];
    saas_text cursor, values;
    saas_err e = saas_keyset_unpack(v, arena, &keys, packed);
    MUST(e == SAAS_OK || e == SAAS_ERR_VALIDATION);
    for (size_t i = 0; !e && i < keys.count; i++)
        MUST(v[i].kind == SAAS_V_I64 || v[i].kind == SAAS_V_BOOL ||
             (v[i].kind == SAAS_V_TEXT && strlen(v[i].as.p) == v[i].len));
    if (packed.len < 1024)
        MUST(!saas_cursor_seal(&cursor, arena, s, bound, packed) &&
             !saas_cursor_open(&values, arena, s, bound, cursor) && saas_text_equal(values, packed));
}

/* What is taken is names of columns only. */
static void as_order(saas_text text)
{
    saas_keyset k;
    saas_buf b;
    char *order = saas_arena_copy(arena, text.ptr, text.len);
    MUST(order);
    if (saas_keyset_parse(&k, order, &row_schema))
        return;
    MUST(k.count && k.count <= 3);
    MUST(strspn(order, "abcdefghijklmnopqrstuvwxyz_, ") == strlen(order));
    saas_buf_init(&b, arena, 0);
    saas_keyset_after(&b, &k, 1);
    saas_keyset_order(&b, &k);
    MUST(saas_buf_done(&b).ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    saas_text rest = {(const char *)data + 1, size - 1};
    saas_arena_reset(arena);
    switch (data[0] % 3) {
    case 0:
        as_cursor(rest);
        break;
    case 1:
        as_values(rest);
        break;
    default:
        as_order(rest);
    }
    return 0;
}
