/* What a signed-in user does to members, its own password and its organization. */
#include "auth_routes/members.h"
#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/password.h"
#include "auth_routes/throttle.h"
#include "auth_routes/trail.h"
#include <saas/auth.h>
#include <saas/db.h>

static saas_err last_admin(saas_ctx *c)
{
    return saas_fail(c, 409, "LAST_ADMIN", "An organization needs an admin");
}

static saas_err wrong_password(saas_ctx *c)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.password", "invalid_credentials", saas_me(c));
    return saas_fail(c, 400, "INVALID_CREDENTIALS", "The current password is wrong");
}

static saas_err fail_not_found(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_NOT_FOUND;
}

static saas_err fail_exists(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_CONFLICT;
}

static saas_err fail_forbidden(saas_ctx *c)
{
    saas_auth_event(c, SAAS_LOG_WARN, "auth.stale_role", "forbidden", saas_me(c));
    return SAAS_ERR_FORBIDDEN;
}

static saas_err fine(saas_ctx *c)
{
    (void)c;
    return SAAS_OK;
}

saas_err saas_outcome(saas_ctx *c, const saas_rows *row)
{
    static const struct {
        const char *outcome;
        saas_err (*fn)(saas_ctx *c);
    } outcomes[] = {{"ok", fine},
                    {"not_found", fail_not_found},
                    {"exists", fail_exists},
                    {"forbidden", fail_forbidden},
                    {"last_admin", last_admin},
                    {"invalid", wrong_password}};
    saas_text outcome = saas_rows_text(row, 0, "outcome");
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (saas_text_equal(outcome, saas_text_z(outcomes[i].outcome)))
            return outcomes[i].fn(c);
    return SAAS_ERR_BUG;
}

const char *saas_role_word(saas_role role)
{
    return role >= SAAS_VIEWER && role <= SAAS_ADMIN ? saas_user_role_words.words[role] : NULL;
}

saas_err saas_user_create(saas_ctx *c, saas_rows **row, saas_text email, saas_text password, saas_role role)
{
    const saas_principal *me = saas_me(c);
    saas_uuid user, account;
    saas_rows *made;
    saas_text hash;
    if (!me)
        return SAAS_ERR_UNAUTHENTICATED;
    if (!saas_role_word(role))
        return SAAS_ERR_BUG;
    SAAS_TRY(saas_password_check(c, "password", password));
    SAAS_TRY(saas_throttle_mail(c, email));
    const saas_err e = saas_password_hash(&hash, c, password);
    saas_password_wipe_typed(c, password);
    SAAS_TRY(e);
    SAAS_TRY(saas_uuid_v7(&user));
    SAAS_TRY(saas_uuid_v7(&account));
    SAAS_TRY(saas_query_one(
        c, &made, "select * from saas_auth_api.user_create($1, $2, $3, $4, $5, $6, $7)",
        SAAS_ARGS(me->user_id, saas_role_word(me->role), user, account, email, hash, saas_role_word(role))));
    SAAS_TRY(saas_outcome(c, made));
    saas_courier_call(c);
    *row = made;
    return SAAS_OK;
}

saas_err saas_user_set_role(saas_ctx *c, saas_rows **row, saas_uuid user_id, saas_role role)
{
    const saas_principal *me = saas_me(c);
    saas_rows *changed;
    if (!me)
        return SAAS_ERR_UNAUTHENTICATED;
    if (!saas_role_word(role))
        return SAAS_ERR_BUG;
    SAAS_TRY(saas_query_one(c, &changed, "select * from saas_auth_api.user_set_role($1, $2, $3, $4)",
                            SAAS_ARGS(me->user_id, saas_role_word(me->role), user_id, saas_role_word(role))));
    SAAS_TRY(saas_outcome(c, changed));
    *row = changed;
    return SAAS_OK;
}

saas_err saas_user_remove(saas_ctx *c, saas_uuid user_id)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    if (!me)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.user_remove($1, $2, $3) as outcome",
                            SAAS_ARGS(me->user_id, saas_role_word(me->role), user_id)));
    return saas_outcome(c, row);
}

static saas_err refuse_to_look(saas_ctx *c, saas_err e)
{
    if (e != SAAS_ERR_RATE_LIMITED)
        return e;
    saas_auth_event(c, SAAS_LOG_WARN, "auth.password", "throttled", saas_me(c));
    SAAS_TRY(saas_trail_own_throttled(c));
    return e;
}

static saas_err wrong_guess(saas_ctx *c, const saas_guess *g)
{
    SAAS_TRY(saas_trail_own_failed(c));
    SAAS_TRY(saas_guess_wrong(g, c));
    return wrong_password(c);
}

saas_err saas_password_prove(saas_text *hash, saas_ctx *c, saas_text password)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    saas_text stored, fresh;
    saas_guess g;
    bool ok;
    saas_err e = saas_guess_current(&g, c);
    if (e)
        return refuse_to_look(c, e);
    SAAS_TRY(saas_query(c, &row, "select password_hash from saas_auth_api.password_lookup($1, $2)",
                        SAAS_ARGS(me->user_id, me->session_id)));
    stored = saas_rows_text(row, 0, "password_hash");
    e = saas_password_try(&ok, &fresh, c, stored, password, false);
    if (!e && !ok)
        return wrong_guess(c, &g);
    SAAS_TRY(saas_guess_right(&g, c));
    SAAS_TRY(e);
    *hash = stored;
    return SAAS_OK;
}

saas_err saas_password_change(saas_ctx *c, saas_text current, saas_text new_password)
{
    const saas_principal *me = saas_me(c);
    saas_text verified, hash;
    saas_rows *row;
    if (!me)
        return SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_password_check(c, "newPassword", new_password));
    saas_err e = saas_password_prove(&verified, c, current);
    saas_password_wipe_typed(c, current);
    SAAS_TRY(e);
    e = saas_password_hash(&hash, c, new_password);
    saas_password_wipe_typed(c, new_password);
    SAAS_TRY(e);
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.password_change($1, $2, $3, $4) as changed",
                            SAAS_ARGS(me->user_id, me->session_id, verified, hash)));
    if (!saas_text_equal(saas_rows_text(row, 0, "changed"), SAAS_LIT("t")))
        return wrong_password(c);
    saas_courier_call(c);
    saas_auth_event(c, SAAS_LOG_INFO, "auth.password", "changed", me);
    return SAAS_OK;
}

saas_err saas_organization_remove(saas_ctx *c, saas_text current_password)
{
    const saas_principal *me = saas_me(c);
    saas_text verified;
    saas_rows *row;
    if (!me)
        return SAAS_ERR_UNAUTHENTICATED;
    const saas_err e = saas_password_prove(&verified, c, current_password);
    saas_password_wipe_typed(c, current_password);
    SAAS_TRY(e);
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.organization_remove($1, $2, $3, $4) as outcome",
                            SAAS_ARGS(me->user_id, saas_role_word(me->role), me->session_id, verified)));
    return saas_outcome(c, row);
}
