/* base/list.h: an intrusive doubly linked ring. */
#ifndef SAAS_BASE_LIST_H
#define SAAS_BASE_LIST_H

#include <saas/api.h>

typedef struct saas_list {
    struct saas_list *next, *prev;
} saas_list;

static inline void saas_list_init(saas_list *l)
{
    l->next = l->prev = l;
}

static inline bool saas_list_empty(const saas_list *l)
{
    return l->next == l;
}

/* Before `at`: at a list's head that is its end. */
static inline void saas_list_insert(saas_list *at, saas_list *item)
{
    item->next = at;
    item->prev = at->prev;
    at->prev->next = item;
    at->prev = item;
}

/* Unlinks; harmless on an item that is unlinked already. */
static inline void saas_list_remove(saas_list *item)
{
    item->next->prev = item->prev;
    item->prev->next = item->next;
    item->next = item->prev = item;
}

static inline saas_list *saas_list_pop(saas_list *l)
{
    saas_list *first = l->next;
    if (first == l)
        return NULL;
    saas_list_remove(first);
    return first;
}

#define SAAS_CONTAINER(item, type, member) ((type *)(void *)((char *)(item) - offsetof(type, member)))

#endif
