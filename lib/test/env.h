/* test/env.h: the settings of an app under test. */
#ifndef SAAS_TEST_ENV_PRIVATE_H
#define SAAS_TEST_ENV_PRIVATE_H

#include <saas/test.h>

/* What `given` (NULL-terminated, NULL is allowed) has, and made up what it lacks: secrets, APP_ENV, LOG_LEVEL and, with
 * db, where the database is. In the arena. NULL: no memory. */
const char *const *saas_test_env(saas_arena *a, const char *const *given, const saas_test_db *db);
/* A host's options in today's size. */
saas_app_options saas_test_options(const saas_app_options *given);

#endif
