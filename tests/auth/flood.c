/* Many logins at once: hashing is bounded and away from the loop, what is too much is told to come back. */
#include "check.h"
#include <saas/test.h>

enum { LOGINS = 64 };

static saas_test_pg *cluster;
static saas_test_db db;
static saas_test_client *t;
static unsigned answered[600], done;
static unsigned before_health;

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};

static const char *const limited[] = {"RATE_LIMITS=on", NULL};

static bool start_with(uint32_t threads, uint32_t queue_max, const char *const *env)
{
    saas_error e = {0};
    const saas_app_options *o = SAAS_APP(.name = "flood", SAAS_MOUNTS(mounts), .work_threads = threads,
                                         .work_queue_max = queue_max, .env = env);
    if (!saas_test_db_new(&db, cluster, o, &e) && !saas_test_client_new(&t, o, &db, &e))
        return memset(answered, 0, sizeof answered), done = 0, true;
    fprintf(stderr, "%s\n", e.text);
    return false;
}

static bool start(uint32_t threads, uint32_t queue_max)
{
    return start_with(threads, queue_max, NULL);
}

static void stop(void)
{
    saas_test_client_free(t);
    saas_test_db_drop(cluster, &db);
}

static void count(const saas_test_response *r, void *user)
{
    (void)user;
    done++;
    answered[r->status]++;
    if (r->status == 503) {
        CHECK(saas_test_header(r, "retry-after").ptr != NULL);
        CHECK(strstr(r->body.ptr, "\"UNAVAILABLE\""));
    }
}

static void note_health(const saas_test_response *r, void *user)
{
    (void)user;
    CHECK_INT(r->status, 200);
    before_health = done;
}

static void begin(uint64_t leave_after_ms)
{
    CHECK(!saas_test_begin(
        t,
        &(saas_test_request){.size = sizeof(saas_test_request),
                             .method = "POST",
                             .target = "/v1/auth/login",
                             .body = "{\"email\":\"nobody@example.com\",\"password\":\"quartz fjord\"}",
                             .leave_after_ms = leave_after_ms},
        count, NULL));
}

static void log_in_many(void)
{
    for (int i = 0; i < LOGINS; i++)
        begin(0);
}

/* PW7 */
static void logins_do_not_stop_the_loop(void)
{
    REQUIRE(start(2, 0));
    log_in_many();
    CHECK(!saas_test_begin(t, &(saas_test_request){.size = sizeof(saas_test_request), .target = "/health"}, note_health,
                           NULL));
    CHECK(!saas_test_wait(t, 20000));
    CHECK_INT(answered[401], LOGINS);
    CHECK(before_health < LOGINS / 4);
    stop();
}

/* PW7 */
static void too_many_logins_are_sent_away(void)
{
    REQUIRE(start(1, 4));
    log_in_many();
    CHECK(!saas_test_wait(t, 20000));
    CHECK_INT(answered[401] + answered[503], LOGINS);
    CHECK(answered[401] >= 4 && answered[503] > 0);
    done = 0;
    begin(0);
    CHECK(!saas_test_wait(t, 20000));
    CHECK_INT(done, 1);
    CHECK(answered[401] >= 5); /* and are welcome later */
    stop();
}

/* A client that leaves while its password is being hashed, or while that waits to be. */
static void those_who_leave_cost_nothing_more(void)
{
    REQUIRE(start(1, 0));
    for (uint64_t i = 1; i <= 40; i++)
        begin(i);
    CHECK(!saas_test_wait(t, 20000));
    begin(0);
    CHECK(!saas_test_wait(t, 20000));
    CHECK(answered[401] >= 1);
    CHECK_INT(answered[500], 0);
    stop();
}

static void note_known(const saas_test_response *r, void *user)
{
    *(int *)user = r->status;
}

/* PW7: however many strangers come at once, there is room for those who have signed in before. */
static void strangers_leave_room(void)
{
    enum { STRANGERS = 40 };
    char bodies[STRANGERS][80], remotes[STRANGERS][16];
    static const char known[] = "{\"orgName\":\"A\",\"email\":\"ann@example.com\",\"password\":\"quartz fjord 9 x\"}";
    saas_test_response r = {0};
    int status = 0;
    REQUIRE(start_with(1, 8, limited));
    CHECK(!SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/v1/auth/signup", .body = known));
    CHECK_INT(r.status, 201);
    for (int i = 0; i < STRANGERS; i++) {
        snprintf(bodies[i], sizeof bodies[i], "{\"email\":\"no%d@example.com\",\"password\":\"quartz fjord\"}", i);
        snprintf(remotes[i], sizeof remotes[i], "198.51.100.%d", i);
        CHECK(!saas_test_begin(t,
                               &(saas_test_request){.size = sizeof(saas_test_request),
                                                    .method = "POST",
                                                    .target = "/v1/auth/login",
                                                    .body = bodies[i],
                                                    .remote = remotes[i]},
                               count, NULL));
    }
    CHECK(!saas_test_begin(
        t,
        &(saas_test_request){.size = sizeof(saas_test_request),
                             .method = "POST",
                             .target = "/v1/auth/login",
                             .body = "{\"email\":\"ann@example.com\",\"password\":\"quartz fjord 9 x\"}"},
        note_known, &status));
    CHECK(!saas_test_wait(t, 20000));
    CHECK_INT(status, 200);
    CHECK_INT(answered[401] + answered[503], STRANGERS);
    CHECK(answered[503] > 0);
    stop();
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(logins_do_not_stop_the_loop), TEST(too_many_logins_are_sent_away),
                                       TEST(those_who_leave_cost_nothing_more), TEST(strangers_leave_room)};
    saas_error e = {0};
    if (saas_test_pg_start(&cluster, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_pg_stop(cluster);
    return failed;
}
