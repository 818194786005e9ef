/* What operators see: requests under way on every loop, who holds one up while it does, and the log's level changed;
 * for anybody without the token none of it is there. */
#include "notes.h"
#include <pthread.h>
#include <saas.h>
#include <stdatomic.h>
#include <time.h>

#define TOKEN "metrics token of a test, of no worth 1"

/* ---- an app that waits, and one that computes ---- */

static atomic_bool burning, may_end;

static saas_err nap(saas_ctx *c)
{
    SAAS_TRY(saas_sleep(c, 60000));
    return saas_reply_null(c, 200);
}

static void wait_for_end(void *arg)
{
    (void)arg;
    while (!atomic_load(&may_end))
        nanosleep(&(const struct timespec){.tv_nsec = 1000000}, NULL);
}

static saas_err job(saas_ctx *c)
{
    SAAS_TRY(saas_work(c, wait_for_end, NULL));
    return saas_reply_null(c, 200);
}

static saas_err burn(saas_ctx *c)
{
    atomic_store(&burning, true);
    wait_for_end(NULL);
    atomic_store(&burning, false);
    return saas_reply_null(c, 200);
}

static saas_err whisper(saas_ctx *c)
{
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_DEBUG, "whispered", {"n", SAAS_ARG((int64_t)1)});
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {SAAS_GET("/nap/:id", nap), SAAS_GET("/job", job, .open = true),
                                    SAAS_GET("/burn", burn, .open = true), SAAS_GET("/whisper", whisper, .open = true)};

/* ---- a log that threads share ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char logged[65536];
static size_t logged_len;

static void keep(const char *line, size_t len, void *user)
{
    (void)user;
    pthread_mutex_lock(&lock);
    if (len < sizeof logged - logged_len) {
        memcpy(logged + logged_len, line, len);
        logged_len += len;
    }
    pthread_mutex_unlock(&lock);
}

static bool has_logged(const char *part)
{
    pthread_mutex_lock(&lock);
    const bool has = memmem(logged, logged_len, part, strlen(part)) != NULL;
    pthread_mutex_unlock(&lock);
    return has;
}

/* ---- asking ---- */

static saas_test_response r;

static int ask(const char *method, const char *target, const char *bearer)
{
    r = (saas_test_response){0};
    CHECK_INT(SAAS_TEST_SEND(&r, t, .method = method, .target = target, .bearer = bearer), SAAS_OK);
    return r.status;
}

static void note_status(const saas_test_response *response, void *user)
{
    *(int *)user = response->status;
}

static int status[2];

static void begin(const saas_principal *as, const char *target, int *to)
{
    CHECK_INT(saas_test_begin(t,
                              &(const saas_test_request){.size = sizeof(saas_test_request), .target = target, .as = as},
                              note_status, to),
              SAAS_OK);
}

static void for_nobody_else(void)
{
    static const char *const targets[] = {"/debug/inflight", "/debug/log-level"};
    for (int i = 0; i < 2; i++) {
        CHECK_INT(ask("GET", targets[i], NULL), 404);
        CHECK_INT(ask("GET", targets[i], "metrics token of a test, of no worth 2"), 404);
        CHECK_STR(json(&r, "error.code"), "NOT_FOUND");
    }
    CHECK_INT(ask("PUT", "/debug/log-level/debug", NULL), 404);
    CHECK_INT(ask("GET", "/whisper", NULL), 200);
    CHECK(!has_logged("whispered"));
}

static void the_level_changes(void)
{
    CHECK_INT(ask("GET", "/debug/log-level", TOKEN), 200);
    CHECK_STR(json(&r, "data.level"), "info");
    CHECK_INT(ask("PUT", "/debug/log-level/debug", TOKEN), 200);
    CHECK_STR(json(&r, "data.level"), "debug");
    CHECK_INT(ask("GET", "/whisper", NULL), 200);
    CHECK(has_logged("\"msg\":\"whispered\"") && has_logged("\"msg\":\"log level changed\""));
    CHECK_INT(ask("PUT", "/debug/log-level/error", TOKEN), 200);
    CHECK_STR(json(&r, "data.level"), "error");
    CHECK_INT(ask("PUT", "/debug/log-level/loud", TOKEN), 404);
    CHECK_INT(ask("PUT", "/debug/log-level/info", TOKEN), 200);
    CHECK(!has_logged("of no worth"));
}

static void what_waits_is_seen(void)
{
    const saas_principal who = member_of(0, SAAS_MEMBER);
    begin(&who, "/nap/secret-theirs", &status[0]);
    begin(NULL, "/job", &status[1]);
    CHECK_INT(ask("GET", "/debug/inflight", TOKEN), 200);
    CHECK_STR(json(&r, "data.loops[0].answered"), "true");
    CHECK_STR(json(&r, "data.loops[0].live"), "3"); /* and this one */
    CHECK_STR(json(&r, "data.requests[0].route"), "/nap/:id");
    CHECK_STR(json(&r, "data.requests[0].state"), "sleep");
    CHECK_INT(status[0], 0);
    CHECK_STR(json(&r, "data.requests[0].method"), "GET");
    CHECK_STR(json(&r, "data.requests[0].orgId"), "0a000000-0000-7000-8000-000000000000");
    CHECK_STR(json(&r, "data.requests[0].userId"), "01000000-0000-0000-0000-000000000000");
    CHECK_INT(strlen(json(&r, "data.requests[0].requestId")), SAAS_UUID_CHARS);
    CHECK_INT(strlen(json(&r, "data.requests[0].traceId")), 32);
    CHECK(*json(&r, "data.requests[0].ageMs") >= '0');
    CHECK_STR(json(&r, "data.requests[1].route"), "/job");
    CHECK_STR(json(&r, "data.requests[1].state"), "work");
    CHECK_STR(json(&r, "data.requests[1].orgId"), "null");
    CHECK_STR(json(&r, "data.requests[2].route"), "(none)");
    CHECK(!strstr(r.body.ptr, "secret") && !strstr(r.body.ptr, "theirs"));
}

