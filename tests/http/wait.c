/* Waits: deadlines, clients that leave, handlers that will not end, work, clean-ups, shutting down. */
#include "site.h"
#include <stdatomic.h>

static char trace[2048];
static int naps, retries;

static void mark(void *arg)
{
    strcat(trace, arg);
}

static char one[] = "1", two[] = "2", three[] = "3", cleaned[] = "cleaned";

static saas_err nap(saas_ctx *c)
{
    char word[] = "slept";
    SAAS_TRY(saas_defer(c, mark, one));
    SAAS_TRY(saas_defer(c, mark, two));
    SAAS_TRY(saas_defer(c, mark, three));
    naps++;
    SAAS_TRY(saas_sleep(c, 10));
    CHECK_STR(word, "slept");
    CHECK_STR(trace, "");
    naps += 100;
    return saas_reply_null(c, 0);
}

static saas_err long_nap(saas_ctx *c)
{
    saas_err e = saas_sleep(c, 60000);
    CHECK_INT(saas_sleep(c, 1), e);
    CHECK_INT(saas_work(c, mark, cleaned), e);
    strcat(trace, saas_err_symbol(e));
    return e;
}

static saas_err stubborn(saas_ctx *c)
{
    char *mine = saas_alloc(c, 100);
    SAAS_TRY(saas_defer(c, mark, cleaned));
    for (;;) {
        retries++;
        if (saas_sleep(c, 60000) == SAAS_OK)
            strcpy(mine, "slept");
    }
}

static saas_err no_database(saas_ctx *c)
{
    saas_rows *rows;
    while (saas_query(c, &rows, "select 1", SAAS_NO_ARGS) != SAAS_OK)
        retries++;
    return saas_reply_null(c, 0);
}

static atomic_bool may_end;

static void slow_job(void *arg)
{
    const struct timespec step = {0, 1000000};
    while (!atomic_load(&may_end))
        nanosleep(&step, NULL);
    *(int *)arg += 1;
}

static saas_err work_it(saas_ctx *c)
{
    int done = 0;
    SAAS_TRY(saas_work(c, slow_job, &done));
    CHECK_INT(done, 1);
    strcat(trace, "worked");
    return saas_reply_null(c, 0);
}

static saas_err deep(saas_ctx *c)
{
    char bytes[100000];
    memset(bytes, 7, sizeof bytes);
    SAAS_TRY(saas_sleep(c, 1));
    for (size_t i = 0; i < sizeof bytes; i++)
        if (bytes[i] != 7)
            return SAAS_ERR_BUG;
    return saas_reply_null(c, 0);
}

static const saas_route routes[] = {
    SAAS_GET("/nap", nap, .open = true),
    SAAS_GET("/short", long_nap, .open = true, .timeout_ms = 30),
    SAAS_GET("/long", long_nap, .open = true),
    SAAS_GET("/stubborn", stubborn, .open = true, .timeout_ms = 30),
    SAAS_GET("/no-database", no_database, .open = true),
    SAAS_GET("/work", work_it, .open = true),
    SAAS_GET("/work-short", work_it, .open = true, .timeout_ms = 20),
    SAAS_GET("/deep", deep, .open = true),
};

static void turn(int ms)
{
    uint64_t end = saas_clock_mono_us() + (uint64_t)ms * 1000;
    while (saas_clock_mono_us() < end)
        saas_poll_loop_turn(loop, 5);
}

static void sleeps_and_cleans_up(void)
{
    trace[0] = 0;
    naps = 0;
    CHECK_INT(ask("GET", "/nap", NULL), 200);
    CHECK_INT(naps, 101);
    CHECK_STR(trace, "321");
}

/* One worker and one waiting: other work is told to come back. */
static void many_at_once(void)
{
    static client many[50];
    int answered = 0, left = 0;
    atomic_store(&may_end, true);
    for (int i = 0; i < 50; i++) {
        begin(&many[i], "GET", i % 2 ? "/deep" : "/work", NULL);
        if (many[i].x && i % 7 == 3) {
            leave(&many[i]);
            CHECK_INT(many[i].replies, 0);
            left++;
        }
    }
    for (int i = 0; i < 50; i++) {
        turn_until(&many[i]);
        CHECK(many[i].status != 503 || i % 2 == 0);
        answered += many[i].status == 200;
        CHECK(many[i].replies <= 1);
    }
    CHECK(left >= 3);
    CHECK(answered >= 22);
    CHECK_INT(shard->live, 0);
}

static void deadline(void)
{
    trace[0] = 0;
    uint64_t before = saas_clock_mono_us();
    CHECK_INT(ask("GET", "/short", NULL), 503);
    uint64_t took = (saas_clock_mono_us() - before) / 1000;
    CHECK(took >= 29 && took < 5000);
    CHECK_STR(trace, "ERR_DEADLINE");
    CHECK(strstr(last.body, "UNAVAILABLE") && has_header("retry-after: 1"));
}

static void client_leaves(void)
{
    client t = {0};
    trace[0] = 0;
    forget_log();
    begin(&t, "GET", "/long", NULL);
    CHECK(t.x != NULL);
    turn(5);
    leave(&t);
    CHECK_STR(trace, "ERR_CANCELLED");
    turn(5);
    CHECK_INT(t.replies, 0);
    CHECK(strstr(logged, "\"status\":499") && strstr(logged, "ERR_CANCELLED"));
    CHECK_INT(shard->live, 0);
}

