/* h2o/server.h: threads, each with an h2o context, a listener and a worker. */
#ifndef SAAS_H2O_SERVER_H
#define SAAS_H2O_SERVER_H

#include "h2o/conn.h"
#include "h2o/worker.h"
#include <pthread.h>
#include <semaphore.h>

enum {
    SAAS_H2O_GRACE_MS = 10000,
    SAAS_H2O_READ_MS = 10000,
    SAAS_H2O_PER_ADDRESS = 256,
    SAAS_H2O_LAST_CALL_MS = 500, /* for clients with open connections to hear that this answer is the last */
    SAAS_H2O_SETTLE_MS = 200,    /* of these, for handshakes under way to end */
    SAAS_H2O_FORCE_MS = 250
};

typedef enum saas_h2o_phase {
    SAAS_H2O_SERVING,
    SAAS_H2O_LAST_CALL, /* the listeners are barred, then closed; each answer ends its connection */
    SAAS_H2O_ENDING,    /* idle connections are closed, the shard stops */
    SAAS_H2O_ENDED
} saas_h2o_phase;

typedef struct saas_h2o_thread {
    saas_h2o_server *server;
    pthread_t id;
    int fds[SAAS_H2O_LISTENERS_MAX]; /* until they are the door's */
    unsigned fd_count;
    saas_err err; /* of its start */
    h2o_evloop_t *loop;
    h2o_context_t context;
    saas_h2o_worker *worker;
    saas_h2o_door door;
    saas_h2o_phase phase;
    bool shard_stopped;
    atomic_bool turned; /* since saas_h2o_server_turns asked */
    saas_timer timer;
} saas_h2o_thread;

struct saas_h2o_server {
    saas_app *app;
    saas_h2o_options options;
    h2o_globalconf_t config;
    saas_h2o_crowd crowd;
    uint16_t port;
    sem_t started;
    saas_h2o_thread *threads;
    uint32_t running; /* threads that were started */
};

/* A thread's life; arg is its saas_h2o_thread. Posts server->started once err is known. */
void *saas_h2o_thread_main(void *arg);
/* Whether every loop has gone round since this was asked before. */
bool saas_h2o_server_turns(saas_h2o_server *s);
/* Any thread: begins its end. */
void saas_h2o_thread_stop(saas_h2o_thread *t);

#endif