/* ---- another loop ---- */

static saas_loop *far_loop;
static saas_shard *far_shard;
static saas_exchange *far_x;
static atomic_int far_status;
static atomic_bool far_ready;

static void on_reply(void *transport, const saas_host_reply *reply)
{
    (void)transport;
    atomic_store(&far_status, reply->status);
    saas_exchange_release(far_x);
    far_x = NULL;
}

static void start_far(void *target)
{
    static const saas_host_ops ops = {.size = sizeof ops, .reply = on_reply};
    const saas_host_request request = {.size = sizeof request,
                                       .method = SAAS_LIT("GET"),
                                       .target = saas_text_z(target),
                                       .header_size = sizeof(saas_header)};
    if (!saas_exchange_new(&far_x, far_shard, &request, &ops, NULL))
        saas_exchange_start(far_x);
}

static void end_loop(void *user)
{
    (void)user;
    saas_poll_loop_stop(far_loop);
}

static void *run_far(void *arg)
{
    (void)arg;
    if (saas_poll_loop_new(&far_loop) || saas_shard_new(&far_shard, saas_test_client_app(t), far_loop))
        return NULL;
    atomic_store(&far_ready, true);
    saas_poll_loop_run(far_loop);
    saas_shard_stop(far_shard, 0, end_loop, NULL);
    saas_poll_loop_run(far_loop);
    saas_shard_free(far_shard);
    saas_loop_free(far_loop);
    return NULL;
}

static bool soon(bool (*holds)(void))
{
    for (int i = 0; i < 2000; i++) {
        if (holds())
            return true;
        nanosleep(&(const struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return false;
}

static bool is_ready(void)
{
    return atomic_load(&far_ready);
}

static bool is_burning(void)
{
    return atomic_load(&burning);
}

static bool is_told(void)
{
    return has_logged("\"msg\":\"a handler holds its loop up\"");
}

static bool far_is_answered(void)
{
    return atomic_load(&far_status) != 0;
}

/* It is named while it lasts, by the thread that watches and to who asks. */
static void a_loop_that_is_held_up_is_seen_from_another(void)
{
    static char target[] = "/burn";
    pthread_t thread;
    REQUIRE(!pthread_create(&thread, NULL, run_far, NULL));
    REQUIRE(soon(is_ready));
    CHECK_INT(ask("GET", "/debug/inflight", TOKEN), 200);
    CHECK_STR(json(&r, "data.loops[1].answered"), "true");
    CHECK_STR(json(&r, "data.loops[1].live"), "0");
    CHECK_INT(saas_post(far_loop, start_far, target), SAAS_OK);
    REQUIRE(soon(is_burning));
    CHECK(soon(is_told));
    CHECK(has_logged("\"route\":\"/burn\",\"loop\":1,\"for_ms\":"));
    CHECK_INT(ask("GET", "/debug/inflight", TOKEN), 200);
    CHECK_STR(json(&r, "data.loops[1].answered"), "false");
    CHECK_STR(json(&r, "data.loops[1].blockedBy"), "/burn");
    CHECK_STR(json(&r, "data.requests[0].route"), "/nap/:id");
    CHECK_INT(ask("GET", "/health", NULL), 200);
    atomic_store(&may_end, true);
    CHECK(soon(far_is_answered));
    CHECK_INT(atomic_load(&far_status), 200);
    CHECK(has_logged("\"msg\":\"a handler blocked its loop\""));
    saas_poll_loop_stop(far_loop);
    pthread_join(thread, NULL);
    CHECK_INT(ask("GET", "/debug/inflight", TOKEN), 200);
    CHECK_STR(json(&r, "data.loops[1].answered"), "(none)");
}

static const check_test tests[] = {TEST(for_nobody_else), TEST(the_level_changes), TEST(what_waits_is_seen),
                                   TEST(a_loop_that_is_held_up_is_seen_from_another)};

int main(int argc, char **argv)
{
    static const char *const env[] = {"METRICS_TOKEN=" TOKEN, "WORKERS=2", NULL};
    saas_log *log;
    if (saas_log_new(&log, -1, SAAS_LOG_INFO, keep, NULL) ||
        saas_test_client_new(
            &t,
            SAAS_APP(.name = "m", SAAS_ROUTES(routes), .no_database = true, .env = env, .log = log, .blocked_ms = 20),
            NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    atomic_store(&may_end, true);
    saas_test_client_free(t);
    saas_log_free(log);
    return failed + check_failed != 0;
}
