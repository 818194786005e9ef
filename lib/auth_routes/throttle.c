#include "auth_routes/throttle.h"
#include "base/clock.h"
#include "http/meter.h"

typedef enum policy {
    PASSWORD_ADDRESS,
    PASSWORD_ACCOUNT,
    PASSWORD_DEVICE,
    PASSWORD_ALL,
    PASSWORD_CURRENT,
    TOKEN_ADDRESS,
    SIGNUP_ADDRESS,
    MAIL_ADDRESSEE,
    AUDIT_ALL,
    AUDIT_ACCOUNT,
    AUDIT_FIRST,
    AUDIT_MEMBERS,
    AUDIT_ORG,
    AUDIT_DENIED,
    AUDIT_REFUSED
} policy;

/* Rates below one a minute come from a cost above one: an account's 10 at once, then one in 5 minutes. Account and
 * device have one rule: their answers must not differ. */
static const struct {
    const char *kind;
    saas_limit_rule rule;
    uint32_t cost;
} policies[] = {
    [PASSWORD_ADDRESS] = {"password address", {10, 100}, 1},
    [PASSWORD_ACCOUNT] = {"password account", {1, 50}, 5},
    [PASSWORD_DEVICE] = {"password device", {1, 50}, 5},
    [PASSWORD_ALL] = {"password all", {3000, 3000}, 1},
    [PASSWORD_CURRENT] = {"password session", {1, 50}, 5},
    [TOKEN_ADDRESS] = {"token address", {10, 60}, 1},
    [SIGNUP_ADDRESS] = {"sign-up address", {10, 60}, 1},
    [MAIL_ADDRESSEE] = {"mail addressee", {1, 60}, 6},
    [AUDIT_ALL] = {"audit all", {60, 600}, 1},
    [AUDIT_ACCOUNT] = {"audit account", {1, 60}, 60},
    [AUDIT_FIRST] = {"audit first", {600, 3000}, 1},
    [AUDIT_MEMBERS] = {"audit members", {600, 6000}, 1},
    [AUDIT_ORG] = {"audit organization", {10, 100}, 1},
    [AUDIT_DENIED] = {"audit denied", {1, 10}, 1},
    [AUDIT_REFUSED] = {"audit refused", {1, 60}, 60},
};

static saas_charge charge_of(const saas_ctx *c, policy p, saas_text id)
{
    return (saas_charge){.key = saas_limit_key_of(c->shard->site->limiter, saas_text_z(policies[p].kind), id),
                         .rule = policies[p].rule,
                         .cost = policies[p].cost};
}

static saas_charge charge_of_address(const saas_ctx *c, policy p)
{
    saas_charge k = charge_of(c, p, (saas_text){NULL, 0});
    k.key = saas_limit_key_address(c->shard->site->limiter, saas_text_z(policies[p].kind), c->remote);
    return k;
}

static saas_err take(saas_limit_verdict *out, saas_ctx *c, const saas_charge *k)
{
    return saas_limit_take(out, c->shard->site->limiter, k->key, k->rule, k->cost, saas_clock_mono_us());
}

static saas_err give_back(saas_ctx *c, const saas_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        SAAS_TRY(saas_limit_give_back(c->shard->site->limiter, charges[i].key, charges[i].rule, charges[i].cost));
    return SAAS_OK;
}

/* All of them or none, as every one that was refused must be known before any counts. */
static saas_err take_all(saas_guess *g, saas_ctx *c, const saas_charge *charges, size_t count)
{
    saas_limit_verdict v;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        SAAS_TRY(take(&v, c, &charges[i]));
        if (v.allowed)
            g->charges[taken++] = charges[i];
        else if (v.retry_after_us > g->refused_us)
            g->refused_us = v.retry_after_us;
    }
    g->count = taken;
    if (!g->refused_us)
        return SAAS_OK;
    g->count = 0;
    return give_back(c, g->charges, taken);
}

static saas_err refuse(saas_ctx *c, uint64_t retry_after_us)
{
    saas_meter_add(c->shard->meter, SAAS_METER_GUESSES_REFUSED, 1);
    return saas_ctx_rate_limited(c, retry_after_us);
}

static saas_err one(saas_guess *out, saas_ctx *c, const saas_charge *k)
{
    saas_guess g = {.count = 0};
    SAAS_TRY(take_all(&g, c, k, 1));
    *out = g;
    return g.refused_us ? refuse(c, g.refused_us) : SAAS_OK;
}

/* ---- passwords ---- */

/* The case of ASCII only, as the database compares addresses. */
static saas_err lower(saas_text *out, saas_ctx *c, saas_text email)
{
    char *copy = saas_alloc(c, email.len + 1);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < email.len; i++)
        copy[i] = (char)(email.ptr[i] >= 'A' && email.ptr[i] <= 'Z' ? email.ptr[i] + 'a' - 'A' : email.ptr[i]);
    *out = (saas_text){copy, email.len};
    return SAAS_OK;
}

