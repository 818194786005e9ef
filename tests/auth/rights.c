/* What the server's role can reach, and what makes a table a tenant's. */
#include "database.h"

/* PW, TN: passwords and sessions are out of reach, whatever SQL the server is made to run. */
static void accounts_and_sessions_are_out_of_reach(void)
{
    static const char *const statements[] = {"select * from accounts",
                                             "select password_hash from accounts",
                                             "update accounts set password_hash = ''",
                                             "delete from accounts",
                                             "insert into accounts (email) values ('x@example.com')",
                                             "truncate accounts",
                                             "select * from sessions",
                                             "select count(*) from sessions",
                                             "update sessions set revoked_at = null",
                                             "delete from sessions",
                                             "lock table sessions",
                                             "select saas_auth_api.note(null, null, 'x')",
                                             "select saas_auth_api.identity_of(gen_random_uuid())",
                                             "select saas_auth_api.lock_members(null, 'admin')",
                                             "select saas_auth_api.is_last_admin(gen_random_uuid())",
                                             "select * from outbox",
                                             "select * from mail_tokens",
                                             "insert into mail_tokens (hash) values ('')",
                                             "insert into invitations (email, role) values ('x@example.com', 'admin')",
                                             "update invitations set role = 'admin'",
                                             "delete from invitations",
                                             "select saas_auth_api.mail_put('reset', 'x@example.com', null)",
                                             "select saas_auth_api.account_by_email('x@example.com')",
                                             "select saas_auth_api.account_take_over(gen_random_uuid(), '')",
                                             "select saas_auth_api.sessions_revoke(gen_random_uuid(), null, '')",
                                             "select saas_auth_api.forget_sessions()",
                                             "select * from revocations",
                                             "delete from revocations",
                                             "insert into revocations (kind, subject) values ('o', gen_random_uuid())",
                                             "update users set generation = 0",
                                             "select saas_auth_api.revoke('o', gen_random_uuid())",
                                             "insert into audit (event) values ('x')",
                                             "update audit set event = ''",
                                             "delete from audit",
                                             "insert into users (email) values ('x@example.com')",
                                             "update users set role = 'admin'",
                                             "delete from users",
                                             "update organizations set plan = 'gold'",
                                             "insert into organizations (name, slug) values ('x', 'xyz')",
                                             "delete from organizations",
                                             "set role saas_auth",
                                             "set role saas_owner",
                                             "set session authorization saas_owner",
                                             "create function saas_auth_api.x() returns int language sql as 'select 1'",
                                             "create table x (a int)",
                                             "alter table users no force row level security",
                                             "drop policy tenant on users",
                                             "select saas_enable_tenant('users')"};
    REQUIRE(database_new());
    CHECK_STR(sign_up(1), "ok");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        const char *state = in_org(app, 1, "%s", statements[i]);
        if (strcmp(state, "42501") != 0)
            fprintf(stderr, "%s\n", statements[i]);
        CHECK_STR(state, "42501");
    }
    database_drop();
}

/* TN: what one request leaves on a connection is not taken for a table by the next. */
static void temporary_tables_hide_nothing(void)
{
    REQUIRE(database_new());
    CHECK_STR(sql(app, "create temp table users (id int); select 'users'::regclass::oid = 'public.users'::regclass::oid"),
              "t");
    CHECK_STR(sql(app, "create temp view organizations as select 1; select count(*) from organizations"), "0");
    CHECK_STR(sql(app, "create domain pg_temp.uuid as text; select 'uuid'::regtype = 'pg_catalog.uuid'::regtype"), "t");
    database_drop();
}

/* TN2, TN3 */
static void an_organization_sees_itself_alone(void)
{
    REQUIRE(database_new());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    CHECK_STR(sql(app, "select count(*) from users"), "0");
    CHECK_STR(sql(app, "select count(*) from organizations"), "0");
    CHECK_STR(sql(app, "select count(*) from audit"), "0");
    CHECK_STR(in_org(app, 1, "select string_agg(email, ' ') from users"), "Person1@example.com");
    CHECK_STR(in_org(app, 1, "select string_agg(slug, ' ') from organizations"), "org-1");
    CHECK_STR(in_org(app, 2, "select string_agg(event, ' ' order by id) from audit"),
              "session.created organization.created");
    CHECK_STR(in_org(app, 1, "update organizations set name = 'New' returning updated_at >= created_at"), "t");
    CHECK_STR(in_org(app, 2, "update organizations set name = 'Stolen' where slug = 'org-1' returning 1"), "(none)");
    CHECK_STR(sql(super, "select string_agg(name, ',' order by slug) from organizations"), "New,Org 2");
    database_drop();
}

