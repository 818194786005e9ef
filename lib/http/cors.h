/* http/cors.h: what other origins are told (Fetch standard, CORS protocol). */
#ifndef SAAS_HTTP_CORS_H
#define SAAS_HTTP_CORS_H

#include <saas/ctx.h>
#include <saas/group.h>

typedef struct saas_origins {
    const saas_text *list;
    size_t count;
    bool any; /* "*" */
} saas_origins;

/* A saas_cors, checked and made ready to be sent. */
typedef struct saas_cors_rule {
    saas_origins origins;
    bool of_site; /* origins are those of the setting */
    bool credentials;
    saas_text headers, expose, max_age;
} saas_cors_rule;

/* What holds where no group says anything: the setting's origins, without credentials. */
const saas_cors_rule *saas_cors_default(void);
/* *out is NULL for .none. ERR_BUG: *why says what is wrong. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_cors_read(const saas_cors_rule **out, const char **why, saas_arena *a,
                                        const saas_cors *given);
/* A list with spaces or commas between; text is copied. ERR_VALIDATION: *why. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_origins_read(saas_origins *out, const char **why, saas_arena *a, saas_text text);

/* Headers of an answer that is no preflight's. */
void saas_cors_answer(saas_ctx *c, const saas_cors_rule *rule);
/* Whether it asks beforehand; then its headers are added for a path that allows these methods. */
bool saas_cors_is_preflight(const saas_ctx *c);
void saas_cors_preflight(saas_ctx *c, const saas_cors_rule *rule, const char *methods);

#endif
