/* TN1: the proof of isolation. Each case breaks one guard of a sound database, must see exactly that named, and mends it
 * again. The serving role is a member of saas_app made for this program: clusters are shared. */
#include "app/migrate.h"
#include "app/prove.h"
#include "cluster.h"
#include <unistd.h>

static const saas_migration app_steps[] = {
    {1, "notes",
     "create table notes (id uuid primary key default gen_random_uuid(),"
     " org_id uuid not null default saas_current_org() references organizations, title text not null);"
     "select saas_enable_tenant('notes');"
     "create table countries (code text primary key); grant select on countries to saas_app"}};
static const char *const shared[] = {"countries", NULL};
static const char org[] = "create or replace function public.saas_current_org() returns uuid"
                          " language sql stable parallel safe"
                          " return nullif(pg_catalog.current_setting('app.current_org_id', true), '')::uuid";

static saas_test_db db;
static saas_module modules[2];
static char role[32], dsn[600];
static bool only_catalogues = true; /* what they show is shown by them */
static saas_error e;

typedef struct damage {
    const char *harm, *mend; /* '$' stands for the serving role */
    const char *found;       /* the whole report; NULL: all is well */
} damage;

static const damage of_roles[] = {
    {"alter role $ superuser", "alter role $ nosuperuser", "role $: is a superuser"},
    {"alter role $ bypassrls", "alter role $ nobypassrls", "role $: is BYPASSRLS"},
    {"alter role $ createrole", "alter role $ nocreaterole", "role $: is CREATEROLE"},
    {"alter role $ replication", "alter role $ noreplication", "role $: is REPLICATION"},
    {"grant pg_read_all_data to $", "revoke pg_read_all_data from $",
     "role $: is a member of pg_read_all_data, which is a predefined role"},
    {"grant saas_system to $", "revoke saas_system from $",
     "role $: is a member of saas_system, the role of the system scope"},
    {"create role $_b bypassrls; create role $_a noinherit in role $_b; grant $_a to $", "drop role $_a, $_b",
     "role $: is a member of $_b, which is BYPASSRLS"},
    {"alter table notes owner to $", "alter table notes owner to saas_owner",
     "public.notes: is owned by role $"},
    {"create role $_o; alter table notes owner to $_o; create role $_m in role $_o; grant $_m to $",
     "alter table notes owner to saas_owner; drop role $_m, $_o",
     "public.notes: is owned by role $_o, of which $ is a member"},
    {"create schema mine authorization $", "drop schema mine",
     "schema mine: is owned by role $\nschema mine: role $ may create in it"},
    {"create function mine() returns int language sql as 'select 1'; alter function mine() owner to $",
     "drop function mine()", "function public.mine(): is owned by role $"},
    {"grant create on schema public to $", "revoke create on schema public from $",
     "schema public: role $ may create in it"},
    {"grant create on schema public to public", "revoke create on schema public from public",
     "schema public: role $ may create in it\nschema public: role saas_app may create in it"},
    {"alter role $ connection limit 10", "alter role $ connection limit -1",
     "connections: the program needs 11, role $ may have 10"},
    {"alter role $ connection limit 11", "alter role $ connection limit -1", NULL},
};

