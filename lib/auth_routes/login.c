#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/identity.h"
#include "auth_routes/password.h"
#include "auth_routes/routes.h"
#include "auth_routes/throttle.h"
#include "auth_routes/trail.h"
#include "http/ctx.h"

/* One answer for an unknown address, a wrong password and an account that may not sign in. */
static saas_err refuse(saas_ctx *c)
{
    return saas_fail(c, 401, "INVALID_CREDENTIALS", "E-mail address or password is wrong");
}

typedef struct found {
    saas_uuid account_id;
    saas_text hash; /* ptr NULL: nobody */
    saas_device device;
} found;

static saas_err look_up(found *out, saas_ctx *c, saas_text email)
{
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "login", "select * from saas_auth_api.login_lookup($1, $2, $3)",
                                SAAS_ARGS(email, saas_client_agent(c), saas_client_ip(c))));
    found f = {.hash = saas_rows_text(rows, 0, "password_hash"),
               .device = {.network = saas_rows_text(rows, 0, "network"), .agent = saas_rows_text(rows, 0, "agent")}};
    if (f.hash.ptr && saas_uuid_parse(&f.account_id, saas_rows_text(rows, 0, "account_id")))
        return SAAS_ERR_BUG;
    f.device.account_id = f.account_id;
    *out = f;
    return SAAS_OK;
}

static saas_err open_session(struct saas_identity **who, saas_ctx *c, const found *f, saas_text fresh,
                             const saas_new_session *session)
{
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "login",
                                "select r.* from saas_auth_api.session_of($4, $8, $9) s,"
                                " saas_auth_api.session_create($1, $2, $3, s, $5, $6, $7) r",
                                SAAS_ARGS(f->account_id, f->hash, fresh, session->id,
                                          saas_v_bytes(session->refresh.hash, sizeof session->refresh.hash),
                                          saas_client_agent(c), saas_client_ip(c), saas_session_idle_s(c),
                                          saas_session_lifetime_s(c))));
    return saas_identity_read(who, c, rows);
}

/* Too many wrong ones before: nothing is computed. */
static saas_err refuse_to_look(saas_ctx *c, saas_text email, saas_err e)
{
    if (e != SAAS_ERR_RATE_LIMITED)
        return e;
    saas_auth_event(c, SAAS_LOG_WARN, "auth.login", "throttled", NULL);
    SAAS_TRY(saas_trail_throttled(c, email));
    return e;
}

static saas_err wrong(saas_ctx *c, const saas_guess *g, saas_text email)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.login", "invalid_credentials", NULL);
    SAAS_TRY(saas_trail_failed(c, email));
    SAAS_TRY(saas_guess_wrong(g, c));
    return refuse(c);
}

/* SAAS_OK: the password is right. *fresh as from saas_password_try. */
static saas_err judge(saas_text *fresh, saas_ctx *c, const found *f, const struct saas_login *in)
{
    saas_guess g;
    bool ok;
    saas_err e = saas_guess_password(&g, c, in->email, &f->device);
    if (e)
        return refuse_to_look(c, in->email, e);
    e = saas_password_try(&ok, fresh, c, f->hash, in->password, !g.known_device);
    if (!e && !ok)
        return wrong(c, &g, in->email);
    SAAS_TRY(saas_guess_right(&g, c));
    return e;
}

saas_err saas_route_login(saas_ctx *c)
{
    const struct saas_login *in = saas_body(c, saas_login);
    saas_new_session session;
    struct saas_identity *who;
    saas_text fresh;
    found f;
    SAAS_TRY(look_up(&f, c, in->email));
    saas_err e = judge(&fresh, c, &f, in);
    saas_password_wipe(in->password);
    SAAS_TRY(e);
    SAAS_TRY(saas_new_session_make(&session, c));
    SAAS_TRY(open_session(&who, c, &f, fresh, &session));
    if (saas_text_equal(who->outcome, SAAS_LIT("no_organization"))) {
        saas_auth_event(c, SAAS_LOG_WARN, "auth.login", "no_organization", NULL);
        return saas_fail(c, 403, "NO_ORGANIZATION", "This account belongs to no organization");
    }
    if (!saas_text_equal(who->outcome, SAAS_LIT("ok"))) { /* changed meanwhile */
        saas_auth_event(c, SAAS_LOG_WARN, "auth.login", "invalid_credentials", NULL);
        return refuse(c);
    }
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, "auth.login", "ok",
                    &(saas_principal){.user_id = who->user_id, .org_id = who->org_id, .session_id = session.id});
    return saas_reply_signed_in(c, 200, who, &session);
}
