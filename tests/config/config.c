#include <saas/config.h>
#include "base/arena.h"
#include "check.h"

#define MODE(W, T) W(T, development) W(T, production)
SAAS_ENUM(mode, MODE);

#define CORE(F, T)                                                                                                     \
    F(T, word(mode), app_env, .def = "production")                                                                     \
    F(T, i64(1, 65535), port, .def = "3001")                                                                           \
    F(T, text(1, 400), database_url, .required = true, .secret = true)                                                 \
    F(T, text(32, 400), jwt_access_secret, .required = true, .secret = true)
SAAS_STRUCT(core, CORE);

#define OWN(F, T)                                                                                                      \
    F(T, text(8, 100), stripe_secret_key, .required = true, .prefix = "sk_", .secret = true)                           \
    F(T, bool, dry_run, .json = "MY_DRY")                                                                              \
    F(T, text(0, 40), pepper, .def = "salt", .secret = true)
SAAS_STRUCT(own, OWN);

static const saas_schema *const schemas[] = {&core_schema, &own_schema};
static const char secret[] = "0123456789012345678901234567890123456789";
static saas_arena *arena;
static saas_error error;
static void *out[2];

static saas_err read_env(const char *const *env)
{
    saas_arena_reset(arena);
    out[0] = out[1] = NULL;
    memset(&error, 'x', sizeof error - 1);
    const saas_config_sources from = {.size = sizeof from, .env = env};
    return saas_config_read(out, arena, schemas, 2, &from, &error);
}

static const char *const good_env[] = {"PATH=/bin",
                                       "DATABASE_URL=postgres://x=y",
                                       "JWT_ACCESS_SECRET=0123456789012345678901234567890123456789",
                                       "PORT=",
                                       "MY_DRY=true",
                                       "STRIPE_SECRET_KEY=sk_12345",
                                       "MY_DRY_X=oops",
                                       "STRIPE_SECRET_KEY=second",
                                       NULL};

static const saas_config_sources good = {.size = sizeof good, .env = good_env};

static void settings_are_read(void)
{
    REQUIRE(read_env(good_env) == SAAS_OK);
    CHECK_STR(error.text, "");
    const struct core *core = out[0];
    const struct own *own = out[1];
    CHECK_INT(core->app_env, mode_production);
    CHECK_INT(core->port, 3001);
    CHECK_STR(core->database_url.ptr, "postgres://x=y");
    CHECK_STR(core->jwt_access_secret.ptr, secret);
    CHECK(core->jwt_access_secret.ptr != good_env[2] + sizeof "JWT_ACCESS_SECRET"); /* ours, to wipe */
    CHECK_STR(own->stripe_secret_key.ptr, "sk_12345");
    CHECK(own->dry_run && own->has.dry_run == SAAS_SET);
    CHECK_STR(own->pepper.ptr, "salt");
}

#define RANGE(F, T)                                                                                                    \
    F(T, i64(0, 100), seats_min, .def = "1")                                                                           \
    F(T, i64(0, 100), seats_max, .def = "5")
static void check_range(saas_refiner *r, const void *in);
SAAS_STRUCT(range, RANGE, .refine = check_range);

static void check_range(saas_refiner *r, const void *in)
{
    const struct range *range = in;
    if (range->seats_min > range->seats_max)
        saas_refine_add(r, "SEATS_MIN", "more than SEATS_MAX");
}

