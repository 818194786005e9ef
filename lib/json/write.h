/* json/write.h: a streaming JSON writer. Puts commas itself; always valid JSON and UTF-8 (invalid bytes become U+FFFD).
 * Failure is the buffer's. */
#ifndef SAAS_JSON_WRITE_H
#define SAAS_JSON_WRITE_H

#include "base/buf.h"

typedef struct saas_json {
    saas_buf *out;
    bool comma; /* the next value or key needs one */
} saas_json;

static inline saas_json saas_json_on(saas_buf *out)
{
    return (saas_json){out, false};
}

void saas_json_object(saas_json *j);
void saas_json_object_end(saas_json *j);
void saas_json_array(saas_json *j);
void saas_json_array_end(saas_json *j);
void saas_json_key(saas_json *j, saas_text name);
void saas_json_quoted_key(saas_json *j, saas_text name); /* "name": as it goes out */
void saas_json_text(saas_json *j, saas_text value); /* ptr NULL: null */
void saas_json_i64(saas_json *j, int64_t value);
void saas_json_u64(saas_json *j, uint64_t value);
void saas_json_f64(saas_json *j, double value); /* shortest that reads back; not finite: null */
void saas_json_bool(saas_json *j, bool value);
void saas_json_null(saas_json *j);
void saas_json_raw(saas_json *j, saas_text json); /* the caller knows that it is JSON */

#endif
