/* A throw-away Postgres with one organization and one user, and a token for it. Prints NAME=value lines for the other
 * programs, then keeps it until its input ends. */
#include <libpq-fe.h>
#include <saas/app.h>
#include <saas/test.h>
#include <stdio.h>
#include <stdlib.h>

#define ORG  "018f0000-0000-7000-8000-000000000001"
#define USER "018f0000-0000-7000-8000-000000000002"

static const char fill[] = "insert into organizations (id, name, slug) values ('" ORG "', 'Bench', 'bench');"
                           "insert into accounts (id, email) values ('" USER "', 'bench@example.com');"
                           "insert into users (id, org_id, account_id, email, role)"
                           " values ('" USER "', '" ORG "', '" USER "', 'bench@example.com', 'member');";

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void fill_database(const char *dsn)
{
    PGconn *pg = PQconnectdb(dsn);
    PGresult *r = PQexec(pg, fill);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        fail(PQerrorMessage(pg));
    PQclear(r);
    PQfinish(pg);
}

/* The signing app needs no database: only its secrets, which the server shares. */
static void print_token(void)
{
    saas_app *app;
    saas_error e = {0};
    saas_text token;
    saas_principal who = {.role = SAAS_MEMBER, .email = SAAS_LIT("bench@example.com")};
    saas_arena *a = saas_arena_new(0);
    if (!a || saas_uuid_parse(&who.org_id, SAAS_LIT(ORG)) || saas_uuid_parse(&who.user_id, SAAS_LIT(USER)) ||
        saas_uuid_v7(&who.session_id))
        fail("no ids");
    if (saas_app_new(&app, SAAS_APP(.name = "bench"), &e) || saas_access_token_new(&token, a, app, &who))
        fail(e.text);
    printf("TOKEN=%.*s\n", (int)token.len, token.ptr);
    saas_app_free(app);
    saas_arena_free(a);
}

int main(void)
{
    saas_test_pg *pg;
    saas_test_db db;
    saas_error e = {0};
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, SAAS_APP(.name = "bench"), &e))
        fail(e.text);
    fill_database(db.super_dsn);
    printf("DSN=%s\nSUPER=%s\nORG=%s\nUSER_ID=%s\n", db.app_dsn, db.super_dsn, ORG, USER);
    print_token();
    fflush(stdout);
    while (getchar() != EOF)
        ;
    saas_test_pg_stop(pg);
    return 0;
}
