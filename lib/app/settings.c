#include "app/app.h"
#include "app/pg.h"
#include "auth/keys.h"
#include "base/error.h"
#include "config/config.h"
#include "http/cors.h"
#include "http/proxy.h"
#include <string.h>
#include <unistd.h>

SAAS_DEFINE(saas_settings, SAAS_SETTINGS);

/* ---- tables ---- */

/* The library's own with what the app makes of it, then the host's. */
typedef struct tables {
    saas_schema own;
    const saas_schema *list[2];
    size_t count;
} tables;

static saas_err make_tables(tables *t, saas_arena *a, const saas_app_options *o)
{
    saas_field *fields = saas_arena_alloc(a, sizeof saas_settings_fields);
    if (!fields)
        return SAAS_ERR_NO_MEMORY;
    memcpy(fields, saas_settings_fields, sizeof saas_settings_fields);
    for (size_t i = 0; i < saas_settings_schema.count; i++)
        if (fields[i].offset == offsetof(struct saas_settings, database_url))
            fields[i].required = !o->no_database;
    t->own = saas_settings_schema;
    t->own.fields = fields;
    t->list[0] = &t->own;
    t->list[1] = o->config;
    t->count = o->config ? 2 : 1;
    return SAAS_OK;
}

/* ---- sources ---- */

static const char *variable(const char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; *env; env++)
        if (!strncmp(*env, name, len) && (*env)[len] == '=')
            return (*env)[len + 1] ? *env + len + 1 : NULL;
    return NULL;
}

/* A file that lies about must not decide on production: the environment has to ask for it, by name or by APP_ENV. */
static saas_config_sources sources_of(const saas_app_options *o)
{
    saas_config_sources from = {.size = sizeof from, .env = o->env ? o->env : (const char *const *)environ};
    if (!o->dotenv || !*o->dotenv)
        return from;
    const char *asked = variable(from.env, "ENV_FILE"), *where = variable(from.env, "APP_ENV");
    if (asked) {
        from.dotenv = asked;
        from.dotenv_name = "ENV_FILE";
    } else if (where && (!strcmp(where, "development") || !strcmp(where, "staging"))) {
        from.dotenv = o->dotenv;
        from.dotenv_optional = true;
    }
    return from;
}

static bool is_passed_over(const saas_app_options *o, const saas_config_sources *from)
{
    return o->dotenv && *o->dotenv && !from->dotenv && access(o->dotenv, F_OK) == 0;
}

static const char passed_over[] = "not read, as APP_ENV in the environment is neither development nor staging";

/* ---- what no single field can say ---- */

/* On the variables themselves, so that they are judged also when others are wrong. What is wrong with one was told. */
static saas_text value_of(saas_sources *s, const char *name)
{
    saas_issues told = {NULL, 0, 0}, *kept = s->issues;
    saas_setting found = {{NULL, 0}, SAAS_FROM_NOWHERE};
    s->issues = &told;
    if (saas_sources_find(&found, s, saas_text_z(name), true) == SAAS_ERR_NO_MEMORY)
        s->no_memory = true;
    s->issues = kept;
    return found.value;
}

static void wrong(saas_sources *s, const char *name, const char *what)
{
    if (saas_issues_add(s->issues, s->arena, name, what))
        s->no_memory = true;
}

static void check_dsn(saas_sources *s, const char *name)
{
    saas_text dsn = value_of(s, name);
    const char *fault = dsn.ptr ? saas_pg_dsn_fault(dsn.ptr) : NULL;
    if (fault)
        wrong(s, name, fault);
}

/* LISTEN through a pooler succeeds and hears nothing; a start-up option makes it refuse every connection. */
static void check_pooled(saas_sources *s)
{
    saas_text dsn = value_of(s, "DATABASE_URL");
    if (!value_of(s, "LISTEN_DATABASE_URL").ptr)
        wrong(s, "LISTEN_DATABASE_URL", "required with DATABASE_POOLER");
    if (dsn.ptr && saas_pg_dsn_has(dsn.ptr, "options"))
        wrong(s, "DATABASE_URL", "poolers take no options");
}

/* A field that is wrong was told, and is 0. */
static void check_passwords(saas_sources *s, const struct saas_settings *own)
{
    const saas_password_cost cost = {(uint32_t)own->password_memory_kib, (uint32_t)own->password_passes};
    if (!cost.memory_kib || !cost.passes)
        return;
    if (!saas_password_cost_suffices(cost))
        wrong(s, "PASSWORD_MEMORY_KIB",
              "too little for so few PASSWORD_PASSES: 47104 with 1, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with "
              "5");
    if (own->password_pool_mib && own->password_pool_mib * 1024 < cost.memory_kib)
        wrong(s, "PASSWORD_POOL_MIB", "less than PASSWORD_MEMORY_KIB: no password could be hashed");
}

static void check_origins(saas_sources *s)
{
    const char *why;
    saas_origins origins;
    const saas_text given = value_of(s, "CORS_ORIGINS");
    const saas_err e = given.ptr ? saas_origins_read(&origins, &why, s->arena, given) : SAAS_OK;
    if (e == SAAS_ERR_NO_MEMORY)
        s->no_memory = true;
    else if (e)
        wrong(s, "CORS_ORIGINS", why);
}

static void check_proxies(saas_sources *s)
{
    const char *why;
    saas_proxies proxies = {0};
    const saas_text given = value_of(s, "TRUSTED_PROXIES");
    const saas_err e = given.ptr ? saas_proxies_read(&proxies, &why, s->arena, given) : SAAS_OK;
    if (e == SAAS_ERR_NO_MEMORY)
        s->no_memory = true;
    else if (e)
        wrong(s, "TRUSTED_PROXIES", why);
}

