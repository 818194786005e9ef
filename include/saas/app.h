/* saas/app.h: an app is routes, settings and migrations put together. Immutable after start and shared by all loops.
 *
 *   saas_app_new      checks tables and routes, reads the configuration: all problems in one report
 *   saas_app_migrate  brings the schema up to date, as owner (MIGRATE_DATABASE_URL)
 *   saas_app_prove    proves tenant isolation of the role it will run as; refuse to serve without it
 *   saas_shard_new    (saas/host.h) puts it on a loop; once per thread
 *
 * saas_h2o_main() does all that for a program; embedders and tests do it themselves. Since 0.1. */
#ifndef SAAS_APP_H
#define SAAS_APP_H

#include <saas/config.h>
#include <saas/db.h>
#include <saas/files.h>
#include <saas/group.h>
#include <saas/host.h>
#include <saas/log.h>
#include <saas/mail.h>

SAAS_BEGIN_DECLS

/* Routes of a module under a prefix ("/v1/auth"), in a group if they share something. */
typedef struct saas_mount {
    const char *prefix;
    saas_route_list (*routes)(void);
    const saas_group *group; /* NULL: only the app's */
} saas_mount;

/* A step of the schema: applied once, in order of number, in a transaction of its own, remembered with its checksum.
 * Text that has been applied must not change. Numbers start at 1 and rise; one that comes before an applied one is
 * refused. Steps run with row_security off: forced policies hide all rows from the owner too, so a backfill fails unless
 * the step lifts FORCE around it. */
typedef struct saas_migration {
    uint32_t number;
    const char *name, *sql;
} saas_migration;

/* A statement that saas_app_prove checks before any handler runs it: it parses, its parameters take the kinds of
 * argument given here, its columns are the fields of `rows` (NULL: no matter). Use the same constant in the handler:
 *   {.sql = notes_sql, .rows = &note_schema, SAAS_KINDS(SAAS_V_UUID, SAAS_V_TEXT)} */
typedef struct saas_statement {
    const char *sql;
    const saas_schema *rows;
    const saas_value_kind *kinds; /* one a parameter */
    size_t kind_count;
} saas_statement;

typedef struct saas_app_options {
    size_t size;
    const char *name;      /* for the log; must be given */
    saas_route_list routes; /* SAAS_ROUTES(table) */
    const saas_mount *mounts;
    size_t mount_count, mount_size;
    const saas_migration *migrations; /* SAAS_MIGRATIONS(table) */
    size_t migration_count, migration_size;
    /* Relations the role may reach that carry no organization: the proof passes over these names, and no others. */
    const char *const *shared_tables; /* "countries", … NULL-terminated */
    const saas_schema *config;        /* the host's own settings; saas_settings() reads them */
    const saas_statement *statements; /* SAAS_STATEMENTS(table): borrowed */
    size_t statement_count, statement_size;
    bool prove_catalogue_only; /* saas_app_prove does not touch the tables themselves */
    bool no_database;                 /* no DATABASE_URL, nothing to prove; every query is ERR_UNAVAILABLE */
    const char *const *env;           /* NULL: the process's environment. Copied. */
    const char *dotenv;               /* path of a .env file, see below; NULL, "": none, nor ENV_FILE */
    saas_log *log;                    /* NULL: one on fd 2 at LOG_LEVEL. Borrowed until saas_app_free. */
    size_t fiber_stack_bytes;         /* 0: 256 KiB; doubled under AddressSanitizer */
    uint32_t requests_max;            /* at once on one loop; 0: 1,024 */
    uint32_t work_threads;            /* 0: as many as processors, 2 at least */
    uint32_t work_queue_max;          /* waiting work before ERR_BUSY; 0: 256 */
    uint32_t lanes_shared, lanes_slow, lanes_exclusive; /* connections per loop; 0: 2, 4, 4 */
    /* How often one address may call the app's open routes, all of them together; 0: 1,200 a minute, 600 at once. */
    uint32_t open_limit_per_minute, open_limit_burst;
    saas_mailer mailer;               /* sends what accounts are mailed; NULL: see saas/mail.h */
    void *mailer_user;
    const saas_messages *messages;    /* of issues, where field and schema have none (translation): borrowed */
    /* Overload (docs/guide/gateway.md), in ms; SAAS_UNLIMITED: never. A loop that its handlers have made later than this
     * for some time refuses what it has no time for; 0: 30. A unit that would wait longer than this for the database is
     * refused when others have waited as long for some time; 0: 100, ten times that on lanes of slow statements and of
     * transactions. */
    uint32_t overload_lag_ms, overload_wait_ms;
    uint32_t blocked_ms; /* a handler that keeps its loop for longer without waiting is logged; 0: 100 */
    const saas_group *group;          /* that every route stands in; NULL: none */
    const saas_files *files;          /* SAAS_FILES(table): folders for browsers; read, and then forgotten */
    size_t file_count, file_size;
    /* The plan of the organization that is signed in, for limits by plan; runs before the handler, may wait. Asked once in
     * plan_ttl_s (0: 60) for an organization and loop. When it fails, the plan of the time before holds, or none in
     * particular. NULL: the column plan of organizations. */
    saas_err (*plan_of)(saas_ctx *c, saas_text *plan);
    uint32_t plan_ttl_s;
    const saas_permission *permissions; /* SAAS_PERMISSIONS(table): for .permission of routes and saas_may; borrowed */
    size_t permission_count, permission_size;
    char end_;
} saas_app_options;

