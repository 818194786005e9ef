#include "auth_routes/slug.h"
#include <stdio.h>
#include <string.h>

static char fold(char ch)
{
    if (ch >= 'A' && ch <= 'Z')
        return (char)(ch | 32);
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ? ch : '-';
}

void saas_slug_of(char out[SAAS_SLUG_MAX + 1], saas_text name)
{
    char slug[SAAS_SLUG_MAX + 1];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < SAAS_SLUG_MAX; i++) {
        char ch = fold(name.ptr[i]);
        if (ch != '-' || (len && slug[len - 1] != '-'))
            slug[len++] = ch;
    }
    while (len && slug[len - 1] == '-')
        len--;
    slug[len] = 0;
    if (len >= SAAS_SLUG_MIN)
        memcpy(out, slug, len + 1);
    else
        snprintf(out, SAAS_SLUG_MAX + 1, len ? "org-%s" : "org", slug);
}