/* A struct without other issues is looked at as a whole. */
static void settings_are_refined(void)
{
    static const saas_schema *const only[] = {&range_schema};
    static const char *const bad[] = {"SEATS_MIN=6", NULL}, *const worse[] = {"SEATS_MIN=6", "SEATS_MAX=x", NULL};
    saas_config_sources from = {.size = sizeof from, .env = bad};
    saas_arena_reset(arena);
    CHECK_INT(saas_config_read(out, arena, only, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK(strstr(error.text, "SEATS_MIN: more than SEATS_MAX"));
    from.env = worse;
    CHECK_INT(saas_config_read(out, arena, only, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK(strstr(error.text, "SEATS_MAX: ") && !strstr(error.text, "SEATS_MIN"));
}

/* VA10: everything at once, by variable, without a value. */
static void every_problem_is_in_one_report(void)
{
    static const char *const env[] = {
        "APP_ENV=CANARY", "PORT=0x50", "JWT_ACCESS_SECRET=CANARY", "DATABASE_URL=", "STRIPE_SECRET_KEY=p", "MY_DRY=yes",
        "PEPPER=\xff",    NULL};
    CHECK_INT(read_env(env), SAAS_ERR_CONFIG);
    CHECK_INT(error.err, SAAS_ERR_CONFIG);
    CHECK_STR(error.text, "APP_ENV: must be one of: development, production\n"
                          "PORT: must be an integer\n"
                          "DATABASE_URL: required\n"
                          "JWT_ACCESS_SECRET: too short: at least 32 characters\n"
                          "STRIPE_SECRET_KEY: too short: at least 8 characters\n"
                          "STRIPE_SECRET_KEY: must start with sk_\n"
                          "MY_DRY: must be true or false\n"
                          "PEPPER: not UTF-8");
    CHECK(!out[0] && !out[1]);
    const saas_config_sources from = {.size = sizeof from, .env = env};
    CHECK_INT(saas_config_read(out, arena, schemas, 2, &from, NULL), SAAS_ERR_CONFIG);
}

/* SC1 */
static void secrets_are_wiped(void)
{
    REQUIRE(read_env(good_env) == SAAS_OK);
    struct core *core = out[0];
    const char *at = core->jwt_access_secret.ptr;
    saas_config_wipe(core, &core_schema);
    CHECK(!core->jwt_access_secret.ptr && !core->database_url.ptr);
    for (size_t i = 0; i < sizeof secret; i++)
        CHECK_INT(at[i], 0);
    CHECK_INT(core->port, 3001);
    saas_config_wipe(core, &core_schema);
    saas_config_wipe(out[1], &own_schema);
    CHECK_STR(own_fields[2].def, "salt");
}

static void a_failed_start_leaves_no_secret_behind(void)
{
    static char memory[1 << 14];
    static const char *const env[] = {"DATABASE_URL=CANARY-1", "STRIPE_SECRET_KEY=sk_CANARY-2",
                                      "JWT_ACCESS_SECRET=CANARY-3", NULL};
    saas_arena a;
    saas_arena_init(&a, memory, sizeof memory, 1);
    const saas_config_sources from = {.size = sizeof from, .env = env};
    CHECK_INT(saas_config_read(out, &a, schemas, 2, &from, &error), SAAS_ERR_CONFIG);
    CHECK(!memmem(memory, sizeof memory, "CANARY", 6));
    CHECK(!strstr(error.text, "CANARY"));
    saas_arena_done(&a);
}

#define TRIMMED(F, T) F(T, text(1, 99), api_token, .secret = true, .trim = true, .lower = true)
SAAS_STRUCT(trimmed, TRIMMED);

static void what_transforms_leave_is_wiped_too(void)
{
    static char memory[1 << 14];
    static const char *const env[] = {"API_TOKEN=  CANARY-OF-A-SECRET  ", NULL};
    static const saas_schema *const list[] = {&trimmed_schema};
    const saas_config_sources from = {.size = sizeof from, .env = env};
    saas_arena a;
    saas_arena_init(&a, memory, sizeof memory, 1);
    REQUIRE(saas_config_read(out, &a, list, 1, &from, &error) == SAAS_OK);
    CHECK_STR(((const struct trimmed *)out[0])->api_token.ptr, "canary-of-a-secret");
    saas_config_wipe(out[0], &trimmed_schema);
    CHECK(!memmem(memory, sizeof memory, "canary", 6) && !memmem(memory, sizeof memory, "CANARY", 6));
    saas_arena_done(&a);
}

static void what_is_no_variable_is_a_bug(void)
{
    static const saas_field f = {
        .name = "x", .type = SAAS_T_OBJECT, .of = &own_schema, .has_offset = sizeof(struct own)};
    static const saas_schema s = {"s", sizeof(struct own) + 8, sizeof f, 1, &f}, *const list[] = {&s};
    CHECK_INT(saas_config_read(out, arena, list, 1, &good, &error), SAAS_ERR_BUG);
    CHECK_STR(error.text, "configuration: ERR_BUG");
}

#define CLASH(F, T) F(T, text(0, 9), salt, .secret = true) F(T, text(0, 9), salt_file)
SAAS_STRUCT(clash, CLASH);

static void sources_without_a_size_are_a_bug(void)
{
    const saas_config_sources from = {.env = good_env};
    CHECK_INT(saas_config_read(out, arena, schemas, 2, &from, &error), SAAS_ERR_BUG);
}

static void one_variable_for_two_things_is_a_bug(void)
{
    static const saas_schema *const list[] = {&core_schema, &clash_schema};
    CHECK_INT(saas_config_read(out, arena, list, 2, &good, &error), SAAS_ERR_BUG);
    CHECK_STR(error.text, "configuration: salt_file has the variable of the file of the secret salt");
}

static void memory_runs_out(void)
{
    static char memory[1024];
    for (size_t size = 16; size < sizeof memory; size += 16) {
        saas_arena a;
        saas_arena_init(&a, memory, size, 1);
        saas_err err = saas_config_read(out, &a, schemas, 2, &good, &error);
        CHECK(err == SAAS_OK || err == SAAS_ERR_NO_MEMORY);
        saas_arena_done(&a);
    }
}

static const check_test tests[] = {TEST(settings_are_read), TEST(settings_are_refined),
                                   TEST(every_problem_is_in_one_report),
                                   TEST(secrets_are_wiped),
                                   TEST(a_failed_start_leaves_no_secret_behind),
                                   TEST(what_transforms_leave_is_wiped_too),
                                   TEST(what_is_no_variable_is_a_bug),
                                   TEST(sources_without_a_size_are_a_bug),
                                   TEST(one_variable_for_two_things_is_a_bug),
                                   TEST(memory_runs_out)};

int main(int argc, char **argv)
{
    arena = saas_arena_new(0);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
