/* The router: what matches, what Allow says, and every mistake of a table in one report. */
#include "base/error.h"
#include "check.h"
#include "http/router.h"

static saas_err nothing(saas_ctx *c)
{
    (void)c;
    return SAAS_OK;
}

#define THING(F, T) F(T, text(1, 10), name, .required = true)
SAAS_STRUCT(thing, THING);
#define NESTED(F, T) F(T, object(thing), inner)
SAAS_STRUCT(nested, NESTED);

static saas_router *router;
static saas_error why;

static saas_err add(const char *prefix, const saas_route *routes, size_t count)
{
    return saas_router_add(router, prefix, (saas_route_list){routes, count, sizeof *routes}, NULL, &why);
}

static saas_match match;

/* "route-path name=value …", or the error. */
static const char *find(const char *method, const char *path)
{
    static char out[512];
    match = (saas_match){0};
    saas_err e = saas_router_find(&match, router, saas_text_z(method), saas_text_z(path));
    if (e)
        return saas_err_symbol(e);
    size_t len = (size_t)snprintf(out, sizeof out, "%s %s", match.route->method, match.route->path);
    for (size_t i = 0; i < match.param_count; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, " %.*s=%.*s", (int)match.names[i].len, match.names[i].ptr,
                                (int)match.values[i].len, match.values[i].ptr);
    return out;
}

static void fresh(void)
{
    saas_router_free(router);
    saas_error_clear(&why);
    if (saas_router_new(&router))
        abort();
}

static void finds_routes(void)
{
    static const saas_route routes[] = {
        SAAS_GET("/", nothing),
        SAAS_GET("/v1/notes", nothing),
        SAAS_POST("/v1/notes", nothing, .body = &thing_schema),
        SAAS_GET("/v1/notes/:id", nothing),
        SAAS_DELETE("/v1/notes/:note", nothing),
        SAAS_GET("/v1/notes/latest", nothing),
        SAAS_GET("/v1/notes/:id/tags/:tag", nothing),
        SAAS_GET("/v1/notes/latest/views", nothing),
    };
    fresh();
    CHECK(!add("", routes, 8));
    CHECK_STR(why.text, "");
    CHECK_STR(find("GET", "/"), "GET /");
    CHECK_STR(find("GET", "/v1/notes"), "GET /v1/notes");
    CHECK_STR(find("POST", "/v1/notes"), "POST /v1/notes");
    CHECK_STR(find("GET", "/v1/notes/7"), "GET /v1/notes/:id id=7");
    CHECK_STR(find("DELETE", "/v1/notes/7"), "DELETE /v1/notes/:note note=7");
    CHECK_STR(find("GET", "/v1/notes/latest"), "GET /v1/notes/latest");
    CHECK_STR(find("GET", "/v1/notes/latest/tags/x%2Fy"), "GET /v1/notes/:id/tags/:tag id=latest tag=x%2Fy");
    CHECK_STR(find("HEAD", "/v1/notes"), "GET /v1/notes");
}

