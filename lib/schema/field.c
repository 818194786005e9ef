#include "schema/field.h"
#include "base/arena.h"
#include "base/text.h"

void *saas_list_add(saas_arena *a, const saas_field *f, saas_list_member *list, size_t most)
{
    size_t n = list->count;
    if (!n || (n >= 4 && !(n & (n - 1)))) {
        size_t room = n ? 2 * n : 4;
        void *items = saas_arena_grow(a, list->items, n * f->item_size, (room < most ? room : most) * f->item_size);
        if (!items)
            return NULL;
        list->items = items;
    }
    list->count++;
    return memset((char *)list->items + n * f->item_size, 0, f->item_size);
}

const saas_variant *saas_union_variant(const saas_union *u, int kind)
{
    if (kind < 1 || (size_t)kind > u->count)
        return NULL;
    return (const void *)((const char *)u->variants + (size_t)(kind - 1) * u->variant_size);
}

int saas_union_kind(const saas_union *u, saas_text word)
{
    for (int kind = 1; (size_t)kind <= u->count; kind++)
        if (saas_text_is(word, saas_union_variant(u, kind)->word))
            return kind;
    return 0;
}
