#include "h2o/supervisor.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

/* 0: absent or no number. */
static uint64_t number_in(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (!text || *text < '0' || *text > '9')
        return 0;
    unsigned long long n = strtoull(text, &end, 10);
    return *end ? 0 : n;
}

/* What was meant for another process, whose child this is, is not ours. */
static bool meant_for_us(const char *name)
{
    return number_in(name) == (uint64_t)getpid();
}

static saas_err find_sockets(saas_h2o_supervisor *s, saas_error *e)
{
    uint64_t count = meant_for_us("LISTEN_PID") ? number_in("LISTEN_FDS") : 0;
    if (count > SAAS_H2O_LISTENERS_MAX) {
        if (e) {
            e->err = SAAS_ERR_UNAVAILABLE;
            snprintf(e->text, sizeof e->text, "LISTEN_FDS: more than %d sockets", SAAS_H2O_LISTENERS_MAX);
        }
        return SAAS_ERR_UNAVAILABLE;
    }
    for (; s->fd_count < count; s->fd_count++) {
        s->fds[s->fd_count] = FIRST_FD + (int)s->fd_count;
        fcntl(s->fds[s->fd_count], F_SETFD, FD_CLOEXEC);
    }
    return SAAS_OK;
}

saas_err saas_h2o_supervisor_find(saas_h2o_supervisor *out, saas_error *e)
{
    saas_h2o_supervisor s = {.socket = getenv("NOTIFY_SOCKET")};
    SAAS_TRY(find_sockets(&s, e));
    if (!getenv("WATCHDOG_PID") || meant_for_us("WATCHDOG_PID"))
        s.watchdog_ms = number_in("WATCHDOG_USEC") / 1000;
    *out = s;
    return SAAS_OK;
}

void saas_h2o_supervisor_tell(const saas_h2o_supervisor *s, const char *state)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = s->socket ? strlen(s->socket) : 0;
    if (!len || len >= sizeof to.sun_path)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    memcpy(to.sun_path, s->socket, len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0; /* the abstract namespace */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    close(fd);
}
