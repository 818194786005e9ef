#include "test/pg.h"
#include "roles_sql.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_OPTIONS                                                                                                 \
    "-c fsync=off -c full_page_writes=off -c autovacuum=off -c listen_addresses='' -c max_connections=300"             \
    " -c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0 -c timezone=UTC -c log_timezone=UTC"

/* ---- finding it ---- */

static bool has_initdb(const char *folder)
{
    char path[160];
    snprintf(path, sizeof path, "%s/initdb", folder);
    return !access(path, X_OK);
}

/* The newest of what Debian keeps side by side. */
static bool find_versioned(char out[128])
{
    glob_t found;
    long newest = -1;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found))
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        long version = strtol(found.gl_pathv[i] + sizeof "/usr/lib/postgresql/" - 1, NULL, 10);
        if (version <= newest || strlen(found.gl_pathv[i]) >= 128 || !has_initdb(found.gl_pathv[i]))
            continue;
        newest = version;
        strncpy(out, found.gl_pathv[i], 127);
    }
    globfree(&found);
    return newest >= 0;
}

static bool find_programs(char out[128])
{
    static const char *const others[] = {"/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"};
    if (find_versioned(out))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (has_initdb(others[i])) {
            strncpy(out, others[i], 127);
            return true;
        }
    }
    return false;
}

/* ---- connections ---- */

PGconn *saas_test_connect(const saas_test_pg *pg, const char *database, saas_error *e)
{
    const char *const names[] = {"host", "user", "dbname", "client_encoding", "options", NULL};
    const char *const values[] = {pg->folder, "postgres", database, "UTF8", "-c client_min_messages=error", NULL};
    PGconn *conn = PQconnectdbParams(names, values, 0);
    if (conn && PQstatus(conn) == CONNECTION_OK)
        return conn;
    saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "connecting to %s: %s", pg->folder, conn ? PQerrorMessage(conn) : "no memory");
    PQfinish(conn);
    return NULL;
}

saas_err saas_test_do(PGconn *conn, const char *sql, saas_error *e)
{
    PGresult *r = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    PQclear(r);
    return ok ? SAAS_OK : saas_test_fail(e, SAAS_ERR_SQL, "%.80s: %s", sql, PQerrorMessage(conn));
}

/* Test programs that share a cluster start at the same moment. */
static saas_err make_roles(const saas_test_pg *pg, saas_error *e)
{
    PGconn *conn = saas_test_connect(pg, "postgres", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    saas_err err = saas_test_do(conn, "select pg_advisory_lock(7318)", e);
    if (!err)
        err = saas_test_do(conn, saas_roles_sql, e);
    PQfinish(conn);
    return err;
}

/* ---- the server ---- */

static int control(const saas_test_pg *pg, const char *const *words)
{
    char program[160], data[96], log[96];
    snprintf(program, sizeof program, "%s/pg_ctl", pg->programs);
    snprintf(data, sizeof data, "%s/data", pg->folder);
    snprintf(log, sizeof log, "%s/log", pg->folder);
    const char *argv[16] = {program, "-D", data, "-w", "-l", log};
    for (size_t i = 6; *words && i < 15; i++)
        argv[i] = *words++;
    return saas_test_command(&pg->user, log, argv);
}

/* The folder goes with the failure, so the end of its log must be told now. */
static saas_err tell_log(const saas_test_pg *pg, const char *what, saas_error *e)
{
    char path[96], tail[2001] = "";
    snprintf(path, sizeof path, "%s/log", pg->folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (lseek(fd, -(off_t)(sizeof tail - 1), SEEK_END) < 0)
            (void)lseek(fd, 0, SEEK_SET);
        ssize_t n = read(fd, tail, sizeof tail - 1);
        tail[n > 0 ? n : 0] = 0;
        close(fd);
    }
    return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "%s:\n%s", what, tail);
}

static saas_err start_server(const saas_test_pg *pg, saas_error *e)
{
    char options[512];
    snprintf(options, sizeof options, "-k %s %s", pg->folder, SERVER_OPTIONS);
    if (control(pg, (const char *const[]){"-o", options, "start", NULL}))
        return tell_log(pg, "Postgres does not start", e);
    return SAAS_OK;
}

