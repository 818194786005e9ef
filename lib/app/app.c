#include "app/app.h"
#include "app/migrate.h"
#include "app/prove.h"
#include "auth_routes/courier.h"
#include "auth_routes/trail.h"
#include "base/error.h"
#include "http/meter.h"
#include "middleware/revoked.h"
#include "middleware/steps.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SHARED_LANES = 2,
    SLOW_LANES = 4,
    EXCLUSIVE_LANES = 4,
    WORK_QUEUE = 256,
    REQUESTS = 1024,
    OVERLOAD_LAG_MS = 30,
    OVERLOAD_WAIT_MS = 100,
    BLOCKED_MS = 100,
    HELD_UP = 10, /* times that, and it is told while it lasts */
    OPEN_PER_MINUTE = 1200,
    OPEN_BURST = 600
};

/* ---- what it is made of ---- */

static saas_err add_routes(saas_app *app, const saas_app_options *o, saas_error *e)
{
    saas_err err = saas_options_router(&app->site.router, o, e);
    if (!app->site.router)
        return err;
    app->site.permissions = (saas_permissions){o->permissions, o->permission_count, o->permission_size};
    saas_err permissions = saas_permissions_check(app->site.permissions, app->site.router, e);
    return err ? err : permissions;
}

static saas_err add_migrations(saas_app *app, const saas_app_options *o, saas_error *e)
{
    app->catalogue_only = o->prove_catalogue_only;
    app->statements = (saas_statements){o->statements, o->statement_count, o->statement_size};
    app->modules[0] = saas_library_module();
    app->modules[1] = (saas_module){"app", o->migrations, o->migration_count, o->migration_size};
    return saas_module_check(&app->modules[1], e);
}

static saas_err copy_names(saas_app *app, const saas_app_options *o, saas_error *e)
{
    size_t count = 0;
    while (o->shared_tables && o->shared_tables[count])
        count++;
    const char **names = saas_arena_calloc(app->arena, count + 1, sizeof *names);
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = (names[i] = saas_arena_copy(app->arena, o->shared_tables[i], strlen(o->shared_tables[i])));
    app->shared_tables = names;
    app->site.name = saas_arena_copy(app->arena, o->name, strlen(o->name));
    return ok && app->site.name ? SAAS_OK : saas_error_add(e, SAAS_ERR_NO_MEMORY, "options: no memory");
}

static saas_err check_config(const saas_app_options *o, saas_error *e, saas_error *scratch)
{
    saas_err err = o->config ? saas_schema_check(o->config, scratch) : SAAS_OK;
    return err ? saas_error_add(e, err, "config: %s", scratch->text) : SAAS_OK;
}

/* Everything that only the program's own text decides. */
static saas_err assemble(saas_app *app, const saas_app_options *o, saas_error *e)
{
    saas_error *scratch = saas_arena_calloc(app->arena, 1, sizeof *scratch);
    if (!scratch)
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "options: no memory");
    saas_err err = copy_names(app, o, e), routes = add_routes(app, o, e);
    err = err ? err : routes;
    saas_err migrations = add_migrations(app, o, e);
    err = err ? err : migrations;
    saas_err config = check_config(o, e, scratch);
    app->site.steps = saas_middleware_steps();
    return err ? err : config;
}

/* ---- what the settings decide ---- */

static bool is_ready(const saas_shard *shard)
{
    return !shard->site->database_url || (shard->db && saas_db_ready(shard->db));
}

static saas_err make_log(saas_app *app, const saas_app_options *o)
{
    app->site.log = o->log;
    if (o->log)
        return SAAS_OK;
    saas_log_level level = (saas_log_level)(SAAS_LOG_DEBUG + (int)app->settings->log_level - saas_level_debug);
    SAAS_TRY(saas_log_new(&app->own_log, STDERR_FILENO, level, NULL, NULL));
    app->site.log = app->own_log;
    return SAAS_OK;
}

static saas_err make_keys(saas_app *app)
{
    struct saas_settings *s = app->settings;
    const saas_text name = saas_text_z(app->site.name);
    SAAS_TRY(saas_keys_new(&app->keys, s->jwt_access_secret, s->jwt_refresh_secret,
                           s->has.jwt_issuer == SAAS_SET ? s->jwt_issuer : name,
                           s->has.jwt_audience == SAAS_SET ? s->jwt_audience : name));
    if (s->has.jwt_access_secret_previous == SAAS_SET)
        SAAS_TRY(saas_keys_retire(app->keys, s->jwt_access_secret_previous));
    if (s->jwt_email_claim == saas_switch_off)
        saas_keys_leave_email_out(app->keys);
    app->site.keys = app->keys;
    return SAAS_OK;
}

