/* Migrations: in order, once each, all or nothing a step, and never over a changed one. */
#include "app/migrate.h"
#include "cluster.h"
#include <pthread.h>

static const saas_migration first[] = {{1, "one", "create table one (a int); insert into one values (1)"}};
static const saas_migration both[] = {{1, "one", "create table one (a int); insert into one values (1)"},
                                      {5, "two", "alter table one add b int not null default 7"}};
static const saas_migration changed[] = {{1, "uno", "create table one (a int)"},
                                         {5, "two", "alter table one add b int not null default 7"}};
static const saas_migration late[] = {{1, "one", "create table one (a int); insert into one values (1)"},
                                      {3, "late", "create table late (a int)"},
                                      {5, "two", "alter table one add b int not null default 7"}};
static const saas_migration broken[] = {{1, "one", "create table one (a int)"},
                                        {2, "bad", "create table two (a int); create table two (a int)"}};
static const saas_migration commits[] = {{1, "commits", "create table one (a int); commit"}};
static const saas_migration backfill[] = {{1, "table",
                                           "create table one (a int); alter table one enable row level security,"
                                           " force row level security"},
                                          {2, "fill", "update one set a = 2"}};

static const saas_migration wrong_function[] = {
    {1, "f", "create function f() returns int language sql as 'select nothing'"}};

#define ORG "org_id uuid not null"
static const saas_migration open_table[] = {{1, "open", "create table notes (id int, " ORG ")"}};
static const saas_migration half_open[] = {
    {1, "ok", "create table other (a int)"},
    {2, "half",
     "create table notes (id int, " ORG
     "); create index on notes (id, org_id); create index on notes (org_id) where id > 1;"
     "alter table notes enable row level security, force row level security;"
     "create policy p on notes using (org_id is not null); create policy q on notes for insert with check (true)"}};
static const saas_migration sound[] = {
    {1, "sound",
     "create table notes (" ORG ", id int, primary key (org_id, id)) partition by list (org_id);"
     "create table part partition of notes default;"
     "alter table notes enable row level security, force row level security;"
     "create policy p on notes using (org_id is not null) with check (org_id is not null)"}};
static const saas_migration undone[] = {
    {1, "sound",
     "create table notes (" ORG ", id int, primary key (org_id, id)) partition by list (org_id);"
     "create table part partition of notes default;"
     "alter table notes enable row level security, force row level security;"
     "create policy p on notes using (org_id is not null) with check (org_id is not null)"},
    {2, "undo", "alter table notes no force row level security"}};

static saas_test_db db;
static saas_error e;

#define MODULE(table) ((saas_module){"app", (table), sizeof(table) / sizeof *(table), sizeof *(table)})

static saas_err migrate(saas_module m)
{
    e.text[0] = 0;
    return saas_migrate(db.owner_dsn, &m, 1, NULL, &e);
}

static bool new_db(void)
{
    return saas_test_db_new(&db, cluster, NULL, &e) == SAAS_OK;
}

static void applies_in_order_and_once(void)
{
    REQUIRE(new_db());
    CHECK(!migrate(MODULE(first)));
    CHECK_STR(sql_on(db.owner_dsn, "select a from one"), "1");
    CHECK(!migrate(MODULE(both)));
    CHECK(!migrate(MODULE(both)));
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) || ':' || max(b) from one"), "1:7");
    CHECK_STR(sql_on(db.owner_dsn,
                     "select string_agg(module || number || name || length(checksum), ' ' order by number)"
                     " from saas_migrations"),
              "app1one64 app5two64");
    CHECK(!migrate(MODULE(first)));
    saas_test_db_drop(cluster, &db);
}

static void refuses_a_changed_step_and_names_it(void)
{
    REQUIRE(new_db());
    CHECK(!migrate(MODULE(first)));
    CHECK_INT(migrate(MODULE(changed)), SAAS_ERR_CONFLICT);
    CHECK_STR(e.text, "migration app/1 (uno): applied with another text, as one");
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from saas_migrations"), "1");
    CHECK(!migrate(MODULE(both)));
    CHECK_INT(migrate(MODULE(late)), SAAS_ERR_CONFLICT);
    CHECK_STR(e.text, "migration app/3 (late): comes before 5, which is applied already");
    saas_test_db_drop(cluster, &db);
}

