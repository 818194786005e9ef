/* What leaves the tenant: by the serving role, which sees no tenant's row then, or by the system scope on a role of its
 * own. Each place is logged with its reason and counted by it. */
#include "http/places.h"
#include "notes.h"
#include <pthread.h>
#include <unistd.h>

#define TOKEN "metrics token of a test, of no worth 1"

static const saas_migration more[] = {
    {1, "notes",
     "create table notes (id uuid primary key default gen_random_uuid(),"
     " org_id uuid not null default saas_current_org() references organizations on delete cascade,"
     " title text not null, constraint notes_title_key unique (org_id, title));"
     "select saas_enable_tenant('notes'); select saas_enable_system('notes', 'select', 'update');"
     "create table secrets (org_id uuid not null default saas_current_org());"
     "select saas_enable_tenant('secrets');"}};

static const char count_sql[] = "select count(*) as n from notes";

static saas_err count(saas_ctx *c, const saas_rows *rows)
{
    return saas_reply_raw(c, 200, saas_rows_text(rows, 0, "n"));
}

static saas_err outside(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "a look outside", count_sql, SAAS_NO_ARGS));
    return count(c, rows);
}

static saas_err across(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_system_query(c, &rows, "the \"report\"\n", count_sql, SAAS_NO_ARGS));
    return count(c, rows);
}

static saas_err own(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query(c, &rows, count_sql, SAAS_NO_ARGS));
    return count(c, rows);
}

static saas_err not_opened(saas_ctx *c)
{
    saas_rows *rows;
    return saas_system_query(c, &rows, "of no business", "select count(*) as n from secrets", SAAS_NO_ARGS);
}

static saas_err write_all(saas_ctx *c)
{
    saas_rows *rows;
    return saas_system_query(c, &rows, "to change all", "update notes set title = title || '!'", SAAS_NO_ARGS);
}

/* The tenant's part is rolled back; the system's is its own. */
static saas_err beside(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (title) values ('lost')", SAAS_NO_ARGS));
    SAAS_TRY(write_all(c));
    return SAAS_ERR_CONFLICT;
}

static saas_err no_reason(saas_ctx *c)
{
    saas_rows *rows;
    CHECK_INT(saas_outside_query(c, &rows, "", count_sql, SAAS_NO_ARGS), SAAS_ERR_BUG);
    CHECK_INT(saas_set_org(c, member_of(1, SAAS_MEMBER).org_id, NULL), SAAS_ERR_BUG);
    return saas_system_query(c, &rows, NULL, count_sql, SAAS_NO_ARGS);
}

static const saas_route routes[] = {
    SAAS_GET("/own", own),           SAAS_GET("/outside", outside),
    SAAS_GET("/across", across),     SAAS_POST("/across", across),
    SAAS_GET("/secrets", not_opened), SAAS_GET("/write", write_all),
    SAAS_POST("/write", write_all),  SAAS_POST("/beside", beside, .tx = true),
    SAAS_GET("/no-reason", no_reason),
};

static char system_url[700], role[32]; /* a member of saas_system for this program: clusters are shared */
static const char *const with_system[] = {"METRICS_TOKEN=" TOKEN, "LOG_LEVEL=info", system_url, NULL};

static int ask(saas_test_response *r, const char *method, const char *target)
{
    const saas_principal who = member_of(0, SAAS_MEMBER);
    CHECK_INT(SAAS_TEST_SEND(r, t, .method = method, .target = target, .as = &who), SAAS_OK);
    return r->status;
}

static const char *answer(const char *target)
{
    saas_test_response r;
    CHECK_INT(ask(&r, "GET", target), 200);
    return json(&r, "data");
}

static bool again(const char *const *env)
{
    saas_test_client_free(t);
    t = NULL;
    if (saas_test_client_new(&t, SAAS_APP(.name = "t", SAAS_ROUTES(routes), SAAS_MIGRATIONS(more), .env = env), &db, &e))
        return false;
    saas_test_response r;
    for (int i = 0; i < 250 && ask(&r, "GET", "/across") == 503; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 20);
    return true;
}

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

static const char *super(const char *text)
{
    char sql[512];
    with_role(sql, sizeof sql, text);
    return sql_on(db.super_dsn, sql);
}

static const char *titles(void)
{
    return sql_on(db.super_dsn, "select string_agg(title, ' ' order by title) from notes");
}

static void furnish(void)
{
    REQUIRE(serve(SAAS_APP(.name = "t", SAAS_ROUTES(routes), SAAS_MIGRATIONS(more))));
    snprintf(role, sizeof role, "saas_s%ld", (long)getpid());
    snprintf(system_url, sizeof system_url, "SYSTEM_DATABASE_URL=%s user=%s", db.system_dsn, role);
    CHECK_STR(super("create role $ login in role saas_system"), "");
    CHECK_STR(sql_on(db.super_dsn, "insert into notes (org_id, title) select id, lower(name) from organizations"), "");
}

/* Fails closed: no zero rows that would look like an answer. */
static void without_its_role_it_is_refused(void)
{
    saas_test_response r;
    CHECK_STR(answer("/own"), "1");
    CHECK_STR(answer("/outside"), "0");
    saas_test_client_logged(t);
    CHECK_INT(ask(&r, "GET", "/across"), 500);
    CHECK(strstr(saas_test_client_logged(t), "the system scope needs SYSTEM_DATABASE_URL"));
    CHECK_INT(ask(&r, "POST", "/write"), 500);
    CHECK_STR(titles(), "a b");
}

