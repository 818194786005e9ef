/* Where settings come from: environment over .env file over default, secrets by file; what is shown of them. */
#include "base/arena.h"
#include "check.h"
#include "config/dotenv.h"
#include <saas/config.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE(W, T) W(T, fast) W(T, slow)
SAAS_ENUM(mode, MODE);

#define CORE(F, T)                                                                                                     \
    F(T, word(mode), mode, .def = "fast", .doc = "How it runs")                                                        \
    F(T, i64(1, 65535), port, .def = "3001")                                                                           \
    F(T, text(1, 200), greeting, .def = "hello you")                                                                   \
    F(T, text(8, 400), database_url, .required = true, .secret = true)                                                 \
    F(T, text(32, 400), signing_key, .required = true, .secret = true, .key = true)                                    \
    F(T, url, cache_url, .schemes = "redis rediss")                                                                    \
    F(T, text(8, 99), stripe_secret_key, .secret = true, .prefix = "sk_")                                              \
    F(T, bool, dry_run)
SAAS_STRUCT(core, CORE);

#define KEY "kJ8#vq2LzR!w9XpT4nB7mD5hS3cF6gYa"

static const saas_schema *const schemas[] = {&core_schema};
static saas_arena *arena;
static saas_error error;
static const struct core *core;
static char folder[] = "/tmp/saas-config-XXXXXX", path[128], shown[4096];

static const char *write_file(const char *name, const char *text, size_t len)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f || fwrite(text, 1, len, f) != len || fclose(f))
        exit(1);
    return path;
}

static const char *setting(const char *name, const char *file, const char *text)
{
    static char out[4][256];
    static unsigned at;
    char *to = out[at++ % 4];
    snprintf(to, sizeof *out, "%s=%s", name, write_file(file, text, strlen(text)));
    return to;
}

static saas_config_sources with(const char *const *env, const char *dotenv)
{
    return (saas_config_sources){.size = sizeof(saas_config_sources),
                                 .env = env,
                                 .dotenv = dotenv ? write_file(".env", dotenv, strlen(dotenv)) : NULL,
                                 .dotenv_name = ".env"};
}

static const char *get(const char *const *env, const char *dotenv)
{
    void *out[1] = {NULL};
    const saas_config_sources from = with(env, dotenv);
    saas_arena_reset(arena);
    saas_err err = saas_config_read(out, arena, schemas, 1, &from, &error);
    CHECK((err == SAAS_OK) == (out[0] != NULL) && (err == SAAS_OK || err == SAAS_ERR_CONFIG));
    core = out[0];
    return error.text;
}

static const char *show(const char *const *env, const char *dotenv)
{
    saas_text text = {NULL, 0};
    const saas_config_sources from = with(env, dotenv);
    saas_arena_reset(arena);
    CHECK_INT(saas_config_show(&text, arena, schemas, 1, &from), SAAS_OK);
    snprintf(shown, sizeof shown, "%s", text.ptr ? text.ptr : "");
    return shown;
}

static const char *const enough[] = {"DATABASE_URL=postgresql:///x", "SIGNING_KEY=" KEY, NULL};

static void environment_then_file_then_default(void)
{
    static const char *const env[] = {"DATABASE_URL=postgresql:///x", "SIGNING_KEY=" KEY, "PORT=1", "GREETING=", NULL};
    CHECK_STR(get(env, "PORT=2\nGREETING='from the file'\nMODE=slow # here\nNODE_VERSION=20\n"), "");
    REQUIRE(core);
    CHECK_INT(core->port, 1);
    CHECK_STR(core->greeting.ptr, "from the file"); /* "" in the environment counts as absent */
    CHECK_INT(core->mode, mode_slow);
    CHECK_STR(get(enough, "PORT=\n"), "");
    REQUIRE(core);
    CHECK(core->port == 3001 && core->mode == mode_fast && core->has.dry_run == SAAS_ABSENT);
    CHECK_STR(get((const char *const[]){NULL}, "DATABASE_URL='host=/tmp dbname=x'\nSIGNING_KEY='" KEY "'\n"), "");
    REQUIRE(core);
    CHECK_STR(core->database_url.ptr, "host=/tmp dbname=x");
}

