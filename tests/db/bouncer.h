/* tests/db/bouncer.h: a PgBouncer in transaction mode in front of a throw-away Postgres. */
#ifndef TESTS_DB_BOUNCER_H
#define TESTS_DB_BOUNCER_H

#include "check.h"
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct bouncer {
    pid_t child;
    char folder[32];
    char dsn[160]; /* of saas_app, to the same database */
} bouncer;

static const char bouncer_program[] = "/usr/sbin/pgbouncer";

static inline bool bouncer_write(const bouncer *b, const char *name, const char *text, const struct passwd *user)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    FILE *f = fopen(path, "we");
    if (!f)
        return false;
    bool ok = fputs(text, f) >= 0;
    ok = !fclose(f) && ok;
    return ok && (!user || !chown(path, user->pw_uid, user->pw_gid));
}

static inline bool bouncer_answers(const bouncer *b)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/.s.PGSQL.6432", b->folder);
    for (int i = 0; i < 200 && stat(path, &st); i++)
        usleep(20000);
    return !stat(path, &st);
}

/* As postgres when we are root; gone with us. */
static inline void bouncer_exec(const bouncer *b, const struct passwd *user)
{
    char config[64];
    prctl(PR_SET_PDEATHSIG, SIGINT);
    snprintf(config, sizeof config, "%s/ini", b->folder);
    if (user)
        execl(bouncer_program, "pgbouncer", "-q", "-u", user->pw_name, config, (char *)NULL);
    else
        execl(bouncer_program, "pgbouncer", "-q", config, (char *)NULL);
    _exit(127);
}

/* With `size` connections to the server. socket: the server's folder. false: it does not start. */
static inline bool bouncer_start(bouncer *b, const char *socket, const char *database, int size)
{
    char text[1024];
    const struct passwd *user = geteuid() ? NULL : getpwnam("postgres");
    snprintf(b->folder, sizeof b->folder, "/tmp/bouncer-XXXXXX");
    if (!mkdtemp(b->folder) || (user && chown(b->folder, user->pw_uid, user->pw_gid)))
        return false;
    snprintf(text, sizeof text,
             "[databases]\n* = host=%s\n[pgbouncer]\nlisten_port = 6432\nunix_socket_dir = %s\nauth_type = trust\n"
             "auth_file = %s/users\npool_mode = transaction\ndefault_pool_size = %d\nlogfile = %s/log\n",
             socket, b->folder, b->folder, size, b->folder);
    if (!bouncer_write(b, "ini", text, user) || !bouncer_write(b, "users", "\"saas_app\" \"\"\n", user))
        return false;
    snprintf(b->dsn, sizeof b->dsn, "host=%s port=6432 dbname=%s user=saas_app", b->folder, database);
    fflush(NULL);
    b->child = fork();
    if (b->child == 0)
        bouncer_exec(b, user);
    return b->child > 0 && bouncer_answers(b);
}

static inline void bouncer_stop(bouncer *b)
{
    static const char *const files[] = {"ini", "users", "log", ".s.PGSQL.6432"};
    char path[64];
    if (b->child > 0) {
        kill(b->child, SIGTERM);
        waitpid(b->child, NULL, 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", b->folder, files[i]);
        unlink(path);
    }
    rmdir(b->folder);
}

#endif
