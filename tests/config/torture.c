/* Each allocation of a reading fails once: an error, nothing handed out, no secret left in what was freed. LB3, SC1. */
#include "check.h"
#include <malloc.h>
#include <saas/config.h>
#include <unistd.h>

#define SETTINGS(F, T)                                                                                                 \
    F(T, i64(1, 65535), port, .def = "3001")                                                                           \
    F(T, text(8, 400), database_url, .required = true, .secret = true)                                                 \
    F(T, text(8, 400), api_token, .secret = true)                                                                      \
    F(T, text(8, 400), pepper, .secret = true)
SAAS_STRUCT(settings, SETTINGS);

static const char canary[] = "canary-of-a-secret";
static size_t calls, fail_at, live;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static void *counted(void *p)
{
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return ++calls == fail_at ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return ++calls == fail_at ? NULL : counted(__real_calloc(n, size));
}

/* What goes back to the system has been wiped. */
void __wrap_free(void *p)
{
    if (p) {
        live--;
        CHECK(!memmem(p, malloc_usable_size(p), canary, sizeof canary - 1));
    }
    __real_free(p);
}

static char file[] = "/tmp/saas-torture-XXXXXX", dotenv[] = "/tmp/saas-torture-XXXXXX",
            bad_dotenv[] = "/tmp/saas-torture-XXXXXX", token_file[64];
static const char *env[] = {"DATABASE_URL=canary-of-a-secret, from the environment", token_file, NULL};
static const saas_schema *const schemas[] = {&settings_schema};

static saas_err read_good(saas_arena *a, const saas_config_sources *from)
{
    void *out[1] = {NULL};
    saas_err err = saas_config_read(out, a, schemas, 1, from, NULL);
    CHECK((err == SAAS_OK) == (out[0] != NULL));
    if (out[0]) {
        const struct settings *in = out[0];
        CHECK(in->api_token.ptr && in->pepper.ptr && in->database_url.ptr && in->port == 80);
        saas_config_wipe(out[0], &settings_schema);
    }
    return err;
}

static saas_err show(saas_arena *a, const saas_config_sources *from)
{
    saas_text text = {NULL, 0};
    saas_err err = saas_config_show(&text, a, schemas, 1, from);
    CHECK((err == SAAS_OK) == (text.ptr != NULL));
    CHECK(!text.ptr || !strstr(text.ptr, canary));
    return err;
}

static saas_err example(saas_arena *a, const saas_config_sources *from)
{
    saas_text text = {NULL, 0};
    (void)from;
    return saas_config_example(&text, a, schemas, 1);
}

static saas_err read_bad(saas_arena *a, const saas_config_sources *from)
{
    static const char *const bad[] = {"PORT=x", "PEPPER=canary-of-a-secret", "API_TOKEN=canary-of-a-secret", token_file,
                                      NULL};
    void *out[1] = {NULL};
    saas_config_sources wrong = *from;
    wrong.env = bad;
    wrong.dotenv = bad_dotenv;
    saas_err err = saas_config_read(out, a, schemas, 1, &wrong, NULL);
    CHECK(!out[0]);
    return err == SAAS_ERR_CONFIG ? SAAS_OK : err;
}

static void torture(const char *name, saas_err (*fn)(saas_arena *a, const saas_config_sources *from))
{
    const saas_config_sources from = {.size = sizeof from, .env = env, .dotenv = dotenv};
    saas_err err = SAAS_ERR_NO_MEMORY;
    for (fail_at = 1; err == SAAS_ERR_NO_MEMORY && fail_at < 100; fail_at++) {
        size_t before = live;
        calls = 0;
        saas_arena *a = saas_arena_new(0);
        err = a ? fn(a, &from) : SAAS_ERR_NO_MEMORY;
        size_t made = calls;
        saas_arena_free(a);
        CHECK_INT(live, before);
        CHECK(err == (made >= fail_at ? SAAS_ERR_NO_MEMORY : SAAS_OK));
    }
    CHECK_INT(err, SAAS_OK);
    printf("     %s: %zu allocations\n", name, fail_at - 2);
    fail_at = 0;
}

static void every_allocation_fails_once(void)
{
    torture("read", read_good);
    torture("read what is wrong", read_bad);
    torture("show", show);
    torture("example", example);
}

static const check_test tests[] = {TEST(every_allocation_fails_once)};

static void put(char *path, const char *text)
{
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd))
        exit(1);
}

int main(int argc, char **argv)
{
    put(file, "canary-of-a-secret, from a file\n");
    put(dotenv, "PORT=80\nPEPPER=\"canary-of-a-secret, \\\"quoted\\\"\"\n");
    put(bad_dotenv, "PEPER='canary-of-a-secret'\nbad line canary-of-a-secret\n");
    snprintf(token_file, sizeof token_file, "API_TOKEN_FILE=%s", file);
    int failed = check_run(tests, 1, argc, argv);
    unlink(file);
    unlink(dotenv);
    unlink(bad_dotenv);
    return failed;
}
