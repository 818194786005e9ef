#include "auth_routes/event.h"
#include "auth_routes/identity.h"
#include "auth_routes/routes.h"
#include "base/clock.h"
#include "http/ctx.h"

enum { RANDOM = 32 };

/* What the database decided. */
#define VERDICT(F, T)                                                                                                  \
    F(T, text(1, 40), outcome)                                                                                         \
    F(T, text(64, 64), random)                                                                                         \
    F(T, uuid, user_id)                                                                                                \
    F(T, uuid, org_id)                                                                                                 \
    F(T, word(saas_user_role), role)                                                                                   \
    F(T, email, email)                                                                                                 \
    F(T, i64(0, INT32_MAX), generation)
SAAS_STRUCT(verdict, VERDICT);

static saas_err refuse(saas_ctx *c, const saas_principal *who)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.refresh", "invalid", who);
    return saas_fail(c, 401, "INVALID_REFRESH_TOKEN", "Sign in again");
}

static saas_err refuse_reused(saas_ctx *c, const saas_principal *who)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.refresh", "reused", who);
    return saas_fail(c, 401, "REFRESH_TOKEN_REUSED", "This token was used before: the session has ended");
}

static saas_err decide(struct verdict **out, saas_ctx *c, const saas_refresh *given, const saas_refresh *next,
                       const uint8_t random[RANDOM])
{
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "refresh", "select * from saas_auth_api.session_refresh($1, $2, $3, $4)",
                                SAAS_ARGS(given->session_id, saas_v_bytes(given->hash, sizeof given->hash),
                                          saas_v_bytes(next->hash, sizeof next->hash), saas_v_bytes(random, RANDOM))));
    return saas_rows_read(out, c, rows, 0, verdict);
}

static int nibble(char ch)
{
    return ch <= '9' ? ch - '0' : ch - 'a' + 10;
}

/* Postgres' encode(…, 'hex') of 32 bytes; the table has checked the length. */
static void unhex(uint8_t out[RANDOM], saas_text hex)
{
    for (size_t i = 0; i < RANDOM; i++)
        out[i] = (uint8_t)(nibble(hex.ptr[2 * i]) << 4 | nibble(hex.ptr[2 * i + 1]));
}

/* The successor another request was given a moment ago. */
static saas_err same_again(char token[SAAS_REFRESH_CHARS + 1], saas_ctx *c, saas_uuid session_id, saas_text parent,
                           saas_text random_hex)
{
    uint8_t random[RANDOM];
    saas_refresh next;
    unhex(random, random_hex);
    return saas_refresh_next(token, &next, c->shard->signer, session_id, parent, random);
}

saas_err saas_route_refresh(saas_ctx *c)
{
    saas_text parent = saas_body(c, saas_refresh_body)->refresh_token;
    char token[SAAS_REFRESH_CHARS + 1];
    saas_refresh given, next;
    uint8_t random[RANDOM];
    struct verdict *v;
    saas_err e = saas_refresh_read(&given, c->shard->signer, parent);
    if (e == SAAS_ERR_UNAUTHENTICATED)
        return refuse(c, NULL);
    SAAS_TRY(e);
    SAAS_TRY(saas_shard_random(random, c->shard, sizeof random));
    SAAS_TRY(saas_refresh_next(token, &next, c->shard->signer, given.session_id, parent, random));
    SAAS_TRY(decide(&v, c, &given, &next, random));
    const saas_principal who = {.user_id = v->user_id,
                                .org_id = v->org_id,
                                .session_id = given.session_id,
                                .role = (saas_role)v->role,
                                .generation = (uint32_t)v->generation,
                                .email = v->email};
    if (saas_text_equal(v->outcome, SAAS_LIT("reused")))
        return refuse_reused(c, &who);
    if (saas_text_equal(v->outcome, SAAS_LIT("invalid")))
        return refuse(c, &who);
    if (saas_text_equal(v->outcome, SAAS_LIT("grace")))
        SAAS_TRY(same_again(token, c, given.session_id, parent, v->random));
    saas_auth_event(c, SAAS_LOG_INFO, "auth.refresh", "ok", &who);
    return saas_reply_tokens(c, &who, token);
}

saas_err saas_route_logout(saas_ctx *c)
{
    saas_refresh given;
    saas_rows *rows;
    saas_err e = saas_refresh_read(&given, c->shard->signer, saas_body(c, saas_refresh_body)->refresh_token);
    if (e == SAAS_ERR_UNAUTHENTICATED)
        return saas_reply_null(c, 200);
    SAAS_TRY(e);
    SAAS_TRY(
        saas_outside_query(c, &rows, "logout", "select saas_auth_api.session_end($1)", SAAS_ARGS(given.session_id)));
    saas_auth_event(c, SAAS_LOG_INFO, "auth.logout", "ok", &(saas_principal){.session_id = given.session_id});
    return saas_reply_null(c, 200);
}
