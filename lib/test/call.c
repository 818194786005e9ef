#include "test/client.h"
#include <stdlib.h>
#include <string.h>

enum { SEND_MS = 30000, STAYS_MS = 24 * 3600 * 1000 };

/* A request on its way: from saas_test_begin to done(). */
struct saas_test_call {
    saas_test_call *next, **link;
    saas_test_client *client;
    saas_exchange *exchange;
    const saas_host_reply *reply; /* lives until the exchange is released */
    saas_timer timer;             /* to leave; then, answered, to tell */
    bool head;
    void (*done)(const saas_test_response *r, void *user);
    void *user;
};

/* ---- its end ---- */

static void describe(saas_test_response *r, saas_arena *a, const saas_test_call *call)
{
    const saas_host_reply *reply = call->reply;
    *r = (saas_test_response){0};
    if (!reply)
        return;
    saas_header *headers = saas_arena_calloc(a, reply->header_count, sizeof *headers);
    for (size_t i = 0; headers && i < reply->header_count; i++)
        headers[i] = *(const saas_header *)(const void *)((const char *)reply->headers + i * reply->header_size);
    r->status = reply->status;
    r->headers = headers;
    r->header_count = headers ? reply->header_count : 0;
    if (!call->head)
        r->body = reply->body;
}

static void end(void *user)
{
    saas_test_call *call = user;
    saas_test_response r;
    saas_timer_stop(call->client->loop, &call->timer);
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    describe(&r, call->client->kept, call);
    call->done(&r, call->user);
    if (call->exchange)
        saas_exchange_release(call->exchange);
    free(call);
}

/* The library is in the midst of answering: told, and released, in the loop's next turn. The timer is armed already, so
 * this takes no memory. */
static void answered(void *transport, const saas_host_reply *reply)
{
    saas_test_call *call = transport;
    call->reply = reply;
    saas_err err = saas_timer_start(call->client->loop, &call->timer, 0, end, call);
    (void)err;
}

void saas_test_calls_drop(saas_test_client *t)
{
    while (t->calls)
        end(t->calls);
}

/* ---- its beginning ---- */

static saas_text lower(saas_arena *a, saas_text name)
{
    char *copy = saas_arena_copy(a, name.ptr, name.len);
    for (size_t i = 0; copy && i < name.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] + ('a' - 'A'));
    return (saas_text){copy, name.len};
}

static saas_err sign_in(saas_header *out, saas_test_client *t, const saas_test_request *q)
{
    saas_text token = saas_text_z(q->bearer);
    if (q->as)
        SAAS_TRY(saas_access_token_new(&token, t->scratch, t->app, q->as));
    out->name = saas_text_z("authorization");
    out->value = saas_arena_format(t->scratch, "Bearer %s", token.ptr);
    return out->value.ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

static saas_err set_headers(saas_host_request *out, saas_test_client *t, const saas_test_request *q)
{
    saas_header *headers = saas_arena_calloc(t->scratch, q->header_count + 1, sizeof *headers);
    if (!headers)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < q->header_count; i++) {
        headers[i] = (saas_header){lower(t->scratch, q->headers[i].name), q->headers[i].value};
        if (!headers[i].name.ptr)
            return SAAS_ERR_NO_MEMORY;
    }
    out->headers = headers;
    out->header_count = q->header_count;
    out->header_size = sizeof *headers;
    if (q->as || q->bearer)
        return sign_in(&headers[out->header_count++], t, q);
    return SAAS_OK;
}

static saas_err set_request(saas_host_request *out, saas_test_client *t, const saas_test_request *q)
{
    const char *type = q->content_type ? q->content_type : q->body ? "application/json" : NULL;
    *out = (saas_host_request){.size = sizeof *out,
                               .method = saas_text_z(q->method ? q->method : "GET"),
                               .target = saas_text_z(q->target ? q->target : "/"),
                               .content_type = saas_text_z(type),
                               .remote = saas_text_z(q->remote ? q->remote : "127.0.0.1")};
    if (q->body)
        out->body = (saas_text){q->body, q->body_len ? q->body_len : strlen(q->body)};
    return set_headers(out, t, q);
}

