/* log/line.h: one line of a log, assembled on the caller's stack; a long one moves to the heap. */
#ifndef SAAS_LOG_LINE_H
#define SAAS_LOG_LINE_H

#include "base/arena.h"
#include "base/buf.h"
#include <saas/log.h>

enum { SAAS_LINE_MAX = 8192 };

typedef struct saas_line {
    char first[2048];
    saas_arena arena;
    saas_buf out;
} saas_line;

/* '\n', the object, '\n': at most 1 + SAAS_LINE_MAX bytes. The newline in front is for ending what a torn write left.
 * ptr NULL without memory. It lives until saas_line_done. */
saas_text saas_line_make(saas_line *line, saas_log_level level, const char *msg, const saas_log_field *fields,
                         size_t count);
void saas_line_done(saas_line *line);

/* A JSON string of at most 2 + room bytes (room >= 3 unless the text is empty): what does not fit is cut between
 * characters and "…" put there. Escapes more than JSON must: whatever some terminal or viewer takes for a new line or a
 * command. */
void saas_line_text(saas_buf *out, saas_text text, size_t room);

#endif