static void everything_wrong_is_one_report(void)
{
    static const char *const env[] = {"MODE=CANARY", "SIGNING_KEY=CANARYCANARYCANARYCANARYCANARYCANARY", NULL};
    CHECK_STR(
        get(env,
            "PORT=0x1F\nexport CANARY=1\nDATABSE_URL=CANARY\nSTRIPE_SECRET_KEY=pk_CANARY\nCACHE_URL=http://CANARY\n"
            "greting=CANARY\n"),
        ".env line 2: write NAME=value without export\n"
        "MODE: must be one of: fast, slow\n"
        "PORT: must be an integer\n"
        "DATABASE_URL: required\n"
        "SIGNING_KEY: too easy to guess: openssl rand -base64 32 makes one that is not\n"
        "CACHE_URL: not a URL of the kind taken here\n"
        "STRIPE_SECRET_KEY: must start with sk_\n"
        ".env line 3: DATABSE_URL is no known variable: is DATABASE_URL meant?\n"
        ".env line 6: greting is no known variable: is GREETING meant?");
}

/* ---- the file itself ---- */

static void a_file_that_is_not_there(void)
{
    void *out[1];
    saas_config_sources from = {.size = sizeof from, .env = enough, .dotenv = "/nonexistent/.env"};
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK_STR(error.text, "/nonexistent/.env: there is no such file");
    from.dotenv_name = "ENV_FILE";
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK_STR(error.text, "ENV_FILE: there is no such file");
    from.dotenv_optional = true;
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_OK);
    from.dotenv = "/tmp"; /* there, and no file: a problem all the same */
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK_STR(error.text, "ENV_FILE: not a regular file");
    static char large[65537 + 1];
    memset(large, '#', sizeof large - 1);
    from.dotenv = write_file("large", large, 65537);
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_ERR_CONFIG);
    CHECK_STR(error.text, "ENV_FILE: the file is too long");
    from.dotenv = write_file("large", large, 65536);
    CHECK_INT(saas_config_read(out, arena, schemas, 1, &from, &error), SAAS_OK);
}

/* ---- secrets in files ---- */

static void secrets_come_from_files(void)
{
    const char *env[] = {setting("DATABASE_URL_FILE", "db", "postgresql:///f\n"),
                         setting("SIGNING_KEY_FILE", "key", KEY "\n"), "GREETING_FILE=/etc/passwd", NULL};
    CHECK_STR(get(env, NULL), "");
    REQUIRE(core);
    CHECK_STR(core->database_url.ptr, "postgresql:///f");
    CHECK_STR(core->signing_key.ptr, KEY);
    CHECK_STR(core->greeting.ptr, "hello you"); /* no secret: no file */
    const char *two[] = {setting("DATABASE_URL_FILE", "db", "postgresql:///f\n\n"), env[1], NULL};
    CHECK_STR(get(two, NULL), "");
    CHECK(core && !strcmp(core->database_url.ptr, "postgresql:///f\n")); /* one newline is the editor's, no more */
    char dotenv[300];
    snprintf(dotenv, sizeof dotenv, "%s\n", setting("DATABASE_URL_FILE", "db", "postgresql:///g"));
    const char *one[] = {setting("SIGNING_KEY_FILE", "key", KEY), NULL};
    CHECK_STR(get(one, dotenv), "");
    CHECK(core && !strcmp(core->database_url.ptr, "postgresql:///g"));
}

