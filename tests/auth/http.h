/* tests/auth/http.h: an app without sockets on a database of its own, and what everybody does with it. Each test brings
 * its host(). */
#ifndef TESTS_AUTH_HTTP_H
#define TESTS_AUTH_HTTP_H

#include "check.h"
#include <libpq-fe.h>
#include <saas/test.h>
#include <stdarg.h>

static const saas_app_options *host(void);

static saas_test_pg *cluster;
static saas_test_db db;
static saas_test_client *t;
static saas_test_response r;
static PGconn *super;

static inline const char *sql(const char *statement)
{
    static char value[512];
    PGresult *result = PQexec(super, statement);
    snprintf(value, sizeof value, "%s",
             PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : PQresultErrorMessage(result));
    PQclear(result);
    return value;
}

/* Again where it met the courier, which takes its locks in another order. */
static inline bool clean(void)
{
    for (int i = 0; i < 5; i++) {
        sql("truncate organizations, accounts, users, sessions, audit, invitations, outbox, mail_tokens, devices,"
            " saas_idempotency, revocations");
        if (!strcmp(sql("select count(*) from accounts"), "0"))
            return true;
    }
    return false;
}

/* One app for all tests, on an emptied database. */
static inline bool start(void)
{
    saas_error e = {0};
    if (t)
        return clean();
    const saas_app_options *o = host();
    if (saas_test_db_new(&db, cluster, o, &e) || saas_test_client_new(&t, o, &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    super = PQconnectdb(db.super_dsn);
    return PQstatus(super) == CONNECTION_OK;
}

static inline void stop(void)
{
    if (!t)
        return;
    saas_test_client_free(t);
    PQfinish(super);
    saas_test_db_drop(cluster, &db);
}

static inline int call(const char *method, const char *target, const char *bearer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static inline int call(const char *method, const char *target, const char *bearer, const char *format, ...)
{
    char body[4096];
    const saas_header agent = {SAAS_LIT("user-agent"), SAAS_LIT("Test\xff/1.0")};
    va_list args;
    va_start(args, format);
    vsnprintf(body, sizeof body, format, args);
    va_end(args);
    saas_err e = SAAS_TEST_SEND(&r, t, .method = method, .target = target, .bearer = bearer,
                                .body = *body ? body : NULL, .headers = &agent, .header_count = 1);
    return e ? -(int)e : r.status;
}

static inline const char *at(const char *path)
{
    static char values[8][1024];
    static unsigned next;
    char *out = values[next++ % 8];
    saas_text found = saas_test_json(t, r.body, path);
    if (!found.ptr)
        return "(absent)";
    snprintf(out, sizeof values[0], "%.*s", (int)found.len, found.ptr);
    return out;
}

#define PASSWORD "quartz fjord lamp 9"

static inline int sign_up(const char *org, const char *email)
{
    return call("POST", "/v1/auth/signup", NULL, "{\"orgName\":\"%s\",\"email\":\"%s\",\"password\":\"" PASSWORD "\"}",
                org, email);
}

static inline int log_in(const char *email, const char *password)
{
    return call("POST", "/v1/auth/login", NULL, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
}

static inline int refresh(const char *token)
{
    return call("POST", "/v1/auth/refresh", NULL, "{\"refreshToken\":\"%s\"}", token);
}

static inline int run_with_app(const check_test *tests, size_t count, int argc, char **argv)
{
    saas_error e = {0};
    if (saas_test_pg_start(&cluster, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, count, argc, argv);
    stop();
    saas_test_pg_stop(cluster);
    return failed;
}

#endif
