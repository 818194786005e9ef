#include "loop/loop.h"
#include "check.h"
#include <pthread.h>
#include <unistd.h>

/* ---- a host that only records ---- */

typedef struct fake {
    saas_loop *loop;
    uint64_t now, delay;
    unsigned wakes, arms;
} fake;

static void *fake_watch(void *host, int fd, void (*ready)(void *user, unsigned events), void *user)
{
    (void)host, (void)fd, (void)ready;
    return user;
}

static void fake_watch_set(void *host, void *watch, unsigned events)
{
    (void)host, (void)watch, (void)events;
}

static void fake_unwatch(void *host, void *watch)
{
    (void)host, (void)watch;
}

static void fake_timer(void *host, uint64_t delay_ms)
{
    fake *f = host;
    f->delay = delay_ms;
    f->arms++;
}

static void fake_wake(void *host)
{
    ((fake *)host)->wakes++;
}

static uint64_t fake_now(void *host)
{
    return ((fake *)host)->now;
}

static const saas_loop_hooks fake_hooks = {sizeof fake_hooks, fake_watch, fake_watch_set, fake_unwatch,
                                           fake_timer,        fake_wake,  fake_now};

static fake fake_new(void)
{
    fake f = {.now = 1000, .delay = UINT64_MAX};
    return f;
}

/* ---- what callbacks leave behind ---- */

/* Names travel as void *. */
#define NAME(z) ((void *)(uintptr_t)(z))

static char trail[64];
static saas_loop *at_work;

static void note(void *name)
{
    strncat(trail, name, sizeof trail - strlen(trail) - 1);
}

static void note_and_post(void *name)
{
    note(name);
    CHECK_INT(saas_post(at_work, note, NAME("+")), SAAS_OK);
}

/* ---- tests ---- */

static void a_hook_must_not_miss(void)
{
    saas_loop *loop = NULL;
    saas_loop_hooks h = fake_hooks;
    h.wake = NULL;
    CHECK_INT(saas_loop_new(&loop, &h, NULL), SAAS_ERR_BUG);
    h = fake_hooks;
    h.size = offsetof(saas_loop_hooks, wake);
    CHECK_INT(saas_loop_new(&loop, &h, NULL), SAAS_ERR_BUG);
    CHECK(!loop);
}

static void an_older_host_has_no_clock(void)
{
    fake f = fake_new();
    saas_loop_hooks h = fake_hooks;
    h.size = offsetof(saas_loop_hooks, now_ms);
    REQUIRE(saas_loop_new(&f.loop, &h, &f) == SAAS_OK);
    CHECK(saas_loop_now_ms(f.loop) != 1000);
    saas_loop_free(f.loop);
}

static void posts_run_once_and_in_order(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    at_work = f.loop;
    saas_posted mine = {.fn = note, .user = NAME("b")};
    CHECK_INT(saas_post(f.loop, note_and_post, NAME("a")), SAAS_OK);
    saas_loop_post(f.loop, &mine);
    CHECK_INT(saas_post(f.loop, note, NAME("c")), SAAS_OK);
    CHECK_STR(trail, "");
    CHECK_INT(f.wakes, 1);
    saas_loop_drain(f.loop);
    CHECK_STR(trail, "abc");
    CHECK_INT(f.wakes, 2);
    saas_loop_drain(f.loop);
    saas_loop_drain(f.loop);
    CHECK_STR(trail, "abc+");
    saas_loop_free(f.loop);
}

static void note_and_drain(void *name)
{
    note(name);
    CHECK_INT(saas_post(at_work, note, NAME("z")), SAAS_OK);
    saas_loop_drain(at_work);
}

static void a_drain_inside_a_drain_keeps_the_order(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    at_work = f.loop;
    CHECK_INT(saas_post(f.loop, note_and_drain, NAME("a")), SAAS_OK);
    CHECK_INT(saas_post(f.loop, note, NAME("b")), SAAS_OK);
    saas_loop_drain(f.loop);
    CHECK_STR(trail, "abz");
    saas_loop_free(f.loop);
}
static saas_err refused;

static void post_for_ever(void *name)
{
    note(name);
    refused = saas_post(at_work, post_for_ever, name);
}

static void freeing_ends_what_posts_itself(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    at_work = f.loop;
    CHECK_INT(saas_post(f.loop, post_for_ever, NAME("x")), SAAS_OK);
    saas_loop_free(f.loop);
    CHECK_STR(trail, "xx");
    CHECK_INT(refused, SAAS_ERR_CANCELLED);
}

static void freeing_runs_what_was_posted(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    at_work = f.loop;
    CHECK_INT(saas_post(f.loop, note_and_post, NAME("a")), SAAS_OK);
    saas_loop_free(f.loop);
    CHECK_STR(trail, "a+");
    CHECK_INT(f.delay, UINT64_MAX);
    saas_loop_free(NULL);
}

