/* Every call that can fail fails once, in turn, while a shard starts, answers and stops: no crash, no leak, and either
 * the right answer or a 503. */
#include "site.h"
#include <sys/mman.h>
#include <sys/random.h>

static unsigned long countdown; /* the call that fails; 0: none */
static unsigned long calls;

static bool fails(void)
{
    calls++;
    return countdown && --countdown == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    return fails() ? MAP_FAILED : __real_mmap(at, len, prot, flags, fd, offset);
}

ssize_t __real_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    return fails() ? -1 : __real_getrandom(out, len, flags);
}

#define THING(F, T) F(T, text(1, 20000), name, .required = true)
SAAS_STRUCT(thing, THING);

static unsigned cleaned;

static void clean(void *arg)
{
    (void)arg;
    cleaned++;
}

static void nothing(void *arg)
{
    (void)arg;
}

static saas_err everything(saas_ctx *c)
{
    const struct thing *in = saas_body(c, thing);
    unsigned before = cleaned;
    saas_err e = saas_defer(c, clean, NULL);
    CHECK(e ? cleaned == before + 1 : cleaned == before);
    SAAS_TRY(e);
    if (!saas_alloc(c, 20000) || !saas_format(c, "%5000d", 1).ptr)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_sleep(c, 1));
    SAAS_TRY(saas_work(c, nothing, NULL));
    SAAS_TRY(saas_reply_header(c, "x-own", "1"));
    return saas_reply(c, 201, &thing_schema, in);
}

static saas_err refuses(saas_ctx *c)
{
    if (!saas_alloc(c, 8000))
        return SAAS_ERR_NO_MEMORY;
    saas_err e = saas_fail_field(c, "name", "no");
    SAAS_TRY(saas_reply_header(c, "x-own", "1"));
    return e == SAAS_ERR_NO_MEMORY ? e : saas_fail(c, 409, "TAKEN", "Taken");
}

static const saas_route routes[] = {
    SAAS_POST("/everything", everything, .open = true, .body = &thing_schema),
    SAAS_GET("/refuses", refuses, .open = true),
};

static char big_body[12000];

static int exchange(const char *method, const char *target, const char *body)
{
    client t = {0};
    const saas_host_request r = {.size = sizeof r,
                                 .method = saas_text_z(method),
                                 .target = saas_text_z(target),
                                 .body = saas_text_z(body),
                                 .content_type = SAAS_LIT("application/json"),
                                 .header_size = sizeof(saas_header)};
    saas_err e = saas_exchange_new(&t.x, shard, &r, &ops, &t);
    if (e)
        return saas_host_refusal(e)->status;
    saas_exchange_start(t.x);
    turn_until(&t);
    CHECK_INT(t.replies, 1);
    CHECK(t.status != 201 || (strstr(t.body, "\"data\":{\"name\":\"xxx") && strstr(t.headers, "x-own")));
    CHECK(t.status != 409 || strstr(t.body, "TAKEN"));
    CHECK(t.status == 201 || t.status == 409 || strstr(t.body, "\"code\":\"UNAVAILABLE\""));
    return t.status;
}

static void once(void)
{
    if (saas_shard_new(&shard, &app, loop)) {
        shard = NULL;
        return;
    }
    unsigned before = cleaned;
    int status = exchange("POST", "/everything", big_body);
    CHECK(status == 201 || status == 503);
    CHECK(status != 201 || cleaned == before + 1);
    status = exchange("GET", "/refuses", NULL);
    CHECK(status == 409 || status == 503);
    shard_down();
}

static void each_call_fails_once(void)
{
    calls = 0;
    once();
    unsigned long all = calls;
    printf("%lu faults\n", all);
    CHECK(all >= 8);
    for (unsigned long n = 1; n <= all; n++) {
        countdown = n;
        once();
        countdown = 0;
        CHECK_INT(app.site.log && shard == NULL, 1);
    }
    once();
}

static const check_test tests[] = {TEST(each_call_fails_once)};

int main(int argc, char **argv)
{
    memset(big_body, 'x', sizeof big_body);
    memcpy(big_body, "{\"name\":\"", 9);
    memcpy(big_body + sizeof big_body - 3, "\"}", 3);
    site_up(routes, sizeof routes / sizeof *routes, NULL);
    shard_down();
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    site_down();
    return failed + check_failed != 0;
}