/* Passwords have a pool of their own: a mailer that is slow keeps nobody from signing in, and no more are hashed at
 * once than memory was given for. */
static saas_err make_workers(saas_app *app, const saas_app_options *o)
{
    const struct saas_settings *s = app->settings;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const uint32_t threads = o->work_threads ? o->work_threads : processors > 2 ? (uint32_t)processors : 2;
    const uint32_t queue = o->work_queue_max ? o->work_queue_max : WORK_QUEUE;
    const uint32_t fit = (uint32_t)(s->password_pool_mib * 1024 / s->password_memory_kib);
    app->site.password_cost = (saas_password_cost){(uint32_t)s->password_memory_kib, (uint32_t)s->password_passes};
    SAAS_TRY(saas_work_pool_new(&app->site.work, threads, queue));
    return saas_work_pool_new(&app->site.passwords, threads < fit ? threads : fit, queue);
}

static saas_err make_listener(saas_app *app)
{
    const struct saas_settings *s = app->settings;
    if (!app->site.database_url)
        return SAAS_OK;
    const char *dsn = s->has.listen_database_url == SAAS_SET ? s->listen_database_url.ptr : app->site.database_url;
    return saas_listener_new(&app->site.listener, dsn, app->site.log);
}

static saas_err make_metrics(saas_app *app)
{
    app->site.metrics_token = app->settings->metrics_token;
    SAAS_TRY(saas_places_new(&app->site.places));
    return saas_metrics_new(&app->site.metrics, saas_meter_slots(app->site.router), SAAS_METER_GAUGES);
}

static saas_err make_limiter(saas_app *app, const saas_app_options *o)
{
    if (app->settings->rate_limits == saas_switch_off)
        return SAAS_OK;
    app->site.open_limit = (saas_limit_rule){OPEN_PER_MINUTE, OPEN_BURST};
    if (o->open_limit_per_minute)
        app->site.open_limit =
            (saas_limit_rule){o->open_limit_per_minute,
                              o->open_limit_burst ? o->open_limit_burst : saas_limit_burst(o->open_limit_per_minute)};
    return saas_limiter_new(&app->site.limiter, 0);
}

static saas_err make_origins(saas_app *app)
{
    const char *why;
    return saas_origins_read(&app->site.origins, &why, app->arena, app->settings->cors_origins);
}

static saas_err make_proxies(saas_app *app)
{
    const char *why;
    const struct saas_settings *s = app->settings;
    app->site.proxies.forwarded = s->trusted_proxy_header == saas_proxy_header_forwarded;
    return saas_proxies_read(&app->site.proxies, &why, app->arena, s->trusted_proxies);
}

static saas_err add_folder(saas_app *app, const saas_files *given, saas_error *e)
{
    saas_folder *folder = saas_arena_alloc(app->site.files, sizeof *folder);
    if (!folder)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_folder_read(folder, app->site.files, given, e));
    SAAS_LOG(app->site.log, SAAS_LOG_INFO, "files read", {"prefix", saas_v_z(given->prefix)},
             {"folder", saas_v_z(given->folder)}, {"files", SAAS_ARG(folder->count)}, {"bytes", SAAS_ARG(folder->bytes)},
             {"passed_over", SAAS_ARG(folder->passed_over)});
    return saas_router_add_folder(app->site.router, folder, given->group, e);
}

/* Before anything counts the routes. */
static saas_err make_files(saas_app *app, const saas_app_options *o, saas_error *e)
{
    saas_err err = SAAS_OK;
    if (!o->file_count)
        return SAAS_OK;
    app->site.files = saas_arena_new(SIZE_MAX / 2);
    if (!app->site.files)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < o->file_count && !err; i++) {
        saas_files f = {0};
        memcpy(&f, (const char *)o->files + i * o->file_size, o->file_size < sizeof f ? o->file_size : sizeof f);
        f.folder = f.folder ? f.folder : app->settings->web_root.ptr;
        err = f.folder ? add_folder(app, &f, e) : SAAS_OK;
    }
    return err;
}