static void files_of_secrets_that_are_wrong(void)
{
    char big[65600];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    const char *env[] = {"DATABASE_URL=CANARY-1234", setting("DATABASE_URL_FILE", "db", "CANARY"),
                         "SIGNING_KEY_FILE=/nonexistent/CANARY", setting("STRIPE_SECRET_KEY_FILE", "stripe", ""), NULL};
    CHECK_STR(get(env, NULL), "DATABASE_URL: set, and so is the variable of its file: which one is meant?\n"
                              "SIGNING_KEY_FILE: there is no such file\n"
                              "STRIPE_SECRET_KEY_FILE: the file is empty");
    CHECK(!strstr(error.text, "CANARY"));
    const char *layers[] = {"DATABASE_URL=CANARY-1234", "SIGNING_KEY=" KEY, NULL};
    char dotenv[300];
    snprintf(dotenv, sizeof dotenv, "%s\n", env[1]);
    CHECK_STR(get(layers, dotenv), "DATABASE_URL: set, and so is the variable of its file: which one is meant?");
    const char *content[] = {"DATABASE_URL_FILE=/tmp", setting("SIGNING_KEY_FILE", "key", "short"),
                             setting("STRIPE_SECRET_KEY_FILE", "stripe", big), NULL};
    CHECK_STR(get(content, NULL), "DATABASE_URL_FILE: not a regular file\n"
                                  "SIGNING_KEY: too short: at least 32 characters\n"
                                  "STRIPE_SECRET_KEY_FILE: the file is too long");
    char nul[300];
    snprintf(nul, sizeof nul, "DATABASE_URL_FILE=%s", write_file("nul", "postgres\0ql", 11));
    CHECK_STR(get((const char *const[]){nul, "SIGNING_KEY=" KEY, NULL}, NULL), "DATABASE_URL: must not contain U+0000");
    snprintf(path, sizeof path, "%s/pipe", folder);
    snprintf(nul, sizeof nul, "DATABASE_URL_FILE=%s", path);
    REQUIRE(!mkfifo(path, 0600)); /* does not wait for a writer */
    CHECK_STR(get((const char *const[]){nul, "SIGNING_KEY=" KEY, NULL}, NULL), "DATABASE_URL_FILE: not a regular file");
}

/* ---- for people ---- */

static void what_is_shown(void)
{
    const char *env[] = {"PORT=CANARY", setting("SIGNING_KEY_FILE", "key", "CANARY" KEY), "CACHE_URL=redis://h/1",
                         "STRIPE_SECRET_KEY=CANARY", NULL};
    CHECK_STR(show(env, "GREETING=\"a\\tb\"\nDATABASE_URL=CANARY-file\nPROT=80\nSTRIPE_SECRET_KEY_FLIE=CANARY\n"),
              "MODE               default  fast\n"
              "PORT               env      (not valid)\n"
              "GREETING           .env     \"a\\tb\"\n"
              "DATABASE_URL       .env     (secret)\n"
              "SIGNING_KEY        file     (secret)\n"
              "CACHE_URL          env      redis://h/1\n"
              "STRIPE_SECRET_KEY  env      (not valid)\n"
              "DRY_RUN            -\n"
              "\n"
              ".env line 3: PROT is no known variable: is PORT meant?\n"
              ".env line 4: STRIPE_SECRET_KEY_FLIE is no known variable: is STRIPE_SECRET_KEY_FILE meant?\n");
    CHECK(strstr(show((const char *const[]){NULL}, NULL), "DATABASE_URL       -        (missing)\n"));
    CHECK(strstr(show((const char *const[]){"GREETING=\x1b[2Jhi", NULL}, NULL), "\"\\u001b[2Jhi\"\n"));
}

static void neighbours_of_other_programs_are_left_alone(void)
{
    static const char *const others[] = {"NODE_ENV", "PATH",          "HOME",       "POST",      "MODES",
                                         "MODE2",    "DATABASE_HOST", "AWS_REGION", "CACHE_TTL", "DRY"};
    static const bool near[] = {false, false, false, true, true, true, false, false, false, false};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char dotenv[100];
        snprintf(dotenv, sizeof dotenv, "%s=1\n", others[i]);
        bool told = strstr(show(enough, dotenv), "\n.env line 1: ") != NULL;
        if (told != near[i])
            fprintf(stderr, "%s\n", others[i]);
        CHECK(told == near[i]);
    }
}

