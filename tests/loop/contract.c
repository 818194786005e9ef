#include "contract.h"
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

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
    received++;
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

void posts_of_any_thread_run_once_and_in_order(void)
{
    setup();
    sender senders[THREADS] = {0};
    received = 0;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&senders[i].thread, NULL, send_all, &senders[i]);
    peer peers[40];
    for (size_t i = 0; i < 40; i++) /* what is watched grows while others wake the loop */
        peer_open(&peers[i]);
    while (received < THREADS * POSTS)
        turn(1000);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(senders[i].thread, NULL);
        CHECK_INT(senders[i].next, POSTS);
        CHECK_INT(senders[i].wrong, 0);
    }
    CHECK_INT(received, THREADS * POSTS);
    for (size_t i = 0; i < 40; i++)
        peer_close(&peers[i]);
    teardown();
}

/* ---- descriptors ---- */

void peer_ready(void *user, unsigned events)
{
    peer *p = user;
    p->reads += (events & SAAS_READ) != 0;
    p->writes += (events & SAAS_WRITE) != 0;
    if (p->victim && p->victim->watch) {
        saas_loop_unwatch(loop, p->victim->watch);
        p->victim->watch = NULL;
    }
}

void peer_open(peer *p)
{
    int fds[2];
    *p = (peer){0};
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    p->fd = fds[0];
    p->other = fds[1];
    CHECK_INT(saas_loop_watch(&p->watch, loop, p->fd, peer_ready, p), SAAS_OK);
}

void peer_close(peer *p)
{
    if (p->watch)
        saas_loop_unwatch(loop, p->watch);
    close(p->fd);
    close(p->other);
}

void only_wanted_events_come_and_stay(void)
{
    peer p;
    setup();
    peer_open(&p);
    CHECK_INT(write(p.other, "x", 1), 1);
    turn(0);
    CHECK_INT(p.reads + p.writes, 0);
    saas_loop_watch_set(loop, p.watch, SAAS_READ);
    turn(0);
    turn(0);
    CHECK_INT(p.reads, 2);
    CHECK_INT(p.writes, 0);
    saas_loop_watch_set(loop, p.watch, SAAS_WRITE);
    turn(0);
    CHECK_INT(p.reads, 2);
    CHECK_INT(p.writes, 1);
    saas_loop_watch_set(loop, p.watch, 0);
    turn(0);
    CHECK_INT(p.reads + p.writes, 3);
    peer_close(&p);
    teardown();
}

void a_hang_up_comes_as_what_is_wanted(void)
{
    peer p;
    setup();
    peer_open(&p);
    close(p.other);
    p.other = open("/dev/null", O_RDONLY);
    turn(0);
    CHECK_INT(p.reads + p.writes, 0);
    saas_loop_watch_set(loop, p.watch, SAAS_READ);
    turn(0);
    CHECK_INT(p.reads, 1);
    CHECK_INT(p.writes, 0);
    peer_close(&p);
    teardown();
}

/* What is ready runs in no order that could be relied on: of each pair one is heard, and never the other after it. */
void a_callback_may_unwatch_others_and_itself(void)
{
    enum { COUNT = 20 };
    peer peers[COUNT];
    setup();
    for (size_t i = 0; i < COUNT; i++) {
        peer_open(&peers[i]);
        saas_loop_watch_set(loop, peers[i].watch, SAAS_WRITE | SAAS_READ);
        CHECK_INT(write(peers[i].other, "x", 1), 1);
    }
    for (size_t i = 0; i < COUNT; i++)
        peers[i].victim = &peers[i + 1 < COUNT ? i ^ 1 : i];
    turn(0);
    turn(0);
    for (size_t i = 0; i + 2 < COUNT; i += 2)
        CHECK(!peers[i].watch != !peers[i + 1].watch);
    CHECK(!peers[COUNT - 1].watch);
    for (size_t i = 0; i < COUNT; i++)
        peer_close(&peers[i]);
    teardown();
}

