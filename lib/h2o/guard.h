/* h2o/guard.h: HTTP/1 framing, read again and strictly. libh2o 2.2.5 lets through what makes two parties disagree about
 * where a request ends: duplicate lengths and hosts, Transfer-Encoding with Content-Length, folded lines, bare LF.
 * During the handler the raw head still lies in the socket's input, so it is read here once more; what does not pass is
 * answered 400 and the connection closed, and what h2o made of it is never used.
 *
 * A chunked body can't be checked: h2o has decoded it in place, and its decoder takes "0x3" for the last chunk. Such a
 * request is refused with 411, and the client has to send a Content-Length. */
#ifndef SAAS_H2O_GUARD_H
#define SAAS_H2O_GUARD_H

#include <saas/host.h>

enum {
    SAAS_H2O_HEADERS_MAX = 100, /* h2o's own limit */
    SAAS_H2O_HEAD_MAX = 32768,
    SAAS_H2O_METHOD_MAX = 32,
    SAAS_H2O_LENGTH_DIGITS = 18
};

/* A head that passed. Texts point into the bytes it was read from; names are as they stand there. */
typedef struct saas_h2o_head {
    saas_text method, target, content_type; /* content_type.ptr NULL: none */
    size_t size;                            /* bytes of the head: the body starts behind them */
    bool has_length;
    uint64_t length; /* Content-Length */
    size_t header_count;
    saas_header headers[SAAS_H2O_HEADERS_MAX];
} saas_h2o_head;

/* Reads the head at the start of bytes; what follows it is not looked at. ERR_BAD_REQUEST; ERR_LENGTH_REQUIRED
 * (well-formed, but chunked). Pure. */
SAAS_MUST_CHECK saas_err saas_h2o_guard(saas_h2o_head *out, const char *bytes, size_t len);

#endif