static void a_failed_step_leaves_nothing(void)
{
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(broken)), SAAS_ERR_SQL);
    CHECK(strstr(e.text, "migration app/2 (bad): ERROR:  relation \"two\" already exists"));
    CHECK_STR(sql_on(db.owner_dsn, "select string_agg(name, ' ') from saas_migrations"), "one");
    CHECK_STR(sql_on(db.owner_dsn, "select to_regclass('two') is null"), "t");
    saas_test_db_drop(cluster, &db);
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(commits)), SAAS_ERR_SQL);
    CHECK_STR(e.text, "migration app/1 (commits): must not end its transaction");
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from saas_migrations"), "0");
    saas_test_db_drop(cluster, &db);
}

/* Under forced policies an update by the owner would pass over every row and report success. */
static void a_backfill_behind_policies_fails(void)
{
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(backfill)), SAAS_ERR_SQL);
    CHECK(strstr(e.text, "row-level security policy"));
    saas_test_db_drop(cluster, &db);
}

/* TN1, hazards 1 and 6: before the step is committed, so that nothing is left. */
static void a_table_that_is_open_is_refused(void)
{
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(open_table)), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "migration app/1 (open): public.notes: row-level security is not enabled and forced\n"
                      "migration app/1 (open): public.notes: no policy has WITH CHECK\n"
                      "migration app/1 (open): public.notes: no index is led by org_id");
    CHECK_INT(migrate(MODULE(half_open)), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "migration app/2 (half): public.notes: policy p lacks WITH CHECK\n"
                      "migration app/2 (half): public.notes: no index is led by org_id");
    CHECK_STR(sql_on(db.owner_dsn, "select string_agg(name, ' ') from saas_migrations"), "ok");
    CHECK_STR(sql_on(db.owner_dsn, "select to_regclass('notes') is null"), "t");
    saas_test_db_drop(cluster, &db);
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(sound)), SAAS_OK);
    CHECK_INT(migrate(MODULE(undone)), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "migration app/2 (undo): public.notes: row-level security is not enabled and forced");
    CHECK_STR(sql_on(db.owner_dsn, "select relforcerowsecurity from pg_class where relname = 'notes'"), "t");
    saas_test_db_drop(cluster, &db);
}

static void note_step(const saas_migration_status *step, void *user)
{
    size_t len = strlen(user);
    snprintf((char *)user + len, 256 - len, "%s/%u %s %d, ", step->module, step->number, step->name, step->state);
}

static const char *status_of(saas_module m)
{
    static char out[256];
    *out = 0;
    e.text[0] = 0;
    CHECK_INT(saas_migrations_tell("DATABASE_URL", db.owner_dsn, &m, 1, note_step, out, &e), SAAS_OK);
    return out;
}

static saas_err rehearse(saas_module m)
{
    e.text[0] = 0;
    return saas_migrate_dry(db.owner_dsn, &m, 1, NULL, &e);
}

static void a_dry_run_leaves_nothing_and_status_tells(void)
{
    REQUIRE(new_db());
    CHECK_STR(status_of(MODULE(both)), "app/1 one 0, app/5 two 0, ");
    CHECK_INT(rehearse(MODULE(both)), SAAS_OK);
    CHECK_STR(sql_on(db.owner_dsn, "select to_regclass('one') is null and to_regclass('saas_migrations') is null"),
              "t");
    CHECK_INT(rehearse(MODULE(broken)), SAAS_ERR_SQL);
    CHECK(strstr(e.text, "migration app/2 (bad): ERROR:"));
    CHECK_INT(rehearse(MODULE(open_table)), SAAS_ERR_TENANT);
    CHECK(!migrate(MODULE(first)));
    CHECK_STR(status_of(MODULE(both)), "app/1 one 1, app/5 two 0, ");
    CHECK_INT(rehearse(MODULE(changed)), SAAS_ERR_CONFLICT);
    CHECK_STR(status_of(MODULE(changed)), "app/1 uno 2, app/5 two 0, ");
    CHECK(!migrate(MODULE(both)));
    CHECK_STR(status_of(MODULE(first)), "app/1 one 1, app/5 two 3, ");
    saas_test_db_drop(cluster, &db);
}

