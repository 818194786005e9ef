/* Answers for when there is no context to make one: whole, static, one an error. */
#include <saas/host.h>

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const saas_header headers[] = {
    {TEXT("content-type"), TEXT("application/json")},
    {TEXT("x-content-type-options"), TEXT("nosniff")},
    {TEXT("cache-control"), TEXT("no-store")},
    {TEXT("retry-after"), TEXT("1")}, /* the last: for some only */
};

enum { HEADERS = sizeof headers / sizeof *headers };

#define BODY(code, text) "{\"success\":false,\"error\":{\"code\":\"" code "\",\"message\":\"" text "\"}}"
#define REPLY(symbol, number, http, code, text)                                                                        \
    {SAAS_##symbol,                                                                                                    \
     {.size = sizeof(saas_host_reply),                                                                                 \
      .status = (http),                                                                                                \
      .headers = headers,                                                                                              \
      .header_count = (http) == 503 || (http) == 429 ? HEADERS : HEADERS - 1,                                          \
      .header_size = sizeof(saas_header),                                                                              \
      .body = TEXT(BODY(code, text)),                                                                                  \
      .close = true}},

typedef struct refusal {
    saas_err e;
    saas_host_reply reply;
} refusal;

static const refusal refusals[] = {SAAS_ERRORS(REPLY)};

const saas_host_reply *saas_host_refusal(saas_err e)
{
    const saas_host_reply *internal = NULL;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (refusals[i].e == e && e != SAAS_OK)
            return &refusals[i].reply;
        if (refusals[i].e == SAAS_ERR_INTERNAL)
            internal = &refusals[i].reply;
    }
    return internal;
}
