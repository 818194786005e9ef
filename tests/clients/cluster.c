/* A throw-away Postgres for tests in other languages: prints a line {"app":…,"owner":…,"super":…} with the connection
 * strings of a new empty database, then obeys lines on stdin ("halt", "resume", each answered "ok") until it ends. */
#include <saas/test.h>
#include <stdio.h>
#include <string.h>

static int fail(const saas_error *e)
{
    fprintf(stderr, "%s\n", e->text);
    return 1;
}

static int obey(saas_test_pg *pg, saas_error *e)
{
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        saas_err err = !strcmp(line, "halt\n") ? saas_test_pg_halt(pg, e) : saas_test_pg_resume(pg, e);
        if (err)
            return fail(e);
        puts("ok");
        fflush(stdout);
    }
    return 0;
}

int main(void)
{
    saas_error e = {0};
    saas_test_pg *pg = NULL;
    saas_test_db db;
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, NULL, &e)) {
        saas_test_pg_stop(pg);
        return fail(&e);
    }
    printf("{\"app\":\"%s\",\"owner\":\"%s\",\"super\":\"%s\"}\n", db.app_dsn, db.owner_dsn, db.super_dsn);
    fflush(stdout);
    int code = obey(pg, &e);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return code;
}
