/* What code of a handler needs of its stack: the greedy calls of libc fit, and what does not fit dies at the guard. */
#include "check.h"
#include "fiber/fiber.h"
#include "fiber/sanitize.h"
#include <netdb.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_fiber(void (*fn)(saas_fiber *self, void *arg), void *arg)
{
    saas_fibers *pool;
    REQUIRE(saas_fibers_new(&pool, 0, 1) == SAAS_OK);
    CHECK_INT(saas_fiber_start(pool, fn, arg), SAAS_OK);
    CHECK_INT(saas_fibers_running(pool), 0);
    saas_fibers_free(pool);
}

static void call_getaddrinfo(saas_fiber *self, void *arg)
{
    struct addrinfo *found = NULL;
    (void)self;
    *(int *)arg = getaddrinfo("localhost", "80", NULL, &found);
    if (found)
        freeaddrinfo(found);
}

static void getaddrinfo_fits(void)
{
    int result = -1;
    on_fiber(call_getaddrinfo, &result);
    CHECK_INT(result, 0);
}

static void call_printf(saas_fiber *self, void *arg)
{
    (void)self;
    FILE *nowhere = fopen("/dev/null", "w");
    *(int *)arg = nowhere ? fprintf(nowhere, "%.300Lf", 1e4900L) : -1;
    if (nowhere)
        fclose(nowhere);
}

static void printf_of_a_long_double_fits(void)
{
    int result = -1;
    on_fiber(call_printf, &result);
    CHECK_INT(result, 4901 + 1 + 300);
}

static void call_regcomp(saas_fiber *self, void *arg)
{
    regex_t re;
    (void)self;
    *(int *)arg = regcomp(&re, "^(([a-z0-9]+)(-[a-z0-9]+)*|[^@ ]{1,64}@([a-z]{1,20}\\.){1,5}[a-z]+)$", REG_EXTENDED);
    if (!*(int *)arg) {
        *(int *)arg = regexec(&re, "someone@mail.example.org", 0, NULL, 0);
        regfree(&re);
    }
}

static void regcomp_and_regexec_fit(void)
{
    int result = -1;
    on_fiber(call_regcomp, &result);
    CHECK_INT(result, 0);
}

/* ---- a handler's own long jump stays on its stack ---- */

static __attribute__((noinline)) unsigned leap(jmp_buf *out)
{
    volatile bool leaping = true; /* else the compiler proves that jump_back never returns, and warns */
    if (leaping)
        longjmp(*out, 1);
    return 0;
}

static unsigned jump_back(jmp_buf *out, unsigned depth)
{
    volatile char frame[256];
    memset((char *)frame, (int)depth, sizeof frame);
    return (depth ? jump_back(out, depth - 1) : leap(out)) + (unsigned)frame[depth];
}

static void jump_and_suspend(saas_fiber *self, void *arg)
{
    jmp_buf out;
    if (!setjmp(out))
        jump_back(&out, 20);
    *(saas_fiber **)arg = self;
    saas_fiber_suspend(self);
    char after[8192];
    memset(after, 7, sizeof after);
    *(saas_fiber **)arg = after[8191] == 7 ? NULL : self;
}

static void a_handler_may_jump_on_its_own_stack(void)
{
    saas_fibers *pool;
    saas_fiber *f = NULL;
    REQUIRE(saas_fibers_new(&pool, 0, 1) == SAAS_OK);
    CHECK_INT(saas_fiber_start(pool, jump_and_suspend, &f), SAAS_OK);
    REQUIRE(f);
    saas_fiber_resume(f);
    CHECK(!f);
    saas_fibers_free(pool);
}

/* ---- overflow ---- */

static unsigned dig(unsigned depth)
{
    volatile char frame[2000];
    memset((char *)frame, (int)depth, sizeof frame);
    return depth ? dig(depth - 1) + (unsigned)frame[depth % sizeof frame] : 0;
}

static void dig_too_deep(saas_fiber *self, void *arg)
{
    (void)self;
    *(unsigned *)arg = dig(100000);
}

static __attribute__((noinline)) unsigned touch(volatile char *lowest)
{
    *lowest = 1;
    return (unsigned)*lowest;
}

static void dig_with_a_large_array(saas_fiber *self, void *arg)
{
    char frame[(SAAS_ASAN || SAAS_TSAN ? 512 : 256) * 1024 + 16 * 1024];
    (void)self;
    *(unsigned *)arg = touch(frame);
}

/* The signal that ends a child which runs fn. */
static int death_of(void (*fn)(saas_fiber *self, void *arg))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        unsigned result;
        signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would report it and exit */
        on_fiber(fn, &result);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void overflow_dies_at_the_guard(void)
{
    CHECK_INT(death_of(dig_too_deep), SIGSEGV);
    CHECK_INT(death_of(dig_with_a_large_array), SIGSEGV);
}

static const check_test tests[] = {TEST(getaddrinfo_fits), TEST(printf_of_a_long_double_fits),
                                   TEST(regcomp_and_regexec_fit), TEST(a_handler_may_jump_on_its_own_stack),
                                   TEST(overflow_dies_at_the_guard)};
CHECK_MAIN(tests)