void a_watch_leaves_its_descriptor_open(void)
{
    peer p;
    char byte;
    setup();
    peer_open(&p);
    saas_loop_watch_set(loop, p.watch, SAAS_READ);
    turn(0);
    saas_loop_unwatch(loop, p.watch);
    p.watch = NULL;
    turn(0);
    CHECK_INT(write(p.other, "x", 1), 1);
    CHECK_INT(read(p.fd, &byte, 1), 1);
    peer_close(&p);
    teardown();
}

static void take_all_back(void *user, unsigned events)
{
    peer *p = user;
    (void)events;
    p->calls++;
    saas_loop_watch_set(loop, p->watch, 0);
}

/* Both are pending when the first callback takes both back. h2o's assertion on a write without a callback is live. */
void both_events_may_be_taken_back_by_the_first(void)
{
    peer p;
    setup();
    peer_open(&p);
    saas_loop_unwatch(loop, p.watch);
    CHECK_INT(saas_loop_watch(&p.watch, loop, p.fd, take_all_back, &p), SAAS_OK);
    CHECK_INT(write(p.other, "x", 1), 1);
    saas_loop_watch_set(loop, p.watch, SAAS_READ | SAAS_WRITE);
    for (int i = 0; i < 4; i++)
        turn(0);
    CHECK_INT(p.calls, 1);
    saas_loop_watch_set(loop, p.watch, SAAS_WRITE);
    for (int i = 0; i < 4; i++)
        turn(0);
    CHECK_INT(p.calls, 2);
    peer_close(&p);
    teardown();
}

/* ---- timers ---- */

void a_timer_ends_the_wait(void)
{
    unsigned count = 0;
    saas_timer t = {0};
    setup();
    uint64_t start = saas_loop_now_ms(loop);
    CHECK_INT(saas_timer_start(loop, &t, 20, count_one, &count), SAAS_OK);
    turn(0);
    CHECK_INT(count, 0);
    for (int i = 0; i < 100 && !count; i++)
        turn(1000);
    CHECK_INT(count, 1);
    CHECK(saas_loop_now_ms(loop) - start >= 20);
    teardown();
}

static uint64_t seen[2];

static void look_twice(void *user)
{
    (void)user;
    seen[0] = saas_loop_now_ms(loop);
    usleep(5000);
    seen[1] = saas_loop_now_ms(loop);
}

void now_stands_still_within_a_turn(void)
{
    setup();
    CHECK_INT(saas_post(loop, look_twice, NULL), SAAS_OK);
    turn(0);
    CHECK(seen[0] && seen[0] == seen[1]);
    CHECK(saas_loop_now_ms(loop) >= seen[0] + 5);
    teardown();
}

static saas_timer again;
static unsigned rounds;

static void start_again(void *user)
{
    rounds++;
    CHECK_INT(saas_timer_start(loop, &again, 0, start_again, user), SAAS_OK);
}

void a_timer_that_starts_itself_lets_the_loop_turn(void)
{
    setup();
    again = (saas_timer){0};
    rounds = 0;
    CHECK_INT(saas_timer_start(loop, &again, 0, start_again, NULL), SAAS_OK);
    for (int i = 0; i < 10; i++)
        turn(1000);
    CHECK(rounds >= 5 && rounds <= 20);
    saas_timer_stop(loop, &again);
    teardown();
}

void the_earliest_of_many_ends_the_wait(void)
{
    enum { COUNT = 50 };
    static saas_timer timers[COUNT];
    unsigned count = 0;
    setup();
    for (size_t i = 0; i < COUNT; i++)
        CHECK_INT(saas_timer_start(loop, &timers[i], COUNT - i, count_one, &count), SAAS_OK);
    uint64_t start = saas_loop_now_ms(loop);
    while (count < COUNT)
        turn(1000);
    CHECK(saas_loop_now_ms(loop) - start >= COUNT - 1);
    CHECK(saas_loop_now_ms(loop) - start < COUNT + 200);
    teardown();
}
