/* Two processes that migrate one database, in every order in which their one step can begin, wait, be killed and end: it
 * is applied once, or, where the one that was at it is gone, by the other. Who waits for what is asked of pg_locks. */
#include "check.h"
#include <libpq-fe.h>
#include <saas.h>
#include <saas/test.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static saas_test_pg *pg;
static saas_test_db db;
static saas_error e;
static PGconn *observer;

/* The step stops at the gate, which the test holds. */
static const saas_migration steps[] = {
    {1, "gate", "create table gate (a int)"},
    {2, "step", "lock table gate; create table once (a int); insert into once values (1)"},
};

static const char *observe(const char *sql)
{
    static char out[512];
    PGresult *r = PQexec(observer, sql);
    const ExecStatusType status = PQresultStatus(r);
    const bool done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    snprintf(out, sizeof out, "%s", !done ? PQerrorMessage(observer) : PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return out;
}

static saas_err migrate(size_t count)
{
    char url[600];
    saas_app *app = NULL;
    snprintf(url, sizeof url, "MIGRATE_DATABASE_URL=%s", db.owner_dsn);
    const char *const env[] = {url,
                               "DATABASE_URL=host=/nowhere",
                               "JWT_ACCESS_SECRET=access secret of a test, of no worth",
                               "JWT_REFRESH_SECRET=refresh secret of a test, of no worth",
                               "LOG_LEVEL=error",
                               NULL};
    saas_err err = saas_app_new(&app,
                                SAAS_APP(.name = "m", .migrations = steps, .migration_count = count,
                                         .migration_size = sizeof *steps, .env = env),
                                &e);
    if (!err)
        err = saas_app_migrate(app, &e);
    saas_app_free(app);
    return err;
}

static pid_t begin(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(migrate(2) ? 1 : 0);
    return child;
}

/* 0: it has migrated. */
static int end(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool comes(const char *sql)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int i = 0; i < 4000; i++, nanosleep(&pause, NULL))
        if (!strcmp(observe(sql), "t"))
            return true;
    fprintf(stderr, "%s does not come\n", sql);
    return false;
}

static const char at_gate[] =
    "select count(*) = 1 from pg_locks where not granted and relation = 'gate'::regclass";
static const char behind[] =
    "select count(*) = 1 from pg_locks where not granted and locktype = 'advisory' and database = (select oid from"
    " pg_database where datname = current_database())";
static const char applied_once[] =
    "select (select count(*) from once) = 1 and (select count(*) from saas_migrations where module = 'app' and number = 2) = 1";

static bool shut_gate(void)
{
    return !*observe("set client_min_messages = warning; drop table if exists once;"
                     "delete from saas_migrations where module = 'app' and number = 2") &&
           !*observe("begin; lock table gate in share mode");
}

static void open_gate(void)
{
    CHECK_STR(observe("commit"), "");
}

static const char holder[] = "select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid"
                             " from pg_database where datname = current_database())";

static void kill_backend(const char *which)
{
    char sql[300];
    snprintf(sql, sizeof sql, "select pg_terminate_backend((%s))", which);
    CHECK_STR(observe(sql), "t");
}

/* The second one comes while the first is at the step: it waits for the lock, and finds the step applied. */
static void one_waits_for_the_other(void)
{
    REQUIRE(shut_gate());
    pid_t first = begin();
    CHECK(comes(at_gate));
    pid_t second = begin();
    CHECK(comes(behind));
    open_gate();
    CHECK_INT(end(first), 0);
    CHECK_INT(end(second), 0);
    CHECK_STR(observe(applied_once), "t");
}

/* It comes when the first has ended. */
static void one_after_the_other(void)
{
    REQUIRE(shut_gate());
    pid_t first = begin();
    CHECK(comes(at_gate));
    open_gate();
    CHECK_INT(end(first), 0);
    CHECK_INT(end(begin()), 0);
    CHECK_STR(observe(applied_once), "t");
}

/* The connection of the one at the step breaks: the other begins it anew. */
static void the_one_at_it_loses_its_connection(void)
{
    REQUIRE(shut_gate());
    pid_t first = begin();
    CHECK(comes(at_gate));
    pid_t second = begin();
    CHECK(comes(behind));
    kill_backend(holder);
    CHECK_INT(end(first), 1);
    CHECK(comes(at_gate));
    open_gate();
    CHECK_INT(end(second), 0);
    CHECK_STR(observe(applied_once), "t");
}

/* The process at the step is killed. Its server does not notice before the step is through, and then the commit never
 * comes: what it did is taken back. */
static void the_one_at_it_is_killed(void)
{
    REQUIRE(shut_gate());
    pid_t first = begin();
    CHECK(comes(at_gate));
    pid_t second = begin();
    CHECK(comes(behind));
    kill(first, SIGKILL);
    CHECK_INT(end(first), -1);
    open_gate();
    CHECK_INT(end(second), 0);
    CHECK_STR(observe(applied_once), "t");
}

/* The one that waits goes away: the other does not mind. */
static void the_one_behind_is_killed(void)
{
    REQUIRE(shut_gate());
    pid_t first = begin();
    CHECK(comes(at_gate));
    pid_t second = begin();
    CHECK(comes(behind));
    kill(second, SIGKILL);
    CHECK_INT(end(second), -1);
    open_gate();
    CHECK_INT(end(first), 0);
    CHECK_STR(observe(applied_once), "t");
}

static void a_database_with_a_gate(void)
{
    REQUIRE(!saas_test_db_new(&db, pg, NULL, &e));
    observer = PQconnectdb(db.owner_dsn);
    CHECK_INT(migrate(1), SAAS_OK);
    CHECK_STR(e.text, "");
}

static const check_test tests[] = {TEST(a_database_with_a_gate),
                                   TEST(one_waits_for_the_other),
                                   TEST(one_after_the_other),
                                   TEST(the_one_at_it_loses_its_connection),
                                   TEST(the_one_at_it_is_killed),
                                   TEST(the_one_behind_is_killed)};

int main(int argc, char **argv)
{
    if (saas_test_pg_start(&pg, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    PQfinish(observer);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return failed;
}
