/* An app whose DATABASE_URL leads through PgBouncer: the proof runs there, as the role that serves, and leaves nothing. */
#include "../db/bouncer.h"
#include "notes.h"

static bouncer b;

static saas_err prove(void)
{
    char url[640], listen[640];
    saas_app *app = NULL;
    snprintf(url, sizeof url, "DATABASE_URL=%s", b.dsn);
    snprintf(listen, sizeof listen, "LISTEN_DATABASE_URL=%s", db.app_dsn);
    const char *const env[] = {url,
                               listen,
                               "DATABASE_POOLER=transaction",
                               "JWT_ACCESS_SECRET=access secret of a test, of no worth",
                               "JWT_REFRESH_SECRET=refresh secret of a test, of no worth",
                               NULL};
    e.text[0] = 0;
    saas_err err = saas_app_new(&app, SAAS_APP(.name = "t", SAAS_MIGRATIONS(steps), .env = env), &e);
    if (!err)
        err = saas_app_prove(app, &e);
    saas_app_free(app);
    return err;
}

static void the_proof_runs_through_it(void)
{
    CHECK_INT(prove(), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK_STR(sql_on(b.dsn, "show search_path"), "public, pg_temp");
    CHECK_STR(sql_on(b.dsn, "show default_transaction_read_only"), "off");
    CHECK_STR(sql_on(b.dsn, "show statement_timeout"), "30s");
}

/* TN1 */
static void it_finds_what_is_broken(void)
{
    CHECK_STR(sql_on(db.super_dsn, "alter table notes no force row level security; revoke select on saas_migrations"
                                   " from saas_app"),
              "");
    CHECK_INT(prove(), SAAS_ERR_TENANT);
    CHECK(strstr(e.text, "public.notes: row-level security is not forced"));
    CHECK(strstr(e.text, "public.saas_migrations"));
    CHECK_STR(sql_on(db.super_dsn, "alter table notes force row level security; grant select on saas_migrations"
                                   " to saas_app"),
              "");
    CHECK_INT(prove(), SAAS_OK);
}

static void settings_that_do_not_go_together(void)
{
    static const char *const env[] = {"DATABASE_URL=host=/nowhere options='-c x=y'",
                                      "DATABASE_POOLER=transaction",
                                      "JWT_ACCESS_SECRET=access secret of a test, of no worth",
                                      "JWT_REFRESH_SECRET=refresh secret of a test, of no worth",
                                      NULL};
    saas_app *app = NULL;
    e.text[0] = 0;
    CHECK_INT(saas_app_new(&app, SAAS_APP(.name = "t", .env = env), &e), SAAS_ERR_CONFIG);
    CHECK(strstr(e.text, "LISTEN_DATABASE_URL: required with DATABASE_POOLER"));
    CHECK(strstr(e.text, "DATABASE_URL: poolers take no options"));
}

static void with_a_pooler(void)
{
    char socket[64];
    REQUIRE(serve(SAAS_APP(.name = "t", SAAS_MIGRATIONS(steps))));
    REQUIRE(sscanf(db.app_dsn, "host=%63s", socket) == 1);
    if (bouncer_start(&b, socket, db.name, 1)) {
        the_proof_runs_through_it();
        it_finds_what_is_broken();
    } else {
        CHECK(!"PgBouncer starts");
    }
    bouncer_stop(&b);
    serve_no_more();
}

static const check_test tests[] = {TEST(with_a_pooler), TEST(settings_that_do_not_go_together)};

int main(int argc, char **argv)
{
    if (access(bouncer_program, X_OK)) {
        fprintf(stderr, "PgBouncer is not installed: no %s\n", bouncer_program);
        return 77;
    }
    return cluster_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
