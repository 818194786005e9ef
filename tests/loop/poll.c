#include "check.h"
#include "contract.h"
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

saas_loop *loop;

void setup(void)
{
    CHECK_INT(saas_poll_loop_new(&loop), SAAS_OK);
}

void teardown(void)
{
    saas_loop_free(loop);
}

void turn(int wait_ms)
{
    saas_poll_loop_turn(loop, wait_ms);
}

static void *stop_it(void *arg)
{
    usleep(10000);
    saas_poll_loop_stop(arg);
    return NULL;
}

static void another_thread_stops_it(void)
{
    pthread_t thread;
    setup();
    pthread_create(&thread, NULL, stop_it, loop);
    saas_poll_loop_run(loop);
    /* no join before: the stopper must be done with the loop once run has returned */
    saas_loop_free(loop);
    pthread_join(thread, NULL);
}

static void stop_now(void *user)
{
    saas_poll_loop_stop(user);
}

static void a_stop_before_the_run_counts_once(void)
{
    setup();
    saas_timer t = {0};
    saas_poll_loop_stop(loop);
    saas_poll_loop_run(loop);
    CHECK_INT(saas_timer_start(loop, &t, 1, stop_now, loop), SAAS_OK);
    saas_poll_loop_run(loop); /* not by the first stop */
    CHECK(!t.slot);
    saas_loop_free(loop);
}

/* poll(2) says POLLHUP alone of a pipe without a writer, POLLERR alone of a full one without a reader. */
static void a_pipe_that_hangs_up_comes_as_what_is_wanted(void)
{
    static const char much[1 << 16];
    setup();
    for (unsigned end = 0; end < 2; end++) {
        int fds[2];
        peer p = {0};
        CHECK_INT(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
        while (end && write(fds[1], much, sizeof much) > 0)
            ;
        close(fds[!end]);
        REQUIRE(saas_loop_watch(&p.watch, loop, fds[end], peer_ready, &p) == SAAS_OK);
        saas_loop_watch_set(loop, p.watch, end ? SAAS_WRITE : SAAS_READ);
        saas_loop_watch_set(loop, p.watch, 0);
        uint64_t start = saas_loop_now_ms(loop);
        saas_poll_loop_turn(loop, 20);
        CHECK_INT(p.reads + p.writes, 0);
        CHECK(saas_loop_now_ms(loop) - start >= 20); /* nothing wanted: it does not spin */
        saas_loop_watch_set(loop, p.watch, end ? SAAS_WRITE : SAAS_READ);
        saas_poll_loop_turn(loop, 0);
        CHECK_INT(p.reads, !end);
        CHECK_INT(p.writes, end);
        saas_loop_unwatch(loop, p.watch);
        close(fds[end]);
    }
    saas_loop_free(loop);
}

static void unwatch_first(void *user)
{
    peer *p = user;
    saas_loop_unwatch(loop, p->watch);
    p->watch = NULL;
}

static void posted_work_may_unwatch_what_is_ready(void)
{
    peer p, q;
    setup();
    peer_open(&p);
    peer_open(&q);
    saas_loop_watch_set(loop, p.watch, SAAS_WRITE);
    saas_loop_watch_set(loop, q.watch, SAAS_WRITE);
    CHECK_INT(saas_post(loop, unwatch_first, &p), SAAS_OK);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(p.writes, 0);
    CHECK_INT(q.writes, 1);
    peer_close(&p);
    peer_close(&q);
    saas_loop_free(loop);
}

static void open_watches_go_with_the_loop(void)
{
    peer p;
    setup();
    peer_open(&p);
    saas_loop_free(loop);
    close(p.fd);
    close(p.other);
}

static const check_test tests[] = {LOOP_CONTRACT,
                                   TEST(another_thread_stops_it),
                                   TEST(a_stop_before_the_run_counts_once),
                                   TEST(a_pipe_that_hangs_up_comes_as_what_is_wanted),
                                   TEST(posted_work_may_unwatch_what_is_ready),
                                   TEST(open_watches_go_with_the_loop)};
CHECK_MAIN(tests)
