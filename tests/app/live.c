/* Isolation tried out with two organizations (TN1, TN6): tables that nobody knows are filled by what the catalogues say
 * of them, one guard is broken at a time, and exactly that is named. Nothing stays behind. */
#include "app/live.h"
#include "app/migrate.h"
#include "cluster.h"
#include <unistd.h>

/* What makes rows hard to make: keys upon keys, checks, domains, enums, lengths, what only a pattern allows. */
static const saas_migration app_steps[] = {
    {1, "tables",
     "create type mood as enum ('glad', 'sad');"
     "create domain hash as bytea check (octet_length(value) = 32);"
     "create table countries (code char(2) primary key);"
     "insert into countries values ('de'); grant select on countries to saas_app;"
     "create table projects (org_id uuid not null default saas_current_org() references organizations on delete "
     "cascade,"
     " id uuid not null default gen_random_uuid(), name text not null check (char_length(name) between 3 and 9),"
     " stage text not null check (stage in ('idea', 'built')), owner uuid, primary key (org_id, id),"
     " constraint projects_name unique (org_id, name), foreign key (org_id, owner) references users (org_id, id));"
     "create table tasks (org_id uuid not null default saas_current_org(), id bigint generated always as identity,"
     " project uuid not null, parent bigint, mood mood not null, hash hash not null, country char(2) not null "
     "references"
     " countries, price numeric(8, 2) not null check (price > 99), first date not null, last date not null,"
     " code varchar(4) not null, tags text[] not null, extra jsonb not null check (jsonb_typeof(extra) = 'object'),"
     " weight int not null check (weight % 7 = 3), primary key (org_id, id), check (first < last), unique (org_id, "
     "code),"
     " constraint tasks_project foreign key (org_id, project) references projects,"
     " constraint tasks_parent foreign key (org_id, parent) references tasks (org_id, id));"
     "create table comments (org_id uuid not null default saas_current_org(), project uuid not null, task bigint not "
     "null,"
     " text text not null, bytes int generated always as (octet_length(text)) stored, primary key (org_id, task),"
     " foreign key (org_id, task) references tasks (org_id, id), foreign key (org_id, project) references projects);"
     "create table parts (org_id uuid not null default saas_current_org(), at timestamptz not null default now())"
     " partition by list (org_id); create table part partition of parts default;"
     "create table riddles (org_id uuid not null default saas_current_org(), word text not null"
     " check (md5(word) = 'd41d8cd98f00b204e9800998ecf8427f' or md5(word) = 'x'), sphinx text not null"
     " check (md5(sphinx) = 'y'));"
     "select saas_enable_tenant(t) from unnest(array['projects', 'tasks', 'comments', 'parts', 'riddles']::regclass[]) "
     "t"},
};

static saas_test_db db;
static saas_module modules[2];
static saas_error e;
static char logged[16384];

static void keep(const char *line, size_t len, void *user)
{
    const size_t at = strlen(logged);
    (void)user;
    snprintf(logged + at, sizeof logged - at, "%.*s", (int)len, line);
}

static uint32_t whole_ms = SAAS_LIVE_MS;

static saas_err probe(void)
{
    saas_log *log = NULL;
    PGconn *conn = PQconnectdb(db.app_dsn);
    e.err = SAAS_OK;
    e.text[0] = logged[0] = 0;
    CHECK_INT(saas_log_new(&log, -1, SAAS_LOG_INFO, keep, NULL), SAAS_OK);
    saas_err err = saas_live_probe(conn, "countries", whole_ms, log, &e);
    CHECK_INT(PQtransactionStatus(conn), PQTRANS_IDLE);
    PQfinish(conn);
    saas_log_free(log);
    return err;
}

static const char *super(const char *sql)
{
    return sql_on(db.super_dsn, sql);
}

/* Every table's rows and every advisory lock, notification and connection: as before. */
static const char all_rows[] =
    "select coalesce(sum((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s', oid::regclass), "
    "true,"
    " true, '')))[1]::text::int), 0) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace";

