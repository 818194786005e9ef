/* base/text.h: a text against a NUL-terminated string, without measuring that first. */
#ifndef SAAS_BASE_TEXT_H
#define SAAS_BASE_TEXT_H

#include <saas/text.h>

static inline bool saas_text_is(saas_text t, const char *z)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] != z[i] || !z[i])
            return false;
    return !z[t.len];
}

#endif
