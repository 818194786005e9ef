/* envelope/envelope.h: the one shape of every answer.
 *   {"success":true,"data":T,"meta":{…}?}      {"success":false,"error":{"code":…,"message":…,"details":{…}?}} */
#ifndef SAAS_ENVELOPE_H
#define SAAS_ENVELOPE_H

#include "json/write.h"
#include <saas/schema.h>

typedef enum saas_meta_kind {
    SAAS_META_NONE,
    SAAS_META_PAGE,  /* page, perPage, total */
    SAAS_META_CURSOR /* perPage, nextCursor */
} saas_meta_kind;

typedef struct saas_meta {
    saas_meta_kind kind;
    int64_t page, per_page, total;
    saas_text next_cursor; /* ptr NULL: null, there is no more */
} saas_meta;

/* Begin; write one JSON value; end. meta may be NULL. */
void saas_envelope_ok(saas_json *j);
void saas_envelope_ok_end(saas_json *j, const saas_meta *meta);

/* A whole failure. issues may be NULL; grouped by path in order of first appearance into details: {"path":["msg",…]}.
 */
void saas_envelope_fail(saas_json *j, const char *code, const char *message, const saas_issues *issues);

#endif