static const damage of_tables[] = {
    {"alter table notes disable row level security", "alter table notes enable row level security",
     "public.notes: row-level security is not enabled"},
    {"alter table notes no force row level security", "alter table notes force row level security",
     "public.notes: row-level security is not forced"},
    {"create table plain (a int); grant select on plain to public", "drop table plain",
     "public.plain: row-level security is not enabled"},
    {"create table plain (a int, b int); grant update (b) on plain to saas_app", "drop table plain",
     "public.plain: row-level security is not enabled"},
    {"create table plain (a int)", "drop table plain", NULL},
    {"create schema s; create table s.countries (a int); grant select on s.countries to $", "drop schema s cascade",
     "s.countries: row-level security is not enabled"},
    {"create table parts (org_id uuid not null default saas_current_org()) partition by list (org_id);"
     "create table part partition of parts default; select saas_enable_tenant('parts')",
     "drop table parts", NULL},
    {"create table parts (org_id uuid not null default saas_current_org()) partition by list (org_id);"
     "create table part partition of parts default; select saas_enable_tenant('parts'); grant insert on part to $",
     "drop table parts", "public.part: row-level security is not enabled"},
    {"create view v as select * from notes; grant select on v to $", "drop view v",
     "public.v: is a view that reads as its owner: it lacks security_invoker"},
    {"create view v with (security_invoker = on) as select * from notes; grant select on v to $", "drop view v", NULL},
    {"create materialized view m as select * from notes; grant select on m to $", "drop materialized view m",
     "public.m: is a materialized view, which no policy governs"},
    {"create foreign data wrapper w; create server s foreign data wrapper w; create foreign table f (a int) server s;"
     "grant select on f to $",
     "drop foreign data wrapper w cascade", "public.f: is a foreign table, which no policy governs"},
    {"create rule r as on insert to notes do also delete from countries", "drop rule r on notes",
     "public.notes: has rewrite rules, which run as its owner"},
    {"grant truncate on notes to $", "revoke truncate on notes from $",
     "public.notes: role $ has TRUNCATE, which no policy governs"},
    {"grant references (id) on notes to $", "revoke references (id) on notes from $",
     "public.notes: role $ has REFERENCES, which no policy governs"},
    {"grant trigger on notes to $", "revoke trigger on notes from $",
     "public.notes: role $ has TRIGGER, which no policy governs"},
    {"grant insert on saas_migrations to $", "revoke insert on saas_migrations from $",
     "public.saas_migrations: row-level security is not enabled"},
};

static const damage of_policies[] = {
    {"create policy p on notes to saas_app using (true)", "drop policy p on notes",
     "public.notes: policy p using is not bound to the organization: true"},
    {"create policy p on notes using (title = 'x')", "drop policy p on notes",
     "public.notes: policy p using is not bound to the organization: (title = 'x'::text)"},
    {"create policy p on notes for insert to $ with check (true)", "drop policy p on notes",
     "public.notes: policy p with check is not bound to the organization: true"},
    {"create policy p on notes using (org_id = (select saas_current_org()) or title = 'x')", "drop policy p on notes",
     "public.notes: policy p using is not bound to the organization: ((org_id = ( SELECT public.saas_current_org() AS"
     " saas_current_org)) OR (title = 'x'::text))"},
    {"create policy p on notes using (id = (select saas_current_org()))", "drop policy p on notes",
     "public.notes: policy p using is not bound to the organization: (id = ( SELECT public.saas_current_org() AS"
     " saas_current_org))"},
    {"create policy p on organizations using (plan = 'free')", "drop policy p on organizations",
     "public.organizations: policy p using is not bound to the organization: (plan = 'free'::text)"},
    {"create schema evil; create function evil.saas_current_org() returns uuid language sql as 'select null::uuid';"
     "create policy p on notes using (org_id = (select evil.saas_current_org()))",
     "drop schema evil cascade",
     "public.notes: policy p using is not bound to the organization: (org_id = ( SELECT evil.saas_current_org() AS"
     " saas_current_org))"},
    {"create policy p on notes to saas_auth using (true)", "drop policy p on notes", NULL},
    {"create policy p on notes as restrictive using (title <> '')", "drop policy p on notes", NULL},
    {"drop policy tenant on notes", "select saas_enable_tenant('notes')", NULL},
    {"create or replace function public.saas_current_org() returns uuid language sql stable parallel safe"
     " return '018f3a5e-0000-7000-8000-00000000000f'::uuid",
     org, "function public.saas_current_org(): does not give app.current_org_id"},
    {"create or replace function public.saas_current_org() returns uuid language sql stable parallel safe"
     " return pg_catalog.current_setting('app.current_org_id', true)::uuid",
     org, "current organization: ERROR:  invalid input syntax for type uuid: \"\""},
};

