#include "base/error.h"
#include "http/trie.h"
#include <stdlib.h>
#include <string.h>

enum { ROUTER_MAX = 64 << 20 };

/* In the order Allow lists them. */
static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
static const char any_method[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

saas_err saas_router_new(saas_router **out)
{
    saas_router *r = calloc(1, sizeof *r);
    if (!r)
        return SAAS_ERR_NO_MEMORY;
    r->arena = saas_arena_new(ROUTER_MAX);
    if (!r->arena) {
        free(r);
        return SAAS_ERR_NO_MEMORY;
    }
    r->policy.cors = saas_cors_default();
    *out = r;
    return SAAS_OK;
}

void saas_router_free(saas_router *r)
{
    if (!r)
        return;
    saas_arena_free(r->arena);
    free(r);
}

size_t saas_router_count(const saas_router *r)
{
    return r->count;
}

const saas_route *saas_router_route(const saas_router *r, size_t i)
{
    return i < r->count ? &r->entries[i]->route : NULL;
}

bool saas_path_next(saas_text *segment, saas_text *rest, saas_text path)
{
    if (!path.len || path.ptr[0] != '/')
        return false;
    const char *start = path.ptr + 1, *end = path.ptr + path.len;
    const char *slash = memchr(start, '/', path.len - 1);
    if (!slash)
        slash = end;
    *segment = (saas_text){start, (size_t)(slash - start)};
    *rest = (saas_text){slash, (size_t)(end - slash)};
    return true;
}

/* ---- building ---- */

static const saas_entry *entry_for(const saas_node *n, saas_text method)
{
    for (const saas_entry *at = n->entries; at; at = at->next)
        if (saas_text_equal(at->method, method))
            return at;
    return NULL;
}

static saas_node *literal(const saas_node *n, saas_text segment)
{
    for (saas_node *at = n->literals; at; at = at->sibling)
        if (saas_text_equal(at->segment, segment))
            return at;
    return NULL;
}

static saas_node *child(saas_arena *a, saas_node *n, saas_text segment)
{
    bool named = segment.ptr[0] == ':';
    saas_node *known = named ? n->name : literal(n, segment);
    if (known)
        return known;
    saas_node *made = saas_arena_calloc(a, 1, sizeof *made);
    if (!made)
        return NULL;
    made->segment = segment;
    if (named) {
        n->name = made;
    } else {
        made->sibling = n->literals;
        n->literals = made;
    }
    return made;
}

static saas_node *node_for(saas_router *r, saas_text path)
{
    saas_node *n = &r->root;
    saas_text segment;
    if (path.len == 1)
        return n;
    while (n && saas_path_next(&segment, &path, path))
        n = child(r->arena, n, segment);
    return n;
}

/* The library answers OPTIONS where no route does. */
static bool answers(const saas_node *n, const char *method)
{
    if (!strcmp(method, "OPTIONS"))
        return true;
    return entry_for(n, saas_text_z(method)) || (!strcmp(method, "HEAD") && entry_for(n, SAAS_LIT("GET")));
}

static saas_err write_allow(saas_node *n, saas_arena *a)
{
    char allow[64];
    size_t len = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!answers(n, methods[i]))
            continue;
        saas_text method = saas_text_z(methods[i]);
        memcpy(allow + len, ", ", 2);
        memcpy(allow + len + 2, method.ptr, method.len);
        len += method.len + 2;
    }
    const char *copy = saas_arena_copy(a, allow + 2, len - 2);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    n->allow = copy;
    return SAAS_OK;
}

static saas_err keep(saas_router *r, saas_entry *entry)
{
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 32;
        saas_entry **more = saas_arena_calloc(r->arena, cap, sizeof *more);
        if (!more)
            return SAAS_ERR_NO_MEMORY;
        if (r->count)
            memcpy(more, r->entries, r->count * sizeof *more);
        r->entries = more;
        r->cap = cap;
    }
    entry->index = r->count;
    r->entries[r->count++] = entry;
    return SAAS_OK;
}

static saas_err add(saas_router *r, saas_entry *entry, saas_error *e)
{
    const saas_route *route = &entry->route;
    saas_node *n = node_for(r, saas_text_z(route->path));
    if (!n)
        return SAAS_ERR_NO_MEMORY;
    if (entry_for(n, entry->method))
        return saas_error_add(e, SAAS_ERR_BUG, "%s %s: there is one for this method and path already", route->method,
                              route->path);
    SAAS_TRY(keep(r, entry));
    entry->next = n->entries;
    n->entries = entry;
    return write_allow(n, r->arena);
}

saas_err saas_router_within(saas_router *r, const saas_group *group, saas_error *e)
{
    const char *why = "a group stands in itself, or in more than 15 others";
    saas_groups groups = {0};
    saas_err err = saas_groups_add(&groups, group) ? SAAS_OK : SAAS_ERR_BUG;
    r->group = group;
    if (!err)
        err = saas_policy_make(&r->policy, &why, r->arena, &r->plans, &groups, NULL);
    return err == SAAS_ERR_BUG ? saas_error_add(e, err, "options.group: %s", why) : err;
}

const saas_plans *saas_router_plans(const saas_router *r)
{
    return &r->plans;
}

const saas_policy *saas_router_policy(const saas_router *r)
{
    return &r->policy;
}

