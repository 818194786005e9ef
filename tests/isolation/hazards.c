/* Hazards of row-level security, tried as the serving role on a migrated database. The ones that the catalogues show
 * are tests/app/prove.c's; docs/security.md says which is where. */
#include "check.h"
#include "notes.h"

static saas_test_pg *pg;
static saas_test_db db;
static PGconn *app;
static const char a[] = "0a000000-0000-7000-8000-000000000000", b[] = "0b000000-0000-7000-8000-000000000000";

/* The first value of the last result, its count of rows as "n rows", or the SQLSTATE of what went wrong. */
static const char *run(const char *sql)
{
    static char out[64];
    PGresult *r = PQexec(app, sql);
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK && PQntuples(r) && PQnfields(r))
        snprintf(out, sizeof out, "%s", PQgetvalue(r, 0, 0));
    else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        snprintf(out, sizeof out, "%s rows", *PQcmdTuples(r) ? PQcmdTuples(r) : "0");
    else
        snprintf(out, sizeof out, "%s", PQresultErrorField(r, PG_DIAG_SQLSTATE));
    PQclear(r);
    return out;
}

/* In a transaction of the organization, which is rolled back. */
static const char *as(const char *org, const char *sql)
{
    char all[512];
    static char got[64];
    snprintf(all, sizeof all, "begin; select set_config('app.current_org_id', '%s', true); %s", org, sql);
    snprintf(got, sizeof got, "%s", run(all));
    run("rollback");
    return got;
}

/* Hazards 3 and 4: never set, and what is left of it after a transaction. TN2. */
static void without_an_organization_nothing_is_seen(void)
{
    CHECK_STR(run("select count(*) from notes"), "0");
    CHECK_STR(run("begin; select set_config('app.current_org_id', '0a000000-0000-7000-8000-000000000000', true);"
                  "commit; select count(*) from notes"),
              "0");
    CHECK_STR(run("select coalesce(current_setting('app.current_org_id', true), 'null')"), "");
    CHECK_STR(as("", "select count(*) from notes"), "0");
    CHECK_STR(as("", "insert into notes (mark) values ('x')"), "42501");
    CHECK_STR(as("nonsense", "select count(*) from notes"), "22P02");
}

/* Hazard 6, TN3: reading, and every way to write. */
static void another_organization_is_out_of_reach(void)
{
    CHECK_STR(as(a, "select count(*) from notes"), "2");
    CHECK_STR(as(a, "select count(*) from notes where mark like 'b%'"), "0");
    CHECK_STR(as(a, "update notes set mark = 'mine' where mark like 'b%'"), "0 rows");
    CHECK_STR(as(a, "delete from notes where mark like 'b%'"), "0 rows");
    CHECK_STR(as(a, "delete from notes"), "2 rows");
    CHECK_STR(as(a, "insert into notes (org_id, mark) values ('0b000000-0000-7000-8000-000000000000', 'x')"), "42501");
    CHECK_STR(as(a, "update notes set org_id = '0b000000-0000-7000-8000-000000000000'"), "42501");
    CHECK_STR(as(a, "select count(*) from organizations"), "1");
    CHECK_STR(as(a, "update organizations set name = 'x'"), "1 rows");
    CHECK_STR(as(a, "update organizations set plan = 'x'"), "42501");
}

/* Hazards 7 and 8, TN6: another organization's value is free, its row is no parent. */
static void keys_tell_nothing_of_others(void)
{
    CHECK_STR(as(a, "insert into notes (mark) values ('b1')"), "1 rows");
    CHECK_STR(as(a, "insert into notes (mark) values ('a1')"), "23505");
    CHECK_STR(as(b, "insert into replies (note) select id from notes limit 1"), "1 rows");
    CHECK_STR(as(a, "insert into replies (note) values ('0b000000-0000-7000-8000-00000000000b')"), "23503");
    CHECK_STR(as(a, "insert into replies (note) values ('0c000000-0000-7000-8000-00000000000c')"), "23503");
}

/* Hazard 11: a function with a side effect runs behind the policy, not before it, however little it seems to cost; where an
 * index finds the organization's rows it could see no others anyway. */
static void functions_see_own_rows_only(void)
{
    CHECK_STR(as(a, "select count(*) from notes where leak(mark)"), "2");
    CHECK_STR(as(a,
                 "set local enable_indexscan = off; set local enable_bitmapscan = off;"
                 "create temp table seen (mark text) on commit drop;"
                 "select count(*) from notes where leak(mark); select string_agg(mark, ',' order by mark) from seen"),
              "a1,a2");
}

