/* saas/test.h: the test kit (library libsaas-test): a throw-away Postgres in one call, and requests without sockets with
 * a signed-in principal of choice.
 *
 * Thread: one. Since 0.1. */
#ifndef SAAS_TEST_H
#define SAAS_TEST_H

#include <saas/app.h>
#include <saas/auth.h>

SAAS_BEGIN_DECLS

/* ---- a throw-away Postgres ---- */

/* A cluster in a folder of its own under /tmp (unix socket, no TCP, no fsync), with the library's roles. As root its
 * server runs as the postgres user. One per process is enough: databases are cloned from a template in milliseconds. */
typedef struct saas_test_pg saas_test_pg;

/* ERR_UNAVAILABLE: Postgres is not installed or does not start; e->text says which. When SAAS_TEST_PG names a running
 * cluster's socket folder, that one is used and left running. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_pg_start(saas_test_pg **out, saas_error *e);
SAAS_API void saas_test_pg_stop(saas_test_pg *pg); /* removes it; also when the process dies */
/* Crashes or restarts the server, for tests of that. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_pg_halt(saas_test_pg *pg, saas_error *e);
SAAS_API SAAS_MUST_CHECK saas_err saas_test_pg_resume(saas_test_pg *pg, saas_error *e);

typedef struct saas_test_db {
    char name[64];
    char app_dsn[512];   /* role saas_app */
    char owner_dsn[512]; /* role saas_owner */
    char super_dsn[512]; /* superuser, for looking behind the curtain */
    char system_dsn[512]; /* role saas_system; an app has it by SYSTEM_DATABASE_URL in its env only */
} saas_test_db;

/* A new database, cloned from one that has been migrated with these options (kept per set of migrations), or empty when
 * options is NULL. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_db_new(saas_test_db *out, saas_test_pg *pg, const saas_app_options *options,
                                                   saas_error *e);
SAAS_API void saas_test_db_drop(saas_test_pg *pg, const saas_test_db *db);

/* saas_app_prove of an app with these options on db, migrated: each table of the host's is filled for two organizations,
 * and one reaches for the other's rows. SAAS_OK: isolation is proven; e->text then has a line "table: not probed: why" for
 * each table that no row could be made for, and is empty when there is none, which is what a test should ask for. Errors
 * as saas_app_new and saas_app_prove. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_prove(const saas_app_options *options, const saas_test_db *db, saas_error *e);

/* ---- an app without sockets ---- */

typedef struct saas_test_client saas_test_client;

/* An app on a poll loop in this thread. db may be NULL for apps without a database. Settings the options' env does not
 * give are made up: secrets, APP_ENV=development with RATE_LIMITS=off, DATABASE_URL of db; the process's environment is not read. Nothing is
 * refused for the loop's lag or long waits for the database unless the options say so. Without
 * options->log it logs to memory. With db it returns once the app is connected, or after 5 s. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_client_new(saas_test_client **out, const saas_app_options *options,
                                                       const saas_test_db *db, saas_error *e);
SAAS_API void saas_test_client_free(saas_test_client *t);
SAAS_API saas_app *saas_test_client_app(saas_test_client *t);
SAAS_API saas_loop *saas_test_client_loop(saas_test_client *t);
SAAS_API saas_shard *saas_test_client_shard(saas_test_client *t);
/* What it has logged since the last call; valid until the next. */
SAAS_API const char *saas_test_client_logged(saas_test_client *t);

typedef struct saas_test_request {
    size_t size;
    const char *method, *target; /* method NULL: GET */
    const char *body;            /* NULL: none; sent as application/json unless content_type says otherwise */
    size_t body_len;             /* 0: strlen(body) */
    const char *content_type;
    const char *bearer;          /* an access token */
    const saas_principal *as;    /* or: signed in as this one; to write rows its org_id must be an organization's */
    const saas_header *headers;
    size_t header_count;
    uint64_t leave_after_ms;     /* the client goes away after this long, answered or not; 0: it stays */
    const char *remote;          /* the client's address; NULL: 127.0.0.1 */
    char end_;
} saas_test_request;

typedef struct saas_test_response {
    int status; /* 0: none came */
    saas_text body;
    const saas_header *headers;
    size_t header_count;
} saas_test_response;

/* Sends one request and turns the loop until it is answered. The response lives until the next saas_test_send or the
 * client's end. ERR_DEADLINE after 30 s. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_send(saas_test_response *out, saas_test_client *t,
                                                 const saas_test_request *request);
#ifndef __cplusplus
#define SAAS_TEST_SEND(out, t, ...)                                                                                    \
    saas_test_send((out), (t), &(const saas_test_request){.size = sizeof(saas_test_request), __VA_ARGS__})
#endif
/* An administrator of an organization of their own. Texts are NUL-terminated and live as long as the client. */
typedef struct saas_test_account {
    saas_principal principal; /* for .as; with another role it is another member of the organization */
    saas_text access_token;   /* for .bearer */
    saas_text email, password;
} saas_test_account;

/* Signs up, with a name, an address and a password that are made up, each time anew. The app mounts saas_auth_routes and
 * has a database; what was logged meanwhile is kept. ERR_BUG: no sign-up route, or it does not sign in (SIGNUP_NEUTRAL);
 * e->text has the answer. ERR_DEADLINE, ERR_UNAVAILABLE, ERR_NO_MEMORY. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_sign_up(saas_test_account *out, saas_test_client *t, saas_error *e);

/* A header of a response by its name; {NULL, 0} when absent. */
SAAS_API saas_text saas_test_header(const saas_test_response *r, const char *name);
/* A value of a JSON body by path: "data.items[0].id", "error.code". Strings without quotes; {NULL, 0} when absent. */
SAAS_API saas_text saas_test_json(saas_test_client *t, saas_text body, const char *path);

/* Starts many at once (for interleaving): answered through done(), on this thread, as the loop turns. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_begin(saas_test_client *t, const saas_test_request *request,
                                                  void (*done)(const saas_test_response *r, void *user), void *user);
/* Turns the loop until nothing begun is unanswered. ERR_DEADLINE after timeout_ms. */
SAAS_API SAAS_MUST_CHECK saas_err saas_test_wait(saas_test_client *t, uint64_t timeout_ms);

SAAS_END_DECLS
#endif
