#include "test/env.h"
#include <string.h>

enum { MADE_UP = 7 };

static bool has(const char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; env && *env; env++)
        if (!strncmp(*env, name, len) && (*env)[len] == '=')
            return true;
    return false;
}

const char *const *saas_test_env(saas_arena *a, const char *const *given, const saas_test_db *db)
{
    const struct {
        const char *name, *value;
    } made_up[MADE_UP] = {
        {"APP_ENV", "development"},
        {"RATE_LIMITS", has(given, "APP_ENV") ? NULL : "off"},
        {"LOG_LEVEL", "error"},
        {"JWT_ACCESS_SECRET", "access secret of a test, of no worth"},
        {"JWT_REFRESH_SECRET", "refresh secret of a test, of no worth"},
        {"DATABASE_URL", db ? db->app_dsn : NULL},
        {"MIGRATE_DATABASE_URL", db ? db->owner_dsn : NULL},
    };
    size_t count = 0;
    while (given && given[count])
        count++;
    const char **env = saas_arena_calloc(a, count + MADE_UP + 1, sizeof *env);
    if (!env)
        return NULL;
    if (count)
        memcpy(env, given, count * sizeof *env);
    for (size_t i = 0; i < MADE_UP; i++) {
        if (!made_up[i].value || has(given, made_up[i].name))
            continue;
        env[count] = saas_arena_format(a, "%s=%s", made_up[i].name, made_up[i].value).ptr;
        if (!env[count++])
            return NULL;
    }
    return env;
}

saas_app_options saas_test_options(const saas_app_options *given)
{
    saas_app_options o = {0};
    memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    o.size = sizeof o;
    return o;
}