#define SAAS_MIGRATIONS(table)                                                                                         \
    .migrations = (table), .migration_count = sizeof(table) / sizeof *(table), .migration_size = sizeof *(table)
#define SAAS_MOUNTS(table)                                                                                             \
    .mounts = (table), .mount_count = sizeof(table) / sizeof *(table), .mount_size = sizeof *(table)
#define SAAS_STATEMENTS(table)                                                                                         \
    .statements = (table), .statement_count = sizeof(table) / sizeof *(table), .statement_size = sizeof *(table)
#define SAAS_PERMISSIONS(table)                                                                                        \
    .permissions = (table), .permission_count = sizeof(table) / sizeof *(table), .permission_size = sizeof *(table)
#define SAAS_KINDS(...)                                                                                                \
    .kinds = (const saas_value_kind[]){__VA_ARGS__},                                                                   \
    .kind_count = sizeof((const saas_value_kind[]){__VA_ARGS__}) / sizeof(saas_value_kind)
#define SAAS_APP(...) (&(const saas_app_options){.size = sizeof(saas_app_options), __VA_ARGS__})

/* The settings every app has, read from the environment:
 *
 *   APP_ENV              development | staging | production; default production
 *   PORT                 1..65535; default 3001
 *   WORKERS              loop threads, 1..256; default 1
 *   LOG_LEVEL            debug | info | warn | error; default info
 *   DATABASE_URL         libpq connection string of the restricted role; required, but with no_database
 *   MIGRATE_DATABASE_URL the same of the owner; needed for migrating only
 *   SYSTEM_DATABASE_URL  the same of the role saas_system, for saas_system_query (saas/db.h); without it that is refused
 *   LISTEN_DATABASE_URL  the same as DATABASE_URL, past any pooler, for notifications; default DATABASE_URL
 *   DATABASE_POOLER      none | transaction; what DATABASE_URL leads through, and then LISTEN_DATABASE_URL must be given;
 *                        default none
 *   JWT_ACCESS_SECRET    at least 32 characters, not guessable (saas/config.h); required
 *   JWT_REFRESH_SECRET   the same, another one; required
 *   JWT_ISSUER           of access tokens; default the app's name
 *   JWT_AUDIENCE         of access tokens; default the app's name
 *
 *   CORS_ORIGINS         origins whose pages may call the app, with spaces or commas between (saas/group.h); default none
 *   TRUSTED_PROXIES      addresses and networks (10.0.0.0/8) of the proxies in front, with spaces or commas between: only
 *                        what they send says who the client is; default none. Networks of IPv4 wider than /8, of IPv6
 *                        wider than /16, and those with all of IPv4 in them are refused.
 *   TRUSTED_PROXY_HEADER x-forwarded-for | forwarded: which of the two all of them set or add to; default x-forwarded-for
 *   WEB_ROOT             folder of a web client's files, where options.files leave it open
 *   REFRESH_TOKEN_DAYS   for how long a session may be left unused, 1..3650; default 7
 *   SESSION_DAYS         how long it lives in any case, not less than REFRESH_TOKEN_DAYS, 1..3650; default 90. Both hold for
 *                        sessions made from then on.
 *   APP_URL              where links of mails lead; default http://localhost:PORT; required in production with a mailer
 *   METRICS_TOKEN        at least 32 characters, not guessable; opens GET /metrics to its bearer
 *   PASSWORD_MEMORY_KIB  of Argon2id, 7168..262144; default 19456. With PASSWORD_PASSES not less than one of OWASP's
 *                        choices: 47104 with 1, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5
 *   PASSWORD_PASSES      1..16; default 2
 *   PASSWORD_POOL_MIB    memory that hashing may take at once, 8..65536; default 256
 *   RATE_LIMITS          on | off: limits of requests, sign-ins, connections an address; default on; off is refused in
 *                        production
 *
 * plus the fields of options.config. What the environment lacks may come from a .env file (saas/config.h): the one that
 * ENV_FILE in the environment names, which must be there; else options.dotenv, which need not, and only when the
 * environment itself says APP_ENV=development or staging. So no file that lies about can decide on production. Secrets
 * (the URLs, both JWT secrets, .secret fields) may come from files: DATABASE_URL_FILE=/run/secrets/database_url. */

