#include "middleware/steps.h"
#include "http/ctx.h"
#include "http/hooks.h"
#include "middleware/limit.h"
#include "middleware/revoked.h"
#include "middleware/validate.h"

enum { ARENA_BASE = 1 << 20, ARENA_PER_BODY_BYTE = 8 };

/* Where the transport gave up on a request, the rest of what the client sends can't be trusted. */
static saas_err refused(saas_ctx *c)
{
    if (c->refused)
        c->close = true;
    return c->refused;
}

static void limit_to_route(saas_ctx *c, const saas_route *route)
{
    size_t limit = ARENA_BASE + ARENA_PER_BODY_BYTE * route->body_max_bytes;
    c->arena.limit = limit > c->arena.used ? limit : c->arena.used;
    c->deadline_us = c->started_us + route->timeout_ms * UINT64_C(1000);
}

/* What a path can do: for who asks, and for browsers that ask before a page of another origin may. */
static saas_err answer_options(saas_ctx *c)
{
    saas_ctx_clear_reply(c);
    c->status = 204;
    c->replied = true;
    saas_ctx_header(c, SAAS_LIT("allow"), saas_text_z(c->match.allow));
    c->preflight = saas_cors_is_preflight(c);
    if (c->preflight)
        saas_cors_preflight(c, saas_match_cors(&c->match, saas_header_get(c, "access-control-request-method")),
                            c->match.allow);
    return SAAS_OK;
}

static saas_err routed(saas_ctx *c)
{
    saas_err e = saas_router_find(&c->match, c->shard->site->router, c->method, c->path);
    if (e == SAAS_ERR_NOT_FOUND)
        e = saas_files_fall_back(c);
    if (e == SAAS_OK)
        limit_to_route(c, c->match.route);
    if (saas_text_equal(c->method, SAAS_LIT("TRACE")) || saas_text_equal(c->method, SAAS_LIT("CONNECT")))
        c->close = true;
    if (e == SAAS_ERR_METHOD_NOT_ALLOWED && saas_text_equal(c->method, SAAS_LIT("OPTIONS")))
        return answer_options(c);
    return e;
}

/* Before anything that costs. */
static saas_err admit(saas_ctx *c)
{
    saas_shard *shard = c->shard;
    saas_pulse_inside(&shard->pulse, c->match.route);
    const saas_shed why = saas_pulse_admit(shard, c->match.route);
    c->admitted = !why;
    if (!why)
        return SAAS_OK;
    saas_pulse_count(shard, why);
    c->quiet = !saas_pulse_tells(shard);
    return SAAS_ERR_BUSY;
}

/* RFC 6750: the scheme's name in any case, one or more spaces, the token. */
static saas_text bearer(const saas_ctx *c)
{
    static const char scheme[] = "bearer ";
    enum { LEN = sizeof scheme - 1 };
    saas_text t = c->authorization;
    if (t.len <= LEN || !saas_text_equal_ci((saas_text){t.ptr, LEN}, (saas_text){scheme, LEN}))
        return (saas_text){NULL, 0};
    t = (saas_text){t.ptr + LEN, t.len - LEN};
    while (t.len && *t.ptr == ' ')
        t = (saas_text){t.ptr + 1, t.len - 1};
    return t;
}

static saas_err sign_in(saas_ctx *c)
{
    saas_text token = bearer(c);
    if (!token.len || !c->shard->signer)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_access_verify(&c->me, &c->arena, c->shard->signer, token, c->wall_us / 1000000));
    SAAS_TRY(saas_revoked_check(c));
    c->signed_in = true;
    c->org = c->me.org_id;
    c->has_org = !saas_uuid_is_nil(c->org);
    return SAAS_OK;
}

/* On an open route a bad token is as good as none, and so is one that nobody can vouch for. */
static saas_err authenticate(saas_ctx *c)
{
    saas_err e = sign_in(c);
    return c->match.route->open ? c->over : e;
}

static saas_err may(saas_ctx *c)
{
    const saas_route *route = c->match.route;
    if (!c->signed_in || c->me.role < route->role)
        return SAAS_ERR_FORBIDDEN;
    return route->permission ? saas_may(c, route->permission) : SAAS_OK;
}

static saas_err authorize(saas_ctx *c)
{
    if (c->match.route->open)
        return SAAS_OK;
    saas_err e = may(c);
    if (e == SAAS_ERR_FORBIDDEN && c->signed_in && c->shard->site->denied)
        SAAS_TRY(c->shard->site->denied(c));
    return e;
}

const saas_step *saas_middleware_steps(void)
{
    static const saas_step steps[] = {refused,
                                      routed,
                                      admit,
                                      saas_hooks_arrive,
                                      authenticate,
                                      saas_limit_request,
                                      authorize,
                                      saas_idempotency_note,
                                      saas_validate,
                                      saas_hooks_before,
                                      NULL};
    return steps;
}
