/* test/command.h: runs a program of the Postgres installation as the user it wants. */
#ifndef SAAS_TEST_COMMAND_H
#define SAAS_TEST_COMMAND_H

#include <saas/err.h>
#include <sys/types.h>

typedef struct saas_test_user {
    uid_t uid;
    gid_t gid;
    bool change; /* we are root, it must not be */
} saas_test_user;

/* ERR_UNAVAILABLE: root without a postgres user. */
SAAS_MUST_CHECK saas_err saas_test_user_find(saas_test_user *out);
/* Runs argv (NULL-terminated, argv[0] a full path), output appended to log (NULL: thrown away); its exit code, -1 when
 * it did not come to that. */
int saas_test_command(const saas_test_user *user, const char *log, const char *const *argv);
/* Fills e (NULL is allowed) and returns err. */
saas_err saas_test_fail(saas_error *e, saas_err err, const char *format, ...) SAAS_PRINTF(3, 4);

#endif
