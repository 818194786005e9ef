#include "fiber/sanitize.h"
#include "fiber/switch.h"
#include <sys/mman.h>
#include <unistd.h>

#if SAAS_ASAN
#include <sanitizer/lsan_interface.h>
#endif
#ifdef SAAS_VALGRIND
#include <valgrind/valgrind.h>
#endif

/* Address space only. Wider than a page, so that a handler's large array does not step over it. */
enum { GUARD_BYTES = 64 * 1024 };

static void announce(saas_stack *s)
{
#if SAAS_ASAN
    __lsan_register_root_region(s->bottom, s->size);
#endif
#ifdef SAAS_VALGRIND
    s->valgrind_id = VALGRIND_STACK_REGISTER(s->bottom, (char *)s->bottom + s->size);
#endif
    (void)s;
}

static void withdraw(const saas_stack *s)
{
#if SAAS_ASAN
    __lsan_unregister_root_region(s->bottom, s->size);
#endif
#ifdef SAAS_VALGRIND
    VALGRIND_STACK_DEREGISTER(s->valgrind_id);
#endif
    (void)s;
}

saas_err saas_stack_new(saas_stack *out, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), guard = (GUARD_BYTES + page - 1) / page * page;
    saas_stack s = {.size = (size + page - 1) / page * page};
    s.map_size = s.size + guard;
    s.map =
        mmap(NULL, s.map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (s.map == MAP_FAILED)
        return SAAS_ERR_NO_MEMORY;
    if (mprotect(s.map, guard, PROT_NONE)) {
        munmap(s.map, s.map_size);
        return SAAS_ERR_NO_MEMORY;
    }
    s.bottom = (char *)s.map + guard;
    announce(&s);
    *out = s;
    return SAAS_OK;
}

void saas_stack_free(const saas_stack *stack)
{
    withdraw(stack);
    munmap(stack->map, stack->map_size);
}
