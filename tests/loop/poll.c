#include "check.h"
#include "loop/loop.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static saas_loop *loop;

static void setup(void)
{
    CHECK_INT(saas_poll_loop_new(&loop), SAAS_OK);
}

static void count_one(void *user)
{
    ++*(unsigned *)user;
}

/* ---- posts from threads ---- */

enum { THREADS = 4, POSTS = 2000 };

typedef struct sender {
    pthread_t thread;
    unsigned next; /* loop's thread */
    unsigned wrong;
} sender;

typedef struct message {
    sender *from;
    unsigned number;
} message;

static unsigned received;

static void receive(void *user)
{
    message *m = user;
    m->from->wrong += m->number != m->from->next++;
    free(m);
    if (++received == THREADS * POSTS)
        saas_poll_loop_stop(loop);
}

static void *send_all(void *arg)
{
    for (unsigned i = 0; i < POSTS; i++) {
        message *m = malloc(sizeof *m);
        *m = (message){arg, i};
        if (saas_post(loop, receive, m))
            free(m);
    }
    return NULL;
}

static void posts_of_any_thread_run_once_and_in_order(void)
{
    setup();
    sender senders[THREADS] = {0};
    received = 0;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&senders[i].thread, NULL, send_all, &senders[i]);
    saas_poll_loop_run(loop);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(senders[i].thread, NULL);
        CHECK_INT(senders[i].next, POSTS);
        CHECK_INT(senders[i].wrong, 0);
    }
    CHECK_INT(received, THREADS * POSTS);
    saas_loop_free(loop);
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

/* ---- descriptors ---- */

typedef struct peer {
    int fd, other;
    void *watch;
    unsigned reads, writes;
    struct peer *victim; /* unwatched by the first callback */
} peer;

static void peer_ready(void *user, unsigned events)
{
    peer *p = user;
    p->reads += (events & SAAS_READ) != 0;
    p->writes += (events & SAAS_WRITE) != 0;
    if (p->victim && p->victim->watch) {
        saas_loop_unwatch(loop, p->victim->watch);
        p->victim->watch = NULL;
    }
}

static void peer_open(peer *p)
{
    int fds[2];
    *p = (peer){0};
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    p->fd = fds[0];
    p->other = fds[1];
    CHECK_INT(saas_loop_watch(&p->watch, loop, p->fd, peer_ready, p), SAAS_OK);
}

static void peer_close(peer *p)
{
    if (p->watch)
        saas_loop_unwatch(loop, p->watch);
    close(p->fd);
    close(p->other);
}

static void only_wanted_events_come_and_stay(void)
{
    peer p;
    setup();
    peer_open(&p);
    CHECK_INT(write(p.other, "x", 1), 1);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(p.reads + p.writes, 0);
    saas_loop_watch_set(loop, p.watch, SAAS_READ);
    saas_poll_loop_turn(loop, 0);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(p.reads, 2);
    CHECK_INT(p.writes, 0);
    saas_loop_watch_set(loop, p.watch, SAAS_WRITE);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(p.reads, 2);
    CHECK_INT(p.writes, 1);
    saas_loop_watch_set(loop, p.watch, 0);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(p.reads + p.writes, 3);
    peer_close(&p);
    saas_loop_free(loop);
}

/* poll(2) says POLLHUP alone of a pipe without a writer, POLLERR alone of a full one without a reader. */
static void a_hang_up_comes_as_what_is_wanted(void)
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

static void a_callback_may_unwatch_others_and_itself(void)
{
    enum { COUNT = 20 };
    peer peers[COUNT];
    setup();
    for (size_t i = 0; i < COUNT; i++) {
        peer_open(&peers[i]);
        saas_loop_watch_set(loop, peers[i].watch, SAAS_WRITE);
    }
    for (size_t i = 0; i + 1 < COUNT; i += 2)
        peers[i].victim = &peers[i + 1];
    peers[COUNT - 2].victim = &peers[COUNT - 2];
    saas_poll_loop_turn(loop, 0);
    saas_poll_loop_turn(loop, 0);
    for (size_t i = 0; i + 2 < COUNT; i++)
        CHECK_INT(peers[i].writes, i % 2 ? 0 : 2);
    CHECK_INT(peers[COUNT - 2].writes, 1);
    CHECK_INT(peers[COUNT - 1].writes, 2);
    for (size_t i = 0; i < COUNT; i++)
        peer_close(&peers[i]);
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

/* ---- timers ---- */

static void a_timer_ends_the_wait(void)
{
    unsigned count = 0;
    saas_timer t = {0};
    setup();
    uint64_t start = saas_loop_now_ms(loop);
    CHECK_INT(saas_timer_start(loop, &t, 20, count_one, &count), SAAS_OK);
    saas_poll_loop_turn(loop, 0);
    CHECK_INT(count, 0);
    for (int i = 0; i < 100 && !count; i++)
        saas_poll_loop_turn(loop, -1);
    CHECK_INT(count, 1);
    CHECK(saas_loop_now_ms(loop) - start >= 20);
    saas_loop_free(loop);
}

static uint64_t seen[2];

static void look_twice(void *user)
{
    (void)user;
    seen[0] = saas_loop_now_ms(loop);
    usleep(5000);
    seen[1] = saas_loop_now_ms(loop);
}

static void now_stands_still_within_a_turn(void)
{
    setup();
    CHECK_INT(saas_post(loop, look_twice, NULL), SAAS_OK);
    saas_poll_loop_turn(loop, 0);
    CHECK(seen[0] && seen[0] == seen[1]);
    CHECK(saas_loop_now_ms(loop) >= seen[0] + 5);
    saas_loop_free(loop);
}

static const check_test tests[] = {TEST(posts_of_any_thread_run_once_and_in_order),
                                   TEST(another_thread_stops_it),
                                   TEST(a_stop_before_the_run_counts_once),
                                   TEST(only_wanted_events_come_and_stay),
                                   TEST(a_hang_up_comes_as_what_is_wanted),
                                   TEST(a_callback_may_unwatch_others_and_itself),
                                   TEST(posted_work_may_unwatch_what_is_ready),
                                   TEST(open_watches_go_with_the_loop),
                                   TEST(a_timer_ends_the_wait),
                                   TEST(now_stands_still_within_a_turn)};
CHECK_MAIN(tests)