/* Copied; a '/' at the end would double. */
static saas_err make_mail(saas_app *app, const saas_app_options *o)
{
    const struct saas_settings *s = app->settings;
    saas_site *site = &app->site;
    bool given = s->has.app_url == SAAS_SET, slash = given && s->app_url.ptr[s->app_url.len - 1] == '/';
    site->app_url = given ? saas_arena_format(app->arena, "%.*s", (int)(s->app_url.len - slash), s->app_url.ptr).ptr
                          : saas_arena_format(app->arena, "http://localhost:%d", (int)s->port).ptr;
    if (!site->app_url)
        return SAAS_ERR_NO_MEMORY;
    site->mailer = o->mailer;
    site->mailer_user = o->mailer_user;
    site->development = s->app_env == saas_environment_development;
    site->signup_neutral = s->signup_neutral == saas_switch_on;
    return SAAS_OK;
}

static saas_err attach(saas_shard *shard)
{
    SAAS_TRY(saas_revoked_attach(shard));
    return saas_courier_attach(shard);
}

static void detach(saas_shard *shard)
{
    saas_revoked_detach(shard);
    saas_courier_detach(shard);
}

/* 0: never. */
static uint32_t limit_ms(uint32_t given, uint32_t otherwise)
{
    return given == SAAS_UNLIMITED ? 0 : given ? given : otherwise;
}

static saas_err equip(saas_app *app, const saas_app_options *o, saas_error *e)
{
    saas_site *site = &app->site;
    site->config = o->config;
    site->messages = o->messages;
    site->config_values = app->config_values;
    site->database_url = o->no_database ? NULL : app->settings->database_url.ptr;
    site->system_url = o->no_database ? NULL : app->settings->system_database_url.ptr;
    site->db = (saas_db_options){.lanes_shared = o->lanes_shared ? o->lanes_shared : SHARED_LANES,
                                 .lanes_slow = o->lanes_slow ? o->lanes_slow : SLOW_LANES,
                                 .lanes_exclusive = o->lanes_exclusive ? o->lanes_exclusive : EXCLUSIVE_LANES,
                                 .pooled = app->settings->database_pooler == saas_pooler_transaction};
    site->db.wait_ms = limit_ms(o->overload_wait_ms, OVERLOAD_WAIT_MS);
    site->overload_lag_us = limit_ms(o->overload_lag_ms, OVERLOAD_LAG_MS) * UINT64_C(1000);
    site->blocked_us = limit_ms(o->blocked_ms, BLOCKED_MS) * UINT64_C(1000);
    site->fiber_stack_bytes = o->fiber_stack_bytes;
    site->requests_max = o->requests_max ? o->requests_max : REQUESTS;
    site->plan_of = o->plan_of;
    site->plan_ttl_s = o->plan_ttl_s;
    site->ready = is_ready;
    site->refresh_days = (uint32_t)app->settings->refresh_token_days;
    site->session_days = (uint32_t)app->settings->session_days;
    if (site->database_url)
        site->denied = saas_trail_denied;
    site->attach = attach;
    site->detach = detach;
    saas_err err = make_log(app, o);
    if (!err)
        err = make_files(app, o, e);
    if (!err)
        err = make_keys(app);
    if (!err)
        err = make_workers(app, o);
    if (!err)
        err = make_limiter(app, o);
    if (!err)
        err = make_metrics(app);
    if (!err)
        err = saas_lookout_new(&site->lookout, site->log, site->blocked_us * HELD_UP);
    if (!err)
        err = make_listener(app);
    if (!err)
        err = make_mail(app, o);
    if (!err)
        err = make_origins(app);
    if (!err)
        err = make_proxies(app);
    return err ? saas_error_add(e, err, "%s: %s", app->site.name, saas_err_symbol(err)) : SAAS_OK;
}

/* ---- public ---- */

static saas_err build(saas_app *app, const saas_app_options *given, saas_error *e)
{
    saas_app_options o;
    SAAS_TRY(saas_options_read(&o, given, e));
    saas_err err = assemble(app, &o, e);
    saas_app_options readable = o; /* a table that is wrong is not read by */
    if (err)
        readable.config = NULL;
    saas_err settings = saas_settings_read(&app->settings, &app->config_values, app->arena, &readable, e);
    SAAS_TRY(err);
    SAAS_TRY(settings);
    return equip(app, &o, e);
}