static void functions_are_checked(void)
{
    REQUIRE(new_db());
    CHECK_INT(migrate(MODULE(wrong_function)), SAAS_ERR_SQL);
    CHECK(strstr(e.text, "column \"nothing\" does not exist"));
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from pg_proc where proname = 'f'"), "0");
    saas_test_db_drop(cluster, &db);
}

static void *migrate_both(void *err)
{
    const saas_module m = MODULE(both);
    *(saas_err *)err = saas_migrate(db.owner_dsn, &m, 1, NULL, NULL);
    return NULL;
}

static void several_at_once_apply_each_step_once(void)
{
    pthread_t threads[6];
    saas_err errs[6];
    REQUIRE(new_db());
    for (int i = 0; i < 6; i++)
        REQUIRE(!pthread_create(&threads[i], NULL, migrate_both, &errs[i]));
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(errs[i], SAAS_OK);
    }
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from one"), "1");
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from saas_migrations"), "2");
    saas_test_db_drop(cluster, &db);
}

static void the_server_may_read_the_ledger_only(void)
{
    REQUIRE(new_db());
    CHECK(!migrate(MODULE(first)));
    CHECK_STR(sql_on(db.app_dsn, "select count(*) from saas_migrations"), "1");
    CHECK(strstr(sql_on(db.app_dsn, "delete from saas_migrations"), "permission denied"));
    saas_test_db_drop(cluster, &db);
}

static void the_library_applies_twice(void)
{
    const saas_module library = saas_library_module();
    REQUIRE(new_db());
    CHECK(!saas_module_check(&library, &e));
    CHECK(!saas_migrate(db.owner_dsn, &library, 1, NULL, &e));
    CHECK(!saas_migrate(db.owner_dsn, &library, 1, NULL, &e));
    CHECK_STR(sql_on(db.owner_dsn, "select count(*) from organizations"), "0");
    saas_test_db_drop(cluster, &db);
}

static void tables_of_migrations_are_checked(void)
{
    static const saas_migration bad[] = {{1, "a", "select 1"}, {1, "b", "select 1"}, {2, NULL, ""}, {0, "c", NULL}};
    e.text[0] = 0;
    CHECK_INT(saas_module_check(&MODULE(bad), &e), SAAS_ERR_BUG);
    CHECK_STR(e.text, "migration 1: numbers start at 1 and rise\nmigration 2: name and sql must be given\n"
                      "migration 0: name and sql must be given\nmigration 0: numbers start at 1 and rise");
}

static void a_database_that_is_not_there(void)
{
    const saas_module m = MODULE(first);
    e.text[0] = 0;
    CHECK_INT(saas_migrate("host=/nowhere password=canary", &m, 1, NULL, &e), SAAS_ERR_UNAVAILABLE);
    CHECK(strstr(e.text, "MIGRATE_DATABASE_URL: ") == e.text);
    CHECK(!strstr(e.text, "canary"));
}

/* VA10: libpq quotes what it takes for a host or port; of an unescaped password that would be a part. */
static void connection_strings_are_judged_without_quoting(void)
{
    static const char *const good[] = {"postgres://u:p%40ss@db.example.com:5432/x",
                                       "host=/tmp/pg dbname=x",
                                       "postgresql:///x?host=/tmp/pg",
                                       "host=a,b port=1,2",
                                       "host=::1",
                                       ""};
    static const char *const bad[] = {"postgres://u:ca@nary@host/x", "postgres://u:ca/nary@host/x", "canary",
                                      "postgres://u:canary@h:p/x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(!saas_pg_dsn_fault(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *fault = saas_pg_dsn_fault(bad[i]);
        CHECK(fault && !strstr(fault, "nary"));
    }
}

static const check_test tests[] = {TEST(applies_in_order_and_once),
                                   TEST(refuses_a_changed_step_and_names_it),
                                   TEST(a_failed_step_leaves_nothing),
                                   TEST(a_backfill_behind_policies_fails),
                                   TEST(a_table_that_is_open_is_refused),
                                   TEST(a_dry_run_leaves_nothing_and_status_tells),
                                   TEST(functions_are_checked),
                                   TEST(several_at_once_apply_each_step_once),
                                   TEST(the_server_may_read_the_ledger_only),
                                   TEST(the_library_applies_twice),
                                   TEST(tables_of_migrations_are_checked),
                                   TEST(a_database_that_is_not_there),
                                   TEST(connection_strings_are_judged_without_quoting)};
CLUSTER_MAIN(tests)
