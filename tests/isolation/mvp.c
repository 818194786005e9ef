/* TN1: the example's tables, proven as a host's test does it; none is left untried. */
#include "check.h"
#include "migrations.h"
#include <saas.h>
#include <saas/test.h>

static void every_table_is_tried_and_holds(void)
{
    saas_test_pg *pg = NULL;
    saas_test_db db = {0};
    saas_error e = {0};
    const saas_app_options *app = SAAS_APP(.name = "mvp", SAAS_MIGRATIONS(mvp_migrations));
    REQUIRE(!saas_test_pg_start(&pg, &e));
    CHECK_INT(saas_test_db_new(&db, pg, app, &e), SAAS_OK);
    CHECK_INT(saas_test_prove(app, &db, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
}

static const check_test tests[] = {TEST(every_table_is_tried_and_holds)};
CHECK_MAIN(tests)