/* TN6 */
static const damage of_keys[] = {
    {"alter table notes add constraint k unique (title)", "alter table notes drop constraint k",
     "public.notes: k is unique across organizations: it lacks org_id"},
    {"alter table notes add constraint k unique (title, org_id)", "alter table notes drop constraint k", NULL},
    {"create unique index k on notes (lower(title))", "drop index k",
     "public.notes: k is unique across organizations: it lacks org_id"},
    {"create unique index k on notes (title) include (org_id)", "drop index k",
     "public.notes: k is unique across organizations: it lacks org_id"},
    {"create unique index k on notes (title, id)", "drop index k", NULL},
    {"alter table notes add constraint k exclude using hash (title with =)", "alter table notes drop constraint k",
     "public.notes: k is unique across organizations: it lacks org_id"},
    {"alter table countries add uid uuid unique; alter table notes add country uuid references countries (uid);"
     "create unique index k on notes (country, title)",
     "alter table notes drop column country; alter table countries drop column uid",
     "public.notes: k is unique across organizations: it lacks org_id"},
    {"alter table notes add constraint k unique (title); revoke insert, update on notes from saas_app",
     "alter table notes drop constraint k; grant insert, update on notes to saas_app", NULL},
    {"create table children (org_id uuid not null default saas_current_org(), parent uuid constraint f references notes);"
     "select saas_enable_tenant('children')",
     "drop table children", "public.children: foreign key f leaves the organization: it lacks org_id"},
    {"alter table notes add constraint k unique (org_id, id);"
     "create table children (org_id uuid not null default saas_current_org(), parent uuid,"
     " foreign key (org_id, parent) references notes (org_id, id), foreign key (org_id) references organizations);"
     "select saas_enable_tenant('children')",
     "drop table children; alter table notes drop constraint k", NULL},
};

/* What the catalogues can't see: a view of functions that look behind the policies. */
static const damage of_rows[] = {
    {"insert into organizations (name, slug) values ('A', 'org-a');"
     "create function f() returns setof organizations language sql security definer set search_path = public, pg_temp"
     " as 'select * from organizations'; alter function f() owner to saas_auth;"
     "create view v with (security_invoker = on) as select * from f(); grant select on v to $",
     "drop view v; drop function f(); delete from organizations", "public.v: shows rows to no organization"},
    {"insert into organizations (name, slug) values ('A', 'org-a'); insert into notes (org_id, title) select id, 'x' from"
     " organizations",
     "delete from notes; delete from organizations", NULL},
};

static const damage of_functions[] = {
    {"create function f() returns int language sql security definer set search_path = pg_catalog, pg_temp"
     " as 'select 1'",
     "drop function f()", "function public.f(): is SECURITY DEFINER of role postgres, not of saas_auth"},
    {"create function f() returns int language sql security definer as 'select 1'; alter function f() owner to"
     " saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = public as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = '' as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = pg_catalog as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = pg_temp, public as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = pg_temp, pg_temp as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()",
     "function public.f(): is SECURITY DEFINER without a pinned search_path that ends in pg_temp"},
    {"create function f() returns int language sql security definer set search_path = public, pg_temp as 'select 1';"
     "alter function f() owner to saas_auth",
     "drop function f()", NULL},
    {"create function f() returns int language sql security definer as 'select 1'; revoke execute on function f() from"
     " public",
     "drop function f()", NULL},
    {"create function f(int) returns boolean leakproof language sql as 'select true'", "drop function f(int)",
     "function public.f(integer): is LEAKPROOF: it runs before policies do"},
    {"create function f() returns trigger language plpgsql security definer as 'begin return new; end'",
     "drop function f()", NULL},
};

