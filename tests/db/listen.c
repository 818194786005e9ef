/* Notifications: heard on each loop that subscribed, in order; a gap is known to everyone. */
#include "db/listen.h"
#include "rig.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

typedef struct ear {
    saas_subscription *subscription;
    unsigned heard, regained, lost, wanted;
    bool ordered;
    char last[9000];
    pthread_t thread;
    saas_loop *loop;
} ear;

static void on_heard(void *user, saas_text payload)
{
    ear *e = user;
    e->ordered = e->ordered && (!e->heard || strtol(payload.ptr, NULL, 10) == strtol(e->last, NULL, 10) + 1);
    e->heard++;
    CHECK_INT(payload.len, strlen(payload.ptr));
    snprintf(e->last, sizeof e->last, "%s", payload.ptr);
}

static void on_regained(void *user)
{
    ((ear *)user)->regained++;
}

static void on_lost(void *user)
{
    ((ear *)user)->lost++;
}

static atomic_int said_lost, said_none;

static void on_line(const char *line, size_t len, void *user)
{
    (void)len;
    (void)user;
    said_lost += strstr(line, "no longer listening") != NULL;
    said_none += strstr(line, "can't listen to the database") != NULL;
}

static saas_listener *listener(const char *dsn)
{
    static saas_log *log;
    saas_listener *l = NULL;
    if (!log)
        CHECK_INT(saas_log_new(&log, -1, SAAS_LOG_DEBUG, on_line, NULL), SAAS_OK);
    CHECK_INT(saas_listener_new(&l, dsn, log), SAAS_OK);
    return l;
}

static void subscribe(ear *e, saas_listener *l, saas_loop *on, const char *channel)
{
    *e = (ear){.ordered = true, .loop = on};
    const saas_subscriber who = {on_heard, on_regained, on_lost, e};
    CHECK_INT(saas_subscribe(&e->subscription, l, on, channel, &who), SAAS_OK);
    CHECK_INT(e->regained, 0);
}

static bool listens(void *user)
{
    const ear *e = user;
    return e->regained > e->lost;
}

static bool has_lost(void *user)
{
    return ((ear *)user)->lost != 0;
}

static bool has_heard(void *user)
{
    const ear *e = user;
    return e->heard >= e->wanted;
}

static void notify(const char *channel, const char *payload)
{
    char sql[256];
    snprintf(sql, sizeof sql, "select pg_notify('%s', '%s')", channel, payload);
    CHECK(sql_as(base.app_dsn, sql, NULL));
}

static bool cut(void)
{
    return sql_as(base.super_dsn,
                  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                  " and (query ilike 'listen%' or query = 'select 1')",
                  NULL);
}

static void hears_what_is_notified(void)
{
    ear a, b, other;
    saas_listener *l = listener(base.app_dsn);
    subscribe(&a, l, loop, "news");
    subscribe(&other, l, loop, "Other \"channel\"");
    REQUIRE(turn_until(listens, &a, 5000) && turn_until(listens, &other, 5000));
    subscribe(&b, l, loop, "news"); /* later, on a link that stands */
    REQUIRE(turn_until(listens, &b, 2000));
    uint64_t begin = saas_clock_mono_us();
    notify("news", "7");
    a.wanted = b.wanted = 1;
    CHECK(turn_until(has_heard, &a, 1000) && turn_until(has_heard, &b, 1000));
    CHECK(saas_clock_mono_us() - begin < 1000000);
    CHECK_STR(a.last, "7");
    CHECK_INT(other.heard, 0);
    notify("Other \"channel\"", "");
    other.wanted = 1;
    CHECK(turn_until(has_heard, &other, 1000));
    CHECK_INT(a.regained + b.regained, 2);
    saas_unsubscribe(a.subscription);
    notify("news", "8");
    b.wanted = 2;
    CHECK(turn_until(has_heard, &b, 1000));
    CHECK_INT(a.heard, 1);
    saas_unsubscribe(b.subscription);
    saas_unsubscribe(other.subscription);
    saas_listener_free(l);
}

/* A revocation that was notified meanwhile must not be believed absent: the subscriber is told, and told when to load.
 */
static void a_gap_is_told(void)
{
    ear e;
    saas_listener *l = listener(base.app_dsn);
    subscribe(&e, l, loop, "news");
    REQUIRE(turn_until(listens, &e, 5000));
    for (unsigned i = 1; i <= 3; i++) {
        CHECK(cut());
        CHECK(turn_until(has_lost, &e, 2000));
        notify("news", "1");
        CHECK(turn_until(listens, &e, 5000));
        notify("news", "2");
        e.wanted = 1;
        CHECK(turn_until(has_heard, &e, 1000));
        CHECK_INT(e.regained, 1 + 1);
        CHECK_INT(e.lost, 1);
        e = (ear){.subscription = e.subscription, .ordered = true, .loop = loop, .regained = 1};
    }
    CHECK(said_lost >= 3);
    saas_unsubscribe(e.subscription);
    saas_listener_free(l);
}

