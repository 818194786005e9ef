/* A program out of tree: exit 0 when the library that it found is the one of its headers and works. */
#include <saas.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    bool ok = !strcmp(saas_err_code(SAAS_ERR_VALIDATION), "VALIDATION_ERROR") && saas_err_status(SAAS_ERR_TENANT) == 404;
    puts(ok ? "works" : "does not work");
    return !ok;
}
