/* tests/db/server.h: a Postgres of a test's own, to kill, copy and promote: a child of the test, so it goes with it. */
#ifndef TESTS_DB_SERVER_H
#define TESTS_DB_SERVER_H

#include "rig.h"
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

typedef struct server {
    char folder[32]; /* socket, data, log */
    pid_t child;
} server;

static char server_programs[128];

static inline bool server_installed(void)
{
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found))
        return false;
    snprintf(server_programs, sizeof server_programs, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return geteuid() || getpwnam("postgres");
}

/* Postgres does not run as root. The death signal goes with a change of user, so it comes after. */
static inline void server_exec(const server *s, const char *const *argv, int death)
{
    char program[192], log[64];
    const struct passwd *user = geteuid() ? NULL : getpwnam("postgres");
    snprintf(program, sizeof program, "%s%s%s", argv[0][0] == '/' ? "" : server_programs, argv[0][0] == '/' ? "" : "/",
             argv[0]);
    snprintf(log, sizeof log, "%s/log", s->folder);
    if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
        _exit(126);
    if (death)
        prctl(PR_SET_PDEATHSIG, death);
    setsid();
    umask(077);
    if (!freopen(log, "a", stdout) || dup2(1, 2) < 0 || chdir("/"))
        _exit(126);
    unsetenv("LC_ALL");
    execv(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Runs one of its programs, or another by its full path, as its user. */
static inline bool server_run(const server *s, const char *const *argv)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (!child)
        server_exec(s, argv, SIGKILL);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (status)
        fprintf(stderr, "%s failed, see %s/log\n", argv[0], s->folder);
    return !status;
}

static inline bool server_folder(server *s)
{
    const struct passwd *user = geteuid() ? NULL : getpwnam("postgres");
    snprintf(s->folder, sizeof s->folder, "/tmp/server-XXXXXX");
    return mkdtemp(s->folder) && (!user || !chown(s->folder, user->pw_uid, user->pw_gid));
}

static inline bool server_make(server *s)
{
    char data[48];
    if (!server_folder(s))
        return false;
    snprintf(data, sizeof data, "%s/data", s->folder);
    return server_run(s, (const char *const[]){"initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E",
                                               "UTF8", "--no-locale", NULL});
}

static inline bool server_answers(const server *s, uint64_t ms)
{
    char dsn[80];
    snprintf(dsn, sizeof dsn, "host=%s user=postgres dbname=postgres", s->folder);
    for (uint64_t end = in_ms(ms); saas_clock_mono_us() < end; usleep(20000))
        if (PQping(dsn) == PQPING_OK)
            return true;
    return false;
}

/* settings: name=value, NULL-terminated. Without fsync: it is processes that are killed here, not machines. */
static inline bool server_start(server *s, const char *const *settings)
{
    char data[48];
    const char *argv[40] = {
        "postgres",           "-D", data, "-k", s->folder, "-c", "fsync=off", "-c", "autovacuum=off", "-c",
        "shared_buffers=32MB"};
    snprintf(data, sizeof data, "%s/data", s->folder);
    for (size_t n = 11; *settings && n < 38; settings++) {
        argv[n++] = "-c";
        argv[n++] = *settings;
    }
    fflush(NULL);
    s->child = fork();
    if (!s->child)
        server_exec(s, argv, SIGQUIT);
    return s->child > 0 && server_answers(s, 20000);
}

/* SIGTERM: smart; SIGINT: fast; SIGQUIT: immediate. */
static inline void server_stop(server *s, int how)
{
    if (s->child > 0) {
        kill(s->child, how);
        waitpid(s->child, NULL, 0);
    }
    s->child = 0;
}

static inline void server_remove(server *s)
{
    server_stop(s, SIGQUIT);
    if (*s->folder)
        (void)server_run(&(server){.folder = "/tmp"}, (const char *const[]){"/bin/rm", "-rf", s->folder, NULL});
}

/* Roles, a database and the rig's tables in it; `base` then names it. */
static inline bool server_furnish(const server *s)
{
    char dsn[80];
    snprintf(dsn, sizeof dsn, "host=%s user=postgres dbname=postgres", s->folder);
    snprintf(base.super_dsn, sizeof base.super_dsn, "host=%s user=postgres dbname=rig", s->folder);
    snprintf(base.owner_dsn, sizeof base.owner_dsn, "host=%s user=saas_owner dbname=rig", s->folder);
    snprintf(base.app_dsn, sizeof base.app_dsn, "host=%s user=saas_app dbname=rig", s->folder);
    return sql_as(dsn, "create role saas_owner login", NULL) && sql_as(dsn, "create role saas_app login", NULL) &&
           sql_as(dsn, "create database rig owner saas_owner", NULL) && sql_as(base.owner_dsn, schema, NULL);
}

static inline int server_main(const check_test *tests, size_t count, int argc, char **argv)
{
    if (!server_installed()) {
        fprintf(stderr, "Postgres is not installed under /usr/lib/postgresql, or there is no user for it\n");
        return 77;
    }
    if (saas_poll_loop_new(&loop) || saas_log_new(&rig_log, -1, SAAS_LOG_DEBUG, log_line, NULL))
        return 1;
    int failed = check_run(tests, count, argc, argv);
    saas_loop_free(loop);
    saas_log_free(rig_log);
    return failed;
}

#define SERVER_MAIN(tests)                                                                                             \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return server_main(tests, sizeof(tests) / sizeof *(tests), argc, argv);                                        \
    }

#endif
