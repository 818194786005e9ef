#include "auth_routes/identity.h"
#include "base/clock.h"
#include "http/ctx.h"

SAAS_DEFINE(saas_identity, SAAS_IDENTITY);

SAAS_STRUCT(auth_user, SAAS_USER_FIELDS);
SAAS_STRUCT(auth_organization, SAAS_ORGANIZATION_FIELDS);

#define TOKENS(F, T)                                                                                                   \
    F(T, text(1, 4096), access_token, .secret = true)                                                                  \
    F(T, text(1, 200), refresh_token, .secret = true)                                                                  \
    F(T, text(1, 20), token_type)                                                                                      \
    F(T, i64(0, 86400), expires_in)
SAAS_STRUCT(auth_tokens, TOKENS);

#define SIGNED_IN(F, T)                                                                                                \
    F(T, object(auth_user), user)                                                                                      \
    F(T, object(auth_organization), organization)                                                                      \
    TOKENS(F, T)
SAAS_STRUCT(signed_in, SIGNED_IN);

saas_err saas_new_session_make(saas_new_session *out, saas_ctx *c)
{
    SAAS_TRY(saas_uuid_v7(&out->id));
    return saas_refresh_first(out->token, &out->refresh, c->shard->signer, out->id);
}

int64_t saas_session_idle_s(const saas_ctx *c)
{
    return c->shard->site->refresh_days * INT64_C(86400);
}

int64_t saas_session_lifetime_s(const saas_ctx *c)
{
    return c->shard->site->session_days * INT64_C(86400);
}

saas_err saas_identity_read(struct saas_identity **out, saas_ctx *c, const saas_rows *rows)
{
    return saas_rows_read(out, c, rows, 0, saas_identity);
}

static saas_err access_token(saas_text *out, saas_ctx *c, const saas_principal *who)
{
    return saas_access_sign(out, &c->arena, c->shard->signer, who, saas_clock_wall_us() / 1000000);
}

static void fill_user(struct auth_user *out, const struct saas_identity *who)
{
    *out = (struct auth_user){.id = who->user_id,
                              .org_id = who->org_id,
                              .email = who->email,
                              .role = who->role,
                              .created_at = who->user_created_at,
                              .updated_at = who->user_updated_at};
    memset(&out->has, SAAS_SET, sizeof out->has);
}

static void fill_organization(struct auth_organization *out, const struct saas_identity *who)
{
    *out = (struct auth_organization){.id = who->org_id,
                                      .name = who->org_name,
                                      .slug = who->org_slug,
                                      .plan = who->org_plan,
                                      .created_at = who->org_created_at};
    memset(&out->has, SAAS_SET, sizeof out->has);
}

saas_err saas_reply_signed_in(saas_ctx *c, int status, const struct saas_identity *who, const saas_new_session *session)
{
    const saas_principal me = {.user_id = who->user_id,
                               .org_id = who->org_id,
                               .session_id = session->id,
                               .role = (saas_role)who->role,
                               .generation = (uint32_t)who->generation,
                               .email = who->email};
    struct signed_in out = {.refresh_token = saas_text_z(session->token),
                            .token_type = SAAS_LIT("Bearer"),
                            .expires_in = SAAS_ACCESS_TOKEN_S};
    SAAS_TRY(access_token(&out.access_token, c, &me));
    fill_user(&out.user, who);
    fill_organization(&out.organization, who);
    memset(&out.has, SAAS_SET, sizeof out.has);
    return saas_reply(c, status, &signed_in_schema, &out);
}

saas_err saas_reply_tokens(saas_ctx *c, const saas_principal *who, const char *refresh_token)
{
    struct auth_tokens out = {.refresh_token = saas_text_z(refresh_token),
                              .token_type = SAAS_LIT("Bearer"),
                              .expires_in = SAAS_ACCESS_TOKEN_S};
    SAAS_TRY(access_token(&out.access_token, c, who));
    memset(&out.has, SAAS_SET, sizeof out.has);
    return saas_reply(c, 200, &auth_tokens_schema, &out);
}

saas_err saas_access_token_new(saas_text *out, saas_arena *a, const saas_app *app, const saas_principal *who)
{
    saas_signer *signer;
    SAAS_TRY(saas_signer_new(&signer, saas_app_site(app)->keys));
    saas_err e = saas_access_sign(out, a, signer, who, saas_clock_wall_us() / 1000000);
    saas_signer_free(signer);
    return e;
}