static void an_example_to_fill_in(void)
{
    saas_text text = {NULL, 0};
    CHECK_INT(saas_config_example(&text, arena, schemas, 1), SAAS_OK);
    CHECK_STR(text.ptr, "# How it runs: one of fast, slow; default fast\n"
                        "#MODE=fast\n"
                        "\n"
                        "# an integer, 1 to 65535; default 3001\n"
                        "#PORT=3001\n"
                        "\n"
                        "# text, 1 to 200 characters; default hello you\n"
                        "#GREETING=\"hello you\"\n"
                        "\n"
                        "# text, 8 to 400 characters; required\n"
                        "# Secret; or DATABASE_URL_FILE names a file that has it.\n"
                        "DATABASE_URL=\n"
                        "\n"
                        "# text, 32 to 400 characters; required\n"
                        "# Secret; or SIGNING_KEY_FILE names a file that has it. To make one: openssl rand -base64 32\n"
                        "SIGNING_KEY=\n"
                        "\n"
                        "# URL (redis rediss); optional\n"
                        "#CACHE_URL=\n"
                        "\n"
                        "# text, 8 to 99 characters, starts with sk_; optional\n"
                        "# Secret; or STRIPE_SECRET_KEY_FILE names a file that has it.\n"
                        "#STRIPE_SECRET_KEY=\n"
                        "\n"
                        "# true or false; optional\n"
                        "#DRY_RUN=\n");
    char filled[4096];
    snprintf(filled, sizeof filled, "%s", text.ptr);
    CHECK_STR(get((const char *const[]){NULL}, filled), "DATABASE_URL: required\nSIGNING_KEY: required");
    CHECK_STR(get(enough, filled), "");
}

#define MANY(F, T)                                                                                                     \
    F(T, date, since)                                                                                                  \
    F(T, duration, pause)                                                                                              \
    F(T, hostname, host)                                                                                               \
    F(T, ip, address)                                                                                                  \
    F(T, ipv4, old_address)                                                                                            \
    F(T, ipv6, new_address)                                                                                            \
    F(T, base64url(4, 8), salt)                                                                                        \
    F(T, hex(4, 8), colour)                                                                                            \
    F(T, e164, phone)                                                                                                  \
    F(T, decimal(8, 2), price)                                                                                         \
    F(T, literal("v1"), version)
SAAS_STRUCT(many, MANY);

static void an_example_names_each_format(void)
{
    saas_text text = {NULL, 0};
    const saas_schema *const all[] = {&many_schema};
    CHECK_INT(saas_config_example(&text, arena, all, 1), SAAS_OK);
    CHECK_STR(text.ptr, "# date as 2026-01-31; optional\n#SINCE=\n\n"
                        "# ISO 8601 duration as PT15M; optional\n#PAUSE=\n\n"
                        "# host name; optional\n#HOST=\n\n"
                        "# IP address; optional\n#ADDRESS=\n\n"
                        "# IPv4 address; optional\n#OLD_ADDRESS=\n\n"
                        "# IPv6 address; optional\n#NEW_ADDRESS=\n\n"
                        "# base64url, 4 to 8 characters; optional\n#SALT=\n\n"
                        "# hexadecimal digits, 4 to 8 characters; optional\n#COLOUR=\n\n"
                        "# telephone number as +4930123456; optional\n#PHONE=\n\n"
                        "# decimal number of at most 8 digits, 2 behind the point; optional\n#PRICE=\n\n"
                        "# just v1; optional\n#VERSION=\n");
}

static const check_test tests[] = {TEST(environment_then_file_then_default),
                                   TEST(everything_wrong_is_one_report),
                                   TEST(a_file_that_is_not_there),
                                   TEST(secrets_come_from_files),
                                   TEST(files_of_secrets_that_are_wrong),
                                   TEST(what_is_shown),
                                   TEST(neighbours_of_other_programs_are_left_alone),
                                   TEST(an_example_to_fill_in),
                                   TEST(an_example_names_each_format)};

static void remove_files(void)
{
    static const char *const names[] = {".env", "db", "key", "stripe", "large", "nul", "pipe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    arena = saas_arena_new(0);
    if (!arena || !mkdtemp(folder))
        return 1;
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    remove_files();
    return failed;
}