static pid_t server_of_listener(void)
{
    return (pid_t)count_of("select pid from pg_stat_activity where datname = current_database()"
                           " and (query ilike 'listen%' or query = 'select 1')");
}

/* A link that says nothing is not relied on, long before it is known to be dead; and is again when it speaks. */
static void silence_is_told(void)
{
    ear e;
    saas_listener *l = listener(base.app_dsn);
    subscribe(&e, l, loop, "news");
    REQUIRE(turn_until(listens, &e, 5000));
    pid_t server = server_of_listener();
    REQUIRE(server > 1 && !kill(server, SIGSTOP));
    CHECK(turn_until(has_lost, &e, 2500));
    notify("news", "1");
    CHECK(!kill(server, SIGCONT));
    CHECK(turn_until(listens, &e, 5000));
    CHECK_INT(e.lost, 1);
    CHECK_INT(server_of_listener(), server);
    e.wanted = e.heard + 1;
    notify("news", "2");
    CHECK(turn_until(has_heard, &e, 2000));
    CHECK_STR(e.last, "2");
    saas_unsubscribe(e.subscription);
    saas_listener_free(l);
}

static void turn_this(ear *e, bool (*done)(void *), uint64_t ms)
{
    for (uint64_t end = saas_clock_mono_us() + ms * 1000; !done(e) && saas_clock_mono_us() < end;)
        saas_poll_loop_turn(e->loop, 5);
}

static void *hear_on_a_thread(void *user)
{
    ear *e = user;
    turn_this(e, has_heard, 10000);
    saas_unsubscribe(e->subscription);
    saas_loop_free(e->loop);
    return NULL;
}

/* Each loop on its thread hears all of it, in order; one ends in the middle. */
static void loops_of_their_own(void)
{
    enum { LOOPS = 3, MESSAGES = 300 };
    static ear ears[LOOPS];
    char sql[128];
    saas_listener *l = listener(base.app_dsn);
    for (int i = 0; i < LOOPS; i++) {
        saas_loop *own;
        REQUIRE(!saas_poll_loop_new(&own));
        subscribe(&ears[i], l, own, "many");
        turn_this(&ears[i], listens, 5000);
        CHECK_INT(ears[i].regained, 1);
        ears[i].wanted = i ? MESSAGES : 20;
    }
    for (int i = 0; i < LOOPS; i++)
        REQUIRE(!pthread_create(&ears[i].thread, NULL, hear_on_a_thread, &ears[i]));
    for (int i = 0; i < MESSAGES; i += 100) {
        snprintf(sql, sizeof sql, "select pg_notify('many', i::text) from generate_series(%d, %d) i", i, i + 99);
        CHECK(sql_as(base.app_dsn, sql, NULL));
    }
    for (int i = 0; i < LOOPS; i++) {
        pthread_join(ears[i].thread, NULL);
        CHECK(ears[i].heard >= ears[i].wanted && ears[i].ordered);
        CHECK_INT(ears[i].lost, 0);
    }
    saas_listener_free(l);
}

static void without_a_server(void)
{
    ear e;
    saas_listener *l = listener("host=/nonexistent user=x dbname=y");
    subscribe(&e, l, loop, "news");
    turn_for(150);
    CHECK_INT(e.regained + e.lost, 0);
    CHECK_INT(said_none, 1);
    uint64_t begin = saas_clock_mono_us();
    saas_unsubscribe(e.subscription);
    saas_listener_free(l);
    CHECK(saas_clock_mono_us() - begin < 500000);
    l = listener(base.app_dsn);
    const saas_subscriber deaf = {on_heard, on_regained, NULL, NULL}, who = {on_heard, on_regained, on_lost, NULL};
    CHECK_INT(saas_subscribe(&e.subscription, l, loop, "news", &deaf), SAAS_ERR_BUG);
    CHECK_INT(saas_subscribe(&e.subscription, l, loop, "", &who), SAAS_ERR_BUG);
    saas_listener_free(l);
}

static const check_test tests[] = {
    TEST(hears_what_is_notified), TEST(a_gap_is_told),    TEST(silence_is_told),
    TEST(loops_of_their_own),     TEST(without_a_server),
};
RIG_MAIN(tests)
