#include "app/ledger.h"
#include "library_sql.h"

saas_module saas_library_module(void)
{
    return (saas_module){.name = "saas",
                         .steps = saas_library_migrations,
                         .count = sizeof saas_library_migrations / sizeof *saas_library_migrations,
                         .size = sizeof *saas_library_migrations};
}
