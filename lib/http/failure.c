/* From an error to the answer: the general table of saas/err.h, and what the route puts in its place. */
#include "envelope/envelope.h"
#include "http/ctx.h"

saas_err saas_ctx_bug(saas_ctx *c, const char *what)
{
    const saas_route *route = c->match.route;
    c->bug = true;
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_ERROR, what, {"method", SAAS_ARG(c->method)},
             {"route", saas_v_z(route ? route->path : NULL)});
    return SAAS_ERR_BUG;
}

saas_err saas_fail(saas_ctx *c, int status, const char *code, const char *message)
{
    if (status < 400 || status > 599) {
        saas_ctx_bug(c, "saas_fail with a status that is no error");
        return SAAS_ERR_FAILED;
    }
    c->fail_status = status;
    c->fail_code = saas_arena_copy(&c->arena, code, strlen(code));
    c->fail_message = saas_arena_copy(&c->arena, message, strlen(message));
    return SAAS_ERR_FAILED;
}

saas_err saas_fail_field(saas_ctx *c, const char *path, const char *message)
{
    SAAS_TRY(saas_issues_add(&c->issues, &c->arena, path, message));
    return SAAS_ERR_VALIDATION;
}

typedef struct failure {
    int status;
    const char *code, *message;
} failure;

static failure general(saas_err e)
{
    return (failure){saas_err_status(e), saas_err_code(e), saas_err_text(e)};
}

static failure own(const saas_ctx *c)
{
    if (c->fail_code && c->fail_message)
        return (failure){c->fail_status, c->fail_code, c->fail_message};
    return general(c->fail_status ? SAAS_ERR_NO_MEMORY : SAAS_ERR_FAILED);
}

static failure not_found(const saas_ctx *c, saas_err e)
{
    const saas_route *route = c->match.route;
    if (!route || !route->not_found.code)
        return general(e);
    return (failure){saas_err_status(e), route->not_found.code, route->not_found.message};
}

static failure conflict(saas_ctx *c, saas_err e)
{
    const saas_route *route = c->match.route;
    for (size_t i = 0; route && i < route->conflict_count; i++) {
        const saas_conflict *known = saas_route_conflict(route, i);
        if (strcmp(known->constraint, c->db_error.constraint) != 0)
            continue;
        if (known->field && saas_issues_add(&c->issues, &c->arena, known->field, known->message))
            return general(SAAS_ERR_NO_MEMORY);
        return (failure){known->status ? known->status : 409, known->code, known->message};
    }
    return general(e);
}

static failure describe(saas_ctx *c, saas_err e)
{
    switch (e) {
    case SAAS_ERR_FAILED:
        return own(c);
    case SAAS_ERR_NOT_FOUND:
    case SAAS_ERR_TENANT:
        return not_found(c, e);
    case SAAS_ERR_UNIQUE:
    case SAAS_ERR_FOREIGN_KEY:
    case SAAS_ERR_CHECK:
        return conflict(c, e);
    default:
        return general(e);
    }
}

/* What handler or library found wrong with single fields belongs to these answers only. */
static bool has_details(const saas_ctx *c, saas_err e)
{
    bool fields = e == SAAS_ERR_VALIDATION || e == SAAS_ERR_FAILED || e == SAAS_ERR_UNIQUE ||
                  e == SAAS_ERR_FOREIGN_KEY || e == SAAS_ERR_CHECK;
    return fields && c->issues.count;
}

static void failure_headers(saas_ctx *c, saas_err e, int status)
{
    if (status == 401)
        saas_ctx_header(c, SAAS_LIT("www-authenticate"), SAAS_LIT("Bearer"));
    if (e == SAAS_ERR_RATE_LIMITED && c->retry_after.ptr)
        saas_ctx_header(c, SAAS_LIT("retry-after"), c->retry_after);
    else if (status == 429 || status == 503)
        saas_ctx_header(c, SAAS_LIT("retry-after"), SAAS_LIT("1"));
    if (e == SAAS_ERR_METHOD_NOT_ALLOWED && c->match.allow)
        saas_ctx_header(c, SAAS_LIT("allow"), saas_text_z(c->match.allow));
}

void saas_ctx_write_failure(saas_ctx *c, saas_err e)
{
    if (e != SAAS_ERR_FAILED)
        c->reply_header_count = 0;
    failure f = describe(c, e);
    saas_ctx_clear_reply(c);
    saas_json j = saas_json_on(&c->out);
    saas_envelope_fail(&j, f.code, f.message, has_details(c, e) ? &c->issues : NULL);
    c->status = f.status;
    failure_headers(c, e, f.status);
}
