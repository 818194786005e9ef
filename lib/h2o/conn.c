#include "h2o/conn.h"
#include "h2o/listen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static bool reserve(saas_h2o_crowd *crowd)
{
    unsigned count = atomic_load(&crowd->count);
    while (count < crowd->max)
        if (atomic_compare_exchange_weak(&crowd->count, &count, count + 1))
            return true;
    return false;
}

/* ---- accepting ---- */

static void on_accept(h2o_socket_t *listener, const char *err);

static void resume(void *user)
{
    saas_h2o_door *d = user;
    saas_timer_stop(d->loop, &d->resume);
    for (unsigned i = 0; i < d->listener_count; i++)
        if (!h2o_socket_is_reading(d->listeners[i]))
            h2o_socket_read_start(d->listeners[i], on_accept);
}

/* At a limit, h2o's loop would spin on a listener that stays readable. */
static void pause_door(saas_h2o_door *d)
{
    if (saas_timer_start(d->loop, &d->resume, SAAS_H2O_RESUME_MS, resume, d))
        return;
    for (unsigned i = 0; i < d->listener_count; i++)
        h2o_socket_read_stop(d->listeners[i]);
}

static void leave(saas_h2o_conn *c)
{
    saas_h2o_door *d = c->door;
    h2o_linklist_unlink(&c->link);
    if (c->counted)
        saas_h2o_peers_leave(&d->crowd->peers, &c->address.any);
    free(c);
    atomic_fetch_sub(&d->crowd->count, 1);
    resume(d);
    if (saas_h2o_door_empty(d))
        d->emptied(d->user);
}

/* ---- lingering ---- */

static void end_linger(saas_h2o_conn *c)
{
    h2o_socket_close(c->sock);
    leave(c);
}

static void on_linger(h2o_socket_t *sock, const char *err)
{
    (void)err;
    saas_h2o_conn *c = sock->data;
    ssize_t n = recv(h2o_socket_get_fd(sock), NULL, 65536, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        c->discarded += (size_t)n;
    if (n <= 0 || c->discarded > SAAS_H2O_LINGER_BYTES)
        end_linger(c);
}

static void on_linger_timer(void *user)
{
    saas_h2o_door *d = user;
    uint64_t now = saas_loop_now_ms(d->loop);
    while (!h2o_linklist_is_empty(&d->lingering)) {
        saas_h2o_conn *c = H2O_STRUCT_FROM_MEMBER(saas_h2o_conn, link, d->lingering.next);
        if (c->until_ms > now) {
            if (saas_timer_start(d->loop, &d->linger, c->until_ms - now, on_linger_timer, d))
                end_linger(c);
            else
                return;
        } else {
            end_linger(c);
        }
    }
}

static void begin_linger(saas_h2o_conn *c)
{
    saas_h2o_door *d = c->door;
    shutdown(c->linger_fd, SHUT_WR);
    c->sock = h2o_evloop_socket_create(d->accept.ctx->loop, c->linger_fd, H2O_SOCKET_FLAG_DONT_READ);
    c->sock->data = c;
    c->linger_fd = -1;
    c->until_ms = saas_loop_now_ms(d->loop) + SAAS_H2O_LINGER_MS;
    h2o_linklist_unlink(&c->link);
    h2o_linklist_insert(&d->lingering, &c->link);
    h2o_socket_read_start(c->sock, on_linger);
    if (!d->linger.slot)
        on_linger_timer(d);
}

void saas_h2o_conn_linger(saas_h2o_conn *c)
{
    if (c->linger_fd < 0)
        c->linger_fd = fcntl(h2o_socket_get_fd(c->sock), F_DUPFD_CLOEXEC, 0);
}

/* ---- one connection ---- */

static void on_close(void *data)
{
    saas_h2o_conn *c = data;
    if (c->linger_fd >= 0)
        begin_linger(c);
    else
        leave(c);
}

saas_h2o_conn *saas_h2o_conn_of(h2o_socket_t *sock)
{
    return sock->on_close.cb == on_close ? sock->on_close.data : NULL;
}

void saas_h2o_conn_begin(saas_h2o_conn *c)
{
    h2o_linklist_unlink(&c->link);
    h2o_linklist_insert(&c->door->busy, &c->link);
}

void saas_h2o_conn_done(saas_h2o_conn *c)
{
    c->since_ms = saas_loop_now_ms(c->door->loop);
    h2o_linklist_unlink(&c->link);
    h2o_linklist_insert(&c->door->waiting, &c->link);
}

/* shutdown() makes h2o see the end of its input or a failed write, and close. */
static void cut(saas_h2o_conn *c)
{
    shutdown(h2o_socket_get_fd(c->sock), SHUT_RDWR);
}

static bool identify(saas_h2o_conn *c)
{
    socklen_t len = sizeof c->address;
    if (getpeername(h2o_socket_get_fd(c->sock), &c->address.any, &len))
        return false;
    const void *ip = &c->address.four.sin_addr;
    int family = c->address.any.sa_family;
    if (family == AF_INET6) {
        ip = &c->address.six.sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&c->address.six.sin6_addr)) {
            family = AF_INET;
            ip = &c->address.six.sin6_addr.s6_addr[12];
        }
    }
    if (!inet_ntop(family, ip, c->remote, sizeof c->remote))
        return false;
    c->remote_len = strlen(c->remote);
    return true;
}