static void does_not_find_the_rest(void)
{
    static const char *const paths[] = {"",
                                        "*",
                                        "/v1",
                                        "/v1/",
                                        "/v1/notes/",
                                        "//v1/notes",
                                        "/v1//7",
                                        "/v1/note",
                                        "/v1/notess",
                                        "/V1/notes",
                                        "/v1/notes//tags/x",
                                        "v1/notes",
                                        "/v1/notes/7/",
                                        "http://x/v1/notes"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        CHECK_STR(find("GET", paths[i]), "ERR_NOT_FOUND");
    CHECK_STR(find("PUT", "/nowhere"), "ERR_NOT_FOUND");
}

static void tells_what_is_allowed(void)
{
    CHECK_STR(find("PUT", "/v1/notes"), "ERR_METHOD_NOT_ALLOWED");
    CHECK_STR(match.allow, "GET, HEAD, POST, OPTIONS");
    CHECK_STR(find("POST", "/v1/notes/7"), "ERR_METHOD_NOT_ALLOWED");
    CHECK_STR(match.allow, "GET, HEAD, DELETE, OPTIONS");
    CHECK_STR(find("get", "/v1/notes"), "ERR_METHOD_NOT_ALLOWED");
    /* VA7: on any path, known or not */
    CHECK_STR(find("TRACE", "/v1/notes"), "ERR_METHOD_NOT_ALLOWED");
    CHECK_STR(match.allow, "GET, HEAD, POST, OPTIONS");
    CHECK_STR(find("TRACE", "/nowhere"), "ERR_METHOD_NOT_ALLOWED");
    CHECK_STR(match.allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    CHECK_STR(find("CONNECT", "example.org:443"), "ERR_METHOD_NOT_ALLOWED");
}

static void fills_in_defaults(void)
{
    static const saas_route routes[] = {
        SAAS_GET("/a", nothing),
        SAAS_POST("/b", nothing),
        SAAS_POST("/c", nothing, .open = true, .body_max_bytes = 7, .timeout_ms = 8),
        SAAS_GET("/d", nothing, .role = SAAS_ADMIN),
    };
    fresh();
    CHECK(!add("/v1", routes, 4));
    CHECK_INT(saas_router_count(router), 4);
    const saas_route *a = saas_router_route(router, 0), *c = saas_router_route(router, 2);
    CHECK_STR(a->path, "/v1/a");
    CHECK_INT(a->role, SAAS_VIEWER);
    CHECK_INT(a->body_max_bytes, 256 * 1024);
    CHECK_INT(a->timeout_ms, 10000);
    CHECK_INT(saas_router_route(router, 1)->role, SAAS_MEMBER);
    CHECK_INT(c->role, SAAS_ROLE_DEFAULT);
    CHECK_INT(c->body_max_bytes, 7);
    CHECK_INT(c->timeout_ms, 8);
    CHECK_INT(saas_router_route(router, 3)->role, SAAS_ADMIN);
    CHECK(!saas_router_route(router, 4));
}

static void a_prefix_alone_is_a_path(void)
{
    static const saas_route routes[] = {SAAS_GET("/", nothing), SAAS_GET("/x", nothing)};
    fresh();
    CHECK(!add("/v1/auth", routes, 2));
    CHECK_STR(find("GET", "/v1/auth"), "GET /v1/auth");
    CHECK_STR(find("GET", "/v1/auth/x"), "GET /v1/auth/x");
}

/* A host compiled against a shorter struct: what it does not know is zero, its stride is walked. */
static void walks_by_the_hosts_stride(void)
{
    enum { OLD = offsetof(saas_route, conflict_size) };
    saas_route full[2] = {SAAS_GET("/a", nothing), SAAS_POST("/b", nothing)};
    char old[2 * OLD];
    memcpy(old, &full[0], OLD);
    memcpy(old + OLD, &full[1], OLD);
    fresh();
    CHECK(!saas_router_add(router, "", (saas_route_list){(const saas_route *)(const void *)old, 2, OLD}, NULL, &why));
    CHECK_STR(find("POST", "/b"), "POST /b");
    CHECK_INT(match.route->conflict_size, sizeof(saas_conflict));
}

static const saas_conflict no_code[] = {{"c", 0, "lower", "text", NULL}, {"d", 200, "CODE", "text", NULL}};

static void reports_every_mistake(void)
{
    static const saas_route routes[] = {
        SAAS_ROUTE("get", "/a", nothing),
        SAAS_GET("b", nothing),
        SAAS_GET("/c//d", nothing),
        SAAS_GET("/e/:", nothing),
        SAAS_GET("/f/:x/:x", nothing),
        SAAS_GET("/g%20", nothing),
        SAAS_GET("/h", NULL),
        SAAS_GET("/i", nothing, .body = &thing_schema),
        SAAS_GET("/j", nothing, .open = true, .role = SAAS_ADMIN),
        SAAS_GET("/k", nothing, .query = &nested_schema),
        SAAS_GET("/l", nothing, .not_found = {"no such", "x"}),
        SAAS_POST("/m", nothing, SAAS_CONFLICTS(no_code)),
        SAAS_POST("/n", nothing, .conflicts = no_code),
        SAAS_GET("/o/..", nothing),
        SAAS_GET("/p/:a/:b/:c/:d/:e/:f/:g/:h/:i", nothing),
        SAAS_GET("/q", nothing),
        SAAS_GET("/q", nothing),
        SAAS_ROUTE("TRACE", "/r", nothing),
        SAAS_GET("/s/:id", nothing, .params = &nested_schema),
    };
    fresh();
    CHECK_INT(add("", routes, sizeof routes / sizeof *routes), SAAS_ERR_BUG);
    CHECK_INT(why.err, SAAS_ERR_BUG);
    static const char *const blamed[] = {"get /a:",    "GET b:",   "GET /c//d:", "GET /e/::",  "GET /f/:x/:x:",
                                         "GET /g%20:", "GET /h:",  "GET /i:",    "GET /j:",    "GET /k:",
                                         "GET /l:",    "POST /m:", "POST /n:",   "GET /o/..:", "GET /p/:a/",
                                         "GET /q:",    "TRACE /r:", "GET /s/:id: .params"};
    for (size_t i = 0; i < sizeof blamed / sizeof *blamed; i++)
        if (!strstr(why.text, blamed[i]))
            CHECK_STR(blamed[i], why.text);
    CHECK(strstr(why.text, "a conflict's status is no error"));
    CHECK_STR(find("GET", "/q"), "GET /q");
}

static const check_test tests[] = {
    TEST(finds_routes),         TEST(does_not_find_the_rest),   TEST(tells_what_is_allowed),
    TEST(fills_in_defaults),    TEST(a_prefix_alone_is_a_path), TEST(walks_by_the_hosts_stride),
    TEST(reports_every_mistake)};

int main(int argc, char **argv)
{
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_router_free(router);
    return failed;
}