/* The settings as text in the arena, without an app: each with its source, secrets hidden. ERR_BUG (options),
 * ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_config_show(saas_text *out, saas_arena *a, const saas_app_options *options,
                                                       saas_error *e);
/* Only reads them. ERR_CONFIG: e->text has all problems. ERR_BUG, ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_config_check(saas_arena *a, const saas_app_options *options, saas_error *e);
/* A .env file to fill in, from the tables. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_config_example(saas_text *out, saas_arena *a,
                                                          const saas_app_options *options, saas_error *e);

/* Options and what they point at are copied or must live as long as the app: routes, schemas, migrations and log are
 * borrowed; env and strings of options are copied.
 * ERR_CONFIG (settings), ERR_BUG (tables, routes): e->text has all problems. ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_new(saas_app **out, const saas_app_options *options, saas_error *e);
SAAS_API void saas_app_free(saas_app *app); /* after its shards; NULL is allowed */

/* Applies the library's migrations, then the app's, under an advisory lock. Blocks. ERR_CONFIG (no
 * MIGRATE_DATABASE_URL), ERR_UNAVAILABLE, ERR_SQL; ERR_CONFLICT: an applied one has changed; nothing is applied then.
 * ERR_TENANT: a step would leave a table with a column org_id without forced row-level security, policies with WITH
 * CHECK, or an index led by org_id; it is rolled back. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_migrate(saas_app *app, saas_error *e);
/* A dry run: applies all that is missing in one transaction, which is rolled back. Locks what the steps lock until then.
 * A step that uses an enum's value which one before it adds fails here and not there. Errors as above. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_migrate_dry(saas_app *app, saas_error *e);

typedef enum saas_migration_state {
    SAAS_MIGRATION_PENDING,
    SAAS_MIGRATION_APPLIED,
    SAAS_MIGRATION_CHANGED, /* applied with another text */
    SAAS_MIGRATION_UNKNOWN  /* applied, but not in this program */
} saas_migration_state;
typedef struct saas_migration_status {
    const char *module; /* "saas": the library's; "app": the host's */
    uint32_t number;
    const char *name;
    saas_migration_state state;
} saas_migration_status;
typedef void saas_migration_each(const saas_migration_status *step, void *user);
/* Calls each() for every step of the program, then for those only the database knows. Changes nothing; asks as the owner
 * if that is configured, else as the restricted role. Blocks. ERR_UNAVAILABLE, ERR_SQL. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_migrations(saas_app *app, saas_migration_each *each, void *user,
                                                      saas_error *e);
/* Checks as the role of DATABASE_URL: it is neither superuser nor BYPASSRLS, owns nothing, may create nothing, and is no
 * member of a role that is or does so; every relation it has a privilege on has forced row-level security and each
 * permissive policy that applies to it is exactly `org_id = (select saas_current_org())`, or is in shared_tables (write
 * what narrows it further as restrictive policies); no unique or
 * foreign key of a table it may write crosses organizations (a unique one may lack org_id where it has a uuid that is no
 * foreign key to a shared table); SECURITY DEFINER functions it may call are those of saas_auth;
 * connections fit the limits; all migrations are applied. Then it looks:
 * nothing it may read has a row for no organization or for one that does not exist. Then it tries: in a transaction that
 * is rolled back two organizations sign up, each table the role may write gets a row for both, made by what the
 * catalogues say of it, and the one reads, updates, deletes, moves to and refers to the other's. What can't be filled is
 * logged as "not probed live", with table and reason, and no finding. Sequences go on from there, and a trigger's effects
 * outside the database stay: leave it out with prove_catalogue_only where that matters. It ends after 10 s at most, waits
 * 0.5 s for a lock at most, and holds locks on its own rows and as any insert does on tables. With SYSTEM_DATABASE_URL the role of
 * that is checked as well: saas_system or a member of it, and neither superuser, BYPASSRLS nor owner. Then
 * options.statements.
 * Blocks. ERR_TENANT: e->text names each table or role and why. ERR_BUG: all is proven, but statements do not fit the
 * database; e->text names each, its parameter or column, and why. ERR_UNAVAILABLE, ERR_SQL. */
SAAS_API SAAS_MUST_CHECK saas_err saas_app_prove(saas_app *app, saas_error *e);

SAAS_API saas_log *saas_app_log(const saas_app *app);
SAAS_API uint16_t saas_app_port(const saas_app *app);
SAAS_API uint32_t saas_app_workers(const saas_app *app);
SAAS_API bool saas_app_rate_limits(const saas_app *app);
/* Whether an address as text is one of TRUSTED_PROXIES: its connections are many clients'. */
SAAS_API bool saas_app_trusts(const saas_app *app, saas_text address);
/* The routes, mounted ones and the app's own included, with full paths and defaults filled in. NULL past the end. */
SAAS_API const saas_route *saas_app_route(const saas_app *app, size_t i);
/* The same of the options alone: no setting is read. A route lasts as long as the call. ERR_BUG (routes): e->text has all
 * problems; each() is not called then. ERR_NO_MEMORY. */
typedef void saas_route_each(const saas_route *route, void *user);
SAAS_API SAAS_MUST_CHECK saas_err saas_app_routes(const saas_app_options *options, saas_route_each *each, void *user,
                                                  saas_error *e);

SAAS_END_DECLS
#endif
