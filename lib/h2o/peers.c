#include "h2o/peers.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void saas_h2o_peers_init(saas_h2o_peers *p, uint32_t max)
{
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    p->max = max;
    /* Without a seed the buckets can be guessed, and long chains are what that costs. */
    if (getrandom(&p->seed, sizeof p->seed, GRND_NONBLOCK) != sizeof p->seed)
        p->seed = (uint64_t)(uintptr_t)p;
}

void saas_h2o_peers_done(saas_h2o_peers *p)
{
    for (size_t i = 0; i < SAAS_H2O_PEER_BUCKETS; i++) {
        while (p->buckets[i]) {
            saas_h2o_peer *peer = p->buckets[i];
            p->buckets[i] = peer->next;
            free(peer);
        }
    }
    pthread_mutex_destroy(&p->lock);
}

/* False for what is not counted. IPv4 has the high half zero and is marked in the low one. */
static bool key_of(uint64_t key[2], const struct sockaddr *address)
{
    key[0] = key[1] = 0;
    if (address->sa_family == AF_INET) {
        uint32_t ip = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        key[1] = UINT64_C(1) << 32 | ip;
        return ip >> 24 != 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(ip)) {
            uint32_t four;
            memcpy(&four, &ip->s6_addr[12], sizeof four);
            key[1] = UINT64_C(1) << 32 | ntohl(four);
            return ip->s6_addr[12] != 127;
        }
        memcpy(&key[0], ip->s6_addr, sizeof key[0]);
        return !IN6_IS_ADDR_LOOPBACK(ip);
    }
    return false;
}

static saas_h2o_peer **find(saas_h2o_peers *p, const uint64_t key[2])
{
    uint64_t hash = (key[0] ^ p->seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = ((hash >> 32 ^ hash) + (key[1] ^ p->seed)) * UINT64_C(0xd6e8feb86659fd93);
    saas_h2o_peer **at = &p->buckets[hash >> 40 & (SAAS_H2O_PEER_BUCKETS - 1)];
    while (*at && memcmp((*at)->key, key, sizeof(*at)->key) != 0)
        at = &(*at)->next;
    return at;
}

static bool add(saas_h2o_peer **at, const uint64_t key[2])
{
    *at = calloc(1, sizeof **at);
    if (!*at)
        return false;
    memcpy((*at)->key, key, sizeof(*at)->key);
    return true;
}

bool saas_h2o_peers_enter(saas_h2o_peers *p, const struct sockaddr *address)
{
    uint64_t key[2];
    if (!key_of(key, address))
        return true;
    pthread_mutex_lock(&p->lock);
    saas_h2o_peer **at = find(p, key);
    bool ok = (*at || add(at, key)) && (*at)->count < p->max;
    if (ok)
        (*at)->count++;
    pthread_mutex_unlock(&p->lock);
    return ok;
}

void saas_h2o_peers_leave(saas_h2o_peers *p, const struct sockaddr *address)
{
    uint64_t key[2];
    if (!key_of(key, address))
        return;
    pthread_mutex_lock(&p->lock);
    saas_h2o_peer **at = find(p, key), *peer = *at;
    if (peer && --peer->count == 0) {
        *at = peer->next;
        free(peer);
    }
    pthread_mutex_unlock(&p->lock);
}