/* Hazard 12. */
static void what_no_policy_governs_is_not_granted(void)
{
    CHECK_STR(as(a, "truncate notes"), "42501");
    CHECK_STR(as(a, "alter table replies add foreign key (org_id, note) references notes (org_id, id)"), "42501");
    CHECK_STR(as(a, "select has_any_column_privilege('notes', 'references')"), "f");
    CHECK_STR(as(a, "copy notes (mark) from stdin"), "0A000");
    CHECK_STR(as(a, "create trigger t after insert on notes execute function leak()"), "42501");
    CHECK_STR(as(a, "alter table notes no force row level security"), "42501");
    CHECK_STR(as(a, "create table mine (a int)"), "42501");
    CHECK_STR(as(a, "set local row_security = off; select count(*) from notes"), "42501");
    CHECK_STR(as(a, "set local role saas_owner"), "42501");
    CHECK_STR(as(a, "set local role saas_auth"), "42501");
    CHECK_STR(as(a, "set local role saas_system"), "42501");
}

/* Hazard 14. A partition read by itself would be bound by its own policies: it has no grant. */
static void partitions_are_reached_through_their_parent(void)
{
    CHECK_STR(as(a, "select count(*) from parts"), "1");
    CHECK_STR(as(a, "select count(*) from part"), "42501");
    CHECK_STR(as(a, "insert into parts (org_id) values ('0b000000-0000-7000-8000-000000000000')"), "42501");
}

/* Hazards 1 and 2: force binds the owner; nothing binds a superuser, which is why none serves. */
static void the_owner_is_bound_too(void)
{
    PGconn *serving = app;
    app = PQconnectdb(db.owner_dsn);
    CHECK_STR(run("select count(*) from notes"), "0");
    PQfinish(app);
    app = PQconnectdb(db.super_dsn);
    CHECK_STR(run("select count(*) from notes"), "4");
    PQfinish(app);
    app = serving;
}

static const saas_migration more[] = {
    {1, "notes",
     "create table notes (org_id uuid not null default saas_current_org() references organizations on delete cascade,"
     " id uuid not null default gen_random_uuid(), mark text not null, primary key (org_id, id),"
     " constraint notes_mark unique (org_id, mark));"
     "create table replies (org_id uuid not null default saas_current_org(), id uuid default gen_random_uuid(),"
     " note uuid not null, primary key (org_id, id), foreign key (org_id, note) references notes (org_id, id));"
     "create table parts (org_id uuid not null default saas_current_org()) partition by list (org_id);"
     "create table part partition of parts default;"
     "select saas_enable_tenant('notes'), saas_enable_tenant('replies'), saas_enable_tenant('parts');"
     "create function leak(mark text) returns boolean language plpgsql cost 0.0001 as $$ begin"
     " if to_regclass('pg_temp.seen') is not null then insert into pg_temp.seen values (mark); end if;"
     " return true; end $$;"},
};

static const char rows[] =
    "insert into organizations (id, name, slug) values ('0a000000-0000-7000-8000-000000000000', 'A', 'org-a'),"
    " ('0b000000-0000-7000-8000-000000000000', 'B', 'org-b');"
    "insert into notes (org_id, id, mark) values"
    " ('0a000000-0000-7000-8000-000000000000', '0a000000-0000-7000-8000-00000000000a', 'a1'),"
    " ('0a000000-0000-7000-8000-000000000000', default, 'a2'),"
    " ('0b000000-0000-7000-8000-000000000000', '0b000000-0000-7000-8000-00000000000b', 'b1'),"
    " ('0b000000-0000-7000-8000-000000000000', default, 'b2');"
    "insert into parts select id from organizations";

static const check_test tests[] = {TEST(without_an_organization_nothing_is_seen),
                                   TEST(another_organization_is_out_of_reach),
                                   TEST(keys_tell_nothing_of_others),
                                   TEST(functions_see_own_rows_only),
                                   TEST(what_no_policy_governs_is_not_granted),
                                   TEST(partitions_are_reached_through_their_parent),
                                   TEST(the_owner_is_bound_too)};

int main(int argc, char **argv)
{
    saas_error e = {0};
    const saas_app_options *o = SAAS_APP(.name = "hazards", SAAS_MIGRATIONS(more));
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, o, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    app = PQconnectdb(db.app_dsn);
    int failed = notes_super(&db, rows) < 0 || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    PQfinish(app);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return failed;
}
