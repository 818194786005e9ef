#include "h2o/worker.h"
#include <string.h>

typedef struct mounted {
    h2o_handler_t super;
    saas_app *app;
    size_t prefix_len; /* without a slash at its end */
} mounted;

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
    const mounted *m = (const mounted *)(void *)self;
    saas_h2o_worker *w = h2o_context_get_handler_context(req->conn->ctx, self);
    if (w)
        saas_h2o_worker_take(w, req, m->prefix_len);
    else
        saas_h2o_refuse(req, SAAS_ERR_UNAVAILABLE);
    return 0;
}

static void on_context_dispose(h2o_handler_t *self, h2o_context_t *context)
{
    saas_h2o_worker *w = h2o_context_get_handler_context(context, self);
    h2o_context_set_handler_context(context, self, NULL);
    if (w && --w->uses == 0)
        saas_h2o_worker_free(w);
}

saas_err saas_h2o_mount(saas_app *app, h2o_hostconf_t *host, const char *prefix)
{
    if (*prefix && *prefix != '/')
        return SAAS_ERR_BUG;
    h2o_pathconf_t *path = h2o_config_register_path(host, *prefix ? prefix : "/", 0);
    path->error_log.emit_request_errors = 0;
    mounted *m = (mounted *)(void *)h2o_create_handler(path, sizeof *m);
    m->super.on_req = on_req;
    m->super.on_context_dispose = on_context_dispose;
    m->app = app;
    m->prefix_len = strlen(prefix);
    if (m->prefix_len && prefix[m->prefix_len - 1] == '/')
        m->prefix_len--;
    return SAAS_OK;
}

static unsigned attach_path(saas_h2o_worker *w, const saas_app *app, h2o_context_t *context, const h2o_pathconf_t *path)
{
    unsigned count = 0;
    for (size_t i = 0; i < path->handlers.size; i++) {
        h2o_handler_t *handler = path->handlers.entries[i];
        if (handler->on_req != on_req || ((const mounted *)(void *)handler)->app != app)
            continue;
        if (w)
            h2o_context_set_handler_context(context, handler, w);
        count++;
    }
    return count;
}

/* Points the app's handlers at w, if there is one, and counts them. */
static unsigned attach_all(saas_h2o_worker *w, const saas_app *app, h2o_context_t *context)
{
    unsigned count = 0;
    for (h2o_hostconf_t **host = context->globalconf->hosts; *host; host++)
        for (size_t i = 0; i < (*host)->paths.size; i++)
            count += attach_path(w, app, context, &(*host)->paths.entries[i]);
    return count;
}

saas_err saas_h2o_worker_attach(saas_h2o_worker **out, saas_app *app, h2o_context_t *context)
{
    saas_h2o_worker *w;
    if (!attach_all(NULL, app, context))
        return SAAS_ERR_BUG;
    SAAS_TRY(saas_h2o_worker_new(&w, app, context));
    w->uses = attach_all(w, app, context);
    *out = w;
    return SAAS_OK;
}

saas_err saas_h2o_attach(saas_shard **out, saas_app *app, h2o_context_t *context)
{
    saas_h2o_worker *w;
    SAAS_TRY(saas_h2o_worker_attach(&w, app, context));
    *out = w->shard;
    return SAAS_OK;
}