saas_err saas_app_new(saas_app **out, const saas_app_options *options, saas_error *e)
{
    saas_error_clear(e);
    saas_app *app = calloc(1, sizeof *app);
    if (app)
        app->arena = saas_arena_new(4 << 20);
    if (!app || !app->arena) {
        free(app);
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "no memory");
    }
    saas_err err = build(app, options, e);
    if (err)
        saas_app_free(app);
    else
        *out = app;
    return err;
}

void saas_app_free(saas_app *app)
{
    if (!app)
        return;
    saas_listener_free(app->site.listener);
    saas_work_pool_free(app->site.work);
    saas_work_pool_free(app->site.passwords);
    saas_limiter_free(app->site.limiter);
    saas_lookout_free(app->site.lookout);
    saas_metrics_free(app->site.metrics);
    saas_places_free(app->site.places);
    saas_keys_free(app->keys);
    saas_router_free(app->site.router);
    saas_arena_free(app->site.files);
    saas_log_free(app->own_log);
    if (app->settings)
        saas_config_wipe(app->settings, &saas_settings_schema);
    if (app->config_values)
        saas_config_wipe(app->config_values, app->site.config);
    saas_arena_free(app->arena);
    free(app);
}

typedef saas_err migrate_fn(const char *dsn, const saas_module *modules, size_t count, saas_log *log, saas_error *e);

static saas_err migrate_as_owner(saas_app *app, migrate_fn *fn, saas_error *e)
{
    saas_error_clear(e);
    if (!app->site.database_url)
        return SAAS_OK;
    if (app->settings->has.migrate_database_url != SAAS_SET)
        return saas_error_add(e, SAAS_ERR_CONFIG, "MIGRATE_DATABASE_URL: required for migrating");
    return fn(app->settings->migrate_database_url.ptr, app->modules, SAAS_MODULES, app->site.log, e);
}

saas_err saas_app_migrate(saas_app *app, saas_error *e)
{
    return migrate_as_owner(app, saas_migrate, e);
}

saas_err saas_app_migrate_dry(saas_app *app, saas_error *e)
{
    return migrate_as_owner(app, saas_migrate_dry, e);
}

saas_err saas_app_migrations(saas_app *app, saas_migration_each *each, void *user, saas_error *e)
{
    const struct saas_settings *s = app->settings;
    bool owner = s->has.migrate_database_url == SAAS_SET;
    saas_error_clear(e);
    if (!app->site.database_url)
        return SAAS_OK;
    return saas_migrations_tell(owner ? "MIGRATE_DATABASE_URL" : "DATABASE_URL",
                                owner ? s->migrate_database_url.ptr : app->site.database_url, app->modules,
                                SAAS_MODULES, each, user, e);
}

saas_err saas_app_prove(saas_app *app, saas_error *e)
{
    const saas_db_options *db = &app->site.db;
    uint32_t lanes = db->lanes_shared + db->lanes_slow + db->lanes_exclusive;
    saas_error_clear(e);
    if (!app->site.database_url)
        return SAAS_OK;
    const bool pooled = db->pooled; /* then the server's connections are the pooler's to count */
    /* One more for listening. */
    return saas_prove(&(const saas_proof){.dsn = app->site.database_url,
                                          .shared_tables = app->shared_tables,
                                          .connections = (pooled ? 0 : saas_app_workers(app) * lanes) + 1,
                                          .system_dsn = app->site.system_url,
                                          .system_connections = pooled ? 1 : saas_app_workers(app) * SAAS_SYSTEM_LANES,
                                          .modules = app->modules,
                                          .module_count = SAAS_MODULES,
                                          .statements = app->statements,
                                          .catalogue_only = app->catalogue_only,
                                          .log = app->site.log},
                      e);
}

const saas_site *saas_app_site(const saas_app *app)
{
    return &app->site;
}

saas_log *saas_app_log(const saas_app *app)
{
    return app->site.log;
}

uint16_t saas_app_port(const saas_app *app)
{
    return (uint16_t)app->settings->port;
}

uint32_t saas_app_workers(const saas_app *app)
{
    return (uint32_t)app->settings->workers;
}

bool saas_app_rate_limits(const saas_app *app)
{
    return app->settings->rate_limits != saas_switch_off;
}

bool saas_app_trusts(const saas_app *app, saas_text address)
{
    saas_address a;
    const saas_proxies *p = &app->site.proxies;
    return p->count && saas_address_read(&a, address) && saas_proxies_have(p, &a);
}
