/* saas/log.h: one JSON object per line: {"time":"…Z","level":"info","msg":"…", fields…}.
 *
 * Values are escaped, so that no input can forge a line, nor say anything to a terminal; invalid UTF-8 becomes U+FFFD.
 * A line has at most 8 KiB: the longest texts are cut, ending in "…", never the JSON, and each text keeps its first 256
 * bytes; of more fields than fit the last are left out. A line is one write(2). Thread: any. Since 0.1. */
#ifndef SAAS_LOG_H
#define SAAS_LOG_H

#include <saas/arena.h>
#include <saas/args.h>

SAAS_BEGIN_DECLS

typedef enum saas_log_level {
    SAAS_LOG_UNSET,
    SAAS_LOG_DEBUG,
    SAAS_LOG_INFO,
    SAAS_LOG_WARN,
    SAAS_LOG_ERROR,
    SAAS_LOG_OFF
} saas_log_level;

typedef struct saas_log saas_log;

/* A field of a line: a name and a value (SAAS_V_BAD and BYTES are written as null). */
typedef struct saas_log_field {
    const char *name;
    saas_value value;
} saas_log_field;

/* Writes to fd, which stays the caller's (a pipe without a reader raises SIGPIPE, which the host ignores or not). A pipe
 * is opened once more, so that no thread waits for whoever reads it: one that stays full for 20 ms loses lines, which
 * are counted, until there is room. When `sink` is given, hands each line (with its '\n') to it instead, from any thread,
 * several at once. Level UNSET means INFO. ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_log_new(saas_log **out, int fd, saas_log_level level,
                                               void (*sink)(const char *line, size_t len, void *user), void *user);
SAAS_API void saas_log_free(saas_log *log); /* NULL is allowed */

/* A log that writes to `log` and puts these fields before each line's own: for what several lines have in common. It lies
 * in the arena and needs no saas_log_free; names and what values point at are borrowed. A line through it takes 40 fields,
 * those before it included; more are left out. NULL without memory, or a
 * log of NULL. */
SAAS_API saas_log *saas_log_with(saas_arena *a, saas_log *log, const saas_log_field *fields, size_t count);

SAAS_API bool saas_log_enabled(const saas_log *log, saas_log_level level);
SAAS_API void saas_log_set_level(saas_log *log, saas_log_level level);

/* Writes a line. log NULL writes nothing. Never fails: a line that can't be written whole is counted. errno stays. */
SAAS_API void saas_log_write(saas_log *log, saas_log_level level, const char *msg, const saas_log_field *fields,
                             size_t count);
SAAS_API uint64_t saas_log_dropped(const saas_log *log);

#ifndef __cplusplus
/* SAAS_LOG(log, SAAS_LOG_INFO, "listening", {"port", SAAS_ARG(port)}, …) */
#define SAAS_LOG(log, level, msg, ...)                                                                                 \
    saas_log_write((log), (level), (msg), (const saas_log_field[]){{NULL, {SAAS_V_NULL, 0, {0}}}, __VA_ARGS__} + 1,    \
                   sizeof((const saas_log_field[]){{NULL, {SAAS_V_NULL, 0, {0}}}, __VA_ARGS__}) /                      \
                           sizeof(saas_log_field) - 1)
#endif

SAAS_END_DECLS
#endif
