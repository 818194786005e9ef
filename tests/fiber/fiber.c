#include "fiber/fiber.h"
#include "check.h"
#include "fiber/sanitize.h"
#include <sys/mman.h>
#include <unistd.h>
#if SAAS_ASAN
#include <sanitizer/lsan_interface.h>
#endif

/* TSan knows at most 8,128 threads and fibers. */
enum { MANY = SAAS_TSAN ? 1000 : 10000 };

static saas_fibers *pool;

static void setup(size_t idle_max)
{
    CHECK_INT(saas_fibers_new(&pool, 0, idle_max), SAAS_OK);
}

typedef struct visit {
    saas_fiber *fiber;
    unsigned steps;
    unsigned suspends; /* wanted */
} visit;

static void visit_run(saas_fiber *self, void *arg)
{
    visit *v = arg;
    v->fiber = self;
    for (unsigned i = 0; i < v->suspends; i++) {
        char local[64];
        memset(local, (int)i, sizeof local);
        v->steps++;
        saas_fiber_suspend(self);
        CHECK(local[0] == (char)i && local[63] == (char)i);
    }
    v->steps += 100;
}

static void a_fiber_goes_on_where_it_suspended(void)
{
    visit v = {.suspends = 2};
    setup(1);
    CHECK_INT(saas_fiber_start(pool, visit_run, &v), SAAS_OK);
    CHECK_INT(v.steps, 1);
    CHECK_INT(saas_fibers_running(pool), 1);
    saas_fiber_resume(v.fiber);
    CHECK_INT(v.steps, 2);
    saas_fiber_resume(v.fiber);
    CHECK_INT(v.steps, 102);
    CHECK_INT(saas_fibers_running(pool), 0);
    saas_fibers_free(pool);
    saas_fibers_free(NULL);
}

static void stacks_are_used_again_last_one_first(void)
{
    visit a = {.suspends = 1}, b = {.suspends = 1}, c = {0};
    setup(2);
    CHECK_INT(saas_fiber_start(pool, visit_run, &a), SAAS_OK);
    CHECK_INT(saas_fiber_start(pool, visit_run, &b), SAAS_OK);
    saas_fiber_resume(a.fiber);
    saas_fiber_resume(b.fiber);
    CHECK_INT(saas_fiber_start(pool, visit_run, &c), SAAS_OK);
    CHECK(c.fiber == b.fiber);
    saas_fibers_free(pool);
}

static void ten_thousand_at_once(void)
{
    static visit visits[MANY];
    setup(100);
    for (size_t i = 0; i < MANY; i++) {
        visits[i] = (visit){.suspends = 2};
        REQUIRE(saas_fiber_start(pool, visit_run, &visits[i]) == SAAS_OK);
    }
    CHECK_INT(saas_fibers_running(pool), MANY);
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < MANY; i++)
            saas_fiber_resume(visits[(i * 7919) % MANY].fiber);
    for (size_t i = 0; i < MANY; i++)
        CHECK_INT(visits[i].steps, 102);
    CHECK_INT(saas_fibers_running(pool), 0);
    saas_fibers_free(pool);
}

static void ten_thousand_one_after_another(void)
{
    setup(1);
    for (unsigned i = 0; i < MANY; i++) {
        visit v = {.suspends = 1};
        REQUIRE(saas_fiber_start(pool, visit_run, &v) == SAAS_OK);
        saas_fiber_resume(v.fiber);
        CHECK_INT(v.steps, 101);
    }
    saas_fibers_free(pool);
}

static void without_idle_stacks_each_is_new(void)
{
    setup(0);
    for (unsigned i = 0; i < MANY; i++) {
        visit v = {.suspends = 1};
        REQUIRE(saas_fiber_start(pool, visit_run, &v) == SAAS_OK);
        saas_fiber_resume(v.fiber);
        CHECK_INT(v.steps, 101);
    }
    saas_fibers_free(pool);
}

