/* Headers of W3C Trace Context. The first byte chooses which. What is taken can be sent on as it is. */
#include "fuzz.h"
#include "http/trace.h"

static void as_parent(saas_text text)
{
    saas_trace t = {.flags = SAAS_TRACE_RANDOM}, again = t;
    char out[SAAS_TRACEPARENT_CHARS + 1];
    if (!saas_trace_parse(&t, text)) {
        MUST(!t.continued && t.flags == SAAS_TRACE_RANDOM);
        return;
    }
    memcpy(t.span, t.parent, sizeof t.span);
    saas_trace_format(out, &t);
    MUST(strlen(out) == SAAS_TRACEPARENT_CHARS && !memcmp(out + 2, text.ptr + 2, 51));
    MUST(saas_trace_parse(&again, saas_text_z(out)) && !memcmp(again.id, t.id, sizeof t.id) && again.flags == t.flags);
}

static void as_state(saas_text text)
{
    if (!saas_tracestate_holds(text))
        return;
    MUST(text.len && text.len <= SAAS_TRACESTATE_MAX && memchr(text.ptr, '=', text.len));
    for (size_t i = 0; i < text.len; i++)
        MUST((text.ptr[i] >= ' ' && text.ptr[i] <= '~') || text.ptr[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    char *copy = malloc(size);
    MUST(copy);
    memcpy(copy, data + 1, size - 1);
    const saas_text rest = {copy, size - 1};
    if (data[0] % 2)
        as_parent(rest);
    else
        as_state(rest);
    free(copy);
    return 0;
}
