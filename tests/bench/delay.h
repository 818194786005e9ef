/* tests/bench/delay.h: a TCP proxy in front of the rig's Postgres that holds back what the server answers. */
#ifndef TESTS_BENCH_DELAY_H
#define TESTS_BENCH_DELAY_H

#include "db/rig.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { DELAY_LINKS = 8, DELAY_CHUNKS = 64, DELAY_CHUNK = 16384 };

typedef struct delay_chunk {
    uint64_t due_us;
    size_t len;
    char bytes[DELAY_CHUNK];
} delay_chunk;

typedef struct delay_link {
    int client, server; /* 0: free */
    unsigned first, count;
    delay_chunk chunks[DELAY_CHUNKS];
} delay_link;

static delay_link delay_links[DELAY_LINKS];
static int delay_listener;
static _Atomic uint64_t delay_us;
static atomic_bool delay_over;
static struct sockaddr_un delay_to;

static void delay_close(delay_link *l)
{
    close(l->client);
    close(l->server);
    l->client = l->server = 0;
    l->count = 0;
}

static void delay_accept(void)
{
    int client = accept(delay_listener, NULL, NULL), server = socket(AF_UNIX, SOCK_STREAM, 0);
    for (int i = 0; i < DELAY_LINKS && client > 0; i++) {
        delay_link *l = &delay_links[i];
        if (l->client || connect(server, (struct sockaddr *)&delay_to, sizeof delay_to))
            continue;
        l->client = client;
        l->server = server;
        return;
    }
    close(client);
    close(server);
}

static void delay_ask(delay_link *l)
{
    char bytes[DELAY_CHUNK];
    ssize_t n = read(l->client, bytes, sizeof bytes);
    if (n <= 0 || write(l->server, bytes, (size_t)n) != n)
        delay_close(l);
}

static void delay_answer(delay_link *l)
{
    delay_chunk *c = &l->chunks[(l->first + l->count) % DELAY_CHUNKS];
    ssize_t n = read(l->server, c->bytes, sizeof c->bytes);
    if (n <= 0) {
        delay_close(l);
        return;
    }
    c->len = (size_t)n;
    c->due_us = saas_clock_mono_us() + delay_us;
    l->count++;
}

/* Sends what is due; how long until the next is. */
static uint64_t delay_send(delay_link *l, uint64_t now)
{
    while (l->count && l->chunks[l->first].due_us <= now) {
        const delay_chunk *c = &l->chunks[l->first];
        if (write(l->client, c->bytes, c->len) != (ssize_t)c->len) {
            delay_close(l);
            return UINT64_MAX;
        }
        l->first = (l->first + 1) % DELAY_CHUNKS;
        l->count--;
    }
    return l->count ? l->chunks[l->first].due_us - now : UINT64_MAX;
}

static void delay_turn(void)
{
    struct pollfd fds[1 + 2 * DELAY_LINKS] = {{delay_listener, POLLIN, 0}};
    uint64_t now = saas_clock_mono_us(), wait = 20000;
    for (int i = 0; i < DELAY_LINKS; i++) {
        delay_link *l = &delay_links[i];
        uint64_t left = delay_send(l, now);
        wait = left < wait ? left : wait;
        fds[1 + 2 * i] = (struct pollfd){l->client ? l->client : -1, POLLIN, 0};
        fds[2 + 2 * i] = (struct pollfd){l->client && l->count < DELAY_CHUNKS ? l->server : -1, POLLIN, 0};
    }
    if (ppoll(fds, 1 + 2 * DELAY_LINKS, &(struct timespec){.tv_nsec = (long)wait * 1000}, NULL) <= 0)
        return;
    if (fds[0].revents)
        delay_accept();
    for (int i = 0; i < DELAY_LINKS; i++) {
        if (fds[1 + 2 * i].revents)
            delay_ask(&delay_links[i]);
        if (delay_links[i].client && fds[2 + 2 * i].revents)
            delay_answer(&delay_links[i]);
    }
}

static void *delay_run(void *none)
{
    prctl(PR_SET_TIMERSLACK, 1UL);
    while (!delay_over)
        delay_turn();
    return none;
}

/* The app's connection string through it. */
static bool delay_start(pthread_t *thread, char dsn[256])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    PGconn *conn = PQconnectdb(base.app_dsn);
    delay_to.sun_family = AF_UNIX;
    snprintf(delay_to.sun_path, sizeof delay_to.sun_path, "%s/.s.PGSQL.%s", PQhost(conn), PQport(conn));
    delay_listener = socket(AF_INET, SOCK_STREAM, 0);
    if (PQstatus(conn) || delay_listener < 0 || bind(delay_listener, (struct sockaddr *)&at, sizeof at) ||
        listen(delay_listener, 8) || getsockname(delay_listener, (struct sockaddr *)&at, &len))
        return false;
    snprintf(dsn, 256, "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable gssencmode=disable",
             ntohs(at.sin_port), PQuser(conn), PQdb(conn));
    PQfinish(conn);
    return !pthread_create(thread, NULL, delay_run, NULL);
}

static void delay_stop(pthread_t thread)
{
    delay_over = true;
    pthread_join(thread, NULL);
    close(delay_listener);
}

#endif
