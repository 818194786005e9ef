/* saas/route.h: a route names its method, path, schemas, role and handler; the handler never sees an invalid request.
 *
 *   static const saas_route routes[] = {
 *       SAAS_GET ("/v1/notes",     list_notes),
 *       SAAS_POST("/v1/notes",     create_note, .body = &note_schema),
 *       SAAS_GET ("/v1/notes/:id", get_note,    .not_found = {"NOTE_NOT_FOUND", "Note does not exist"}),
 *   };
 *
 * A path is one of the table or none: "/v1/notes/" is another than "/v1/notes" and a 404. HEAD is answered by the GET
 * route; OPTIONS by the library (204 with Allow), where no route does. What many routes share is a group (saas/group.h).
 *
 * Zero is the safe default: without .open a route needs a signed-in tenant user; without .role, GET and HEAD need
 * viewer, every other method member. GET routes run in READ ONLY transactions. Two routes for one method and path, a
 * wrong schema or a bad path are start-up errors. Tables are C; a C++ host links to a C file with them. Since 0.1. */
#ifndef SAAS_ROUTE_H
#define SAAS_ROUTE_H

#include <saas/schema.h>

SAAS_BEGIN_DECLS

typedef struct saas_ctx saas_ctx;

typedef struct saas_group saas_group; /* saas/group.h, as the next one */
typedef struct saas_limit_class saas_limit_class;

typedef enum saas_role { SAAS_ROLE_DEFAULT, SAAS_VIEWER, SAAS_MEMBER, SAAS_ADMIN } saas_role;

/* What a group around may say, and a route may say otherwise. */
typedef enum saas_choice { SAAS_INHERIT, SAAS_ON, SAAS_OFF } saas_choice;

/* A handler: runs on a fiber, may wait. SAAS_OK with a reply made, or an error, which becomes the answer. SAAS_OK
 * without a reply is a 500 and logged. */
typedef saas_err (*saas_handler)(saas_ctx *c);

/* An error code of the host's own with its text. */
typedef struct saas_code {
    const char *code; /* UPPER_SNAKE; NULL: the general one */
    const char *message;
} saas_code;

/* What the violation of a named constraint means to a client. Without status it is a 409. field, if given, puts the
 * message under details as well. */
typedef struct saas_conflict {
    const char *constraint;
    int status;
    const char *code, *message;
    const char *field;
} saas_conflict;

typedef struct saas_route {
    const char *method, *path; /* path: literal segments and :names */
    saas_handler handler;
    bool open;                        /* no sign-in */
    bool tx;                          /* handler and reply in one transaction, sent after commit */
    bool slow;                        /* statements on slow lanes from the start */
    bool partial;                     /* the body says what changes: absent fields stay absent (saas_read_json_partial) */
    saas_role role;                   /* the least role */
    const saas_schema *body, *query;  /* body NULL: a body is refused; query NULL: parameters are refused */
    size_t body_max_bytes;            /* 0: 256 KiB */
    uint32_t timeout_ms;              /* deadline; 0: 10 s */
    saas_code not_found;              /* for no rows, ids that are none, rows of other organizations */
    const saas_conflict *conflicts;   /* SAAS_CONFLICTS(table) */
    size_t conflict_count, conflict_size;
    /* How often whoever is signed in, on an open route an address, may call it: limit_burst at once, then one every
     * 60 s / limit_per_minute; past that 429 with Retry-After. Answers tell how much is left (RateLimit, RateLimit-Policy).
     * limit_burst 0: as many as a minute's; limit_cost: of one call, also under .limits, 0: 1. SAAS_UNLIMITED: not even the app's limit of
     * open routes counts here. */
    uint32_t limit_per_minute, limit_burst, limit_cost;
    /* The :names of the path as a struct (saas_params): a field a name, scalar kinds; what does not fit answers like an
     * id that is unknown. NULL: saas_param has them as text. */
    const saas_schema *params;
    /* Overload (docs/guide/gateway.md): how many handlers of it may be at work on one loop, 0: as many as the app takes;
     * vital: answered however many wait, as /health is. Then it must cost next to nothing. */
    uint32_t at_once_max;
    bool vital;
    const saas_group *group; /* of this route, within its mount's */
    /* GET and HEAD: answers of status 200 have a strong ETag (of the body) and may be kept by a browser, which asks again
     * each time (Cache-Control: no-cache, also private when signed in); If-None-Match is answered 304 without a body when
     * nothing has changed. The handler runs all the same. Not where an answer says no-store. */
    saas_choice etag;
    const saas_limit_class *const *limits; /* SAAS_LIMITS(&api): in place of its groups' */
    /* One of the app's permissions (saas/app.h), in place of .role. One that the app does not have is a start-up error. */
    const char *permission;
    char end_;
} saas_route;

/* What a host's members may do, by name: "invoices.refund". */
typedef struct saas_permission {
    const char *name; /* of a to z, 0 to 9, '.', '_', ':', '-' */
    saas_role role;   /* the least role that may */
    /* Asked for whoever has a lower role: SAAS_OK lets it through; ERR_FORBIDDEN. On the request's fiber, before its body is
     * looked at; may query. NULL: the role alone decides. */
    saas_err (*grant)(saas_ctx *c, const char *name);
    char end_;
} saas_permission;

#define SAAS_UNLIMITED UINT32_MAX

/* A list of routes by value, for mounting. */
typedef struct saas_route_list {
    const saas_route *routes;
    size_t count, size; /* size: of one element */
} saas_route_list;

#define SAAS_ROUTE(m, ...)         SAAS__ROUTE(m, __VA_ARGS__, .end_ = 0)
#define SAAS__ROUTE(m, p, f, ...)  {.method = m, .path = p, .handler = f, __VA_ARGS__}
#define SAAS_GET(...)              SAAS_ROUTE("GET", __VA_ARGS__)
#define SAAS_POST(...)             SAAS_ROUTE("POST", __VA_ARGS__)
#define SAAS_PUT(...)              SAAS_ROUTE("PUT", __VA_ARGS__)
#define SAAS_PATCH(...)            SAAS_ROUTE("PATCH", __VA_ARGS__)
#define SAAS_DELETE(...)           SAAS_ROUTE("DELETE", __VA_ARGS__)
#define SAAS_ROUTES(table)         .routes = {(table), sizeof(table) / sizeof *(table), sizeof *(table)}
#define SAAS_CONFLICTS(table)                                                                                          \
    .conflicts = (table), .conflict_count = sizeof(table) / sizeof *(table), .conflict_size = sizeof *(table)

SAAS_END_DECLS
#endif