/* Each function runs as saas_auth, finds names in no schema a caller can fill, and is for saas_app alone. */
static void functions_are_pinned(void)
{
    REQUIRE(database_new());
    CHECK_STR(sql(super, "select count(*) > 10 from pg_proc where pronamespace = 'saas_auth_api'::regnamespace"), "t");
    CHECK_STR(sql(super, "select string_agg(p.oid::regprocedure::text, ' ') from pg_proc p"
                         " where pronamespace = 'saas_auth_api'::regnamespace"
                         " and not (prosecdef and proowner = 'saas_auth'::regrole"
                         " and proconfig = array['search_path=pg_catalog, pg_temp'])"),
              "(null)");
    CHECK_STR(sql(super, "select count(*) from pg_proc p, aclexplode(p.proacl) a"
                         " where pronamespace = 'saas_auth_api'::regnamespace and a.grantee = 0"),
              "0");
    CHECK_STR(sql(super, "select has_schema_privilege('saas_auth', 'saas_auth_api', 'create')"), "f");
    CHECK_STR(sql(super, "select has_schema_privilege('saas_auth', 'public', 'create')"), "f");
    database_drop();
}

/* A foreign key without an index on its own columns makes every removal on the other side a scan. */
static void what_is_joined_on_is_indexed(void)
{
    REQUIRE(database_new());
    CHECK_STR(
        sql(super, "select count(*) from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"),
        "14");
    CHECK_STR(sql(super, "select string_agg(conrelid::regclass || '.' || conname, ' ') from pg_constraint f"
                         " where contype = 'f' and connamespace = 'public'::regnamespace and not exists"
                         " (select from pg_index i where i.indrelid = f.conrelid and i.indpred is null"
                         "  and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)"),
              "(null)");
    CHECK_STR(sql(super, "set enable_seqscan = off; explain (costs off) select from accounts"
                         " where lower(email collate \"C\") = lower('x' collate \"C\")"),
              "Index Scan using accounts_email_key on accounts");
    database_drop();
}

static void a_tenant_table_is_checked(void)
{
    PGconn *owner;
    REQUIRE(database_new());
    owner = connect_to(db.owner_dsn);
    sql(owner, "create table a (id int)");
    CHECK_STR(sql(owner, "select saas_enable_tenant('a')"), "42P16");
    sql(owner, "create table b (org_id uuid default saas_current_org())");
    CHECK_STR(sql(owner, "select saas_enable_tenant('b')"), "42P16");
    sql(owner, "create table c (org_id text not null default saas_current_org()::text)");
    CHECK_STR(sql(owner, "select saas_enable_tenant('c')"), "42P16");
    sql(owner, "create table d (org_id uuid not null default gen_random_uuid())");
    CHECK_STR(sql(owner, "select saas_enable_tenant('d')"), "42P16");
    sql(owner, "create view v as select 1 as org_id");
    CHECK_STR(sql(owner, "select saas_enable_tenant('v')"), "42809");
    CHECK_STR(sql(super, "select count(*) from pg_policy p join pg_class c on c.oid = polrelid"
                         " where relname in ('a', 'b', 'c', 'd', 'v')"),
              "0");
    PQfinish(owner);
    database_drop();
}

static void a_tenant_table_is_bound(void)
{
    PGconn *owner;
    REQUIRE(database_new());
    owner = connect_to(db.owner_dsn);
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    sql(owner, "create table notes (id int, org_id uuid not null default saas_current_org()"
               " references organizations on delete cascade, title text, updated_at timestamptz)");
    CHECK_STR(sql(owner, "select saas_enable_tenant('notes')"), "");
    CHECK_STR(sql(owner, "select saas_enable_tenant('notes')"), "");
    CHECK_STR(sql(super, "select relrowsecurity and relforcerowsecurity from pg_class where relname = 'notes'"), "t");
    CHECK_STR(sql(super, "select count(*) from pg_index where indrelid = 'notes'::regclass"), "1");
    CHECK_STR(in_org(app, 1, "insert into notes values (1) returning org_id"), id('b', 1));
    CHECK_STR(in_org(app, 1, "insert into notes values (2, '%s')", id('b', 2)), "42501");
    CHECK_STR(sql(app, "insert into notes values (3)"), "42501");
    CHECK_STR(in_org(app, 2, "select count(*) from notes"), "0");
    CHECK_STR(in_org(app, 2, "update notes set title = 'x' returning 1"), "(none)");
    CHECK_STR(in_org(app, 1, "update notes set org_id = '%s'", id('b', 2)), "42501");
    CHECK_STR(in_org(app, 1, "update notes set title = 'x' returning updated_at = now()"), "t");
    CHECK_STR(in_org(app, 1, "truncate notes"), "42501");
    CHECK_STR(sql(owner, "select count(*) from notes"), "0"); /* FORCE: of no organization */
    PQfinish(owner);
    database_drop();
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(accounts_and_sessions_are_out_of_reach),
                                       TEST(temporary_tables_hide_nothing),
                                       TEST(an_organization_sees_itself_alone),
                                       TEST(functions_are_pinned),
                                       TEST(what_is_joined_on_is_indexed),
                                       TEST(a_tenant_table_is_checked),
                                       TEST(a_tenant_table_is_bound)};
    return run_with_cluster(tests, sizeof tests / sizeof *tests, argc, argv);
}
