#include "http/ctx.h"

/* Of an application_name Postgres keeps 63 bytes: the id goes before the app's name. */
enum { TAG_MAX = 63, ID_MAX = 42 };

const char *saas_ctx_tag(saas_ctx *c)
{
    if (c->tag)
        return c->tag;
    const saas_text name = saas_text_z(c->shard->site->name);
    const size_t id = c->request_id.len < ID_MAX ? c->request_id.len : ID_MAX, room = TAG_MAX - 1 - id;
    const size_t n = name.len < room ? name.len : room;
    char *tag = saas_arena_alloc(&c->arena, TAG_MAX + 1);
    if (!tag)
        return NULL;
    memcpy(tag, name.ptr, n);
    tag[n] = ':';
    memcpy(tag + n + 1, c->request_id.ptr, id);
    tag[n + 1 + id] = 0;
    return c->tag = tag;
}
