#include "base/error.h"
#include "http/trie.h"
#include "limit/limit.h"
#include "schema/field.h"
#include "schema/write.h"
#include <string.h>

enum { BODY_MAX_DEFAULT = 256 * 1024, TIMEOUT_DEFAULT_MS = 10000 };

/* A route under test: each problem becomes a line that says which route. */
typedef struct subject {
    const saas_entry *entry;
    saas_arena *arena;
    saas_error *e;
    bool bad;
} subject;

static void blame(subject *s, const char *what)
{
    const saas_route *r = &s->entry->route;
    saas_error_add(s->e, SAAS_ERR_BUG, "%s %s: %s", r->method ? r->method : "(no method)",
                   r->path ? r->path : "(no path)", what);
    s->bad = true;
}

static bool listed(const char *const *words, const char *word)
{
    for (; *words; words++)
        if (!strcmp(*words, word))
            return true;
    return false;
}

static bool reads(const saas_route *r)
{
    return r->method && (!strcmp(r->method, "GET") || !strcmp(r->method, "HEAD"));
}

static void check_method(subject *s)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", NULL};
    const saas_route *r = &s->entry->route;
    if (!r->method || !listed(known, r->method))
        blame(s, "the method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    if (!r->handler)
        blame(s, "has no handler");
    if (reads(r) && r->body)
        blame(s, "a GET or HEAD takes no body");
    if (r->open && r->role != SAAS_ROLE_DEFAULT)
        blame(s, "is open, so it can't ask for a role");
    if (r->permission && (r->open || r->role != SAAS_ROLE_DEFAULT))
        blame(s, "asks for a permission, so it is not open and has no role");
    if ((int)r->role < SAAS_ROLE_DEFAULT || r->role > SAAS_ADMIN)
        blame(s, "its role is none");
}

static bool word_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_';
}

static bool is_name(saas_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!word_char(t.ptr[i]))
            return false;
    return t.len > 0;
}

/* RFC 3986 pchar but for '%': a path is compared as it was sent, so an escape could never match. */
static bool is_literal(saas_text t)
{
    if (!t.len || saas_text_equal(t, SAAS_LIT(".")) || saas_text_equal(t, SAAS_LIT("..")))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!word_char(t.ptr[i]) && !(t.ptr[i] && strchr("-.~!$&'()*+,;=:@", t.ptr[i])))
            return false;
    return true;
}

static void add_name(subject *s, saas_entry *entry, saas_text name)
{
    if (!is_name(name))
        blame(s, "a :name in the path is empty or has other characters than letters, digits and '_'");
    for (size_t i = 0; i < entry->name_count; i++)
        if (saas_text_equal(entry->names[i], name))
            blame(s, "has one :name twice in its path");
    if (entry->name_count == SAAS_PARAMS_MAX)
        blame(s, "has too many :names in its path");
    else
        entry->names[entry->name_count++] = name;
}

static void check_path(subject *s, saas_entry *entry)
{
    saas_text segment, rest = saas_text_z(entry->route.path);
    if (!rest.len || rest.ptr[0] != '/') {
        blame(s, "the path does not begin with '/'");
        return;
    }
    if (rest.len == 1)
        return;
    while (saas_path_next(&segment, &rest, rest)) {
        if (segment.len && segment.ptr[0] == ':')
            add_name(s, entry, (saas_text){segment.ptr + 1, segment.len - 1});
        else if (!is_literal(segment))
            blame(s, "a segment of the path is empty or has a character that can't be sent plainly");
    }
}

static bool flat(const saas_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (!saas_type_is_scalar(f->type == SAAS_T_LIST ? f->item : f->type))
            return false;
    }
    return true;
}

/* A report is too big for the stack. */
static void check_schema(subject *s, const saas_schema *schema)
{
    if (!schema || saas_schema_check(schema, NULL) == SAAS_OK)
        return;
    saas_error *why = saas_arena_calloc(s->arena, 1, sizeof *why);
    if (why && saas_schema_check(schema, why) != SAAS_OK)
        blame(s, why->text);
    s->bad = true;
}

/* Each field is a name of the path and each name a field; a name is there or the path is another. */
static void check_params(subject *s, const saas_schema *schema)
{
    char name[64];
    size_t found = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (!saas_type_is_scalar(f->type))
            blame(s, "a name of the path is one scalar");
        for (size_t k = 0; k < s->entry->name_count; k++)
            found += saas_text_equal(saas_field_json_name(name, f), s->entry->names[k]);
    }
    if (found != schema->count || found != s->entry->name_count)
        blame(s, ".params has other fields than the path has names");
}

static void check_schemas(subject *s)
{
    const saas_route *r = &s->entry->route;
    check_schema(s, r->body);
    check_schema(s, r->query);
    check_schema(s, r->params);
    if (r->query && !flat(r->query))
        blame(s, "a query string holds no objects and no lists");
    if (r->params)
        check_params(s, r->params);
}

static bool is_code(const char *code)
{
    if (*code < 'A' || *code > 'Z')
        return false;
    for (; *code; code++)
        if (!word_char(*code) || (*code >= 'a' && *code <= 'z'))
            return false;
    return true;
}

