#include "auth_routes/password.h"
#include "http/ctx.h"
#include <saas/auth.h>
#include <sodium.h>

typedef struct trial {
    const char *hash;
    saas_text password;
    saas_password_cost cost;
    bool ok, rehash;
    saas_err hashed;
    char fresh[SAAS_PASSWORD_HASH_CHARS];
} trial;

static void run_hash(void *arg)
{
    trial *t = arg;
    t->hashed = saas_argon2_hash(t->fresh, t->password, t->cost);
}

static void run_verify(void *arg)
{
    trial *t = arg;
    saas_password_verify(&t->ok, &t->rehash, t->hash, t->password, t->cost);
    if (t->ok && t->rehash)
        run_hash(t);
}

static saas_err keep(saas_text *out, saas_ctx *c, const char *hash)
{
    saas_text copy = saas_format(c, "%s", hash);
    if (!copy.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = copy;
    return SAAS_OK;
}

saas_err saas_password_try(bool *ok, saas_text *fresh, saas_ctx *c, saas_text hash, saas_text password, bool modest)
{
    const saas_site *site = c->shard->site;
    trial t = {.hash = hash.ptr, .password = password, .cost = site->password_cost};
    saas_text made = {NULL, 0};
    SAAS_TRY(saas_ctx_work(c, site->passwords, modest, run_verify, &t));
    /* An upgrade that fails leaves the old hash for the next login. */
    if (t.ok && t.rehash && !t.hashed)
        SAAS_TRY(keep(&made, c, t.fresh));
    *ok = t.ok;
    *fresh = made;
    return SAAS_OK;
}

static saas_err hash(saas_text *out, saas_ctx *c, saas_text password, bool modest)
{
    const saas_site *site = c->shard->site;
    trial t = {.password = password, .cost = site->password_cost};
    SAAS_TRY(saas_ctx_work(c, site->passwords, modest, run_hash, &t));
    SAAS_TRY(t.hashed);
    return keep(out, c, t.fresh);
}

saas_err saas_password_hash(saas_text *out, saas_ctx *c, saas_text password)
{
    return hash(out, c, password, false);
}

saas_err saas_password_hash_modestly(saas_text *out, saas_ctx *c, saas_text password)
{
    return hash(out, c, password, true);
}

saas_err saas_password_check(saas_ctx *c, const char *path, saas_text password)
{
    if (!saas_password_common(password))
        return SAAS_OK;
    return saas_fail_field(c, path, "This password is too common: choose another one");
}

void saas_password_wipe(saas_text password)
{
    if (password.ptr)
        sodium_memzero((char *)(uintptr_t)password.ptr, password.len);
}

void saas_password_wipe_typed(const saas_ctx *c, saas_text password)
{
    const uintptr_t body = (uintptr_t)c->body.ptr, at = (uintptr_t)password.ptr;
    if (body && at >= body && at - body <= c->body.len && password.len <= c->body.len - (at - body))
        saas_password_wipe(password);
}