static const damage of_migrations[] = {
    {"create table kept as select * from saas_migrations; delete from saas_migrations where module = 'app'",
     "insert into saas_migrations select * from kept where module = 'app'; drop table kept",
     "migration app/1 (notes): not applied: run migrate first"},
    {"create table kept as select * from saas_migrations; delete from saas_migrations where number > 1;"
     "alter role $ createdb",
     "insert into saas_migrations select * from kept where number > 1; drop table kept; alter role $ nocreatedb",
     "migration saas/2 (accounts): not applied, nor are others: run migrate first"},
    {"update saas_migrations set checksum = reverse(checksum) where module = 'saas' and number = 1",
     "update saas_migrations set checksum = reverse(checksum) where module = 'saas' and number = 1",
     "migration saas/1 (tenancy): applied with another text, as tenancy"},
    {"alter table saas_migrations rename to s", "alter table s rename to saas_migrations",
     "no migration is applied: run migrate first"},
};

static void with_role(char *out, size_t size, const char *text)
{
    size_t len = 0;
    for (; *text && len + sizeof role < size; text++) {
        if (*text == '$')
            len += (size_t)snprintf(out + len, size - len, "%s", role);
        else
            out[len++] = *text;
    }
    out[len] = 0;
}

static saas_err prove(const char *const *shared_tables)
{
    const saas_proof proof = {
        .dsn = dsn, .shared_tables = shared_tables, .connections = 11, .modules = modules, .module_count = 2,
        .catalogue_only = only_catalogues};
    e.err = SAAS_OK;
    e.text[0] = 0;
    return saas_prove(&proof, &e);
}

static void check_damage(const damage *d)
{
    char sql[1024], want[1024];
    with_role(sql, sizeof sql, d->harm);
    with_role(want, sizeof want, d->found ? d->found : "");
    CHECK_STR(sql_on(db.super_dsn, sql), "");
    CHECK_INT(prove(shared), d->found ? SAAS_ERR_TENANT : SAAS_OK);
    CHECK_STR(e.text, want);
    with_role(sql, sizeof sql, d->mend);
    CHECK_STR(sql_on(db.super_dsn, sql), "");
    CHECK_INT(prove(shared), SAAS_OK);
    CHECK_STR(e.text, "");
}

#define EACH(table)                                                                                                    \
    for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                                                       \
    check_damage(&(table)[i])

static void roles_are_named(void)
{
    EACH(of_roles);
}

static void tables_are_named(void)
{
    EACH(of_tables);
}

static void policies_are_named(void)
{
    EACH(of_policies);
}

static void keys_are_named(void)
{
    EACH(of_keys);
}

static void rows_are_looked_for(void)
{
    only_catalogues = false;
    EACH(of_rows);
    only_catalogues = true;
}

static void functions_are_named(void)
{
    EACH(of_functions);
}

static void migrations_are_named(void)
{
    EACH(of_migrations);
}

static void shared_tables_are_passed_over_and_no_others(void)
{
    CHECK_INT(prove(shared), SAAS_OK);
    CHECK_INT(prove(NULL), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "public.countries: row-level security is not enabled");
    CHECK_INT(prove((const char *const[]){"other", "public.countries", NULL}), SAAS_OK);
}

static void every_finding_is_in_one_report(void)
{
    char sql[256];
    with_role(sql, sizeof sql, "alter table notes disable row level security; alter role $ bypassrls");
    CHECK_STR(sql_on(db.super_dsn, sql), "");
    CHECK_INT(prove(NULL), SAAS_ERR_TENANT);
    CHECK(strstr(e.text, "role ") && strstr(e.text, "public.notes: ") && strstr(e.text, "public.countries: "));
    with_role(sql, sizeof sql, "alter table notes enable row level security; alter role $ nobypassrls");
    CHECK_STR(sql_on(db.super_dsn, sql), "");
}

#define NOTE(F, T)                                                                                                     \
    F(T, uuid, id)                                                                                                     \
    F(T, text(1, 9), title)
SAAS_STRUCT(note, NOTE);
#define WRONG_NOTE(F, T) F(T, i64(0, 9), title) F(T, text(1, 9), colour, .column = "color")
SAAS_STRUCT(wrong, WRONG_NOTE);

static const char good_sql[] = "select title, id from notes where id = $1 and title = any ($2)";
static const saas_statement good[] = {{.sql = good_sql, .rows = &note_schema, SAAS_KINDS(SAAS_V_UUID, SAAS_V_TEXTS)},
                                      {.sql = "delete from notes"}};
