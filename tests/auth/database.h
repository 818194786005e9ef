/* tests/auth/database.h: a database with the library's schema, and short SQL over libpq. */
#ifndef TESTS_AUTH_DATABASE_H
#define TESTS_AUTH_DATABASE_H

#include "app/migrate.h"
#include "check.h"
#include <saas/test.h>
#include <stdarg.h>
#include <unistd.h>

static saas_test_pg *cluster;
static saas_test_db db;
static PGconn *app, *super; /* as the server, and behind the curtain */

static inline PGconn *connect_to(const char *dsn)
{
    PGconn *conn = PQconnectdb(dsn);
    if (PQstatus(conn) != CONNECTION_OK)
        fprintf(stderr, "%s\n", PQerrorMessage(conn));
    return conn;
}

/* The first value of the last statement; "(null)", "(none)" without a row, or the SQLSTATE of an error. */
static inline const char *value_of(PGresult *r)
{
    static char values[8][512];
    static unsigned next;
    char *out = values[next++ % 8];
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (state)
        snprintf(out, sizeof values[0], "%s", state);
    else if (PQntuples(r) < 1 || PQnfields(r) < 1)
        snprintf(out, sizeof values[0], "(none)");
    else
        snprintf(out, sizeof values[0], "%s", PQgetisnull(r, 0, 0) ? "(null)" : PQgetvalue(r, 0, 0));
    PQclear(r);
    return out;
}

static inline const char *sql(PGconn *conn, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return value_of(PQexec(conn, text));
}

/* The nth id of a kind: 'a'ccount, 'b' organization, 'c' user, 'd' session. */
static inline const char *id(char kind, unsigned n)
{
    static char ids[8][SAAS_UUID_CHARS + 1];
    static unsigned next;
    char *out = ids[next++ % 8];
    snprintf(out, sizeof ids[0], "00000000-0000-7000-8000-%c%011x", kind, n);
    return out;
}

/* Account, organization, admin and session n: personN@example.com in org-N, password hash "$N", refresh hash of byte n.
 */
static inline const char *sign_up(unsigned n)
{
    return sql(app,
               "select outcome from saas_auth_api.signup('%s', '%s', '%s', '%s', 'Org %u', 'org-%u', false,"
               " 'Person%u@example.com', '$%u', decode(repeat('%02x', 32), 'hex'), 'agent', '192.0.2.1')",
               id('a', n), id('b', n), id('c', n), id('d', n), n, n, n, n, n);
}

/* One statement in organization n, as a unit does it. */
static inline const char *in_org(PGconn *conn, unsigned n, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sql(conn, "begin; select set_config('app.current_org_id', '%s', true)", id('b', n));
    const char *value = sql(conn, "%s", text);
    sql(conn, "commit");
    return value;
}

static inline bool database_new(void)
{
    const saas_module library = saas_library_module();
    saas_error e = {0};
    if (saas_test_db_new(&db, cluster, NULL, &e) || saas_migrate(db.owner_dsn, &library, 1, NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    app = connect_to(db.app_dsn);
    super = connect_to(db.super_dsn);
    return PQstatus(app) == CONNECTION_OK && PQstatus(super) == CONNECTION_OK;
}

static inline void database_drop(void)
{
    PQfinish(app);
    PQfinish(super);
    saas_test_db_drop(cluster, &db);
    app = super = NULL;
}

/* The same database again, emptied; kept for the next test. */
static inline bool database_clean(void)
{
    if (!app)
        return database_new();
    sql(super, "truncate public.organizations, public.accounts, public.users, public.sessions, public.audit, "
               "public.invitations, public.outbox, public.mail_tokens, public.devices, public.saas_idempotency, public.revocations");
    return !strcmp(sql(super, "select count(*) from public.users"), "0");
}

static inline int run_with_cluster(const check_test *tests, size_t count, int argc, char **argv)
{
    saas_error e = {0};
    if (saas_test_pg_start(&cluster, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, count, argc, argv);
    if (app)
        database_drop();
    saas_test_pg_stop(cluster);
    return failed;
}

#endif
