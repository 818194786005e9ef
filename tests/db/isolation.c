/* TN5 on one connection: units of many organizations interleaved under forced row-level security. */
#include "isolation.h"

static void no_foreign_row(void)
{
    run_isolated((saas_db_options){.lanes_shared = 1, .lanes_slow = 1, .lanes_exclusive = 1});
}

static const check_test tests[] = {TEST(no_foreign_row)};
RIG_MAIN(tests)
