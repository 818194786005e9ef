/* Databases cloned from a migrated template, and an app on one of them from request to row. */
#include "../app/cluster.h"
#include <time.h>

#define NOTE(F, T)                                                                                                     \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 120), title, .required = true)
SAAS_STRUCT(note, NOTE);

static saas_err list_notes(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, "select id, title from notes order by title", SAAS_NO_ARGS));
    return saas_reply_rows(c, 200, rows, &note_schema);
}

static saas_err get_note(saas_ctx *c)
{
    saas_uuid id;
    saas_rows *row;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_query_one(c, &row, "select id, title from notes where id = $1", SAAS_ARGS(id)));
    return saas_reply_row(c, 200, row, &note_schema);
}

static saas_err create_note(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_query_one(c, &row, "insert into notes (title) values ($1) returning id, title",
                            SAAS_ARGS(saas_body(c, note)->title)));
    return saas_reply_row(c, 201, row, &note_schema);
}

static const saas_route routes[] = {
    SAAS_GET("/v1/notes", list_notes),
    SAAS_GET("/v1/notes/:id", get_note, .not_found = {"NOTE_NOT_FOUND", "Note does not exist"}),
    SAAS_POST("/v1/notes", create_note, .body = &note_schema),
};

static const saas_migration steps[] = {
    {1, "notes",
     "create table notes (id uuid primary key default gen_random_uuid(),"
     " org_id uuid not null default saas_current_org() references organizations on delete cascade,"
     " title text not null); select saas_enable_tenant('notes')"}};

static const char organizations[] = "insert into organizations (id, name, slug) values"
                                    " ('0a000000-0000-7000-8000-000000000000', 'A', 'org-a'),"
                                    " ('0b000000-0000-7000-8000-000000000000', 'B', 'org-b')";
static const saas_principal of_a = {
    .user_id = {{1}}, .org_id = {{0x0a, 0, 0, 0, 0, 0, 0x70, 0, 0x80}}, .session_id = {{3}}, .role = SAAS_MEMBER};
static const saas_principal of_b = {
    .user_id = {{2}}, .org_id = {{0x0b, 0, 0, 0, 0, 0, 0x70, 0, 0x80}}, .session_id = {{4}}, .role = SAAS_MEMBER};

static saas_error e;

static const saas_app_options *notes(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps));
    return &o;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void databases_are_cloned_quickly(void)
{
    saas_test_db first, more[5];
    REQUIRE(!saas_test_db_new(&first, cluster, notes(), &e));
    CHECK_STR(sql_on(first.super_dsn, organizations), "");
    long start = now_ms();
    for (int i = 0; i < 5; i++)
        REQUIRE(!saas_test_db_new(&more[i], cluster, notes(), &e));
    long each = (now_ms() - start) / 5;
    printf("     %ld ms a database\n", each);
    CHECK(each < 500);
    for (int i = 0; i < 5; i++) {
        CHECK_STR(sql_on(more[i].owner_dsn, "select count(*) from saas_migrations where module = 'app'"), "1");
        CHECK_STR(sql_on(more[i].super_dsn, "select count(*) from organizations"), "0");
        saas_test_db_drop(cluster, &more[i]);
    }
    saas_test_db_drop(cluster, &first);
}

static void other_migrations_are_another_template(void)
{
    static const saas_migration others[] = {{1, "notes", "create table others (a int)"}};
    saas_test_db db;
    REQUIRE(!saas_test_db_new(&db, cluster, SAAS_APP(.name = "o", SAAS_MIGRATIONS(others)), &e));
    CHECK_STR(sql_on(db.owner_dsn, "select to_regclass('notes') is null and to_regclass('others') is not null"), "t");
    saas_test_db_drop(cluster, &db);
}

static void a_failing_migration_is_told(void)
{
    static const saas_migration wrong[] = {{1, "wrong", "create table"}};
    saas_test_db db;
    e.text[0] = 0;
    CHECK_INT(saas_test_db_new(&db, cluster, SAAS_APP(.name = "w", SAAS_MIGRATIONS(wrong)), &e), SAAS_ERR_SQL);
    CHECK(strstr(e.text, "migration app/1 (wrong): "));
    CHECK_INT(saas_test_db_new(&db, cluster, SAAS_APP(.name = "w", SAAS_MIGRATIONS(wrong)), &e), SAAS_ERR_SQL);
}

static const char *text_of(saas_test_client *t, const saas_test_response *r, const char *path)
{
    return saas_test_json(t, r->body, path).ptr;
}

static void create(char id[64], saas_test_client *t, const saas_principal *who, const char *body)
{
    saas_test_response r;
    id[0] = 0;
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/v1/notes", .as = who, .body = body));
    REQUIRE(r.status == 201);
    snprintf(id, 64, "%s", text_of(t, &r, "data.id"));
}

