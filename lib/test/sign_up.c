/* A new organization and its administrator, through the app's own sign-up route. */
#include "test/client.h"
#include "test/command.h"
#include <string.h>

static const char signup[] = "/signup";

/* What comes before it in the path of saas_auth_routes; {NULL, 0}: they are not mounted. */
static saas_text mounted_at(const saas_test_client *t)
{
    const saas_route *r;
    for (size_t i = 0; (r = saas_app_route(t->app, i)); i++) {
        size_t len = strlen(r->path), end = sizeof signup - 1;
        if (r->open && !strcmp(r->method, "POST") && len >= end && !strcmp(r->path + len - end, signup))
            return (saas_text){r->path, len - end};
    }
    return (saas_text){NULL, 0};
}

static saas_err unexpected(const saas_test_response *r, const char *what, saas_error *e)
{
    return saas_test_fail(e, SAAS_ERR_BUG, "%s was answered with %d: %.*s", what, r->status, (int)r->body.len,
                          r->body.ptr);
}

/* Longer-lived than the answer. */
static saas_text keep(saas_test_client *t, saas_text value)
{
    char *copy = value.ptr ? saas_arena_copy(t->settings, value.ptr, value.len) : NULL;
    return (saas_text){copy, copy ? value.len : 0};
}

static saas_err make_up(saas_test_account *account, saas_test_client *t)
{
    char id[SAAS_UUID_CHARS + 1];
    saas_uuid unique;
    SAAS_TRY(saas_uuid_v7(&unique));
    saas_uuid_format(id, unique);
    account->email = saas_arena_format(t->settings, "user-%s@example.com", id);
    account->password = saas_arena_format(t->settings, "pw %s", id);
    return account->email.ptr && account->password.ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

static saas_err sign_up(saas_test_account *account, saas_test_client *t, saas_text prefix, saas_error *e)
{
    saas_test_response r;
    saas_principal *p = &account->principal;
    saas_text target = saas_arena_format(t->settings, "%.*s%s", (int)prefix.len, prefix.ptr, signup);
    saas_text body = saas_arena_format(t->settings, "{\"orgName\":\"%.40s\",\"email\":\"%s\",\"password\":\"%s\"}",
                                       account->email.ptr, account->email.ptr, account->password.ptr);
    if (!target.ptr || !body.ptr)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(SAAS_TEST_SEND(&r, t, .method = "POST", .target = target.ptr, .body = body.ptr));
    if (r.status != 201 || saas_uuid_parse(&p->org_id, saas_test_json(t, r.body, "data.organization.id")) ||
        saas_uuid_parse(&p->user_id, saas_test_json(t, r.body, "data.user.id")))
        return unexpected(&r, target.ptr, e);
    p->role = SAAS_ADMIN;
    p->email = account->email;
    account->access_token = keep(t, saas_test_json(t, r.body, "data.accessToken"));
    return account->access_token.ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

static saas_err find_session(saas_test_account *account, saas_test_client *t, saas_text prefix, saas_error *e)
{
    saas_test_response r;
    saas_text target = saas_arena_format(t->settings, "%.*s/sessions", (int)prefix.len, prefix.ptr);
    if (!target.ptr)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(SAAS_TEST_SEND(&r, t, .target = target.ptr, .bearer = account->access_token.ptr));
    if (saas_uuid_parse(&account->principal.session_id, saas_test_json(t, r.body, "data[0].id")))
        return unexpected(&r, target.ptr, e);
    return SAAS_OK;
}

saas_err saas_test_sign_up(saas_test_account *out, saas_test_client *t, saas_error *e)
{
    saas_test_account account = {0};
    const saas_text prefix = mounted_at(t);
    if (!prefix.ptr)
        return saas_test_fail(e, SAAS_ERR_BUG, "saas_auth_routes are not mounted");
    saas_err err = make_up(&account, t);
    if (!err)
        err = sign_up(&account, t, prefix, e);
    if (!err)
        err = find_session(&account, t, prefix, e);
    if (err == SAAS_ERR_NO_MEMORY || err == SAAS_ERR_UNAVAILABLE || err == SAAS_ERR_DEADLINE)
        return saas_test_fail(e, err, "%s", saas_err_symbol(err));
    if (!err)
        *out = account;
    return err;
}