static saas_err check_together(saas_sources *s, const struct saas_settings *own, bool mails)
{
    check_dsn(s, "DATABASE_URL");
    check_dsn(s, "MIGRATE_DATABASE_URL");
    check_dsn(s, "LISTEN_DATABASE_URL");
    check_dsn(s, "SYSTEM_DATABASE_URL");
    check_origins(s);
    check_proxies(s);
    if (own->database_pooler == saas_pooler_transaction)
        check_pooled(s);
    saas_text access = value_of(s, "JWT_ACCESS_SECRET"), refresh = value_of(s, "JWT_REFRESH_SECRET");
    if (access.ptr && refresh.ptr && saas_text_equal(access, refresh))
        wrong(s, "JWT_REFRESH_SECRET", "must differ from JWT_ACCESS_SECRET");
    saas_text before = value_of(s, "JWT_ACCESS_SECRET_PREVIOUS");
    if (before.ptr &&
        ((access.ptr && saas_text_equal(access, before)) || (refresh.ptr && saas_text_equal(refresh, before))))
        wrong(s, "JWT_ACCESS_SECRET_PREVIOUS", "must differ from the other secrets");
    check_passwords(s, own);
    if (own->session_days && own->session_days < own->refresh_token_days)
        wrong(s, "SESSION_DAYS", "less than REFRESH_TOKEN_DAYS");
    bool safe = own->app_env != saas_environment_development && own->app_env != saas_environment_staging;
    if (own->rate_limits == saas_switch_off && safe)
        wrong(s, "RATE_LIMITS", "must not be off in production");
    if (mails && safe && !value_of(s, "APP_URL").ptr)
        wrong(s, "APP_URL", "required in production: links of mails lead there");
    return s->no_memory ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}

/* ---- reading ---- */

static saas_err read_all(void *values[2], saas_issues *issues, saas_arena *a, const tables *t,
                         const saas_config_sources *from, bool mails)
{
    saas_sources s;
    saas_err err = saas_sources_open(&s, from, issues, a);
    if (!err)
        err = saas_config_fill(values, &s, (saas_tables){t->list, t->count});
    if (!err)
        err = check_together(&s, values[0], mails);
    saas_sources_close(&s);
    return err;
}

saas_err saas_settings_read(struct saas_settings **own, void **config_values, saas_arena *a, const saas_app_options *o,
                            saas_error *e)
{
    tables t;
    void *values[2] = {NULL, NULL};
    saas_issues issues = {NULL, 0, 0};
    const saas_config_sources from = sources_of(o);
    saas_err err = make_tables(&t, a, o);
    if (!err)
        SAAS_TRY(saas_config_check((saas_tables){t.list, t.count}, e));
    if (!err)
        err = read_all(values, &issues, a, &t, &from, o->mailer != NULL);
    if (err)
        saas_error_add(e, err, "settings: %s", saas_err_symbol(err));
    else
        err = saas_config_report(&issues, e);
    if (err && is_passed_over(o, &from))
        saas_error_add(e, err, "%s: %s", o->dotenv, passed_over);
    for (size_t i = 0; err && i < 2; i++)
        if (values[i])
            saas_config_wipe(values[i], t.list[i]);
    SAAS_TRY(err);
    *own = values[0];
    *config_values = values[1];
    return SAAS_OK;
}

/* ---- for people ---- */

/* What a host gave, and its table judged. */
static saas_err read_options(saas_app_options *o, tables *t, saas_arena *a, const saas_app_options *given,
                             saas_error *e)
{
    saas_error_clear(e);
    SAAS_TRY(saas_options_read(o, given, e));
    if (o->config)
        SAAS_TRY(saas_schema_check(o->config, e));
    saas_err err = make_tables(t, a, o);
    return err ? saas_error_add(e, err, "settings: no memory") : SAAS_OK;
}

saas_err saas_app_config_show(saas_text *out, saas_arena *a, const saas_app_options *options, saas_error *e)
{
    saas_app_options o;
    tables t;
    saas_text shown;
    SAAS_TRY(read_options(&o, &t, a, options, e));
    const saas_config_sources from = sources_of(&o);
    saas_err err = saas_config_show(&shown, a, t.list, t.count, &from);
    if (!err && is_passed_over(&o, &from))
        shown = saas_arena_format(a, "%s\n%s: %s\n", shown.ptr, o.dotenv, passed_over);
    if (!err && !shown.ptr)
        err = SAAS_ERR_NO_MEMORY;
    if (err)
        return saas_error_add(e, err, "settings: %s", saas_err_symbol(err));
    *out = shown;
    return SAAS_OK;
}

saas_err saas_app_config_check(saas_arena *a, const saas_app_options *options, saas_error *e)
{
    saas_app_options o;
    tables t;
    struct saas_settings *own;
    void *values = NULL;
    SAAS_TRY(read_options(&o, &t, a, options, e));
    SAAS_TRY(saas_settings_read(&own, &values, a, &o, e));
    saas_config_wipe(own, &saas_settings_schema);
    if (values)
        saas_config_wipe(values, o.config);
    return SAAS_OK;
}

saas_err saas_app_config_example(saas_text *out, saas_arena *a, const saas_app_options *options, saas_error *e)
{
    saas_app_options o;
    tables t;
    SAAS_TRY(read_options(&o, &t, a, options, e));
    saas_err err = saas_config_example(out, a, t.list, t.count);
    return err ? saas_error_add(e, err, "settings: %s", saas_err_symbol(err)) : SAAS_OK;
}
