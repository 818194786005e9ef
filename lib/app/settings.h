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

#define SAAS_POOLERS(W, T)                                                                                             \
    W(T, none)                                                                                                         \
    W(T, transaction)
SAAS_ENUM(saas_pooler, SAAS_POOLERS);

#define SAAS_SWITCH(W, T)                                                                                              \
    W(T, on)                                                                                                           \
    W(T, off)
SAAS_ENUM(saas_switch, SAAS_SWITCH);

#define SAAS_PROXY_HEADERS(W, T)                                                                                       \
    W(T, x_forwarded_for, "x-forwarded-for")                                                                           \
    W(T, forwarded)
SAAS_ENUM(saas_proxy_header, SAAS_PROXY_HEADERS);

#define SAAS_SETTINGS(F, T)                                                                                            \
    F(T, word(saas_environment), app_env, .def = "production", .doc = "Where it runs")                                 \
    F(T, i64(1, 65535), port, .def = "3001", .doc = "Where it listens")                                                \
    F(T, i64(1, 256), workers, .def = "1", .doc = "Loop threads")                                                      \
    F(T, word(saas_level), log_level, .def = "info", .doc = "Least level that is logged")                              \
    F(T, text(1, 4000), database_url, .secret = true,                                                                  \
      .doc = "Postgres as the restricted role saas_app, as URL or key=value")                                          \
    F(T, text(1, 4000), migrate_database_url, .secret = true, .doc = "The same as the owner saas_owner, to migrate")   \
    F(T, text(1, 4000), system_database_url, .secret = true,                                                           \
      .doc = "The same as saas_system, for what spans organizations; without it that is refused")                      \
    F(T, text(1, 4000), listen_database_url, .secret = true,                                                           \
      .doc = "As DATABASE_URL, past any pooler, to listen; without it DATABASE_URL")                                   \
    F(T, word(saas_pooler), database_pooler, .def = "none", .doc = "What DATABASE_URL leads through")                  \
    F(T, text(32, 4000), jwt_access_secret, .required = true, .secret = true, .key = true,                             \
      .doc = "Signs access tokens")                                                                                    \
    F(T, text(32, 4000), jwt_access_secret_previous, .secret = true, .key = true,                                      \
      .doc = "The access secret before, while tokens made with it are still about: 15 minutes")                        \
    F(T, text(32, 4000), jwt_refresh_secret, .required = true, .secret = true, .key = true,                            \
      .doc = "Makes refresh tokens; another one")                                                                      \
    F(T, text(1, 200), jwt_issuer, .doc = "Of access tokens; without it the app's name")                               \
    F(T, text(1, 200), jwt_audience, .doc = "Of access tokens; without it the app's name")                             \
    F(T, url, app_url, .doc = "Where links of mails lead; without it http://localhost:PORT")                           \
    F(T, word(saas_switch), signup_neutral, .def = "off",                                                              \
      .doc = "Sign-up tells nobody whether an address is known: a mail decides")                                      \
    F(T, word(saas_switch), jwt_email_claim, .def = "on", .doc = "Access tokens say the e-mail address")               \
    F(T, i64(1, 3650), refresh_token_days, .def = "7", .doc = "For how long a session may be left unused")            \
    F(T, i64(1, 3650), session_days, .def = "90", .doc = "How long a session lives in any case")                      \
    F(T, i64(7168, 262144), password_memory_kib, .def = "19456", .doc = "Memory that hashing a password takes, in KiB") \
    F(T, i64(1, 16), password_passes, .def = "2", .doc = "Passes over it")                                             \
    F(T, i64(8, 65536), password_pool_mib, .def = "256", .doc = "Memory that all hashing at once may take, in MiB")    \
    F(T, text(1, 8000), cors_origins, .doc = "Origins of pages that may call it: https://app.example.org …")          \
    F(T, text(1, 8000), trusted_proxies, .doc = "Addresses and networks of proxies that say who the client is")        \
    F(T, word(saas_proxy_header), trusted_proxy_header, .def = "x-forwarded-for",                                      \
      .doc = "The header in which they all say it")                                                                    \
    F(T, text(1, 4000), web_root, .doc = "Folder of a web client's files")                                            \
    F(T, text(32, 4000), metrics_token, .secret = true, .key = true, .doc = "Opens GET /metrics to its bearer")        \
    F(T, word(saas_switch), rate_limits, .def = "on", .doc = "Throttling; off is for load tests, not for production")
SAAS_DECLARE(saas_settings, SAAS_SETTINGS);

/* Reads the library's settings and, with o->config, the host's, from the environment and, where that is due, the .env
 * file: every problem of both, and what no single field can say (connection strings, secrets that are the same), is a
 * line in e. Values lie in the arena. ERR_CONFIG, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_settings_read(struct saas_settings **own, void **config_values, saas_arena *a,
                                            const saas_app_options *o, saas_error *e);

#endif
