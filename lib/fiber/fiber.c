#include "fiber/sanitize.h"
#include "fiber/switch.h"
#include <stdlib.h>

enum { STACK_BYTES = 256 * 1024, STACK_BYTES_MIN = 16 * 1024 };

struct saas_fibers {
    size_t stack_bytes, idle_max;
    size_t idle_count, running;
    saas_list idle; /* the last used first: its stack is warm */
    saas_list parked;
};

saas_err saas_fibers_new(saas_fibers **out, size_t stack_bytes, size_t idle_max)
{
    saas_fibers *pool = stack_bytes > SIZE_MAX / 4 ? NULL : calloc(1, sizeof *pool);
    if (!pool)
        return SAAS_ERR_NO_MEMORY;
    if (!stack_bytes)
        stack_bytes = STACK_BYTES;
    if (stack_bytes < STACK_BYTES_MIN)
        stack_bytes = STACK_BYTES_MIN;
    pool->stack_bytes = SAAS_ASAN || SAAS_TSAN ? stack_bytes * 2 : stack_bytes;
    pool->idle_max = idle_max;
    saas_list_init(&pool->idle);
    saas_list_init(&pool->parked);
    *out = pool;
    return SAAS_OK;
}

static saas_fiber *fiber_new(saas_fibers *pool)
{
    saas_fiber *f = calloc(1, sizeof *f);
    if (!f || saas_stack_new(&f->stack, pool->stack_bytes)) {
        free(f);
        return NULL;
    }
    f->pool = pool;
    saas_list_init(&f->link);
    saas_switch_init(f);
    return f;
}

static void fiber_free(saas_fiber *f)
{
    saas_switch_done(f);
    saas_stack_free(&f->stack);
    free(f);
}

static void free_all(saas_list *fibers)
{
    saas_list *item;
    while ((item = saas_list_pop(fibers)))
        fiber_free(SAAS_CONTAINER(item, saas_fiber, link));
}

void saas_fibers_free(saas_fibers *pool)
{
    if (!pool)
        return;
    free_all(&pool->idle);
    free_all(&pool->parked);
    free(pool);
}

size_t saas_fibers_running(const saas_fibers *pool)
{
    return pool->running;
}

static saas_fiber *take(saas_fibers *pool)
{
    saas_list *item = saas_list_pop(&pool->idle);
    if (!item)
        return fiber_new(pool);
    pool->idle_count--;
    return SAAS_CONTAINER(item, saas_fiber, link);
}

static void ended(saas_fiber *f)
{
    saas_fibers *pool = f->pool;
    pool->running--;
    if (pool->idle_count == pool->idle_max) {
        fiber_free(f);
        return;
    }
    saas_list_insert(pool->idle.next, &f->link);
    pool->idle_count++;
}

void saas_fiber_resume(saas_fiber *f)
{
    saas_switch_enter(f);
    if (f->state == SAAS_FIBER_ENDED)
        ended(f);
    else if (f->state == SAAS_FIBER_PARKED)
        saas_list_insert(&f->pool->parked, &f->link);
}

saas_err saas_fiber_start(saas_fibers *pool, void (*fn)(saas_fiber *self, void *arg), void *arg)
{
    saas_fiber *f = take(pool);
    if (!f)
        return SAAS_ERR_NO_MEMORY;
    f->fn = fn;
    f->arg = arg;
    f->state = SAAS_FIBER_LIVE;
    pool->running++;
    saas_fiber_resume(f);
    return SAAS_OK;
}

void saas_fiber_suspend(saas_fiber *self)
{
    saas_switch_leave(self);
}

_Noreturn void saas_fiber_park(saas_fiber *self)
{
    self->state = SAAS_FIBER_PARKED;
    for (;;)
        saas_switch_leave(self);
}
