/* http/trie.h: the router's nodes, for the files that build and search them. */
#ifndef SAAS_HTTP_TRIE_H
#define SAAS_HTTP_TRIE_H

#include "http/router.h"

/* A route as today's library knows it, with the names of its path taken apart. */
typedef struct saas_entry {
    struct saas_entry *next; /* of the same node */
    saas_route route;
    saas_policy policy;
    size_t index; /* among the router's */
    saas_text method;
    saas_text names[SAAS_PARAMS_MAX];
    size_t name_count;
} saas_entry;

typedef struct saas_node {
    struct saas_node *sibling, *literals, *name;
    saas_text segment;   /* of a literal */
    saas_entry *entries; /* none: no path ends here */
    const char *allow;
} saas_node;

/* A folder and what stands for it among the routes. */
typedef struct saas_place {
    struct saas_place *next;
    const saas_folder *folder;
    saas_entry *entry;
} saas_place;

struct saas_router {
    saas_arena *arena;
    const saas_group *group; /* around all */
    saas_policy policy;
    saas_plans plans;
    saas_node root;
    saas_entry **entries; /* in the order added */
    size_t count, cap;
    saas_place *places; /* the longest prefix first */
};

/* The first segment of "/a/b": {"a"}, and the rest "/b"; false when path does not begin with '/'. */
bool saas_path_next(saas_text *segment, saas_text *rest, saas_text path);
/* Where a route comes from. */
typedef struct saas_source {
    const char *prefix;
    saas_route_list list;
    const saas_group *groups[2]; /* its mount's, the router's */
    saas_plans *plans;           /* the router's */
} saas_source;
/* An entry for route i of a source: copied, completed, checked. ERR_BUG: problems added to e. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_entry_new(saas_entry **out, saas_arena *a, const saas_source *from, size_t i,
                                        saas_error *e);

#endif
