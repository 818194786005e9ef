/* fiber/switch.h: a fiber's parts: its stack, and the switch between it and the loop's stack. */
#ifndef SAAS_FIBER_SWITCH_H
#define SAAS_FIBER_SWITCH_H

#include "base/list.h"
#include "fiber/fiber.h"
#include <setjmp.h>

typedef struct saas_stack {
    void *map; /* guard first, stack behind it */
    size_t map_size, size;
    void *bottom; /* lowest address */
    unsigned valgrind_id;
} saas_stack;

/* At least size bytes, known to leak checker and valgrind. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_stack_new(saas_stack *out, size_t size);
void saas_stack_free(const saas_stack *stack);

/* One of the two ends of a switch, and what the sanitizers want to know of its stack. */
typedef struct saas_side {
    jmp_buf point;
    const void *bottom;
    size_t size;
    void *fake_stack;
    void *tsan_fiber;
} saas_side;

typedef enum saas_fiber_state { SAAS_FIBER_LIVE, SAAS_FIBER_ENDED, SAAS_FIBER_PARKED } saas_fiber_state;

struct saas_fiber {
    saas_list link; /* idle or parked */
    saas_fibers *pool;
    void (*fn)(saas_fiber *self, void *arg);
    void *arg;
    saas_fiber_state state;
    bool entered; /* its stack has a frame to jump to */
    saas_side own, loop;
    saas_stack stack;
};

void saas_switch_init(saas_fiber *f);
void saas_switch_done(saas_fiber *f);
/* Loop to fiber, until it leaves. */
void saas_switch_enter(saas_fiber *f);
/* Fiber to loop, until it is entered again. */
void saas_switch_leave(saas_fiber *f);

#endif
