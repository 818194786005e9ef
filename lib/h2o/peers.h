/* h2o/peers.h: how many connections each address has. Shared by a server's threads, under a lock that is taken when a
 * connection comes and goes. An IPv6 network of 64 bits counts as one address; loopback is not counted. */
#ifndef SAAS_H2O_PEERS_H
#define SAAS_H2O_PEERS_H

#include <pthread.h>
#include <saas/err.h>
#include <sys/socket.h>

enum { SAAS_H2O_PEER_BUCKETS = 1024 };

typedef struct saas_h2o_peer {
    struct saas_h2o_peer *next;
    uint64_t key[2];
    uint32_t count;
} saas_h2o_peer;

typedef struct saas_h2o_peers {
    pthread_mutex_t lock;
    uint32_t max; /* per address */
    uint64_t seed;
    saas_h2o_peer *buckets[SAAS_H2O_PEER_BUCKETS];
} saas_h2o_peers;

void saas_h2o_peers_init(saas_h2o_peers *p, uint32_t max);
void saas_h2o_peers_done(saas_h2o_peers *p);

/* Counts one more: false, and not counted, when the address has its share already, or without memory. */
bool saas_h2o_peers_enter(saas_h2o_peers *p, const struct sockaddr *address);
/* One less. */
void saas_h2o_peers_leave(saas_h2o_peers *p, const struct sockaddr *address);

#endif
