#include "auth_routes/slug.h"
#include <string.h>

static char fold(char ch)
{
    if (ch >= 'A' && ch <= 'Z')
        return (char)(ch | 32);
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ? ch : '-';
}

void saas_slug_of(char out[SAAS_SLUG_MAX + 1], saas_text name)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < SAAS_SLUG_MAX; i++) {
        char ch = fold(name.ptr[i]);
        if (ch != '-' || (len && out[len - 1] != '-'))
            out[len++] = ch;
    }
    while (len && out[len - 1] == '-')
        len--;
    out[len] = 0;
    if (len >= SAAS_SLUG_MIN)
        return;
    memmove(out + 4, out, len + 1);
    memcpy(out, "org-", 4);
    if (!len)
        out[3] = 0;
}
