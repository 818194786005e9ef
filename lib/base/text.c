#include <saas/text.h>
#include <string.h>

saas_text saas_text_z(const char *z)
{
    return (saas_text){z, z ? strlen(z) : 0};
}

bool saas_text_equal(saas_text a, saas_text b)
{
    return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

static unsigned char lower(char ch)
{
    unsigned char u = (unsigned char)ch;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool saas_text_equal_ci(saas_text a, saas_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}