static void run(saas_test_call *call, const saas_host_request *request)
{
    static const saas_host_ops ops = {.size = sizeof ops, .reply = answered};
    saas_err err = saas_exchange_new(&call->exchange, call->client->shard, request, &ops, call);
    if (err)
        answered(call, saas_host_refusal(err));
    else
        saas_exchange_start(call->exchange);
}

static saas_err begin(saas_test_call **out, saas_test_client *t, const saas_test_request *given,
                      void (*done)(const saas_test_response *r, void *user), void *user)
{
    saas_test_request q = {0};
    memcpy(&q, given, given->size < sizeof q ? given->size : sizeof q);
    saas_host_request request;
    saas_arena_reset(t->scratch);
    SAAS_TRY(set_request(&request, t, &q));
    saas_test_call *call = calloc(1, sizeof *call);
    if (!call)
        return SAAS_ERR_NO_MEMORY;
    *call = (saas_test_call){.next = t->calls, .link = &t->calls, .client = t, .done = done, .user = user};
    call->head = saas_text_equal(request.method, saas_text_z("HEAD"));
    if (saas_timer_start(t->loop, &call->timer, q.leave_after_ms ? q.leave_after_ms : STAYS_MS, end, call)) {
        free(call);
        return SAAS_ERR_NO_MEMORY;
    }
    if (t->calls)
        t->calls->link = &call->next;
    t->calls = call;
    *out = call;
    run(call, &request);
    return SAAS_OK;
}

saas_err saas_test_begin(saas_test_client *t, const saas_test_request *request,
                         void (*done)(const saas_test_response *r, void *user), void *user)
{
    saas_test_call *call;
    return begin(&call, t, request, done, user);
}

/* ---- waiting ---- */

static void note_timeout(void *over)
{
    *(bool *)over = true;
}

saas_err saas_test_wait(saas_test_client *t, uint64_t timeout_ms)
{
    bool over = false;
    saas_timer timer = {0};
    SAAS_TRY(saas_timer_start(t->loop, &timer, timeout_ms, note_timeout, &over));
    while (t->calls && !over)
        saas_poll_loop_turn(t->loop, -1);
    saas_timer_stop(t->loop, &timer);
    return t->calls ? SAAS_ERR_DEADLINE : SAAS_OK;
}

typedef struct answer {
    saas_test_client *client;
    saas_test_response response;
    saas_err err;
    bool done;
} answer;

/* The exchange's memory goes after this. */
static void keep(const saas_test_response *r, void *user)
{
    answer *an = user;
    saas_arena *a = an->client->kept;
    saas_header *headers = (saas_header *)(uintptr_t)r->headers;
    an->done = true;
    an->response = *r;
    an->response.body.ptr = r->body.ptr ? saas_arena_copy(a, r->body.ptr, r->body.len) : NULL;
    if (r->body.ptr && !an->response.body.ptr)
        an->err = SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < r->header_count; i++) {
        headers[i].name.ptr = saas_arena_copy(a, headers[i].name.ptr, headers[i].name.len);
        headers[i].value.ptr = saas_arena_copy(a, headers[i].value.ptr, headers[i].value.len);
        if (!headers[i].name.ptr || !headers[i].value.ptr)
            an->err = SAAS_ERR_NO_MEMORY;
    }
}

saas_err saas_test_send(saas_test_response *out, saas_test_client *t, const saas_test_request *request)
{
    bool over = false;
    saas_timer timer = {0};
    answer an = {.client = t};
    saas_arena_reset(t->kept);
    SAAS_TRY(saas_timer_start(t->loop, &timer, SEND_MS, note_timeout, &over));
    saas_test_call *call;
    saas_err err = begin(&call, t, request, keep, &an);
    while (!err && !an.done && !over)
        saas_poll_loop_turn(t->loop, -1);
    saas_timer_stop(t->loop, &timer);
    if (!err && !an.done) {
        end(call);
        err = SAAS_ERR_DEADLINE;
    }
    if (!err)
        err = an.err;
    if (!err)
        *out = an.response;
    return err;
}
