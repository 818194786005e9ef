/* app/settings.h: the settings every app has, as a field table. */
#ifndef SAAS_APP_SETTINGS_H
#define SAAS_APP_SETTINGS_H

#include <saas/app.h>

#define SAAS_ENVIRONMENTS(W, T)                                                                                        \
    W(T, development)                                                                                                  \
    W(T, staging)                                                                                                      \
    W(T, production)
SAAS_ENUM(saas_environment, SAAS_ENVIRONMENTS);

/* In the order of saas_log_level, from SAAS_LOG_DEBUG. */
#define SAAS_LEVELS(W, T)                                                                                              \
    W(T, debug)                                                                                                        \
    W(T, info)                                                                                                         \
    W(T, warn)                                                                                                         \
    W(T, error)
SAAS_ENUM(saas_level, SAAS_LEVELS);

#define SAAS_SETTINGS(F, T)                                                                                            \
    F(T, word(saas_environment), app_env, .def = "production")                                                         \
    F(T, i64(1, 65535), port, .def = "3001")                                                                           \
    F(T, i64(1, 256), workers, .def = "1")                                                                             \
    F(T, word(saas_level), log_level, .def = "info")                                                                   \
    F(T, text(1, 4000), database_url, .secret = true)                                                                  \
    F(T, text(1, 4000), migrate_database_url, .secret = true)                                                          \
    F(T, text(1, 4000), listen_database_url, .secret = true)                                                           \
    F(T, text(32, 4000), jwt_access_secret, .required = true, .secret = true)                                          \
    F(T, text(32, 4000), jwt_refresh_secret, .required = true, .secret = true)                                         \
    F(T, text(1, 200), jwt_issuer)                                                                                     \
    F(T, text(1, 200), jwt_audience)
SAAS_DECLARE(saas_settings, SAAS_SETTINGS);

/* Reads the library's settings and, with config, the host's, from env: every problem of both, and what no single field
 * can say (connection strings, secrets that are the same), is a line in e. *own: in the arena. ERR_CONFIG,
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_settings_read(struct saas_settings **own, void **config_values, saas_arena *a,
                                            const saas_schema *config, const char *const *env, bool no_database,
                                            saas_error *e);

#endif
