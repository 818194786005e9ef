/* http/trie.h: the router's nodes, for the files that build and search them. */
#ifndef SAAS_HTTP_TRIE_H
#define SAAS_HTTP_TRIE_H

#include "http/router.h"

/* A route as today's library knows it, with the names of its path taken apart. */
typedef struct saas_entry {
    struct saas_entry *next; /* of the same node */
    saas_route route;
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

struct saas_router {
    saas_arena *arena;
    saas_node root;
    saas_entry **entries; /* in the order added */
    size_t count, cap;
};

/* The first segment of "/a/b": {"a"}, and the rest "/b"; false when path does not begin with '/'. */
bool saas_path_next(saas_text *segment, saas_text *rest, saas_text path);
/* An entry for a list's route i under a prefix: copied, completed, checked. ERR_BUG: problems added to e.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_entry_new(saas_entry **out, saas_arena *a, const char *prefix, saas_route_list list,
                                        size_t i, saas_error *e);

#endif
