#include "h2o/listen.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
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

/* ---- passed in ---- */

static saas_err unfit(saas_error *e, int fd, const char *why)
{
    if (e) {
        e->err = SAAS_ERR_UNAVAILABLE;
        snprintf(e->text, sizeof e->text, "can't listen on descriptor %d, which was passed in: %s", fd, why);
    }
    return SAAS_ERR_UNAVAILABLE;
}

/* NULL: it listens for TCP. */
static const char *unfit_for(int fd)
{
    place at = {0};
    socklen_t len = sizeof at, size = sizeof(int);
    int listens = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) || getsockname(fd, &at.any, &len))
        return strerror(errno);
    if (at.any.sa_family != AF_INET && at.any.sa_family != AF_INET6)
        return "not of IPv4 or IPv6";
    return listens ? NULL : "it does not listen";
}

static saas_err duplicate(int *out, int fd, saas_error *e)
{
    const char *why = unfit_for(fd);
    if (why)
        return unfit(e, fd, why);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), flags = copy < 0 ? -1 : fcntl(copy, F_GETFL);
    if (flags < 0 || fcntl(copy, F_SETFL, flags | O_NONBLOCK) < 0) {
        why = strerror(errno);
        if (copy >= 0)
            close(copy);
        return unfit(e, fd, why);
    }
    *out = copy;
    return SAAS_OK;
}

saas_err saas_h2o_listen_inherit(int *fds, const int *passed, size_t count, uint16_t *port, saas_error *e)
{
    for (size_t i = 0; i < count; i++) {
        saas_err err = duplicate(&fds[i], passed[i], e);
        if (!err)
            continue;
        while (i > 0)
            close(fds[--i]);
        return err;
    }
    *port = port_of(fds[0]);
    return SAAS_OK;
}

/* ---- the end ---- */

void saas_h2o_listen_bar(int fd)
{
    enum { FLAGS_AT = 13, SYN = 0x02, ACK = 0x10 }; /* of the TCP header, where the filter starts */
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),   BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    const struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
