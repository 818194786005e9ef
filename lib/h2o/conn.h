/* h2o/conn.h: a server's connections: counted, limited, found again by their socket. */
#ifndef SAAS_H2O_CONN_H
#define SAAS_H2O_CONN_H

#include "h2o/peers.h"
#include <h2o.h>
#include <netinet/in.h>
#include <saas/app.h>
#include <stdatomic.h>

enum {
    SAAS_H2O_RESUME_MS = 100,        /* between looks whether accepting can go on */
    SAAS_H2O_SPARED_MS = 250,        /* has who has just come, or been answered, to ask */
    SAAS_H2O_LINGER_MS = 2000,       /* for a refused client to read its answer */
    SAAS_H2O_LINGER_BYTES = 4 << 20, /* discarded meanwhile, at most */
    SAAS_H2O_ACCEPTS_MAX = 32,       /* in one turn */
    SAAS_H2O_ACCEPTS_SHARED = 4,     /* likewise, from a queue that others accept from too */
    SAAS_H2O_LISTENERS_MAX = 8,
    SAAS_H2O_BACKLOG_MAX = 65536 /* taken from a queue before it is closed */
};

/* What the threads of a server share. */
typedef struct saas_h2o_crowd {
    atomic_uint count;
    unsigned max;
    saas_h2o_peers peers;
    const saas_app *app; /* whose proxies are not counted by their address */
} saas_h2o_crowd;

/* One thread's listeners and its connections. */
typedef struct saas_h2o_door {
    saas_h2o_crowd *crowd;
    saas_loop *loop;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listeners[SAAS_H2O_LISTENERS_MAX];
    unsigned listener_count; /* 0: closed */
    bool shared;             /* others accept from these too */
    h2o_linklist_t waiting;  /* for a request of theirs, or the rest of it; longest first */
    h2o_linklist_t busy;     /* have a request in flight */
    h2o_linklist_t lingering;
    saas_timer resume, linger;
    void (*emptied)(void *user); /* the last connection has gone */
    void (*crowded)(void *user); /* no connection can be admitted, and none waits: now and then while it is so */
    uint64_t crowded_ms;         /* when it was told last */
    void *user;
} saas_h2o_door;

typedef struct saas_h2o_conn {
    h2o_linklist_t link;
    saas_h2o_door *door;
    h2o_socket_t *sock;
    int linger_fd; /* a duplicate to outlive h2o's own; -1: none */
    bool counted; /* by its address */
    size_t discarded;
    uint64_t since_ms; /* waits */
    uint64_t until_ms; /* lingers */
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
    size_t remote_len;
    char remote[INET6_ADDRSTRLEN];
} saas_h2o_conn;

/* Starts accepting from fds, which become the door's. */
void saas_h2o_door_open(saas_h2o_door *d, const int *fds, unsigned count);
/* Nobody new comes any more, who has begun still does: saas_h2o_listen_bar for each listener. */
void saas_h2o_door_bar(saas_h2o_door *d);
/* Accepts what waits in the kernel's queues already, then closes the listeners. */
void saas_h2o_door_close(saas_h2o_door *d);
/* Ends connections without a request, or all of them. */
void saas_h2o_door_clear(saas_h2o_door *d, bool busy_too);
bool saas_h2o_door_empty(const saas_h2o_door *d);

/* A request of the connection's is in flight; is no more. */
void saas_h2o_conn_begin(saas_h2o_conn *c);
void saas_h2o_conn_done(saas_h2o_conn *c);
/* The connection of a socket; NULL when a door did not let it in. */
saas_h2o_conn *saas_h2o_conn_of(h2o_socket_t *sock);
/* The connection is about to be closed behind an answer, perhaps with input nobody has read: closing it then would
 * reset it, and the answer could be lost. Keeps the socket until the client has seen it. */
void saas_h2o_conn_linger(saas_h2o_conn *c);

#endif