/* A proxy's connections are many clients'. */
static bool count(saas_h2o_conn *c)
{
    saas_h2o_crowd *crowd = c->door->crowd;
    if (saas_app_trusts(crowd->app, (saas_text){c->remote, c->remote_len}))
        return true;
    c->counted = saas_h2o_peers_enter(&crowd->peers, &c->address.any);
    return c->counted;
}

static void adopt(saas_h2o_door *d, h2o_socket_t *sock)
{
    saas_h2o_conn *c = calloc(1, sizeof *c);
    if (c)
        *c = (saas_h2o_conn){.door = d, .sock = sock, .linger_fd = -1};
    if (!c || !identify(c) || !count(c)) {
        free(c);
        h2o_socket_close(sock);
        atomic_fetch_sub(&d->crowd->count, 1);
        return;
    }
    c->since_ms = saas_loop_now_ms(d->loop);
    h2o_linklist_insert(&d->waiting, &c->link);
    sock->on_close.cb = on_close;
    sock->on_close.data = c;
    h2o_accept(&d->accept, sock);
}

/* At the limit the one that has waited longest goes, idle or slow: new ones are admitted while connections are held
 * that ask for nothing. */
static void make_room(saas_h2o_door *d)
{
    uint64_t now = saas_loop_now_ms(d->loop);
    if (!h2o_linklist_is_empty(&d->waiting)) {
        saas_h2o_conn *c = H2O_STRUCT_FROM_MEMBER(saas_h2o_conn, link, d->waiting.next);
        if (now - c->since_ms >= SAAS_H2O_SPARED_MS)
            cut(c);
    } else if (now - d->crowded_ms >= SAAS_H2O_RESUME_MS) {
        d->crowded_ms = now;
        d->crowded(d->user);
    }
}

static bool somebody_waits(h2o_socket_t *listener)
{
    struct pollfd p = {.fd = h2o_socket_get_fd(listener), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/* False: nobody waits, or a limit is reached. */
static bool accept_one(h2o_socket_t *listener)
{
    saas_h2o_door *d = listener->data;
    if (!reserve(d->crowd)) {
        if (somebody_waits(listener)) {
            make_room(d);
            pause_door(d);
        }
        return false;
    }
    h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
    if (sock) {
        adopt(d, sock);
        return true;
    }
    int why = errno;
    atomic_fetch_sub(&d->crowd->count, 1);
    if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM)
        pause_door(d);
    return why == ECONNABORTED || why == EINTR;
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    (void)err;
    const saas_h2o_door *d = listener->data;
    int max = d->shared ? SAAS_H2O_ACCEPTS_SHARED : SAAS_H2O_ACCEPTS_MAX;
    for (int i = 0; i < max && accept_one(listener); i++)
        ;
}

/* ---- the door ---- */

void saas_h2o_door_open(saas_h2o_door *d, const int *fds, unsigned count)
{
    h2o_linklist_init_anchor(&d->waiting);
    h2o_linklist_init_anchor(&d->busy);
    h2o_linklist_init_anchor(&d->lingering);
    for (unsigned i = 0; i < count; i++) {
        d->listeners[i] = h2o_evloop_socket_create(d->accept.ctx->loop, fds[i], H2O_SOCKET_FLAG_DONT_READ);
        d->listeners[i]->data = d;
        h2o_socket_read_start(d->listeners[i], on_accept);
    }
    d->listener_count = count;
}

void saas_h2o_door_bar(saas_h2o_door *d)
{
    for (unsigned i = 0; i < d->listener_count; i++)
        saas_h2o_listen_bar(h2o_socket_get_fd(d->listeners[i]));
}

void saas_h2o_door_close(saas_h2o_door *d)
{
    unsigned count = d->listener_count;
    for (unsigned i = 0; i < count; i++)
        for (int n = 0; n < SAAS_H2O_BACKLOG_MAX && accept_one(d->listeners[i]); n++)
            ;
    saas_timer_stop(d->loop, &d->resume);
    d->listener_count = 0;
    for (unsigned i = 0; i < count; i++)
        h2o_socket_close(d->listeners[i]);
}

static void cut_all(const h2o_linklist_t *list)
{
    for (h2o_linklist_t *at = list->next; at != list; at = at->next)
        cut(H2O_STRUCT_FROM_MEMBER(saas_h2o_conn, link, at));
}

void saas_h2o_door_clear(saas_h2o_door *d, bool busy_too)
{
    cut_all(&d->waiting);
    if (busy_too)
        cut_all(&d->busy);
    while (busy_too && !h2o_linklist_is_empty(&d->lingering))
        end_linger(H2O_STRUCT_FROM_MEMBER(saas_h2o_conn, link, d->lingering.next));
    if (h2o_linklist_is_empty(&d->lingering))
        saas_timer_stop(d->loop, &d->linger);
}

bool saas_h2o_door_empty(const saas_h2o_door *d)
{
    return d->waiting.next == &d->waiting && d->busy.next == &d->busy && d->lingering.next == &d->lingering;
}
