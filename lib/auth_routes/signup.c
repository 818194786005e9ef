#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/identity.h"
#include "auth_routes/password.h"
#include "auth_routes/routes.h"
#include "auth_routes/slug.h"
#include "auth_routes/throttle.h"
#include "http/ctx.h"

static saas_err taken(saas_ctx *c, saas_text outcome)
{
    if (saas_text_equal(outcome, SAAS_LIT("slug_taken"))) {
        saas_auth_event(c, SAAS_LOG_INFO, "auth.signup", "slug_taken", NULL);
        return saas_fail(c, 409, "SLUG_TAKEN", "This slug is taken");
    }
    if (saas_text_equal(outcome, SAAS_LIT("email_taken"))) {
        saas_auth_event(c, SAAS_LOG_INFO, "auth.signup", "email_taken", NULL);
        return saas_fail(c, 409, "EMAIL_TAKEN", "An account with this e-mail address exists");
    }
    return SAAS_ERR_BUG;
}

/* Whether the address is known decides what its mail says, and nothing here. */
static saas_err ask(saas_ctx *c, const struct saas_signup *in, saas_text hash)
{
    char derived[SAAS_SLUG_MAX + 1];
    bool derive = in->has.org_slug != SAAS_SET;
    saas_rows *none;
    if (derive)
        saas_slug_of(derived, in->org_name);
    SAAS_TRY(
        saas_outside_query(c, &none, "sign-up", "select saas_auth_api.signup_request($1, $2, $3, $4)",
                           SAAS_ARGS(in->org_name, derive ? saas_text_z(derived) : in->org_slug, in->email, hash)));
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, "auth.signup", "asked", NULL);
    return saas_reply_null(c, 202);
}

static saas_err create(saas_rows **rows, saas_ctx *c, const struct saas_signup *in, saas_text hash,
                       const saas_new_session *session)
{
    saas_uuid account, org, user;
    char derived[SAAS_SLUG_MAX + 1];
    bool derive = in->has.org_slug != SAAS_SET;
    if (derive)
        saas_slug_of(derived, in->org_name);
    SAAS_TRY(saas_uuid_v7(&account));
    SAAS_TRY(saas_uuid_v7(&org));
    SAAS_TRY(saas_uuid_v7(&user));
    return saas_outside_query(
        c, rows, "sign-up",
        "select r.* from saas_auth_api.session_of($4, $13, $14) s,"
        " saas_auth_api.signup($1, $2, $3, s, $5, $6, $7, $8, $9, $10, $11, $12) r",
        SAAS_ARGS(account, org, user, session->id, in->org_name, derive ? saas_text_z(derived) : in->org_slug, derive,
                  in->email, hash, saas_v_bytes(session->refresh.hash, sizeof session->refresh.hash),
                  saas_client_agent(c), saas_client_ip(c), saas_session_idle_s(c), saas_session_lifetime_s(c)));
}

static saas_err sign_up(saas_ctx *c, const struct saas_signup *in)
{
    saas_new_session session;
    struct saas_identity *who;
    saas_rows *rows;
    saas_text hash;
    SAAS_TRY(saas_password_check(c, "password", in->password));
    saas_err e = saas_password_hash_modestly(&hash, c, in->password);
    saas_password_wipe(in->password);
    SAAS_TRY(e);
    if (c->shard->site->signup_neutral)
        return ask(c, in, hash);
    SAAS_TRY(saas_new_session_make(&session, c));
    SAAS_TRY(create(&rows, c, in, hash, &session));
    SAAS_TRY(saas_identity_read(&who, c, rows));
    if (!saas_text_equal(who->outcome, SAAS_LIT("ok")))
        return taken(c, who->outcome);
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, "auth.signup", "ok",
                    &(saas_principal){.user_id = who->user_id, .org_id = who->org_id, .session_id = session.id});
    return saas_reply_signed_in(c, 201, who, &session);
}

/* What is taken tells who is there. */
saas_err saas_route_signup(saas_ctx *c)
{
    const struct saas_signup *in = saas_body(c, saas_signup);
    saas_guess g = {.count = 0};
    SAAS_TRY(c->shard->site->signup_neutral ? saas_throttle_mail(c, in->email) : saas_guess_signup(&g, c));
    saas_err e = sign_up(c, in);
    SAAS_TRY(e == SAAS_ERR_FAILED ? saas_guess_wrong(&g, c) : saas_guess_right(&g, c));
    return e;
}