/* TN2, TN3, TN4 */
static void tenants(saas_test_client *t)
{
    saas_test_response r;
    char id[64], target[96], unknown[512];
    create(id, t, &of_a, "{\"title\":\"of a\"}");
    snprintf(target, sizeof target, "/v1/notes/%s", id);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = target, .as = &of_a));
    CHECK_INT(r.status, 200);
    CHECK_STR(text_of(t, &r, "data.title"), "of a");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/v1/notes/00000000-0000-7000-8000-000000000000", .as = &of_b));
    CHECK_INT(r.status, 404);
    snprintf(unknown, sizeof unknown, "%s", r.body.ptr);
    CHECK_STR(text_of(t, &r, "error.code"), "NOTE_NOT_FOUND");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = target, .as = &of_b));
    CHECK_INT(r.status, 404);
    CHECK_STR(r.body.ptr, unknown);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/v1/notes", .as = &of_b));
    CHECK_STR(text_of(t, &r, "data"), "[]");
    REQUIRE(!SAAS_TEST_SEND(&r, t, .target = "/v1/notes", .as = &of_a));
    CHECK_STR(text_of(t, &r, "data[0].id"), id);
    REQUIRE(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/v1/notes", .as = &of_b,
                            .body = "{\"title\":\"x\",\"orgId\":\"0a000000-0000-7000-8000-000000000000\"}"));
    CHECK_INT(r.status, 400);
}

static void an_app_serves_its_tenants(void)
{
    saas_test_db db;
    saas_test_client *t;
    REQUIRE(!saas_test_db_new(&db, cluster, notes(), &e));
    CHECK_STR(sql_on(db.super_dsn, organizations), "");
    e.text[0] = 0;
    CHECK_INT(saas_test_client_new(&t, notes(), &db, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK_INT(saas_app_migrate(saas_test_client_app(t), &e), SAAS_OK);
    CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_OK);
    CHECK_STR(e.text, "");
    tenants(t);
    CHECK_STR(sql_on(db.super_dsn, "alter table notes no force row level security"), "");
    CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "public.notes: row-level security is not forced");
    saas_test_client_free(t);
    saas_test_db_drop(cluster, &db);
}

/* TN1: what a host's test of its tables is. */
static void tables_are_proven(void)
{
    saas_test_db db;
    REQUIRE(!saas_test_db_new(&db, cluster, notes(), &e));
    CHECK_INT(saas_test_prove(notes(), &db, &e), SAAS_OK);
    CHECK_STR(e.text, "");
    CHECK_STR(sql_on(db.super_dsn, "alter table notes add check (md5(title) = 'no such \"hash\"')"), "");
    CHECK_INT(saas_test_prove(notes(), &db, &e), SAAS_OK);
    CHECK_STR(e.text, "public.notes: not probed: no values were found that satisfy notes_title_check");
    CHECK_STR(sql_on(db.super_dsn,
                     "alter table notes drop constraint notes_title_check;"
                     "create function move() returns trigger language plpgsql security definer as $$ begin"
                     " delete from notes where id = new.id; return null; end $$;"
                     "create trigger move after insert on notes for each row execute function move()"),
              "");
    CHECK_INT(saas_test_prove(notes(), &db, &e), SAAS_ERR_TENANT);
    CHECK_STR(e.text, "public.notes: a row that an organization writes is not among its own");
    saas_test_db_drop(cluster, &db);
}

/* Whose token and principal are taken by the app. */
static void one_signs_up_in_a_call(void)
{
    static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
    const saas_app_options *app =
        SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(steps), SAAS_MOUNTS(mounts));
    saas_test_db made;
    saas_test_client *t = NULL;
    saas_test_response r;
    saas_test_account a, b;
    REQUIRE(!saas_test_db_new(&made, cluster, app, &e) && !saas_test_client_new(&t, app, &made, &e));
    CHECK(!saas_test_sign_up(&a, t, &e) && !saas_test_sign_up(&b, t, &e));
    CHECK_STR(e.text, "");
    CHECK(!saas_uuid_equal(a.principal.org_id, b.principal.org_id) && a.principal.role == SAAS_ADMIN);
    CHECK(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/v1/notes", .bearer = a.access_token.ptr,
                          .body = "{\"title\":\"of a\"}") &&
          r.status == 201);
    CHECK(!SAAS_TEST_SEND(&r, t, .target = "/v1/notes", .as = &a.principal) && strstr(r.body.ptr, "of a"));
    CHECK(!SAAS_TEST_SEND(&r, t, .target = "/v1/notes", .as = &b.principal) && r.status == 200 &&
          !strstr(r.body.ptr, "of a"));
    CHECK(!SAAS_TEST_SEND(&r, t, .target = "/v1/auth/sessions", .as = &a.principal) &&
          strstr(r.body.ptr, "\"current\":true"));
    saas_test_client_free(t);
    REQUIRE(!saas_test_client_new(&t, notes(), &made, &e));
    CHECK_INT(saas_test_sign_up(&a, t, &e), SAAS_ERR_BUG);
    CHECK(strstr(e.text, "not mounted"));
    saas_test_client_free(t);
    saas_test_db_drop(cluster, &made);
}

static const check_test tests[] = {
    TEST(tables_are_proven),           TEST(databases_are_cloned_quickly), TEST(other_migrations_are_another_template),
    TEST(a_failing_migration_is_told), TEST(an_app_serves_its_tenants),    TEST(one_signs_up_in_a_call)};
CLUSTER_MAIN(tests)
