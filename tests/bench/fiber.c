/* The cost of a switch: a fiber that does nothing but suspend, in and out counted as two. */
#include "base/clock.h"
#include "fiber/fiber.h"
#include <stdio.h>

enum { ROUNDS = 5 * 1000 * 1000 };

static void suspend_for_ever(saas_fiber *self, void *arg)
{
    *(saas_fiber **)arg = self;
    for (int i = 0; i < ROUNDS; i++)
        saas_fiber_suspend(self);
}

static void do_nothing(saas_fiber *self, void *arg)
{
    (void)self, (void)arg;
}

int main(void)
{
    saas_fibers *pool;
    saas_fiber *f;
    if (saas_fibers_new(&pool, 0, 1) || saas_fiber_start(pool, suspend_for_ever, &f))
        return 1;
    uint64_t start = saas_clock_mono_us();
    for (int i = 0; i < ROUNDS; i++)
        saas_fiber_resume(f);
    uint64_t switched = saas_clock_mono_us();
    for (int i = 0; i < ROUNDS; i++)
        if (saas_fiber_start(pool, do_nothing, NULL))
            return 1;
    uint64_t started = saas_clock_mono_us();
    printf("fiber: %.1f ns a switch, %.1f ns to start and end one\n", (double)(switched - start) * 1000 / ROUNDS / 2,
           (double)(started - switched) * 1000 / ROUNDS);
    saas_fibers_free(pool);
    return 0;
}
