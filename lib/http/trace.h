/* http/trace.h: W3C Trace Context: the trace a request belongs to, and its own span in it. What came from outside is a
 * claim: it joins log lines, it decides nothing. */
#ifndef SAAS_HTTP_TRACE_H
#define SAAS_HTTP_TRACE_H

#include <saas/text.h>

enum { SAAS_TRACEPARENT_CHARS = 55, SAAS_TRACESTATE_MAX = 512, SAAS_TRACE_SAMPLED = 1, SAAS_TRACE_RANDOM = 2 };

typedef struct saas_trace {
    uint8_t id[16];
    uint8_t span[8];   /* ours */
    uint8_t parent[8]; /* the caller's; only when `continued` */
    uint8_t flags;
    bool continued;
} saas_trace;

/* Id, parent and flags of a traceparent; false, and nothing changed, when it is none. Of a later version's only what
 * the first one has. */
bool saas_trace_parse(saas_trace *out, saas_text header);
/* Whether it is a list of at most 32 key=value in 512 bytes, empty members among them. */
bool saas_tracestate_holds(saas_text list);
/* With our span as the parent of what is called. */
void saas_trace_format(char out[SAAS_TRACEPARENT_CHARS + 1], const saas_trace *t);
/* 2 * len digits, no NUL. */
void saas_trace_hex(char *out, const uint8_t *bytes, size_t len);

#endif
