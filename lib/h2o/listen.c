#include "h2o/listen.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union place {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} place;

static saas_err report(saas_error *e, const char *address, uint16_t port, const char *why)
{
    if (e) {
        e->err = SAAS_ERR_UNAVAILABLE;
        snprintf(e->text, sizeof e->text, "can't listen on %s port %u: %s", address, port, why);
    }
    return SAAS_ERR_UNAVAILABLE;
}

static saas_err resolve(place *out, socklen_t *len, const char *address, uint16_t port, saas_error *e)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int rc = getaddrinfo(address, NULL, &hints, &found);
    if (rc)
        return report(e, address, port, gai_strerror(rc));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    if (out->any.sa_family == AF_INET6)
        out->six.sin6_port = htons(port);
    else
        out->four.sin_port = htons(port);
    return SAAS_OK;
}

/* -1 and errno. */
static int bound(const place *at, socklen_t len, bool shared)
{
    const int on = 1;
    int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) || bind(fd, &at->any, len)) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    place at = {0};
    socklen_t len = sizeof at;
    if (getsockname(fd, &at.any, &len))
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.six.sin6_port : at.four.sin_port);
}

/* A socket that doesn't share finds out whether somebody else listens, and which port is free. */
static bool probe(place *at, socklen_t len, uint16_t *port)
{
    int fd = bound(at, len, false);
    if (fd < 0)
        return false;
    *port = port_of(fd);
    close(fd);
    if (at->any.sa_family == AF_INET6)
        at->six.sin6_port = htons(*port);
    else
        at->four.sin_port = htons(*port);
    return true;
}

saas_err saas_h2o_listen(int *fds, size_t count, const char *address, uint16_t *port, saas_error *e)
{
    place at = {0};
    socklen_t len = 0;
    uint16_t got;
    address = address ? address : "0.0.0.0";
    SAAS_TRY(resolve(&at, &len, address, *port, e));
    if (!probe(&at, len, &got))
        return report(e, address, *port, strerror(errno));
    for (size_t i = 0; i < count; i++) {
        fds[i] = bound(&at, len, true);
        if (fds[i] >= 0 && !listen(fds[i], SOMAXCONN))
            continue;
        int why = errno;
        for (size_t k = 0; k <= i; k++)
            if (fds[k] >= 0)
                close(fds[k]);
        return report(e, address, got, strerror(why));
    }
    *port = got;
    return SAAS_OK;
}
