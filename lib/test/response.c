#include <saas/test.h>

saas_text saas_test_header(const saas_test_response *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (saas_text_equal_ci(r->headers[i].name, saas_text_z(name)))
            return r->headers[i].value;
    return (saas_text){NULL, 0};
}