static void client_leaves_before_the_start(void)
{
    client t = {0};
    const saas_host_request r = {
        .size = sizeof r, .method = SAAS_LIT("GET"), .target = SAAS_LIT("/nap"), .header_size = sizeof(saas_header)};
    MUST(saas_exchange_new(&t.x, shard, &r, &ops, &t));
    leave(&t);
    CHECK_INT(shard->live, 0);
}

static void work_outlives_its_client(void)
{
    client t = {0};
    trace[0] = 0;
    atomic_store(&may_end, false);
    begin(&t, "GET", "/work", NULL);
    turn(20);
    leave(&t);
    CHECK_STR(trace, "");
    CHECK_INT(shard->live, 1);
    atomic_store(&may_end, true);
    for (int i = 0; i < 1000 && shard->live; i++)
        turn(5);
    CHECK_STR(trace, "worked");
    CHECK_INT(t.replies, 0);
}

/* What has been done all the same is answered so. */
static void work_outlives_its_deadline(void)
{
    client t = {0};
    atomic_store(&may_end, false);
    begin(&t, "GET", "/work-short", NULL);
    turn(60);
    CHECK_INT(t.replies, 0);
    atomic_store(&may_end, true);
    turn_until(&t);
    CHECK_INT(t.status, 200);
}

/* One that has not started is taken back. */
static void waiting_work_is_taken_back(void)
{
    client first = {0}, second = {0};
    trace[0] = 0;
    atomic_store(&may_end, false);
    begin(&first, "GET", "/work", NULL);
    turn(20);
    begin(&second, "GET", "/work-short", NULL);
    turn_until(&second);
    CHECK_INT(second.status, 503);
    CHECK(first.x != NULL);
    atomic_store(&may_end, true);
    turn_until(&first);
    CHECK_INT(first.status, 200);
    CHECK_STR(trace, "worked");
}

static void stubborn_handlers_are_parked(void)
{
    trace[0] = 0;
    retries = 0;
    forget_log();
    CHECK_INT(ask("GET", "/stubborn", NULL), 500);
    CHECK(strstr(last.body, "INTERNAL_ERROR"));
    CHECK(retries > 900 && retries <= 1001);
    CHECK_STR(trace, "cleaned");
    CHECK_INT(shard->parked, 1);
    CHECK(strstr(logged, "parked") && strstr(logged, "\"route\":\"/stubborn\""));
    CHECK_INT(shard->live, 0);
    retries = 0;
    CHECK_INT(ask("GET", "/no-database", NULL), 500);
    CHECK(retries > 900 && retries <= 1000);
    CHECK_INT(shard->parked, 2);
    client t = {0};
    retries = 0;
    begin(&t, "GET", "/stubborn", NULL);
    leave(&t);
    CHECK_INT(t.replies, 0);
    CHECK_INT(shard->parked, 3);
    CHECK_INT(ask("GET", "/deep", NULL), 200);
    CHECK_INT(shard->live, 0);
}

/* Their stacks stay: without a limit a route that retries for ever leaves no mapping for the others. */
static void routes_that_park_are_closed(void)
{
    while (shard->parked < SAAS_PARKED_MAX) {
        forget_log();
        CHECK_INT(ask("GET", "/no-database", NULL), 500);
    }
    retries = 0;
    CHECK_INT(ask("GET", "/no-database", NULL), 503);
    CHECK_INT(ask("GET", "/stubborn", NULL), 503);
    CHECK_INT(retries, 0);
    CHECK_INT(shard->parked, SAAS_PARKED_MAX);
    CHECK_INT(ask("GET", "/deep", NULL), 200);
}

/* The last test: the shard is gone afterwards. */
static void stops_with_grace(void)
{
    client quick = {0}, slow = {0}, late = {0};
    bool stopped = false;
    trace[0] = 0;
    naps = 0;
    begin(&quick, "GET", "/nap", NULL);
    begin(&slow, "GET", "/long", NULL);
    saas_shard_stop(shard, 50, note_stopped, &stopped);
    const saas_host_request r = {
        .size = sizeof r, .method = SAAS_LIT("GET"), .target = SAAS_LIT("/nap"), .header_size = sizeof(saas_header)};
    CHECK_INT(saas_exchange_new(&late.x, shard, &r, &ops, &late), SAAS_ERR_UNAVAILABLE);
    CHECK(!stopped);
    for (int i = 0; i < 100 && !stopped; i++)
        saas_poll_loop_turn(loop, 10);
    CHECK(stopped);
    CHECK_INT(quick.status, 200);
    CHECK_INT(slow.status, 503);
    CHECK_INT(shard->live, 0);
}

static const check_test tests[] = {TEST(sleeps_and_cleans_up),
                                   TEST(many_at_once),
                                   TEST(deadline),
                                   TEST(client_leaves),
                                   TEST(client_leaves_before_the_start),
                                   TEST(work_outlives_its_client),
                                   TEST(work_outlives_its_deadline),
                                   TEST(waiting_work_is_taken_back),
                                   TEST(stubborn_handlers_are_parked),
                                   TEST(routes_that_park_are_closed),
                                   TEST(stops_with_grace)};

int main(int argc, char **argv)
{
    site_up(routes, sizeof routes / sizeof *routes, NULL);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    site_down();
    return failed + check_failed != 0;
}
