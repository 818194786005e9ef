#include "schema/same.h"
#include <string.h>

static int compare(saas_text a, saas_text b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* from[lo..mid) and from[mid..hi), each in order, become to[lo..hi); of equal ones the first stays first. */
static void merge(uint32_t *to, const uint32_t *from, size_t lo, size_t mid, size_t hi, const saas_text *texts)
{
    size_t left = lo, right = mid;
    for (size_t i = lo; i < hi; i++) {
        bool take_left = right == hi || (left < mid && compare(texts[from[left]], texts[from[right]]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

static const uint32_t *sort(uint32_t *order, uint32_t *other, const saas_text *texts, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t lo = 0; lo < count; lo += 2 * width) {
            size_t mid = lo + width < count ? lo + width : count;
            size_t hi = mid + width < count ? mid + width : count;
            merge(other, order, lo, mid, hi, texts);
        }
        uint32_t *swap = order;
        order = other;
        other = swap;
    }
    return order;
}

bool *saas_same(saas_arena *a, const saas_text *texts, size_t count)
{
    uint32_t *order = saas_arena_calloc(a, count, 2 * sizeof *order);
    bool *same = saas_arena_calloc(a, count, sizeof *same);
    if (!order || !same)
        return NULL;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    const uint32_t *sorted = sort(order, order + count, texts, count);
    for (size_t i = 1; i < count; i++)
        same[sorted[i]] = !compare(texts[sorted[i - 1]], texts[sorted[i]]);
    return same;
}
