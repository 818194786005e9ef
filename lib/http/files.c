#include "http/files.h"
#include "base/percent.h"
#include "http/ctx.h"
#include <stdlib.h>
#include <string.h>

enum { PATH_LEN_MAX = 2048 };

/* ---- finding ---- */

bool saas_folder_covers(const saas_folder *f, saas_text path)
{
    return path.len >= f->prefix.len && !memcmp(path.ptr, f->prefix.ptr, f->prefix.len);
}

static int compare(const void *key, const void *item)
{
    const saas_text *a = key, *b = &((const saas_file *)item)->path;
    const int c = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
    return c ? c : (a->len > b->len) - (a->len < b->len);
}

static bool same_slashes(saas_text a, saas_text b)
{
    size_t n = 0;
    for (size_t i = 0; i < a.len; i++)
        n += a.ptr[i] == '/';
    for (size_t i = 0; i < b.len; i++)
        n -= b.ptr[i] == '/';
    return !n;
}

/* A slash is one only when it is sent as one. */
const saas_file *saas_folder_find(const saas_folder *f, saas_text path)
{
    char decoded[PATH_LEN_MAX + 1];
    saas_text name = {decoded, 0};
    if (path.len > PATH_LEN_MAX || saas_percent_decode(decoded, &name.len, path, false) || !same_slashes(path, name))
        return NULL;
    return f->count ? bsearch(&name, f->files, f->count, sizeof *f->files, compare) : NULL;
}

bool saas_folder_falls_back(const saas_folder *f, saas_text path)
{
    const char *slash = memrchr(path.ptr, '/', path.len);
    const size_t last = slash ? path.len - (size_t)(slash - path.ptr) : path.len;
    return f->fallback && !memchr(path.ptr + path.len - last, '.', last);
}

/* ---- serving ---- */

saas_err saas_files_serve(saas_ctx *c)
{
    const saas_file *file = c->match.file;
    const saas_folder *folder = c->match.folder;
    saas_ctx_clear_reply(c);
    c->status = 200;
    c->replied = true;
    c->file = file;
    saas_ctx_header(c, SAAS_LIT("content-type"), file->type);
    saas_ctx_header(c, SAAS_LIT("etag"), file->tag);
    if (file->immutable)
        saas_ctx_header(c, SAAS_LIT("cache-control"), SAAS_LIT("public, max-age=31536000, immutable"));
    if (file->page && folder->policy.len)
        saas_ctx_header(c, SAAS_LIT("content-security-policy"), folder->policy);
    return SAAS_OK;
}

static bool wants_page(const saas_ctx *c)
{
    const saas_text accept = saas_header_get(c, "accept");
    return accept.len && strcasestr(accept.ptr, "text/html");
}

saas_err saas_files_fall_back(saas_ctx *c)
{
    saas_match *m = &c->match;
    if (!m->folder || !saas_ctx_reads(c) || !wants_page(c) || !saas_folder_falls_back(m->folder, c->path))
        return SAAS_ERR_NOT_FOUND;
    saas_match_file(m, m->folder->fallback);
    return SAAS_OK;
}
