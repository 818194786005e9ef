/* fiber/fiber.h: handlers as straight-line code: a pooled stack that waits by switching to its loop.
 *
 * A fiber belongs to its loop's thread and is never destroyed while suspended: whatever it waits for completes, with
 * ERR_CANCELLED if need be, and it falls out of its function. Stacks are mmap'd with a guard page, kept LIFO, and known
 * to ASan, TSan, LSan and valgrind. Switches are _setjmp/_longjmp after one makecontext per stack (QEMU's
 * coroutine-ucontext shows the technique). */
#ifndef SAAS_FIBER_H
#define SAAS_FIBER_H

#include <saas/err.h>

typedef struct saas_fiber saas_fiber;
typedef struct saas_fibers saas_fibers; /* one loop's pool */

/* stack_bytes 0: 256 KiB; doubled under ASan and TSan, whose frames are larger. idle_max stacks are kept mapped.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_fibers_new(saas_fibers **out, size_t stack_bytes, size_t idle_max);
/* All fibers must have ended, or be parked. */
void saas_fibers_free(saas_fibers *pool);
size_t saas_fibers_running(const saas_fibers *pool); /* started and not ended, parked ones included */

/* Starts fn(arg) on a fiber and returns when it first suspends or ends. From the loop's stack only.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_fiber_start(saas_fibers *pool, void (*fn)(saas_fiber *self, void *arg), void *arg);

/* On the fiber: back to the loop, until saas_fiber_resume. */
void saas_fiber_suspend(saas_fiber *self);
/* On the loop: go on where it suspended; returns when it suspends again or ends. */
void saas_fiber_resume(saas_fiber *f);
/* On the fiber: never comes back. Its stack is kept as it is until the pool goes. */
_Noreturn void saas_fiber_park(saas_fiber *self);

/* A wait for one callback. On the fiber: saas_wait w = {.fiber = self}; start an operation whose callback calls
 * saas_wait_done(&w, err) exactly once, later, on the loop; then saas_wait_for(&w) gives that err. */
typedef struct saas_wait {
    saas_fiber *fiber;
    saas_err err;
    bool done, waiting;
} saas_wait;
void saas_wait_done(saas_wait *w, saas_err err);
saas_err saas_wait_for(saas_wait *w);

#endif