/* Agents that the account has not been used with share one count: a new name must buy no new one. */
static saas_err charge_of_device(saas_charge *out, saas_ctx *c, const saas_device *d)
{
    char id[SAAS_UUID_CHARS + 1];
    saas_uuid_format(id, d->account_id);
    const saas_text who = saas_format(c, "%s %.*s\n%.*s", id, (int)d->network.len, d->network.ptr, (int)d->agent.len,
                                      d->agent.ptr ? d->agent.ptr : "");
    if (!who.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = charge_of(c, PASSWORD_DEVICE, who);
    return SAAS_OK;
}

/* One that has no room is as good as a stranger: what everybody is subject to decides. */
static saas_err add_device(saas_guess *g, saas_ctx *c, const saas_device *device)
{
    saas_limit_verdict v;
    saas_charge k;
    SAAS_TRY(charge_of_device(&k, c, device));
    SAAS_TRY(take(&v, c, &k));
    g->known_device = v.allowed;
    if (v.allowed)
        g->charges[g->count++] = k;
    return SAAS_OK;
}

saas_err saas_guess_password(saas_guess *out, saas_ctx *c, saas_text email, const saas_device *device)
{
    saas_guess g = {.known_device = !c->shard->site->limiter};
    saas_text who;
    *out = g;
    if (!c->shard->site->limiter)
        return SAAS_OK;
    SAAS_TRY(lower(&who, c, email));
    const saas_charge all[] = {charge_of(c, PASSWORD_ACCOUNT, who), charge_of_address(c, PASSWORD_ADDRESS),
                               charge_of(c, PASSWORD_ALL, (saas_text){NULL, 0})};
    SAAS_TRY(take_all(&g, c, all, sizeof all / sizeof *all));
    if (device->network.ptr)
        SAAS_TRY(add_device(&g, c, device));
    *out = g;
    if (!g.refused_us || g.known_device)
        return SAAS_OK;
    SAAS_TRY(saas_guess_right(out, c));
    return refuse(c, g.refused_us);
}

/* By session: who holds a stolen token can't keep the others of the account from theirs. */
saas_err saas_guess_current(saas_guess *out, saas_ctx *c)
{
    *out = (saas_guess){.count = 0};
    if (!c->shard->site->limiter)
        return SAAS_OK;
    const saas_charge k =
        charge_of(c, PASSWORD_CURRENT, (saas_text){(const char *)c->me.session_id.b, sizeof c->me.session_id.b});
    return one(out, c, &k);
}

/* ---- others ---- */

static saas_err by_address(saas_guess *out, saas_ctx *c, policy p)
{
    *out = (saas_guess){.count = 0};
    if (!c->shard->site->limiter)
        return SAAS_OK;
    const saas_charge k = charge_of_address(c, p);
    return one(out, c, &k);
}

saas_err saas_guess_token(saas_guess *out, saas_ctx *c)
{
    return by_address(out, c, TOKEN_ADDRESS);
}

saas_err saas_guess_signup(saas_guess *out, saas_ctx *c)
{
    return by_address(out, c, SIGNUP_ADDRESS);
}

saas_err saas_guess_right(saas_guess *g, saas_ctx *c)
{
    const size_t count = g->count;
    g->count = 0;
    return give_back(c, g->charges, count);
}

saas_err saas_guess_wrong(const saas_guess *g, saas_ctx *c)
{
    saas_meter_add(c->shard->meter, SAAS_METER_GUESSES_WRONG, 1);
    return g->refused_us ? saas_ctx_rate_limited(c, g->refused_us) : SAAS_OK;
}

saas_err saas_throttle_mail(saas_ctx *c, saas_text email)
{
    saas_guess g;
    saas_text who;
    if (!c->shard->site->limiter)
        return SAAS_OK;
    SAAS_TRY(lower(&who, c, email));
    const saas_charge k = charge_of(c, MAIL_ADDRESSEE, who);
    return one(&g, c, &k);
}

static bool has_room(saas_ctx *c, policy p, saas_text id)
{
    saas_limit_verdict v;
    const saas_charge k = charge_of(c, p, id);
    return !take(&v, c, &k) && v.allowed;
}

static bool has_first(saas_ctx *c, policy p, saas_text email)
{
    saas_text who;
    return !lower(&who, c, email) && has_room(c, p, who) && has_room(c, AUDIT_FIRST, (saas_text){NULL, 0});
}

bool saas_throttle_audit(saas_ctx *c, saas_text email)
{
    return !c->shard->site->limiter || has_first(c, AUDIT_ACCOUNT, email) ||
           has_room(c, AUDIT_ALL, (saas_text){NULL, 0});
}

bool saas_throttle_audit_refused(saas_ctx *c, saas_text email)
{
    return c->shard->site->limiter && has_first(c, AUDIT_REFUSED, email);
}

/* ---- what members cause ---- */

static saas_text bytes_of(const saas_uuid *id)
{
    return (saas_text){(const char *)id->b, sizeof id->b};
}

bool saas_throttle_audit_own(saas_ctx *c)
{
    return !c->shard->site->limiter ||
           (has_room(c, AUDIT_ORG, bytes_of(&c->me.org_id)) && has_room(c, AUDIT_MEMBERS, (saas_text){NULL, 0}));
}

bool saas_throttle_audit_own_refused(saas_ctx *c)
{
    return c->shard->site->limiter && has_room(c, AUDIT_REFUSED, bytes_of(&c->me.user_id)) &&
           saas_throttle_audit_own(c);
}

bool saas_throttle_audit_denied(saas_ctx *c)
{
    return !c->shard->site->limiter ||
           (has_room(c, AUDIT_DENIED, bytes_of(&c->me.user_id)) && saas_throttle_audit_own(c));
}