static void timers_fire_in_order(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    saas_timer t[6] = {0};
    CHECK_INT(saas_timer_start(f.loop, &t[0], 50, note, NAME("d")), SAAS_OK);
    CHECK_INT(f.delay, 50);
    CHECK_INT(saas_timer_start(f.loop, &t[1], 10, note, NAME("a")), SAAS_OK);
    CHECK_INT(f.delay, 10);
    CHECK_INT(saas_timer_start(f.loop, &t[2], 20, note, NAME("b")), SAAS_OK);
    CHECK_INT(saas_timer_start(f.loop, &t[3], 20, note, NAME("c")), SAAS_OK);
    CHECK_INT(saas_timer_start(f.loop, &t[4], 15, note, NAME("never")), SAAS_OK);
    CHECK_INT(saas_timer_start(f.loop, &t[5], UINT64_MAX, note, NAME("never")), SAAS_OK);
    saas_timer_stop(f.loop, &t[4]);
    saas_timer_stop(f.loop, &t[4]);
    f.now = 1009;
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "");
    CHECK_INT(f.delay, 1);
    f.now = 1030;
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "abc");
    CHECK_INT(f.delay, 20);
    f.now = 1050;
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "abcd");
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "abcd");
    saas_loop_free(f.loop);
}

static void an_armed_timer_moves(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    saas_timer t = {0};
    CHECK_INT(saas_timer_start(f.loop, &t, 10, note, NAME("early")), SAAS_OK);
    CHECK_INT(saas_timer_start(f.loop, &t, 30, note, NAME("late")), SAAS_OK);
    f.now = 1029;
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "");
    f.now = 1030;
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "late");
    saas_loop_free(f.loop);
}

static saas_timer again;

static void start_again(void *user)
{
    note(user);
    CHECK_INT(saas_timer_start(at_work, &again, 0, start_again, user), SAAS_OK);
}

static void a_timer_that_starts_itself_lets_the_loop_turn(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    *trail = 0;
    at_work = f.loop;
    again = (saas_timer){0};
    CHECK_INT(saas_timer_start(f.loop, &again, 0, start_again, NAME("x")), SAAS_OK);
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "x");
    CHECK_INT(f.delay, 0);
    saas_loop_tick(f.loop);
    CHECK_STR(trail, "xx");
    saas_loop_free(f.loop);
}

static uint64_t last_at;
static unsigned fired;

static void fire(void *user)
{
    const saas_timer *t = user;
    CHECK(t->at_ms >= last_at);
    last_at = t->at_ms;
    fired++;
}

static void a_thousand_timers_stay_sorted(void)
{
    enum { COUNT = 1000 };
    static saas_timer t[COUNT];
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    unsigned random = 1, expected = 0;
    last_at = fired = 0;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 1103515245 + 12345;
        CHECK_INT(saas_timer_start(f.loop, &t[i], random >> 16 & 0x3ff, fire, &t[i]), SAAS_OK);
    }
    for (size_t i = 0; i < COUNT; i += 3)
        saas_timer_stop(f.loop, &t[i]);
    for (size_t i = 0; i < COUNT; i++)
        expected += t[i].slot != 0;
    for (f.now = 1000; f.now < 2100; f.now += 7)
        saas_loop_tick(f.loop);
    CHECK_INT(fired, expected);
    CHECK_INT(expected, 666);
    saas_loop_free(f.loop);
}

static void stopped_timers_cost_the_host_nothing(void)
{
    fake f = fake_new();
    REQUIRE(saas_loop_new(&f.loop, &fake_hooks, &f) == SAAS_OK);
    saas_timer t = {0};
    for (int i = 0; i < 100; i++) {
        CHECK_INT(saas_timer_start(f.loop, &t, 1000, note, NAME("never")), SAAS_OK);
        saas_timer_stop(f.loop, &t);
    }
    CHECK_INT(f.arms, 1);
    saas_loop_free(f.loop);
}

static const check_test tests[] = {TEST(a_hook_must_not_miss),
                                   TEST(an_older_host_has_no_clock),
                                   TEST(posts_run_once_and_in_order),
                                   TEST(a_drain_inside_a_drain_keeps_the_order),
                                   TEST(freeing_runs_what_was_posted),
                                   TEST(freeing_ends_what_posts_itself),
                                   TEST(timers_fire_in_order),
                                   TEST(an_armed_timer_moves),
                                   TEST(a_timer_that_starts_itself_lets_the_loop_turn),
                                   TEST(a_thousand_timers_stay_sorted),
                                   TEST(stopped_timers_cost_the_host_nothing)};
CHECK_MAIN(tests)
