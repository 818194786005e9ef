#include "h2o/worker.h"

typedef struct phrase {
    int status;
    const char *text;
} phrase;

static const phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *phrase_of(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "Status";
}

static const saas_header *header_at(const saas_host_reply *reply, size_t i)
{
    return (const saas_header *)(const void *)((const char *)reply->headers + i * reply->header_size);
}

_Static_assert(sizeof(saas_text) == sizeof(h2o_iovec_t) && offsetof(saas_text, ptr) == offsetof(h2o_iovec_t, base) &&
                   offsetof(saas_text, len) == offsetof(h2o_iovec_t, len),
               "a header's name is lent to h2o as it is");

/* h2o only reads names; those it knows are its own tokens, which filters of a host look for by address. */
static h2o_iovec_t *name_of(const saas_header *h)
{
    const h2o_token_t *token = h2o_lookup_token(h->name.ptr, h->name.len);
    return token ? (h2o_iovec_t *)(uintptr_t)&token->buf : (h2o_iovec_t *)(uintptr_t)&h->name;
}

/* Answers that no exchange has made have no name yet. */
static void name_answer(h2o_req_t *req)
{
    saas_uuid id;
    char *text = h2o_mem_alloc_pool(&req->pool, SAAS_UUID_CHARS + 1);
    if (saas_uuid_v7(&id))
        return;
    saas_uuid_format(text, id);
    h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-request-id"), 0, NULL, text, SAAS_UUID_CHARS);
}

void saas_h2o_fill(h2o_req_t *req, const saas_host_reply *reply)
{
    h2o_headers_t *to = &req->res.headers;
    bool named = false;
    h2o_vector_reserve(&req->pool, to, reply->header_count + 1);
    for (size_t i = 0; i < reply->header_count; i++) {
        const saas_header *from = header_at(reply, i);
        to->entries[i] = (h2o_header_t){name_of(from), NULL, {(char *)(uintptr_t)from->value.ptr, from->value.len}};
        named = named || saas_text_equal(from->name, SAAS_LIT("x-request-id"));
    }
    to->size = reply->header_count;
    if (!named)
        name_answer(req);
    req->res.status = reply->status;
    req->res.reason = phrase_of(reply->status);
    bool bodyless = reply->status == 204 || reply->status == 304;
    req->res.content_length = bodyless ? SIZE_MAX : reply->body.len;
    if (reply->close)
        req->http1_is_persistent = 0;
}