static void with_its_role_it_spans_organizations(void)
{
    saas_test_response r;
    REQUIRE(again(with_system));
    CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_OK);
    CHECK_STR(answer("/across"), "2");
    CHECK_STR(answer("/own"), "1");
    CHECK_STR(answer("/outside"), "0");
    CHECK_INT(ask(&r, "GET", "/secrets"), 404);
    CHECK_INT(ask(&r, "GET", "/write"), 500);
    CHECK_STR(titles(), "a b");
    CHECK_INT(ask(&r, "POST", "/write"), 500); /* no answer was built */
    CHECK_STR(titles(), "a! b!");
    CHECK_INT(ask(&r, "POST", "/beside"), 409);
    CHECK_STR(titles(), "a!! b!!");
}

static void each_place_is_logged_and_counted(void)
{
    saas_test_response r;
    REQUIRE(again(with_system));
    saas_test_client_logged(t);
    CHECK_STR(answer("/across"), "2");
    CHECK_STR(answer("/outside"), "0");
    const char *logged = saas_test_client_logged(t);
    CHECK(strstr(logged, "\"query of the system scope\"") && strstr(logged, "\"query outside the tenant\""));
    CHECK(strstr(logged, "\"why\":\"a look outside\""));
    CHECK_INT(ask(&r, "GET", "/no-reason"), 500);
    CHECK(strstr(saas_test_client_logged(t), "outside the tenant without a reason"));
    CHECK_INT(SAAS_TEST_SEND(&r, t, .target = "/metrics", .bearer = TOKEN), SAAS_OK);
    CHECK(strstr(r.body.ptr, "\nsaas_outside_tenant_total{scope=\"system\",why=\"the ?report??\"} "));
    CHECK(strstr(r.body.ptr, "\nsaas_outside_tenant_total{scope=\"outside\",why=\"a look outside\"} 1\n"));
}

/* A program that puts an id into its reason fills the table, and no more. */
static void names_are_bounded(void)
{
    saas_places *p;
    char why[32];
    REQUIRE(!saas_places_new(&p));
    for (size_t i = 0; i < 200; i++) {
        snprintf(why, sizeof why, "reason %zu", i);
        CHECK_INT(saas_place_index(p, "system", why), i < SAAS_PLACES_MAX - 1 ? i : SAAS_PLACES_MAX - 1);
    }
    CHECK_INT(saas_place_index(p, "system", "reason 7"), 7);
    CHECK_INT(saas_place_index(p, "outside", "reason 7"), SAAS_PLACES_MAX - 1);
    CHECK_STR(saas_place_at(p, 7)->why, "reason 7");
    CHECK_STR(saas_place_at(p, SAAS_PLACES_MAX - 1)->why, "other");
    CHECK(!saas_place_at(p, SAAS_PLACES_MAX));
    saas_places_free(p);
}

enum { THREADS = 4, REASONS = 40 };
static saas_places *places;
static size_t indexes[THREADS][REASONS];

static void *name_all(void *which)
{
    size_t *mine = which;
    char why[32];
    for (size_t i = 0; i < REASONS; i++) {
        snprintf(why, sizeof why, "reason %zu", i);
        mine[i] = saas_place_index(places, "outside", why);
    }
    return NULL;
}

/* Loops name their places at the same moment: each place has one index. */
static void names_are_shared_by_loops(void)
{
    pthread_t threads[THREADS];
    char why[32];
    REQUIRE(!saas_places_new(&places));
    for (int i = 0; i < THREADS; i++)
        REQUIRE(!pthread_create(&threads[i], NULL, name_all, indexes[i]));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < REASONS; i++) {
        snprintf(why, sizeof why, "reason %zu", i);
        CHECK_STR(saas_place_at(places, indexes[0][i])->why, why);
        for (int k = 1; k < THREADS; k++)
            CHECK_INT(indexes[k][i], indexes[0][i]);
    }
    CHECK(!saas_place_at(places, REASONS));
    saas_places_free(places);
}

/* TN1 of the other role; '$' stands for it. */
static void its_role_is_proven_too(void)
{
    static const struct {
        const char *harm, *mend, *found;
    } all[] = {
        {"alter role $ bypassrls", "alter role $ nobypassrls", "role $: is BYPASSRLS"},
        {"alter table secrets owner to $", "alter table secrets owner to saas_owner",
         "public.secrets: is owned by role $"},
        {"grant truncate on notes to $", "revoke truncate on notes from $",
         "public.notes: role $ has TRUNCATE, which no policy governs"},
        {"alter table secrets no force row level security; grant select on secrets to $",
         "alter table secrets force row level security; revoke select on secrets from $",
         "public.secrets: row-level security is not forced"},
        {"revoke saas_system from $", "grant saas_system to $",
         "role $: is neither saas_system nor a member of it, as SYSTEM_DATABASE_URL needs"},
    };
    char want[256];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        with_role(want, sizeof want, all[i].found);
        CHECK_STR(super(all[i].harm), "");
        CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_ERR_TENANT);
        CHECK(strstr(e.text, want));
        CHECK_STR(super(all[i].mend), "");
        CHECK_INT(saas_app_prove(saas_test_client_app(t), &e), SAAS_OK);
    }
    saas_test_client_free(t);
    CHECK_STR(super("drop owned by $; drop role $"), "");
    saas_test_db_drop(cluster, &db);
}

static const check_test tests[] = {TEST(furnish),
                                   TEST(without_its_role_it_is_refused),
                                   TEST(with_its_role_it_spans_organizations),
                                   TEST(each_place_is_logged_and_counted),
                                   TEST(names_are_bounded),
                                   TEST(names_are_shared_by_loops),
                                   TEST(its_role_is_proven_too)};
CLUSTER_MAIN(tests)
