#include "fake.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct saas_shard {
    saas_app *app;
    saas_loop *loop;
    unsigned live;
    bool stopping, served;
    void (*done)(void *user);
    void *user;
};

struct saas_exchange {
    saas_shard *shard;
    const saas_host_ops *ops;
    void *transport;
    saas_timer timer;
    bool replied;
    saas_err refused;
    saas_host_reply reply;
    saas_text body;
    char path[64];
    char memory[];
};

size_t saas_app_body_max_bytes(const saas_app *app)
{
    return app->body_max;
}

bool saas_app_trusts(const saas_app *app, saas_text address)
{
    (void)app, (void)address;
    return false;
}

saas_err saas_shard_new(saas_shard **out, saas_app *app, saas_loop *loop)
{
    saas_shard *s = calloc(1, sizeof *s);
    s->app = app;
    s->loop = loop;
    app->shards++;
    *out = s;
    return SAAS_OK;
}

static void tell(void *user)
{
    saas_shard *s = user;
    s->done(s->user);
}

static void check_stopped(saas_shard *s)
{
    if (s->stopping && !s->live && s->done && saas_post(s->loop, tell, s))
        abort();
}

void saas_shard_stop(saas_shard *s, uint64_t grace_ms, void (*done)(void *user), void *user)
{
    (void)grace_ms;
    s->stopping = true;
    s->done = done;
    s->user = user;
    check_stopped(s);
}

void saas_shard_free(saas_shard *s)
{
    if (s)
        s->app->shards--;
    free(s);
}

saas_err saas_exchange_new(saas_exchange **out, saas_shard *shard, const saas_host_request *r, const saas_host_ops *ops,
                           void *transport)
{
    if (shard->stopping)
        return SAAS_ERR_UNAVAILABLE;
    saas_exchange *x = calloc(1, sizeof *x + r->body.len + 1);
    *x = (saas_exchange){.shard = shard, .ops = ops, .transport = transport, .refused = r->refused};
    memcpy(x->path, r->target.ptr, r->target.len < 63 ? r->target.len : 63);
    x->body = (saas_text){x->memory, r->body.len};
    if (r->body.len)
        memcpy(x->memory, r->body.ptr, r->body.len);
    shard->live++;
    if (!shard->served)
        shard->app->threads_seen++;
    shard->served = true;
    shard->app->begun++;
    *out = x;
    return SAAS_OK;
}

static const saas_header headers[] = {{{"content-type", 12}, {"application/json", 16}}, {{"x-own", 5}, {"1", 1}}};

static void answer(saas_exchange *x, int status, saas_text body, bool close)
{
    x->reply = (saas_host_reply){.size = sizeof x->reply,
                                 .status = status,
                                 .headers = headers,
                                 .header_count = 2,
                                 .header_size = sizeof *headers,
                                 .body = body,
                                 .close = close};
    x->replied = true;
    x->shard->app->replied++;
    x->ops->reply(x->transport, &x->reply);
}

static void answer_later(void *user)
{
    answer(user, 200, SAAS_LIT("{\"late\":true}"), false);
}

static char much[16 << 20];

static void fill(void)
{
    memset(much, 'b', sizeof much);
}

static saas_text big(size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
    return (saas_text){much, len};
}

void saas_exchange_start(saas_exchange *x)
{
    if (x->refused) {
        x->shard->app->refused++;
        x->replied = true;
        x->shard->app->replied++;
        x->ops->reply(x->transport, saas_host_refusal(x->refused));
        return;
    }
    x->shard->app->handled++;
    if (!strncmp(x->path, "/wait/", 6)) {
        if (saas_timer_start(x->shard->loop, &x->timer, strtoul(x->path + 6, NULL, 10), answer_later, x))
            abort();
    } else if (!strncmp(x->path, "/block/", 7)) {
        usleep((useconds_t)strtoul(x->path + 7, NULL, 10) * 1000);
        answer(x, 200, SAAS_LIT("{}"), false);
    } else if (!strncmp(x->path, "/big/", 5)) {
        answer(x, 200, big(strtoul(x->path + 5, NULL, 10)), false);
    } else if (!strcmp(x->path, "/echo")) {
        answer(x, 200, x->body, false);
    } else if (!strcmp(x->path, "/nothing")) {
        answer(x, 204, (saas_text){NULL, 0}, false);
    } else {
        answer(x, 200, SAAS_LIT("{\"ok\":true}"), !strcmp(x->path, "/close"));
    }
}

void saas_exchange_release(saas_exchange *x)
{
    saas_shard *s = x->shard;
    saas_timer_stop(s->loop, &x->timer);
    s->app->left += !x->replied;
    s->app->released++;
    s->live--;
    free(x);
    check_stopped(s);
}
