/* tests/http/kit.h: one app on a real Postgres, and one request at a time to it as the admin of an organization. */
#ifndef TESTS_HTTP_KIT_H
#define TESTS_HTTP_KIT_H

#include "check.h"
#include <libpq-fe.h>
#include <saas.h>
#include <saas/test.h>

static saas_test_pg *pg;
static saas_test_db db;
static saas_test_client *client;
static saas_principal me = {
    .org_id = {{0xaa, 1}}, .user_id = {{0xbb, 2}}, .session_id = {{0xcc, 3}}, .role = SAAS_ADMIN};

static struct {
    int status;
    char body[65536];
} last;
static char logged[65536];

/* As the superuser: what is really stored. */
static SAAS__UNUSED const char *stored(const char *sql)
{
    static char out[256];
    PGconn *conn = PQconnectdb(db.super_dsn);
    PGresult *r = PQexec(conn, sql);
    bool rows = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    snprintf(out, sizeof out, "%s", rows ? PQgetvalue(r, 0, 0) : PQresultErrorMessage(r));
    PQclear(r);
    PQfinish(conn);
    return out;
}

/* Sends one request and waits for the answer, which is then in `last`, and what it logged in `logged`. */
static SAAS__UNUSED int ask_for(const char *method, const char *target, const char *body, uint64_t leave_after_ms)
{
    saas_test_response r = {0};
    CHECK_INT(SAAS_TEST_SEND(&r, client, .method = method, .target = target, .body = body, .as = &me,
                             .leave_after_ms = leave_after_ms),
              SAAS_OK);
    last.status = r.status;
    snprintf(last.body, sizeof last.body, "%.*s", (int)r.body.len, r.body.ptr ? r.body.ptr : "");
    snprintf(logged, sizeof logged, "%s", saas_test_client_logged(client));
    return r.status;
}

static SAAS__UNUSED int ask(const char *method, const char *target, const char *body)
{
    return ask_for(method, target, body, 0);
}

/* A new app asks the database about each token until it hears of revocations. `target` asks it nothing else. */
static SAAS__UNUSED void await_revocations(const char *target)
{
    *logged = 0;
    for (int i = 0; i < 500 && !strstr(logged, "\"round_trips\":0,"); i++) {
        saas_poll_loop_turn(saas_test_client_loop(client), 10);
        ask("GET", target, NULL);
    }
}

static SAAS__UNUSED bool body_has(const char *part)
{
    return strstr(last.body, part) != NULL;
}

static SAAS__UNUSED unsigned times_logged(const char *part)
{
    unsigned n = 0;
    for (const char *at = logged; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static int kit_run(const saas_app_options *options, const check_test *tests, size_t count, int argc, char **argv)
{
    static saas_error e;
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, options, &e) ||
        saas_test_client_new(&client, options, &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, count, argc, argv);
    saas_test_client_free(client);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return failed + check_failed != 0;
}

#endif
