/* Every allocation of a reading fails once: an error, nothing handed out, nothing leaked. LB3. */
#include "base/arena.h"
#include "schema/coerce.h"
#include "schema/write.h"
#include "kinds.h"

static size_t calls, fail_at, live;
static void *blocks[64];

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

void *__wrap_malloc(size_t size)
{
    if (++calls == fail_at)
        return NULL;
    void *p = __real_malloc(size);
    if (p && live < sizeof blocks / sizeof *blocks)
        blocks[live++] = p;
    return p;
}

void __wrap_free(void *p)
{
    for (size_t i = 0; i < live; i++)
        if (blocks[i] == p)
            blocks[i] = blocks[--live];
    __real_free(p);
}

static const char good[] =
    "{\"title\":\"t\",\"items\":[{\"qty\":1,\"tags\":[\"x\",\"\\u00e9\"]},{\"qty\":2},{\"qty\":3}],\"digits\":"
    "[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8],\"states\":[\"live\"]}";
static const char bad[] =
    "{\"title\":\"\",\"nope\":1,\"items\":[{\"qty\":0,\"tags\":[1,2,3]},5,{}],\"done\":1,\"status\":\"\","
    "\"mail\":\"\",\"slug\":\"-\",\"dueAt\":\"\"}";

static void *const untouched = &calls;

static saas_err read_body(saas_arena *a, const char *json, size_t len)
{
    void *out = untouched;
    saas_issues found = {NULL, 0, 0};
    char *copy = saas_arena_copy(a, json, len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    saas_err err = saas_read_json(&out, &found, &all_schema, a, copy, len);
    CHECK((err == SAAS_OK) == (out != untouched));
    for (size_t i = 0; i < found.count; i++)
        CHECK(found.items[i].path.ptr && found.items[i].message.ptr);
    return err;
}

static saas_err read_good(saas_arena *a)
{
    return read_body(a, good, sizeof good - 1);
}

static saas_err read_bad(saas_arena *a)
{
    saas_err err = read_body(a, bad, sizeof bad - 1);
    return err == SAAS_ERR_VALIDATION ? SAAS_OK : err;
}

static saas_err read_malformed(saas_arena *a)
{
    saas_err err = read_body(a, bad, sizeof bad - 2);
    return err == SAAS_ERR_MALFORMED_JSON ? SAAS_OK : err;
}

static saas_err query(saas_arena *a)
{
    void *out = untouched;
    saas_issues found = {NULL, 0, 0};
    saas_err err = saas_read_query(&out, &found, &address_schema, a, SAAS_LIT("street=a%20b&country=D&x=1"));
    CHECK(out == untouched);
    return err == SAAS_ERR_VALIDATION ? SAAS_OK : err;
}

static saas_err cell(saas_arena *a)
{
    struct all out;
    memset(&out, 0, sizeof out);
    return saas_read_cell(&out, a, &all_fields[13], SAAS_LIT("[{\"qty\":1,\"tags\":[\"a\"]},{},{},{},{},{},{},{},{}]"));
}

static saas_err issue(saas_arena *a)
{
    saas_issues found = {NULL, 0, 0};
    for (int i = 0; i < 20; i++)
        SAAS_TRY(saas_issues_add(&found, a, "some.path", "some message"));
    return SAAS_OK;
}

static const char good_kinds[] =
    "{\"ratio\":1.0000000000000000000001,\"extra\":[1,{}],\"figure\":{\"side\":2,\"type\":\"square\"},"
    "\"limits\":{\"a\":1,\"b\":2},\"tags\":[\" A\",\"B \",\"c\",\"d\",\"e\"],\"code\":\"de-1\",\"pageSize\":10,"
    "\"root\":{\"name\":\"/\",\"inside\":[{\"name\":\"a\"}]},\"figures\":[{\"type\":\"circle\",\"radius\":1},"
    "{\"type\":\"circle\",\"radius\":2}]}";
static const char bad_kinds[] =
    "{\"small\":7,\"pageSize\":30,\"ratio\":-9,\"share\":0.075,\"price\":\"x\",\"extra\":\"\\u0000\",\"figure\":{},"
    "\"limits\":{\"a\":1,\"a\":2},\"tags\":[\"a\",\" A\"],\"code\":\"x\",\"colourName\":\"\","
    "\"span\":{\"startsOn\":\"2026-01-02\",\"endsOn\":\"2026-01-01\"}}";

static saas_err read_kinds(saas_arena *a, const char *json, size_t len, saas_err want)
{
    void *out = untouched;
    saas_issues found = {NULL, 0, 0, NULL};
    char *copy = saas_arena_copy(a, json, len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    saas_err err = saas_read_json(&out, &found, &kinds_schema, a, copy, len);
    CHECK((err == SAAS_OK) == (out != untouched));
    return err == want ? SAAS_OK : err;
}

static saas_err read_good_kinds(saas_arena *a)
{
    return read_kinds(a, good_kinds, sizeof good_kinds - 1, SAAS_OK);
}

static saas_err read_bad_kinds(saas_arena *a)
{
    return read_kinds(a, bad_kinds, sizeof bad_kinds - 1, SAAS_ERR_VALIDATION);
}

static saas_err query_of_lists(saas_arena *a)
{
    void *out = untouched;
    saas_issues found = {NULL, 0, 0, NULL};
    return saas_read_query(&out, &found, &kinds_schema, a, SAAS_LIT("tags=A&tags=%20b&tags=c&tags=d&tags=e&code=de-1"));
}

static saas_err check_table(saas_arena *a)
{
    saas_error e;
    (void)a;
    return saas_schema_check(&all_schema, &e);
}

/* Without a first block and with blocks of the least size, each piece asks the system. */
static void torture(const char *name, saas_err (*fn)(saas_arena *a), bool system)
{
    saas_err err = SAAS_ERR_NO_MEMORY;
    size_t faults = 0;
    for (size_t at = 1; err != SAAS_OK && at < 1000; at++) {
        saas_arena a;
        char first[1 << 14];
        saas_arena_init(&a, system ? NULL : first, system ? 0 : at * 16, system ? 1 << 20 : 1);
        calls = 0;
        fail_at = system ? at : 0;
        err = fn(&a);
        fail_at = 0;
        CHECK(err == SAAS_OK || err == SAAS_ERR_NO_MEMORY);
        faults += err != SAAS_OK;
        saas_arena_done(&a);
        CHECK_INT(live, 0);
    }
    CHECK_INT(err, SAAS_OK);
    printf("     %s: %zu faults, by %s\n", name, faults, system ? "malloc" : "the arena's limit");
}

static void every_allocation_fails_once(void)
{
    static const struct {
        const char *name;
        saas_err (*fn)(saas_arena *a);
    } rows[] = {{"good body", read_good},
                {"bad body", read_bad},
                {"malformed body", read_malformed},
                {"query", query},
                {"cell", cell},
                {"issues", issue},
                {"good kinds", read_good_kinds},
                {"bad kinds", read_bad_kinds},
                {"lists", query_of_lists},
                {"table", check_table}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        torture(rows[i].name, rows[i].fn, true);
        torture(rows[i].name, rows[i].fn, false);
    }
}

static const check_test tests[] = {TEST(every_allocation_fails_once)};
CHECK_MAIN(tests)
