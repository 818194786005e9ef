#include "base/arena.h"
#include "log/line.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FULL_PIPE_MS = 20, FIELDS_MAX = 40 };

struct saas_log {
    int fd, own_fd; /* own_fd: ours to close; -1: none */
    void (*sink)(const char *line, size_t len, void *user);
    void *user;
    atomic_int level;
    atomic_uint_least64_t dropped;
    atomic_bool torn;    /* the descriptor took part of a line */
    atomic_bool stalled; /* nobody has emptied the pipe for as long as we wait */
    saas_log *through;   /* NULL: none; else only what follows counts */
    size_t count;
    saas_log_field fields[];
};

/* Whoever reads a pipe may stand still, and a write would wait for that with the whole loop. O_NONBLOCK belongs to the
 * open file, which the caller shares with others: so it is opened once more. -1: it is no pipe. */
static int pipe_again(int fd)
{
    char path[32];
    struct stat what;
    if (fd < 0 || fstat(fd, &what) || !S_ISFIFO(what.st_mode))
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

saas_err saas_log_new(saas_log **out, int fd, saas_log_level level,
                      void (*sink)(const char *line, size_t len, void *user), void *user)
{
    saas_log *log = calloc(1, sizeof *log);
    if (!log)
        return SAAS_ERR_NO_MEMORY;
    log->own_fd = sink ? -1 : pipe_again(fd);
    log->fd = log->own_fd < 0 ? fd : log->own_fd;
    log->sink = sink;
    log->user = user;
    saas_log_set_level(log, level);
    *out = log;
    return SAAS_OK;
}

void saas_log_free(saas_log *log)
{
    if (log && log->own_fd >= 0)
        close(log->own_fd);
    free(log);
}

saas_log *saas_log_with(saas_arena *a, saas_log *log, const saas_log_field *fields, size_t count)
{
    saas_log *with = log ? saas_arena_calloc(a, 1, sizeof *with + count * sizeof *fields) : NULL;
    if (!with)
        return NULL;
    with->through = log;
    with->count = count;
    memcpy(with->fields, fields, count * sizeof *fields);
    return with;
}

static const saas_log *root_of(const saas_log *log)
{
    while (log && log->through)
        log = log->through;
    return log;
}

bool saas_log_enabled(const saas_log *log, saas_log_level level)
{
    log = root_of(log);
    return log && level > SAAS_LOG_UNSET && level < SAAS_LOG_OFF &&
           (int)level >= atomic_load_explicit(&log->level, memory_order_relaxed);
}

void saas_log_set_level(saas_log *log, saas_log_level level)
{
    while (log->through)
        log = log->through;
    atomic_store_explicit(&log->level, (int)(level == SAAS_LOG_UNSET ? SAAS_LOG_INFO : level), memory_order_relaxed);
}

uint64_t saas_log_dropped(const saas_log *log)
{
    log = root_of(log);
    return atomic_load_explicit(&log->dropped, memory_order_relaxed);
}

static ssize_t write_once(int fd, const char *bytes, size_t len)
{
    ssize_t n;
    do
        n = write(fd, bytes, len);
    while (n < 0 && errno == EINTR);
    return n;
}

/* A reader that is only behind is given a moment; one that stands still costs that once, not with each line. */
static ssize_t write_soon(saas_log *log, const char *bytes, size_t len)
{
    ssize_t n = write_once(log->fd, bytes, len);
    bool full = n < 0 && errno == EAGAIN && log->own_fd >= 0;
    if (full && !atomic_load_explicit(&log->stalled, memory_order_relaxed)) {
        struct pollfd room = {.fd = log->fd, .events = POLLOUT};
        if (poll(&room, 1, FULL_PIPE_MS) > 0)
            n = write_once(log->fd, bytes, len);
        full = n < 0 && errno == EAGAIN;
    }
    atomic_store_explicit(&log->stalled, full, memory_order_relaxed);
    return n;
}

/* After a write that took part of a line the next one starts with a newline, so that only one line is lost. */
static bool write_line(saas_log *log, saas_text line)
{
    bool torn = atomic_load_explicit(&log->torn, memory_order_relaxed) && atomic_exchange(&log->torn, false);
    const char *from = torn ? line.ptr : line.ptr + 1;
    size_t len = (size_t)(line.ptr + line.len - from);
    ssize_t n = write_soon(log, from, len);
    if (n == (ssize_t)len)
        return true;
    if (n > 0 || torn)
        atomic_store(&log->torn, true);
    return false;
}

/* A frame of its own for the fields of both. */
__attribute__((noinline)) static void write_through(const saas_log *log, saas_log_level level, const char *msg,
                                                    const saas_log_field *fields, size_t count)
{
    saas_log_field all[FIELDS_MAX];
    const size_t first = log->count < FIELDS_MAX ? log->count : FIELDS_MAX, room = FIELDS_MAX - first;
    const size_t own = count < room ? count : room;
    memcpy(all, log->fields, first * sizeof *all);
    memcpy(all + first, fields, own * sizeof *all);
    saas_log_write(log->through, level, msg, all, first + own);
}

void saas_log_write(saas_log *log, saas_log_level level, const char *msg, const saas_log_field *fields, size_t count)
{
    if (!saas_log_enabled(log, level))
        return;
    if (log->through) {
        write_through(log, level, msg, fields, count);
        return;
    }
    int before = errno;
    saas_line line;
    saas_text text = saas_line_make(&line, level, msg, fields, count);
    bool written = text.ptr != NULL;
    if (written && log->sink)
        log->sink(text.ptr + 1, text.len - 1, log->user);
    else if (written)
        written = write_line(log, text);
    if (!written)
        atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
    saas_line_done(&line);
    errno = before;
}
