#include "h2o/request.h"
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* One at a time: what abandoning runs may end other requests, and with them their places in a list of events. */
static void on_leaver(h2o_socket_t *sock, const char *err)
{
    (void)err;
    saas_h2o_worker *w = sock->data;
    struct epoll_event event;
    if (epoll_wait(w->leavers, &event, 1, 0) == 1)
        saas_h2o_request_abandon(event.data.ptr);
}

static saas_err watch_leavers(saas_h2o_worker *w)
{
    w->leavers = epoll_create1(EPOLL_CLOEXEC);
    if (w->leavers < 0)
        return SAAS_ERR_UNAVAILABLE;
    w->leaver = h2o_evloop_socket_create(w->context->loop, w->leavers, H2O_SOCKET_FLAG_DONT_READ);
    w->leaver->data = w;
    h2o_socket_read_start(w->leaver, on_leaver);
    return SAAS_OK;
}

static saas_err fill(saas_h2o_worker *w)
{
    SAAS_TRY(saas_h2o_loop_init(&w->loop, w->context->loop));
    SAAS_TRY(watch_leavers(w));
    return saas_shard_new(&w->shard, w->app, w->loop.loop);
}

saas_err saas_h2o_worker_new(saas_h2o_worker **out, saas_app *app, h2o_context_t *context)
{
    saas_h2o_worker *w = calloc(1, sizeof *w);
    if (!w)
        return SAAS_ERR_NO_MEMORY;
    w->app = app;
    w->context = context;
    w->write_ms = SAAS_H2O_WRITE_MS;
    h2o_linklist_init_anchor(&w->requests);
    saas_err e = fill(w);
    if (e)
        saas_h2o_worker_free(w);
    else
        *out = w;
    return e;
}

void saas_h2o_worker_free(saas_h2o_worker *w)
{
    if (w->leaver)
        h2o_socket_close(w->leaver);
    if (w->loop.loop) {
        saas_timer_stop(w->loop.loop, &w->sweep);
        saas_h2o_loop_done(&w->loop);
    }
    free(w);
}