static void check_conflict(subject *s, const saas_conflict *c)
{
    if (!c->constraint || !c->code || !is_code(c->code) || !c->message)
        blame(s, "a conflict needs a constraint, an UPPER_SNAKE code and a message");
    if (c->status && (c->status < 400 || c->status > 599))
        blame(s, "a conflict's status is no error");
}

static void check_codes(subject *s)
{
    const saas_route *r = &s->entry->route;
    if (r->not_found.code && (!is_code(r->not_found.code) || !r->not_found.message))
        blame(s, ".not_found needs an UPPER_SNAKE code and a message");
    if (!r->conflicts != !r->conflict_count)
        blame(s, ".conflicts comes with its count: SAAS_CONFLICTS(table)");
    else
        for (size_t i = 0; i < r->conflict_count; i++)
            check_conflict(s, saas_route_conflict(r, i));
}

static uint32_t burst_of(const saas_route *r)
{
    return r->limit_burst ? r->limit_burst : saas_limit_burst(r->limit_per_minute);
}

static void check_limit(subject *s)
{
    const saas_route *r = &s->entry->route;
    if (r->limit_per_minute == SAAS_UNLIMITED || !r->limit_per_minute) {
        if (r->limit_burst || (r->limit_cost && !r->limits))
            blame(s, ".limit_burst and .limit_cost go with .limit_per_minute, .limit_cost also with .limits");
        return;
    }
    if (r->limit_per_minute > SAAS_LIMIT_PER_MINUTE_MAX || r->limit_burst > SAAS_LIMIT_BURST_MAX)
        blame(s, ".limit_per_minute is at most 60,000,000 and .limit_burst at most 1,000,000");
    if (r->limit_cost > burst_of(r))
        blame(s, ".limit_cost is more than .limit_burst, so no call would ever be let through");
}

static void complete(saas_route *r)
{
    if (r->role == SAAS_ROLE_DEFAULT && !r->open)
        r->role = reads(r) ? SAAS_VIEWER : SAAS_MEMBER;
    if (!r->body_max_bytes)
        r->body_max_bytes = BODY_MAX_DEFAULT;
    if (!r->timeout_ms)
        r->timeout_ms = TIMEOUT_DEFAULT_MS;
    if (r->limit_per_minute && r->limit_per_minute != SAAS_UNLIMITED) {
        r->limit_burst = burst_of(r);
        r->limit_cost = r->limit_cost ? r->limit_cost : 1;
    }
    if (!r->conflict_size)
        r->conflict_size = sizeof(saas_conflict);
}

/* "/" under a prefix is the prefix itself. */
static const char *full_path(saas_arena *a, const char *prefix, const char *path)
{
    if (!*prefix)
        return saas_arena_copy(a, path, strlen(path));
    return saas_arena_format(a, "%s%s", prefix, strcmp(path, "/") ? path : "").ptr;
}

static saas_err join_groups(subject *s, saas_entry *entry, const saas_source *from)
{
    const char *why = "a group stands in itself, or in more than 15 others";
    saas_groups groups = {0};
    saas_err e = saas_groups_add(&groups, entry->route.group) && saas_groups_add(&groups, from->groups[0]) &&
                         saas_groups_add(&groups, from->groups[1])
                     ? SAAS_OK
                     : SAAS_ERR_BUG;
    if (!e) {
        saas_groups_complete(&entry->route, &groups);
        e = saas_policy_make(&entry->policy, &why, s->arena, from->plans, &groups, &entry->route);
    }
    if (e == SAAS_ERR_BUG)
        blame(s, why);
    return e == SAAS_ERR_BUG ? SAAS_OK : e;
}

saas_err saas_entry_new(saas_entry **out, saas_arena *a, const saas_source *from, size_t i, saas_error *e)
{
    const saas_route_list list = from->list;
    saas_entry *entry = saas_arena_calloc(a, 1, sizeof *entry);
    if (!entry)
        return SAAS_ERR_NO_MEMORY;
    saas_route *r = &entry->route;
    memcpy(r, (const char *)list.routes + i * list.size, list.size < sizeof *r ? list.size : sizeof *r);
    subject s = {.entry = entry, .arena = a, .e = e};
    if (r->path) {
        r->path = full_path(a, from->prefix, r->path);
        if (!r->path)
            return SAAS_ERR_NO_MEMORY;
    }
    SAAS_TRY(join_groups(&s, entry, from));
    check_method(&s);
    check_path(&s, entry);
    check_schemas(&s);
    check_codes(&s);
    check_limit(&s);
    if (s.bad)
        return SAAS_ERR_BUG;
    complete(r);
    entry->method = saas_text_z(r->method);
    *out = entry;
    return SAAS_OK;
}

const saas_conflict *saas_route_conflict(const saas_route *r, size_t i)
{
    size_t size = r->conflict_size ? r->conflict_size : sizeof(saas_conflict);
    return (const saas_conflict *)(const void *)((const char *)r->conflicts + i * size);
}
