/* tests/h2o/client.h: a raw HTTP/1.1 client over loopback. */
#ifndef TESTS_H2O_CLIENT_H
#define TESTS_H2O_CLIENT_H

#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline int client_open(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool client_send(int fd, const void *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

static inline bool client_send_z(int fd, const char *z)
{
    return client_send(fd, z, strlen(z));
}

/* Reads until the end, or until `enough` bytes behind the first head (-1: to the end), or timeout_ms without a byte.
 * Returns the bytes read, NUL-terminated; *ended: the server closed (cleanly or not). */
typedef struct reply {
    char *bytes;
    size_t len;
    bool ended;
    int error; /* of the last read */
} reply;

static inline bool reply_whole(const reply *r)
{
    const char *head = strstr(r->bytes, "\r\n\r\n"), *length = strstr(r->bytes, "Content-Length: ");
    if (!head)
        return false;
    size_t body = length && length < head ? strtoul(length + 16, NULL, 10) : 0;
    return r->len >= (size_t)(head + 4 - r->bytes) + body;
}

static inline reply client_read(int fd, bool to_end, int timeout_ms)
{
    static char bytes[20 << 20];
    reply r = {.bytes = bytes};
    *bytes = 0;
    while (r.len + 1 < sizeof bytes) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (!to_end && reply_whole(&r))
            break;
        if (poll(&p, 1, timeout_ms) != 1)
            break;
        ssize_t n = read(fd, bytes + r.len, sizeof bytes - r.len - 1);
        if (n <= 0) {
            r.ended = true;
            r.error = n < 0 ? errno : 0;
            break;
        }
        r.len += (size_t)n;
        bytes[r.len] = 0;
    }
    return r;
}

static inline int reply_status(const reply *r)
{
    return r->len > 12 && !strncmp(r->bytes, "HTTP/1.1 ", 9) ? atoi(r->bytes + 9) : 0;
}

static inline const char *reply_body(const reply *r)
{
    const char *head = strstr(r->bytes, "\r\n\r\n");
    return head ? head + 4 : "";
}

static inline unsigned reply_count(const reply *r, const char *what)
{
    unsigned count = 0;
    for (const char *at = r->bytes; (at = strstr(at, what)); at++)
        count++;
    return count;
}

/* One request on a connection of its own. */
static inline reply client_ask(uint16_t port, const char *request)
{
    int fd = client_open(port);
    client_send_z(fd, request);
    reply r = client_read(fd, false, 5000);
    close(fd);
    return r;
}

#endif