static void park_now(saas_fiber *self, void *arg)
{
    *(char **)arg = __builtin_frame_address(0);
    saas_fiber_park(self);
}

static bool is_mapped(const char *address)
{
    unsigned char in_core;
    uintptr_t page = (uintptr_t)address & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);
    return !mincore((void *)page, 1, &in_core);
}

static void parked_fibers_stay_until_the_pool_goes(void)
{
    char *stacks[10];
    setup(4);
    for (size_t i = 0; i < 10; i++)
        REQUIRE(saas_fiber_start(pool, park_now, &stacks[i]) == SAAS_OK);
    CHECK_INT(saas_fibers_running(pool), 10);
    visit v = {.suspends = 1};
    CHECK_INT(saas_fiber_start(pool, visit_run, &v), SAAS_OK);
    saas_fiber_resume(v.fiber);
    CHECK_INT(v.steps, 101);
    CHECK_INT(saas_fibers_running(pool), 10);
    for (size_t i = 0; i < 10; i++)
        CHECK(is_mapped(stacks[i]));
    saas_fibers_free(pool);
    for (size_t i = 0; i < 10; i++)
        CHECK(!is_mapped(stacks[i]));
}

#if SAAS_ASAN
/* Not where ASan may keep locals elsewhere: of a suspended fiber's it tells the leak checker nothing. */
__attribute__((no_sanitize_address)) static void hold_memory(saas_fiber *self, void *arg)
{
    char *volatile held = malloc(10);
    *(saas_fiber **)arg = self;
    saas_fiber_suspend(self);
    free(held);
}

static void what_a_suspended_fiber_holds_is_no_leak(void)
{
    saas_fiber *f;
    setup(1);
    REQUIRE(saas_fiber_start(pool, hold_memory, &f) == SAAS_OK);
    CHECK_INT(__lsan_do_recoverable_leak_check(), 0);
    saas_fiber_resume(f);
    saas_fibers_free(pool);
}
#endif

/* ---- waits ---- */

typedef struct waiter {
    saas_wait wait;
    bool early;
    saas_err got;
    bool over;
} waiter;

static void wait_run(saas_fiber *self, void *arg)
{
    waiter *w = arg;
    w->wait = (saas_wait){.fiber = self};
    if (w->early)
        saas_wait_done(&w->wait, SAAS_ERR_BUSY);
    w->got = saas_wait_for(&w->wait);
    w->over = true;
}

static void a_wait_may_be_done_before_it_is_waited_for(void)
{
    waiter w = {.early = true};
    setup(1);
    CHECK_INT(saas_fiber_start(pool, wait_run, &w), SAAS_OK);
    CHECK(w.over);
    CHECK_INT(w.got, SAAS_ERR_BUSY);
    saas_fibers_free(pool);
}

static void a_wait_ends_when_it_is_done(void)
{
    waiter w = {0};
    setup(1);
    CHECK_INT(saas_fiber_start(pool, wait_run, &w), SAAS_OK);
    CHECK(!w.over);
    saas_fiber_resume(w.wait.fiber); /* not what it waits for */
    CHECK(!w.over);
    saas_wait_done(&w.wait, SAAS_ERR_CANCELLED);
    CHECK(w.over);
    CHECK_INT(w.got, SAAS_ERR_CANCELLED);
    CHECK_INT(saas_fibers_running(pool), 0);
    saas_fibers_free(pool);
}

static const check_test tests[] = {TEST(a_fiber_goes_on_where_it_suspended),
                                   TEST(stacks_are_used_again_last_one_first),
                                   TEST(ten_thousand_at_once),
                                   TEST(ten_thousand_one_after_another),
                                   TEST(without_idle_stacks_each_is_new),
                                   TEST(parked_fibers_stay_until_the_pool_goes),
#if SAAS_ASAN
                                   TEST(what_a_suspended_fiber_holds_is_no_leak),
#endif
                                   TEST(a_wait_may_be_done_before_it_is_waited_for),
                                   TEST(a_wait_ends_when_it_is_done)};
CHECK_MAIN(tests)
