/* A primary and its standby: the primary dies under write load, the standby is promoted; and servers that take no
 * writes. */
#include "server.h"
#include "writers.h"
#include <sys/socket.h>
#include <sys/un.h>

static server primary, standby;
static char both[160];

static const char *const settings[] = {"wal_level=replica", "max_wal_senders=4", "listen_addresses=", NULL};

static bool replicates(void)
{
    for (int i = 0; i < 200; i++, usleep(50000))
        if (count_of("select count(*) from pg_stat_replication where sync_state = 'sync'") == 1)
            return true;
    return false;
}

/* Each commit waits for the standby: so what was acknowledged, it has. */
static bool make_pair(void)
{
    char data[48];
    bool ok = server_make(&primary) && server_start(&primary, settings) && server_furnish(&primary) &&
              server_folder(&standby);
    snprintf(data, sizeof data, "%s/data", standby.folder);
    snprintf(both, sizeof both, "host=%s,%s user=saas_app dbname=rig target_session_attrs=read-write", primary.folder,
             standby.folder);
    return ok &&
           server_run(&standby, (const char *const[]){"pg_basebackup", "-D", data, "-h", primary.folder, "-U",
                                                      "postgres", "-R", "-c", "fast", NULL}) &&
           server_start(&standby, settings) &&
           sql_as(base.super_dsn, "alter system set synchronous_standby_names = '*'", NULL) &&
           sql_as(base.super_dsn, "select pg_reload_conf()", NULL) && replicates();
}

static void remove_pair(void)
{
    server_remove(&standby);
    server_remove(&primary);
}

static void a_standby_is_promoted(void)
{
    char there[80];
    bool ok = make_pair();
    CHECK(ok);
    if (ok && open_pool((saas_db_options){.dsn = both})) {
        snprintf(there, sizeof there, "host=%s user=postgres dbname=rig", standby.folder);
        start_writing();
        turn_for(1500);
        CHECK(acks > 100);
        server_stop(&primary, SIGQUIT);
        turn_for(300);
        CHECK(sql_as(there, "select pg_promote(false)", NULL));
        long ms = time_to_write(10000);
        printf("writes resume %ld ms after the promotion\n", ms);
        CHECK(ms >= 0 && ms <= 5000);
        turn_for(500);
        stop_writing();
        check_writes(there);
        close_pool();
    }
    remove_pair();
}

/* ---- one server, demoted and promoted by its settings ---- */

static void demote(bool on)
{
    char sql[80];
    snprintf(sql, sizeof sql, "alter system set default_transaction_read_only = %s", on ? "on" : "off");
    CHECK(sql_as(base.super_dsn, on ? sql : "begin read write", NULL));
    PGconn *conn = PQconnectdb(base.super_dsn);
    PQclear(PQexec(conn, "set default_transaction_read_only = off"));
    PQclear(PQexec(conn, sql));
    PQclear(PQexec(conn, "select pg_reload_conf()"));
    PQfinish(conn);
    turn_for(200);
}

static void a_demoted_server_is_left(void)
{
    char got[256], dsn[600];
    bool ok = server_make(&primary) && server_start(&primary, settings) && server_furnish(&primary);
    CHECK(ok);
    snprintf(dsn, sizeof dsn, "%s target_session_attrs=read-write", base.app_dsn);
    if (ok && open_pool((saas_db_options){.dsn = dsn, .lanes_shared = 1})) {
        run write = one("insert into plain (a) values (1)", SAAS_NO_ARGS), get = write;
        CHECK_INT(run_it(&write), SAAS_OK);
        run_clear(&write);
        demote(true);
        get.unit.read_only = true;
        CHECK_INT(run_it(&get), SAAS_ERR_READ_ONLY); /* a fault of its own */
        turn_for(50);
        CHECK(saas_db_ready(db));
        run behind = one("select 5", SAAS_NO_ARGS);
        CHECK_INT(run_it(&behind), SAAS_OK);
        run_clear(&behind);
        CHECK_INT(start(&write), SAAS_OK);
        CHECK_INT(start(&behind), SAAS_OK);
        CHECK_INT(finish(&write), SAAS_ERR_UNAVAILABLE);
        CHECK_STR(write.unit.error.sqlstate, "25006");
        CHECK_INT(finish(&behind), SAAS_OK); /* what was sent already is answered */
        run_clear(&behind);
        turn_for(300);
        CHECK(!saas_db_ready(db)); /* the server is no longer one to connect to */
        CHECK(strstr(logged, "the server takes no writes"));
        demote(false);
        CHECK(turn_until(pool_ready, db, 5000));
        CHECK_INT(value(got, "insert into plain (a) values (2) returning a", SAAS_NO_ARGS), SAAS_OK);
        close_pool();
    }
    server_remove(&primary);
}

/* ---- hosts ---- */

/* A host that takes connections and says nothing holds up the first attempt only. */
static void a_silent_host_is_passed_over(void)
{
    char dsn[160];
    server silent = {0};
    bool ok =
        server_make(&primary) && server_start(&primary, settings) && server_furnish(&primary) && server_folder(&silent);
    CHECK(ok);
    snprintf(dsn, sizeof dsn, "host=%s,%s user=saas_app dbname=rig", silent.folder, primary.folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", silent.folder);
    CHECK_INT(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(fd, 64), 0);
    uint64_t begin = saas_clock_mono_us();
    const saas_db_options o = {.dsn = dsn, .log = rig_log};
    if (ok && !saas_db_new(&db, loop, &o)) {
        CHECK(turn_until(pool_ready, db, 10000));
        CHECK(saas_clock_mono_us() - begin < 5000000);
        close_pool();
    }
    close(fd);
    server_remove(&silent);
    server_remove(&primary);
}

static const check_test tests[] = {
    TEST(a_standby_is_promoted),
    TEST(a_demoted_server_is_left),
    TEST(a_silent_host_is_passed_over),
};
SERVER_MAIN(tests)