static void stop_server(const saas_test_pg *pg)
{
    (void)control(pg, (const char *const[]){"-m", "immediate", "stop", NULL});
}

static saas_err make_cluster(const saas_test_pg *pg, saas_error *e)
{
    char program[160], data[96], log[96];
    snprintf(program, sizeof program, "%s/initdb", pg->programs);
    snprintf(data, sizeof data, "%s/data", pg->folder);
    snprintf(log, sizeof log, "%s/log", pg->folder);
    const char *const argv[] = {program, "-D", data,   "-U", "postgres",         "-A", "trust",
                                "-N",    "-E", "UTF8", "--no-locale", "--no-instructions", NULL};
    if (saas_test_command(&pg->user, log, argv))
        return tell_log(pg, "initdb failed", e);
    return SAAS_OK;
}

/* ---- the keeper: a process that outlives ours, to clean up whichever way we end ---- */

static void keep(const saas_test_pg *pg, int alive)
{
    char byte;
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (dup2(alive, 3) < 0 || close_range(4, ~0U, 0))
        _exit(1);
    while (read(3, &byte, 1) < 0 && errno == EINTR)
        ;
    stop_server(pg);
    const saas_test_user self = {.change = false};
    _exit(saas_test_command(&self, NULL, (const char *const[]){"/bin/rm", "-rf", pg->folder, NULL}));
}

static saas_err start_keeper(saas_test_pg *pg, saas_error *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        keep(pg, ends[0]);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "fork: %s", strerror(errno));
    }
    pg->keeper = child;
    pg->alive = ends[1];
    return SAAS_OK;
}

/* ---- public ---- */

static saas_err start_ours(saas_test_pg *pg, saas_error *e)
{
    if (saas_test_user_find(&pg->user))
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "Postgres does not run as root and there is no user postgres");
    if (!find_programs(pg->programs))
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "Postgres is not installed: no initdb under /usr/lib/postgresql");
    snprintf(pg->folder, sizeof pg->folder, "/tmp/saas-XXXXXX");
    if (!mkdtemp(pg->folder))
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "a folder under /tmp: %s", strerror(errno));
    if (pg->user.change && chown(pg->folder, pg->user.uid, pg->user.gid))
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "%s: %s", pg->folder, strerror(errno));
    SAAS_TRY(start_keeper(pg, e));
    SAAS_TRY(make_cluster(pg, e));
    return start_server(pg, e);
}

static saas_err start_any(saas_test_pg *pg, saas_error *e)
{
    const char *running = getenv("SAAS_TEST_PG");
    pg->ours = !running || !*running;
    if (pg->ours)
        SAAS_TRY(start_ours(pg, e));
    else if (snprintf(pg->folder, sizeof pg->folder, "%s", running) >= (int)sizeof pg->folder)
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "SAAS_TEST_PG: longer than a socket's path may be");
    return make_roles(pg, e);
}

saas_err saas_test_pg_start(saas_test_pg **out, saas_error *e)
{
    saas_test_pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return saas_test_fail(e, SAAS_ERR_NO_MEMORY, "no memory");
    pg->alive = -1;
    saas_err err = start_any(pg, e);
    if (err) {
        saas_test_pg_stop(pg);
        return err;
    }
    *out = pg;
    return SAAS_OK;
}

void saas_test_pg_stop(saas_test_pg *pg)
{
    if (!pg)
        return;
    if (pg->alive >= 0) {
        close(pg->alive);
        while (waitpid(pg->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    free(pg);
}

saas_err saas_test_pg_halt(saas_test_pg *pg, saas_error *e)
{
    if (!pg->ours)
        return saas_test_fail(e, SAAS_ERR_UNAVAILABLE, "SAAS_TEST_PG names a shared cluster: it stays up");
    stop_server(pg);
    return SAAS_OK;
}

saas_err saas_test_pg_resume(saas_test_pg *pg, saas_error *e)
{
    return pg->ours ? start_server(pg, e) : SAAS_OK;
}
