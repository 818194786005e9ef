/* Invitations: admins send them, whoever has the mailbox accepts. */
#include "auth_routes/courier.h"
#include "auth_routes/event.h"
#include "auth_routes/identity.h"
#include "auth_routes/members.h"
#include "auth_routes/password.h"
#include "auth_routes/routes.h"
#include "auth_routes/throttle.h"
#include "http/ctx.h"

#define INVITATION(F, T)                                                                                               \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, uuid, org_id, .read_only = true)                                                                              \
    F(T, email, email, .required = true)                                                                               \
    F(T, word(saas_user_role), role, .required = true)                                                                 \
    F(T, time, created_at, .read_only = true)                                                                          \
    F(T, time, expires_at, .read_only = true)
SAAS_STRUCT(invitation, INVITATION);

/* ---- sending ---- */

static saas_err list(saas_ctx *c)
{
    return saas_reply_page(c, &invitation_schema,
                           "select id, org_id, email, role, created_at, expires_at from invitations", SAAS_NO_ARGS,
                           .order = "created_at desc, id desc");
}

static saas_err invite(saas_ctx *c)
{
    const struct invitation *in = saas_body(c, invitation);
    const saas_principal *me = saas_me(c);
    saas_uuid id;
    saas_rows *row;
    SAAS_TRY(saas_throttle_mail(c, in->email));
    SAAS_TRY(saas_uuid_v7(&id));
    SAAS_TRY(saas_query_one(
        c, &row, "select * from saas_auth_api.invitation_create($1, $2, $3, $4, $5)",
        SAAS_ARGS(me->user_id, saas_role_word(me->role), id, in->email, saas_role_word((saas_role)in->role))));
    saas_err e = saas_outcome(c, row);
    if (e == SAAS_ERR_CONFLICT)
        return saas_fail(c, 409, "ALREADY_MEMBER", "This address is a member already");
    SAAS_TRY(e);
    saas_courier_call(c);
    return saas_reply_row(c, 201, row, &invitation_schema);
}

static saas_err resend(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    SAAS_TRY(saas_throttle_mail(c, saas_param(c, "id")));
    SAAS_TRY(saas_query_one(c, &row, "select * from saas_auth_api.invitation_resend($1, $2, $3)",
                            SAAS_ARGS(me->user_id, saas_role_word(me->role), saas_param_id(c, "id"))));
    SAAS_TRY(saas_outcome(c, row));
    saas_courier_call(c);
    return saas_reply_row(c, 200, row, &invitation_schema);
}

static saas_err cancel(saas_ctx *c)
{
    const saas_principal *me = saas_me(c);
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "select saas_auth_api.invitation_cancel($1, $2, $3) as outcome",
                            SAAS_ARGS(me->user_id, saas_role_word(me->role), saas_param_id(c, "id"))));
    SAAS_TRY(saas_outcome(c, row));
    return saas_reply_null(c, 200);
}

saas_route_list saas_invitation_routes(void)
{
    static const saas_route routes[] = {
        SAAS_GET("", list, .etag = SAAS_OFF, .query = &saas_own_list_schema, .role = SAAS_ADMIN),
        SAAS_POST("", invite, .body = &invitation_schema, .role = SAAS_ADMIN),
        SAAS_DELETE("/:id", cancel, .role = SAAS_ADMIN,
                    .not_found = {"INVITATION_NOT_FOUND", "Invitation does not exist"}),
        SAAS_POST("/:id/resend", resend, .role = SAAS_ADMIN,
                  .not_found = {"INVITATION_NOT_FOUND", "Invitation does not exist"}),
    };
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}

/* ---- accepting ---- */

static const char event[] = "auth.invitation_accept";
enum { NEW_PASSWORD_MIN = 12 };

/* How whoever comes with the token may join: by a new password, by the account's own, or signed in as it. */
typedef struct joining {
    uint8_t token[SAAS_MAIL_TOKEN_HASH];
    bool verified;
    saas_text account;  /* its id */
    saas_text stored;   /* hash of a verified account's password */
    saas_text new_hash; /* what the database is told; ptr NULL: not that way */
    saas_text verified_hash;
} joining;