static const saas_statement bad[] = {
    {.sql = good_sql, .rows = &wrong_schema, SAAS_KINDS(SAAS_V_TEXT, SAAS_V_I64)},
    {.sql = "select 1 as title", .rows = &wrong_schema},
    {.sql = good_sql, SAAS_KINDS(SAAS_V_UUID)},
    {.sql = "select body from notes"},
};

static saas_err prove_statements(const saas_statement *list, size_t count)
{
    const saas_proof proof = {.dsn = dsn,
                              .shared_tables = shared,
                              .modules = modules,
                              .module_count = 2,
                              .statements = {list, count, sizeof *list}};
    e.text[0] = 0;
    return saas_prove(&proof, &e);
}

static void statements_are_checked_before_they_run(void)
{
    CHECK_INT(prove_statements(good, 2), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK_INT(prove_statements(bad, 4), SAAS_ERR_BUG);
    CHECK_STR(e.text,
              "statement \"select title, id from notes where id = $1 and title = any ($2)\": column title is text, as which"
              " field title of wrong does not read\n"
              "statement \"select title, id from notes where id = $1 and title = any ($2)\": $2 is text[], which its kind"
              " of argument does not fit\n"
              "statement \"select 1 as title\": lacks the column color of field colour of wrong\n"
              "statement \"select title, id from notes where id = $1 and title = any ($2)\": has 2 parameters, not 1\n"
              "statement \"select body from notes\": column \"body\" does not exist");
    CHECK_STR(sql_on(db.super_dsn, "alter table notes disable row level security"), "");
    CHECK_INT(prove_statements(bad, 1), SAAS_ERR_TENANT);
    CHECK_STR(sql_on(db.super_dsn, "alter table notes enable row level security"), "");
}

static void no_database_is_no_proof(void)
{
    const saas_proof proof = {.dsn = "host=/nowhere user=x", .modules = modules, .module_count = 2};
    e.text[0] = 0;
    CHECK_INT(saas_prove(&proof, &e), SAAS_ERR_UNAVAILABLE);
    CHECK(strstr(e.text, "DATABASE_URL: ") == e.text);
}

static void sound_database(void)
{
    char sql[256];
    modules[0] = saas_library_module();
    modules[1] = (saas_module){"app", app_steps, 1, sizeof *app_steps};
    snprintf(role, sizeof role, "saas_t%ld", (long)getpid());
    REQUIRE(!saas_test_db_new(&db, cluster, NULL, &e));
    CHECK_INT(saas_migrate(db.owner_dsn, modules, 2, NULL, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    snprintf(dsn, sizeof dsn, "%s user=%s", db.app_dsn, role);
    with_role(sql, sizeof sql, "create role $ login in role saas_app");
    CHECK_STR(sql_on(db.super_dsn, sql), "");
    CHECK_INT(prove(shared), SAAS_OK);
    CHECK_STR(e.text, "");
}

static void leaves_nothing(void)
{
    char sql[256], maintenance[600];
    snprintf(maintenance, sizeof maintenance, "%s dbname=postgres", db.super_dsn);
    saas_test_db_drop(cluster, &db);
    with_role(sql, sizeof sql, "drop role $");
    CHECK_STR(sql_on(maintenance, sql), "");
}

static const check_test tests[] = {TEST(sound_database),
                                   TEST(roles_are_named),
                                   TEST(tables_are_named),
                                   TEST(policies_are_named),
                                   TEST(keys_are_named),
                                   TEST(rows_are_looked_for),
                                   TEST(functions_are_named),
                                   TEST(migrations_are_named),
                                   TEST(shared_tables_are_passed_over_and_no_others),
                                   TEST(statements_are_checked_before_they_run),
                                   TEST(every_finding_is_in_one_report),
                                   TEST(no_database_is_no_proof),
                                   TEST(leaves_nothing)};
CLUSTER_MAIN(tests)
