/* What every loop must give (saas/loop.h), tested on the one that a test program sets up. */
#ifndef TESTS_LOOP_CONTRACT_H
#define TESTS_LOOP_CONTRACT_H

#include "loop/loop.h"

/* The program's: a new loop, its end, one turn that waits for wait_ms at most. */
extern saas_loop *loop;
void setup(void);
void teardown(void);
void turn(int wait_ms);

/* One end of a socket pair, watched for nothing yet. */
typedef struct peer {
    int fd, other;
    void *watch;
    unsigned reads, writes, calls;
    struct peer *victim; /* unwatched by the first callback */
} peer;

void peer_open(peer *p);
void peer_ready(void *user, unsigned events);
void peer_close(peer *p);

void posts_of_any_thread_run_once_and_in_order(void);
void only_wanted_events_come_and_stay(void);
void a_hang_up_comes_as_what_is_wanted(void);
void a_callback_may_unwatch_others_and_itself(void);
void a_watch_leaves_its_descriptor_open(void);
void both_events_may_be_taken_back_by_the_first(void);
void a_timer_ends_the_wait(void);
void the_earliest_of_many_ends_the_wait(void);
void a_timer_that_starts_itself_lets_the_loop_turn(void);
void now_stands_still_within_a_turn(void);

#define LOOP_CONTRACT                                                                                                  \
    TEST(posts_of_any_thread_run_once_and_in_order), TEST(only_wanted_events_come_and_stay),                           \
        TEST(a_hang_up_comes_as_what_is_wanted), TEST(a_callback_may_unwatch_others_and_itself),                       \
        TEST(a_watch_leaves_its_descriptor_open), TEST(both_events_may_be_taken_back_by_the_first),                    \
        TEST(a_timer_ends_the_wait), TEST(the_earliest_of_many_ends_the_wait),                                         \
        TEST(a_timer_that_starts_itself_lets_the_loop_turn), TEST(now_stands_still_within_a_turn)

#endif
