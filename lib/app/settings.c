#include "app/settings.h"
#include "app/pg.h"
#include "base/error.h"
#include <string.h>

SAAS_DEFINE(saas_settings, SAAS_SETTINGS);

/* NULL when it is not there or empty, which counts as absent. */
static const char *variable(const char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; *env; env++)
        if (!strncmp(*env, name, len) && (*env)[len] == '=')
            return (*env)[len + 1] ? *env + len + 1 : NULL;
    return NULL;
}

static saas_err check_dsn(const char *const *env, const char *name, saas_error *e)
{
    const char *dsn = variable(env, name), *fault = dsn ? saas_pg_dsn_fault(dsn) : NULL;
    return fault ? saas_error_add(e, SAAS_ERR_CONFIG, "%s: %s", name, fault) : SAAS_OK;
}

/* On the variables themselves, so that they are judged also when others are wrong. */
static saas_err check_together(const char *const *env, bool no_database, saas_error *e)
{
    saas_err err = SAAS_OK;
    const char *access = variable(env, "JWT_ACCESS_SECRET"), *refresh = variable(env, "JWT_REFRESH_SECRET");
    if (!no_database && !variable(env, "DATABASE_URL"))
        err = saas_error_add(e, SAAS_ERR_CONFIG, "DATABASE_URL: required");
    if (check_dsn(env, "DATABASE_URL", e))
        err = SAAS_ERR_CONFIG;
    if (check_dsn(env, "MIGRATE_DATABASE_URL", e))
        err = SAAS_ERR_CONFIG;
    if (check_dsn(env, "LISTEN_DATABASE_URL", e))
        err = SAAS_ERR_CONFIG;
    if (access && refresh && !strcmp(access, refresh))
        err = saas_error_add(e, SAAS_ERR_CONFIG, "JWT_REFRESH_SECRET: must differ from JWT_ACCESS_SECRET");
    return err;
}

saas_err saas_settings_read(struct saas_settings **own, void **config_values, saas_arena *a, const saas_schema *config,
                            const char *const *env, bool no_database, saas_error *e)
{
    const saas_schema *const schemas[] = {&saas_settings_schema, config};
    void *values[2] = {NULL, NULL};
    saas_error *read = saas_arena_calloc(a, 1, sizeof *read);
    if (!read)
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "settings: no memory");
    saas_err err = saas_config_read(values, a, schemas, config ? 2 : 1, env, read);
    if (err)
        saas_error_add(e, err, "%s", read->text);
    if (check_together(env, no_database, e) && !err)
        err = SAAS_ERR_CONFIG;
    SAAS_TRY(err);
    *own = values[0];
    *config_values = values[1];
    return SAAS_OK;
}