static saas_err look_up(joining *j, saas_ctx *c, saas_text token)
{
    saas_rows *rows;
    saas_err e = saas_mail_token_read(j->token, c->shard->signer, token);
    if (e == SAAS_ERR_NOT_FOUND)
        return saas_fail_token(c, event);
    SAAS_TRY(e);
    SAAS_TRY(saas_outside_query(c, &rows, event, "select * from saas_auth_api.invitation_lookup($1)",
                                SAAS_ARGS(saas_v_bytes(j->token, sizeof j->token))));
    if (!saas_rows_count(rows))
        return saas_fail_token(c, event);
    j->verified = saas_text_equal(saas_rows_text(rows, 0, "verified"), SAAS_LIT("t"));
    j->stored = saas_rows_text(rows, 0, "password_hash");
    j->account = saas_rows_text(rows, 0, "account_id");
    return SAAS_OK;
}

static size_t code_points(saas_text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++)
        n += (t.ptr[i] & 0xc0) != 0x80;
    return n;
}

static saas_err with_new_password(joining *j, saas_ctx *c, const struct saas_accept *in)
{
    if (in->has.password != SAAS_SET)
        return saas_fail_field(c, "password", "required: a new password for this account");
    if (code_points(in->password) < NEW_PASSWORD_MIN)
        return saas_fail_field(c, "password", "too short: at least 12 characters");
    SAAS_TRY(saas_password_check(c, "password", in->password));
    return saas_password_hash_modestly(&j->new_hash, c, in->password);
}

static saas_err with_own_password(joining *j, saas_ctx *c, const struct saas_accept *in)
{
    saas_text fresh;
    saas_guess g;
    bool ok;
    if (in->has.password != SAAS_SET)
        return saas_me(c) ? SAAS_OK : SAAS_ERR_UNAUTHENTICATED;
    SAAS_TRY(saas_guess_password(&g, c, j->account, &(saas_device){.network = {NULL, 0}}));
    saas_err e = saas_password_try(&ok, &fresh, c, j->stored, in->password, !g.known_device);
    if (!e && !ok) {
        SAAS_TRY(saas_guess_wrong(&g, c));
        saas_auth_event(c, SAAS_LOG_WARN, event, "invalid_credentials", NULL);
        return saas_fail(c, 401, "INVALID_CREDENTIALS", "This is not the account's password");
    }
    SAAS_TRY(saas_guess_right(&g, c));
    SAAS_TRY(e);
    j->verified_hash = j->stored;
    return SAAS_OK;
}

static saas_err join(struct saas_identity **who, saas_ctx *c, const joining *j, const saas_new_session *session)
{
    const saas_principal *me = saas_me(c);
    const saas_value nobody = saas_v_null(NULL);
    saas_uuid account, user;
    saas_rows *rows;
    SAAS_TRY(saas_uuid_v7(&account));
    SAAS_TRY(saas_uuid_v7(&user));
    SAAS_TRY(saas_outside_query(
        c, &rows, event,
        "select r.* from saas_auth_api.session_of($8, $12, $13) s,"
        " saas_auth_api.invitation_accept($1, $2, $3, $4, $5, $6, $7, s, $9, $10, $11) r",
        SAAS_ARGS(saas_v_bytes(j->token, sizeof j->token), account, user, j->new_hash, j->verified_hash,
                  me ? saas_v_uuid(me->user_id) : nobody, me ? saas_v_uuid(me->session_id) : nobody, session->id,
                  saas_v_bytes(session->refresh.hash, sizeof session->refresh.hash), saas_client_agent(c),
                  saas_client_ip(c), saas_session_idle_s(c), saas_session_lifetime_s(c))));
    return saas_identity_read(who, c, rows);
}

static saas_err accept_invitation(saas_ctx *c)
{
    const struct saas_accept *in = saas_body(c, saas_accept);
    joining j = {.new_hash = {NULL, 0}};
    saas_new_session session;
    struct saas_identity *who;
    SAAS_TRY(look_up(&j, c, in->token));
    saas_err e = j.verified ? with_own_password(&j, c, in) : with_new_password(&j, c, in);
    saas_password_wipe(in->password);
    SAAS_TRY(e);
    SAAS_TRY(saas_new_session_make(&session, c));
    SAAS_TRY(join(&who, c, &j, &session));
    if (!saas_text_equal(who->outcome, SAAS_LIT("ok"))) /* signed in as somebody else, or the token went meanwhile */
        return j.verified && !j.verified_hash.ptr ? SAAS_ERR_UNAUTHENTICATED : saas_fail_token(c, event);
    saas_auth_event(c, SAAS_LOG_INFO, event, "ok",
                    &(saas_principal){.user_id = who->user_id, .org_id = who->org_id, .session_id = session.id});
    return saas_reply_signed_in(c, 200, who, &session);
}

saas_err saas_route_accept(saas_ctx *c)
{
    return saas_by_token(c, accept_invitation);
}
