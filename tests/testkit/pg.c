/* The throw-away Postgres: up in one call, roles as documented, gone however its process ends. */
#include "check.h"
#include <libpq-fe.h>
#include <saas/test.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static saas_test_pg *pg;

static void query(char out[256], const char *dsn, const char *sql)
{
    PGconn *conn = PQconnectdb(dsn);
    PGresult *r = PQexec(conn, sql);
    bool row = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    snprintf(out, 256, "%s", row ? PQgetvalue(r, 0, 0) : PQresultErrorMessage(r));
    PQclear(r);
    PQfinish(conn);
}

static void roles_are_restricted(void)
{
    char got[256];
    saas_test_db db;
    REQUIRE(!saas_test_db_new(&db, pg, NULL, NULL));
    query(got, db.app_dsn, "select current_user");
    CHECK_STR(got, "saas_app");
    query(got, db.owner_dsn, "select current_user");
    CHECK_STR(got, "saas_owner");
    query(got, db.super_dsn, "select rolsuper::text from pg_roles where rolname = current_user");
    CHECK_STR(got, "true");
    query(got, db.super_dsn, "select count(*) from pg_roles where rolname ~ '^saas_' and (rolsuper or rolbypassrls)");
    CHECK_STR(got, "0");
    query(got, db.super_dsn,
          "select pg_has_role('saas_app', 'saas_auth', 'member')::text || "
          "pg_has_role('saas_app', 'saas_owner', 'member')::text || "
          "pg_has_role('saas_owner', 'saas_auth', 'member')::text");
    CHECK_STR(got, "falsefalsetrue");
    query(got, db.app_dsn, "create table t (a int)");
    CHECK(strstr(got, "permission denied"));
    query(got, db.owner_dsn, "show idle_in_transaction_session_timeout"); /* less than revocations have to spare */
    CHECK_STR(got, "30s");
    query(got, db.app_dsn, "show statement_timeout");
    CHECK_STR(got, "30s");
    saas_test_db_drop(pg, &db);
    query(got, db.app_dsn, "select 1");
    CHECK(strcmp(got, "1") != 0);
}

/* As the guide has it: who may connect may notify. */
static void strangers_are_not_let_in(void)
{
    char got[256], stranger[600];
    saas_test_db db;
    REQUIRE(!saas_test_db_new(&db, pg, NULL, NULL));
    snprintf(stranger, sizeof stranger, "%s user=stranger", db.app_dsn);
    query(got, db.super_dsn, "create role stranger login");
    query(got, stranger, "select current_user");
    CHECK_STR(got, "stranger");
    query(got, db.owner_dsn,
          "do $$ begin execute format('revoke connect on database %I from public', current_database());"
          " execute format('grant connect on database %I to saas_app, saas_system', current_database()); end $$");
    query(got, stranger, "select current_user");
    CHECK_STR(got, ""); /* no connection */
    query(got, db.app_dsn, "select current_user");
    CHECK_STR(got, "saas_app");
    query(got, db.system_dsn, "select current_user");
    CHECK_STR(got, "saas_system");
    query(got, db.owner_dsn, "select current_user");
    CHECK_STR(got, "saas_owner");
    query(got, db.super_dsn, "drop role stranger");
    saas_test_db_drop(pg, &db);
}

static void survives_a_halt(void)
{
    char got[256];
    saas_test_db db;
    saas_error e = {0};
    if (getenv("SAAS_TEST_PG"))
        return;
    REQUIRE(!saas_test_db_new(&db, pg, NULL, NULL));
    query(got, db.owner_dsn, "create table t as select 7 as a");
    CHECK(!saas_test_pg_halt(pg, &e));
    query(got, db.owner_dsn, "select a from t");
    CHECK(strcmp(got, "7") != 0);
    CHECK(!saas_test_pg_resume(pg, &e));
    query(got, db.owner_dsn, "select a from t");
    CHECK_STR(got, "7");
    saas_test_db_drop(pg, &db);
}

static void start_and_tell(int to)
{
    saas_test_pg *mine;
    saas_test_db db;
    if (saas_test_pg_start(&mine, NULL) || saas_test_db_new(&db, mine, NULL, NULL))
        _exit(1);
    if (write(to, db.app_dsn, sizeof db.app_dsn) != sizeof db.app_dsn)
        _exit(1);
    pause();
    _exit(1);
}

static void goes_with_its_process(void)
{
    int ends[2];
    char dsn[512] = "", folder[64] = "";
    if (getenv("SAAS_TEST_PG"))
        return;
    REQUIRE(!pipe(ends));
    pid_t child = fork();
    if (child == 0)
        start_and_tell(ends[1]);
    close(ends[1]);
    REQUIRE(read(ends[0], dsn, sizeof dsn) == sizeof dsn);
    close(ends[0]);
    REQUIRE(sscanf(dsn, "host=%63s ", folder) == 1);
    CHECK(!access(folder, F_OK));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    for (int i = 0; i < 500 && !access(folder, F_OK); i++)
        usleep(10000);
    CHECK(access(folder, F_OK));
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(roles_are_restricted), TEST(strangers_are_not_let_in),
                                       TEST(survives_a_halt), TEST(goes_with_its_process)};
    saas_error e = {0};
    saas_err err = saas_test_pg_start(&pg, &e);
    if (err) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_pg_stop(pg);
    return failed;
}
