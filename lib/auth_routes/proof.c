/* What a mail was sent for: an address is proven, a forgotten password replaced. */
#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/password.h"
#include "auth_routes/routes.h"
#include "auth_routes/throttle.h"
#include "http/ctx.h"

/* Whether anybody has the address is found out after the answer. */
static saas_err request(saas_ctx *c, const char *kind, const char *event)
{
    saas_rows *none;
    SAAS_TRY(saas_outside_query(c, &none, event, "select saas_auth_api.mail_request($1, $2)",
                                SAAS_ARGS(kind, saas_body(c, saas_email_body)->email)));
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, event, "asked", NULL);
    return saas_reply_null(c, 200);
}

saas_err saas_route_forgot(saas_ctx *c)
{
    return request(c, "reset", "auth.password_forgot");
}

saas_err saas_route_resend(saas_ctx *c)
{
    return request(c, "verify", "auth.email_resend");
}

saas_err saas_by_token(saas_ctx *c, saas_handler fn)
{
    saas_guess g;
    SAAS_TRY(saas_guess_token(&g, c));
    saas_err e = fn(c);
    SAAS_TRY(e == SAAS_ERR_FAILED ? saas_guess_wrong(&g, c) : saas_guess_right(&g, c));
    return e;
}

saas_err saas_fail_token(saas_ctx *c, const char *event)
{
    saas_auth_event(c, SAAS_LOG_WARN, event, "invalid_token", NULL);
    return saas_fail(c, 400, "INVALID_TOKEN", "This link is not valid, or not any more");
}

static saas_err done_or_invalid(saas_ctx *c, const saas_rows *row, const char *event)
{
    if (!saas_text_equal(saas_rows_text(row, 0, "outcome"), SAAS_LIT("ok")))
        return saas_fail_token(c, event);
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, event, "ok", NULL);
    return saas_reply_null(c, 200);
}

static saas_err verify(saas_ctx *c)
{
    static const char event[] = "auth.email_verify";
    uint8_t hash[SAAS_MAIL_TOKEN_HASH];
    saas_uuid account, org, user;
    saas_rows *row;
    saas_err e = saas_mail_token_read(hash, c->shard->signer, saas_body(c, saas_token_body)->token);
    if (e == SAAS_ERR_NOT_FOUND)
        return saas_fail_token(c, event);
    SAAS_TRY(e);
    SAAS_TRY(saas_uuid_v7(&account));
    SAAS_TRY(saas_uuid_v7(&org));
    SAAS_TRY(saas_uuid_v7(&user));
    SAAS_TRY(saas_outside_query(c, &row, event, "select saas_auth_api.email_verify($1, $2, $3, $4) as outcome",
                                SAAS_ARGS(saas_v_bytes(hash, sizeof hash), account, org, user)));
    return done_or_invalid(c, row, event);
}

saas_err saas_route_verify(saas_ctx *c)
{
    return saas_by_token(c, verify);
}

/* Before Argon2id is spent on it. */
static saas_err check_token(uint8_t hash[SAAS_MAIL_TOKEN_HASH], saas_ctx *c, saas_text token, const char *event)
{
    saas_rows *row;
    saas_err e = saas_mail_token_read(hash, c->shard->signer, token);
    if (e == SAAS_ERR_NOT_FOUND)
        return saas_fail_token(c, event);
    SAAS_TRY(e);
    SAAS_TRY(saas_outside_query(c, &row, event, "select saas_auth_api.password_reset_check($1) as good",
                                SAAS_ARGS(saas_v_bytes(hash, SAAS_MAIL_TOKEN_HASH))));
    return saas_text_equal(saas_rows_text(row, 0, "good"), SAAS_LIT("t")) ? SAAS_OK : saas_fail_token(c, event);
}

static saas_err reset(saas_ctx *c)
{
    static const char event[] = "auth.password_reset";
    const struct saas_reset *in = saas_body(c, saas_reset);
    uint8_t token[SAAS_MAIL_TOKEN_HASH];
    saas_text hash;
    saas_rows *row;
    SAAS_TRY(saas_password_check(c, "password", in->password));
    SAAS_TRY(check_token(token, c, in->token, event));
    saas_err e = saas_password_hash_modestly(&hash, c, in->password);
    saas_password_wipe(in->password);
    SAAS_TRY(e);
    SAAS_TRY(saas_outside_query(
        c, &row, event, "select saas_auth_api.password_reset($1, $2, $3, $4) as outcome",
        SAAS_ARGS(saas_v_bytes(token, sizeof token), hash, saas_client_agent(c), saas_client_ip(c))));
    return done_or_invalid(c, row, event);
}

saas_err saas_route_reset(saas_ctx *c)
{
    return saas_by_token(c, reset);
}
