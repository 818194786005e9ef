#include "test/command.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

saas_err saas_test_fail(saas_error *e, saas_err err, const char *format, ...)
{
    if (!e)
        return err;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    e->err = err;
    return err;
}

saas_err saas_test_user_find(saas_test_user *out)
{
    struct passwd entry, *found = NULL;
    char storage[1024];
    if (geteuid() != 0) {
        *out = (saas_test_user){.uid = geteuid(), .gid = getegid()};
        return SAAS_OK;
    }
    if (getpwnam_r("postgres", &entry, storage, sizeof storage, &found) || !found)
        return SAAS_ERR_UNAVAILABLE;
    *out = (saas_test_user){.uid = found->pw_uid, .gid = found->pw_gid, .change = true};
    return SAAS_OK;
}

/* Between fork and exec: system calls only. */
static void become(const saas_test_user *user, const char *log, const char *const *argv)
{
    static const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    if (user->change && (setgroups(0, NULL) || setgid(user->gid) || setuid(user->uid)))
        _exit(126);
    int in = open("/dev/null", O_RDWR);
    int out = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : in;
    if (in < 0 || out < 0 || chdir("/"))
        _exit(126);
    if (dup2(out, 1) < 0 || dup2(out, 2) < 0 || dup2(in, 0) < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
    _exit(127);
}

int saas_test_command(const saas_test_user *user, const char *log, const char *const *argv)
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0)
        become(user, log, argv);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
