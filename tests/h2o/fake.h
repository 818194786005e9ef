/* A stand-in for the library behind saas/host.h, to see what a transport makes of it. Answers by path:
 *   /ok  at once · /echo  the body · /wait/MS  later · /block/MS  later, and the loop stands still · /big/BYTES ·
 *   /close  and ends the connection
 * What the transport refused is answered with its refusal. Counters are of all threads. */
#ifndef TESTS_H2O_FAKE_H
#define TESTS_H2O_FAKE_H

#include <saas/app.h>
#include <stdatomic.h>

struct saas_app {
    size_t body_max;
    atomic_uint begun, refused, handled; /* exchanges; of those, refused by the transport; reached a "handler" */
    atomic_uint replied, left, released; /* answered; released unanswered; released at all */
    atomic_uint threads_seen;            /* shards that have served something */
    atomic_uint shards;                  /* alive */
};

#endif
