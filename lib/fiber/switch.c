#include "fiber/switch.h"
#include "fiber/sanitize.h"
#include <ucontext.h>

#if SAAS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if SAAS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NOT_INLINE    __attribute__((noinline))

/* Right before the jump. For good: what ASan keeps for this side's frames goes. TSan looks a jump's target up in the
 * fiber that it takes for the current one, so that one changes first; inline, as a return after it would be another
 * fiber's. */
ALWAYS_INLINE void departing(saas_side *from, const saas_side *to, bool for_good)
{
#if SAAS_ASAN
    from->fake_stack = NULL;
    __sanitizer_start_switch_fiber(for_good ? NULL : &from->fake_stack, to->bottom, to->size);
#endif
#if SAAS_TSAN
    __tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
    (void)from, (void)to, (void)for_good;
}

/* Right after the jump. */
ALWAYS_INLINE void arrived(const saas_side *at, saas_side *from)
{
#if SAAS_ASAN
    __sanitizer_finish_switch_fiber(at->fake_stack, &from->bottom, &from->size);
#endif
    (void)at, (void)from;
}

void saas_switch_init(saas_fiber *f)
{
    f->own.bottom = f->stack.bottom;
    f->own.size = f->stack.size;
#if SAAS_TSAN
    f->own.tsan_fiber = __tsan_create_fiber(0);
#endif
}

void saas_switch_done(saas_fiber *f)
{
#if SAAS_TSAN
    __tsan_destroy_fiber(f->own.tsan_fiber);
#endif
    (void)f;
}

NOT_INLINE void saas_switch_leave(saas_fiber *f)
{
    if (!_setjmp(f->own.point)) {
        departing(&f->own, &f->loop, f->state == SAAS_FIBER_ENDED);
        _longjmp(f->loop.point, 1);
    }
    arrived(&f->own, &f->loop);
}

/* The lowest frame of a stack: one function after the other. makecontext passes ints only. */
static void trampoline(unsigned high, unsigned low)
{
    saas_fiber *f = (saas_fiber *)(uintptr_t)((uint64_t)high << 32 | low);
    arrived(&f->own, &f->loop);
    for (;;) {
        f->fn(f, f->arg);
        f->state = SAAS_FIBER_ENDED;
        saas_switch_leave(f);
    }
}

/* ucontext saves and sets the signal mask with two system calls: once a stack, to get onto it. */
static NOT_INLINE void enter_first(saas_fiber *f)
{
    ucontext_t context;
    uint64_t address = (uintptr_t)f;
    getcontext(&context);
    context.uc_stack = (stack_t){.ss_sp = f->stack.bottom, .ss_size = f->stack.size};
    context.uc_link = NULL;
    makecontext(&context, (void (*)(void))trampoline, 2, (unsigned)(address >> 32), (unsigned)address);
    if (!_setjmp(f->loop.point)) {
        departing(&f->loop, &f->own, false);
        setcontext(&context);
    }
    arrived(&f->loop, &f->own);
}

static NOT_INLINE void enter_again(saas_fiber *f)
{
    if (!_setjmp(f->loop.point)) {
        departing(&f->loop, &f->own, false);
        _longjmp(f->own.point, 1);
    }
    arrived(&f->loop, &f->own);
}

void saas_switch_enter(saas_fiber *f)
{
#if SAAS_TSAN
    f->loop.tsan_fiber = __tsan_get_current_fiber();
#endif
    if (f->entered) {
        enter_again(f);
    } else {
        f->entered = true;
        enter_first(f);
    }
}