static void a_sound_database(void)
{
    modules[0] = saas_library_module();
    modules[1] = (saas_module){"app", app_steps, 1, sizeof *app_steps};
    REQUIRE(!saas_test_db_new(&db, cluster, NULL, &e));
    CHECK_INT(saas_migrate(db.owner_dsn, modules, 2, NULL, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK_INT(probe(), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK(strstr(logged, "\"isolation probed\"") && strstr(logged, "\"skipped\":1,"));
}

/* What can't be filled is named with the reason, and is no fault. */
static void what_is_not_probed_is_told(void)
{
    CHECK_INT(probe(), SAAS_OK);
    const char *at = strstr(logged, "not probed live");
    CHECK(at && strstr(at, "public.riddles") && strstr(at, "riddles_sphinx_check"));
    CHECK(at && !strstr(at + 1, "not probed live"));
    if (check_failed)
        printf("%s\n", logged);
}

static void nothing_stays(void)
{
    char before[512];
    PGconn *listener = PQconnectdb(db.super_dsn);
    CHECK_STR(
        super("create function tell() returns trigger language plpgsql as $$ begin perform pg_notify('told', 'x');"
              " return null; end $$; create trigger tell after insert on projects execute function tell()"),
        "");
    PQclear(PQexec(listener, "listen told"));
    snprintf(before, sizeof before, "%s", super(all_rows));
    CHECK_INT(probe(), SAAS_OK);
    CHECK_STR(super(all_rows), before);
    CHECK_STR(
        super("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database"
              " where datname = current_database())"),
        "0");
    PQclear(PQexec(listener, "select 1"));
    CHECK(!PQnotifies(listener));
    CHECK_STR(super("drop trigger tell on projects; drop function tell()"), "");
    PQfinish(listener);
}

typedef struct damage {
    const char *harm, *mend, *found;
} damage;

static const damage damages[] = {
    /* WITH CHECK: an own row can be given to another */
    {"drop policy tenant on projects; create policy tenant on projects using (org_id = (select saas_current_org()))"
     " with check (true)",
     "drop policy tenant on projects; select saas_enable_tenant('projects')",
     "public.projects: takes a row for another organization\npublic.projects: lets a row be moved to another "
     "organization"},
    {"create policy p on projects for insert with check (true)", "drop policy p on projects",
     "public.projects: takes a row for another organization"},
    {"create policy p on tasks for select using (true)", "drop policy p on tasks",
     "public.tasks: shows an organization another one's rows"},
    {"create policy p on parts for update using (true); create policy s on parts for select using (true)",
     "drop policy p on parts; drop policy s on parts",
     "public.parts: shows an organization another one's rows\n"
     "public.parts: lets an organization update another one's rows\n"
     "public.parts: lets a row be moved to another organization"},
    {"create policy p on comments for delete using (true); create policy s on comments for select using (true)",
     "drop policy p on comments; drop policy s on comments",
     "public.comments: shows an organization another one's rows\n"
     "public.comments: lets an organization delete another one's rows"},
    {"create policy p on users for select using (true)", "drop policy p on users",
     "public.users: shows an organization another one's rows"},
    {"alter table tasks no force row level security; alter table tasks owner to saas_app",
     "alter table tasks owner to saas_owner; alter table tasks force row level security;"
     "select saas_enable_tenant('tasks')",
     "public.tasks: takes a row for another organization\n"
     "public.tasks: shows an organization another one's rows\n"
     "public.tasks: lets an organization update another one's rows\n"
     "public.tasks: lets an organization delete another one's rows\n"
     "public.tasks: lets a row be moved to another organization"},
    /* a foreign key that any organization's row satisfies */
    {"alter table projects add constraint projects_id unique (id); alter table tasks drop constraint tasks_project,"
     " add constraint tasks_project foreign key (project) references projects (id)",
     "alter table tasks drop constraint tasks_project, add constraint tasks_project foreign key (org_id, project)"
     " references projects; alter table projects drop constraint projects_id",
     "public.tasks: foreign key tasks_project takes another organization's row for a parent"},
    /* triggers, whose functions run as their owner: no catalogue tells what they do */
    {"create function move() returns trigger language plpgsql security definer as $$ begin update projects set org_id ="
     " (select id from organizations where id <> new.org_id order by created_at desc, id limit 1) where (org_id, id) ="
     " (new.org_id, new.id); return null; end $$;"
     "create trigger move after insert on projects for each row when (pg_trigger_depth() = 0) execute function move()",
     "drop function move() cascade", "projects: a row that an organization writes is not among its own"},
    {"create function spread() returns trigger language plpgsql security definer as $$ begin insert into parts (org_id)"
     " select id from organizations where id <> new.org_id; return null; end $$;"
     "create trigger spread after insert on projects for each row execute function spread()",
     "drop function spread() cascade", "public.parts: has other rows of an organization after another one has worked"},
};

static void each_breach_is_named(void)
{
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        CHECK_STR(super(damages[i].harm), "");
        CHECK_INT(probe(), SAAS_ERR_TENANT);
        if (!strstr(e.text, damages[i].found))
            fprintf(stderr, "damage %zu: %s\n%s\n", i, e.text, logged);
        CHECK(strstr(e.text, damages[i].found));
        CHECK_STR(super(damages[i].mend), "");
        CHECK_INT(probe(), SAAS_OK);
        CHECK_STR(e.text, "");
    }
}

/* A guard that only puts things right is one too: a trigger that writes the own organization into every row. */
static void what_triggers_put_right_is_no_breach(void)
{
    CHECK_STR(
        super("create function own() returns trigger language plpgsql as $$ begin new.org_id := saas_current_org();"
              " return new; end $$; create trigger own before insert or update on projects for each row execute"
              " function own()"),
        "");
    CHECK_INT(probe(), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK(strstr(logged, "\"skipped\":1,"));
    CHECK_STR(super("drop function own() cascade"), "");
}

/* Behind a migration that has locked a table it gives up soon, says so, and lets the others through. */
static void a_locked_table_is_passed_over(void)
{
    PGconn *migrating = PQconnectdb(db.super_dsn);
    PQclear(PQexec(migrating, "begin; lock table parts in access exclusive mode"));
    CHECK_INT(probe(), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK(strstr(logged, "public.parts") && strstr(logged, "lock timeout"));
    PQfinish(migrating);
}

/* Out of time, wherever that is: what was not tried is told, and nothing else concluded. */
static void its_time_is_limited(void)
{
    CHECK_STR(super("create function doze() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return new;"
                    " end $$; create trigger doze before insert on projects for each row execute function doze()"),
              "");
    for (whole_ms = 1; whole_ms < 1000; whole_ms += 90) {
        CHECK_INT(probe(), SAAS_OK);
        CHECK_STR(e.text, "");
        if (whole_ms == 1)
            CHECK(strstr(logged, "no time was left") && strstr(logged, "public.projects"));
    }
    whole_ms = SAAS_LIVE_MS;
    CHECK_STR(super("drop function doze() cascade"), "");
}

static void a_server_that_takes_no_writes_is_not_probed(void)
{
    CHECK_STR(super("alter table organizations rename to o"), "");
    CHECK_INT(probe(), SAAS_OK);
    CHECK(strstr(logged, "not probed live") && strstr(logged, "organizations"));
    CHECK_STR(super("alter table o rename to organizations"), "");
    CHECK_INT(probe(), SAAS_OK);
    saas_test_db_drop(cluster, &db);
}

static const check_test tests[] = {TEST(a_sound_database),
                                   TEST(what_is_not_probed_is_told),
                                   TEST(nothing_stays),
                                   TEST(each_breach_is_named),
                                   TEST(what_triggers_put_right_is_no_breach),
                                   TEST(a_locked_table_is_passed_over),
                                   TEST(its_time_is_limited),
                                   TEST(a_server_that_takes_no_writes_is_not_probed)};
CLUSTER_MAIN(tests)
