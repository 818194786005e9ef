/* A pattern, a NUL, a text: compiling and matching end, and stay within their bounds. */
#include "fuzz.h"
#include "json/chars.h"
#include "schema/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_pattern p;
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    if (!nul)
        return 0;
    const char *text = (const char *)nul + 1, *end = (const char *)data + size;
    const char *problem = saas_pattern_compile(&p, (const char *)data);
    if (problem) {
        MUST(*problem);
        return 0;
    }
    MUST(p.count <= SAAS_PATTERN_STEPS_MAX);
    for (size_t i = 0; i < p.count; i++)
        if (p.steps[i].op == SAAS_STEP_JUMP || p.steps[i].op == SAAS_STEP_SPLIT)
            MUST((long)i + p.steps[i].arg >= 0 && (long)i + p.steps[i].arg < (long)p.count);
    if (saas_utf8_span(text, end) == end)
        saas_pattern_matches(&p, (saas_text){text, (size_t)(end - text)});
    return 0;
}