saas_err saas_router_add(saas_router *r, const char *prefix, saas_route_list list, const saas_group *group,
                         saas_error *e)
{
    const saas_source from = {prefix, list, {group, r->group}, &r->plans};
    saas_err all = SAAS_OK;
    for (size_t i = 0; i < list.count; i++) {
        saas_entry *entry;
        saas_err err = saas_entry_new(&entry, r->arena, &from, i, e);
        if (!err)
            err = add(r, entry, e);
        if (err == SAAS_ERR_NO_MEMORY)
            return err;
        if (err)
            all = err;
    }
    return all;
}

size_t saas_route_index(const saas_route *r)
{
    return ((const saas_entry *)(const void *)((const char *)r - offsetof(saas_entry, route)))->index;
}

/* ---- folders ---- */

static saas_err add_place(saas_router *r, const saas_folder *folder, saas_entry *entry)
{
    saas_place *place = saas_arena_alloc(r->arena, sizeof *place), **at = &r->places;
    if (!place)
        return SAAS_ERR_NO_MEMORY;
    while (*at && (*at)->folder->prefix.len >= folder->prefix.len)
        at = &(*at)->next;
    *place = (saas_place){.next = *at, .folder = folder, .entry = entry};
    *at = place;
    return keep(r, entry);
}

/* Metrics, limits and the log know all of its files as one route, named by the prefix. */
saas_err saas_router_add_folder(saas_router *r, const saas_folder *folder, const saas_group *group, saas_error *e)
{
    saas_entry *entry;
    const saas_text path = saas_arena_format(r->arena, "%s*", folder->prefix.ptr);
    const saas_route route = {.method = "GET",
                              .path = path.ptr,
                              .handler = saas_files_serve,
                              .open = true,
                              .group = group,
                              .etag = SAAS_ON,
                              .limit_per_minute = SAAS_UNLIMITED};
    const saas_source from = {"", {&route, 1, sizeof route}, {NULL, r->group}, &r->plans};
    if (!path.ptr)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_entry_new(&entry, r->arena, &from, 0, e));
    return add_place(r, folder, entry);
}

/* ---- searching ---- */

/* Depth is the trie's, which the program's own routes bound. */
static const saas_node *descend(const saas_node *n, saas_text path, saas_match *m, size_t named)
{
    saas_text segment, rest;
    if (!path.len)
        return n->entries ? n : NULL;
    if (!saas_path_next(&segment, &rest, path) || !segment.len)
        return NULL;
    const saas_node *next = literal(n, segment);
    const saas_node *found = next ? descend(next, rest, m, named) : NULL;
    if (found || !n->name || named == SAAS_PARAMS_MAX)
        return found;
    found = descend(n->name, rest, m, named + 1);
    if (found)
        m->values[named] = segment;
    return found;
}

static const saas_node *lookup(const saas_router *r, saas_text path, saas_match *m)
{
    if (path.len == 1 && path.ptr[0] == '/')
        return r->root.entries ? &r->root : NULL;
    return path.len ? descend(&r->root, path, m, 0) : NULL;
}

static bool tunnel_or_trace(saas_text method)
{
    return saas_text_equal(method, SAAS_LIT("TRACE")) || saas_text_equal(method, SAAS_LIT("CONNECT"));
}

static void take(saas_match *out, const saas_entry *entry)
{
    out->route = &entry->route;
    out->policy = &entry->policy;
    out->cors = entry->policy.cors;
}

void saas_match_file(saas_match *m, const saas_file *file)
{
    m->file = file;
    take(m, m->place->entry);
}

static saas_err find_file(saas_match *out, const saas_router *r, saas_text method, saas_text path)
{
    const saas_place *at = r->places;
    while (at && !saas_folder_covers(at->folder, path))
        at = at->next;
    out->place = at;
    out->folder = at ? at->folder : NULL;
    const saas_file *file = at ? saas_folder_find(at->folder, path) : NULL;
    if (!file)
        return SAAS_ERR_NOT_FOUND;
    out->allow = "GET, HEAD, OPTIONS";
    if (!saas_text_equal(method, SAAS_LIT("GET")) && !saas_text_equal(method, SAAS_LIT("HEAD")))
        return SAAS_ERR_METHOD_NOT_ALLOWED;
    saas_match_file(out, file);
    return SAAS_OK;
}

saas_err saas_router_find(saas_match *out, const saas_router *r, saas_text method, saas_text path)
{
    const saas_node *n = lookup(r, path, out);
    bool refused = tunnel_or_trace(method);
    out->policy = &r->policy;
    out->cors = n ? n->entries->policy.cors : r->policy.cors;
    out->node = n;
    if (!n && !refused)
        return find_file(out, r, method, path);
    out->allow = n ? n->allow : any_method;
    const saas_entry *entry = n && !refused ? entry_for(n, method) : NULL;
    if (!entry && n && saas_text_equal(method, SAAS_LIT("HEAD")))
        entry = entry_for(n, SAAS_LIT("GET"));
    if (!entry)
        return SAAS_ERR_METHOD_NOT_ALLOWED;
    take(out, entry);
    out->param_count = entry->name_count;
    for (size_t i = 0; i < entry->name_count; i++)
        out->names[i] = entry->names[i];
    return SAAS_OK;
}

const saas_cors_rule *saas_match_cors(const saas_match *m, saas_text method)
{
    const saas_entry *entry = m->node ? entry_for(m->node, method) : NULL;
    if (!entry && m->node && saas_text_equal(method, SAAS_LIT("HEAD")))
        entry = entry_for(m->node, SAAS_LIT("GET"));
    return entry ? entry->policy.cors : m->cors;
}
