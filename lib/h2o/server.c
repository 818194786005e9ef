#include "h2o/server.h"
#include "h2o/errors.h"
#include "h2o/listen.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors for everything but connections: the database's lanes, logs, files of the host. */
static unsigned connections_allowed(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 1 << 20)
        return 1 << 20;
    unsigned all = (unsigned)limit.rlim_cur, kept = all / 8 < 512 ? all / 8 + 64 : 512;
    return all > 2 * kept ? all - kept : all / 2;
}

static void read_options(saas_h2o_options *to, const saas_h2o_options *from)
{
    *to = (saas_h2o_options){.size = sizeof *to};
    if (from)
        memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    to->threads = to->threads ? to->threads : 1;
    to->grace_ms = to->grace_ms ? to->grace_ms : SAAS_H2O_GRACE_MS;
    to->read_ms = to->read_ms ? to->read_ms : SAAS_H2O_READ_MS;
    to->write_ms = to->write_ms ? to->write_ms : SAAS_H2O_WRITE_MS;
    to->connections_max = to->connections_max ? to->connections_max : connections_allowed();
    to->connections_per_address = to->connections_per_address ? to->connections_per_address : SAAS_H2O_PER_ADDRESS;
}

static saas_err configure(saas_h2o_server *s)
{
    h2o_globalconf_t *c = &s->config;
    h2o_config_init(c);
    c->server_name = (h2o_iovec_t){NULL, 0};
    c->max_request_entity_size = saas_app_body_max_bytes(s->app) + SAAS_H2O_BODY_SLACK;
    c->http1.req_timeout = s->options.read_ms;
    c->http1.upgrade_to_http2 = 0;
    h2o_hostconf_t *host = h2o_config_register_host(c, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    saas_h2o_errors_register(host);
    return saas_h2o_mount(s->app, host, "/");
}

static saas_err start_threads(saas_h2o_server *s)
{
    saas_err e = SAAS_OK;
    for (; s->running < s->options.threads; s->running++) {
        saas_h2o_thread *t = &s->threads[s->running];
        if (pthread_create(&t->id, NULL, saas_h2o_thread_main, t)) {
            e = SAAS_ERR_NO_MEMORY;
            break;
        }
    }
    for (uint32_t i = 0; i < s->running; i++)
        while (sem_wait(&s->started) && errno == EINTR)
            ;
    for (uint32_t i = 0; i < s->running && !e; i++)
        e = s->threads[i].err;
    return e;
}

static saas_err listen_all(saas_h2o_server *s, saas_error *e)
{
    uint32_t count = s->options.threads;
    int *fds = calloc(count, sizeof *fds);
    if (!fds)
        return SAAS_ERR_NO_MEMORY;
    s->port = s->options.port;
    saas_err err = saas_h2o_listen(fds, count, s->options.address, &s->port, e);
    for (uint32_t i = 0; i < count && !err; i++) {
        s->threads[i].fds[0] = fds[i];
        s->threads[i].fd_count = 1;
    }
    free(fds);
    return err;
}

/* Each thread accepts from each socket. */
static saas_err inherit_all(saas_h2o_server *s, saas_error *e)
{
    const saas_h2o_options *o = &s->options;
    if (o->fd_count > SAAS_H2O_LISTENERS_MAX)
        return SAAS_ERR_BUG;
    for (uint32_t i = 0; i < o->threads; i++) {
        SAAS_TRY(saas_h2o_listen_inherit(s->threads[i].fds, o->fds, o->fd_count, &s->port, e));
        s->threads[i].fd_count = o->fd_count;
    }
    return SAAS_OK;
}

static saas_err make_threads(saas_h2o_server *s)
{
    s->threads = calloc(s->options.threads, sizeof *s->threads);
    if (!s->threads)
        return SAAS_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < s->options.threads; i++) {
        s->threads[i].server = s;
        atomic_init(&s->threads[i].turned, true);
    }
    return SAAS_OK;
}

static void close_unused(saas_h2o_server *s)
{
    for (uint32_t i = s->running; i < s->options.threads; i++)
        for (unsigned k = 0; k < s->threads[i].fd_count; k++)
            close(s->threads[i].fds[k]);
}

saas_err saas_h2o_serve(saas_h2o_server **out, saas_app *app, const saas_h2o_options *options, saas_error *e)
{
    saas_h2o_server *s = calloc(1, sizeof *s);
    if (!s)
        return SAAS_ERR_NO_MEMORY;
    s->app = app;
    read_options(&s->options, options);
    sem_init(&s->started, 0, 0);
    s->crowd.app = app;
    s->crowd.max = s->options.connections_max;
    saas_h2o_peers_init(&s->crowd.peers, s->options.connections_per_address);
    saas_err err = configure(s);
    if (!err)
        err = make_threads(s);
    if (!err)
        err = s->options.fd_count ? inherit_all(s, e) : listen_all(s, e);
    if (!err)
        err = start_threads(s);
    if (err)
        saas_h2o_stop(s);
    else
        *out = s;
    return err;
}

uint16_t saas_h2o_port(const saas_h2o_server *s)
{
    return s->port;
}

void saas_h2o_stop(saas_h2o_server *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->running; i++)
        if (!s->threads[i].err)
            saas_h2o_thread_stop(&s->threads[i]);
    for (uint32_t i = 0; i < s->running; i++)
        pthread_join(s->threads[i].id, NULL);
    if (s->threads)
        close_unused(s);
    h2o_config_dispose(&s->config);
    saas_h2o_peers_done(&s->crowd.peers);
    sem_destroy(&s->started);
    free(s->threads);
    free(s);
}
