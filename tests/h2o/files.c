/* Files for browsers over real sockets: right types, tags, caches, and no path that leaves the folder. */
#include "client.h"
#include <saas/h2o.h>
#include <sys/stat.h>

static char root[64], web[96];
static saas_app *app;
static saas_log *quiet;
static saas_h2o_server *server;
static uint16_t port;

static saas_err hello(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/v1/hello", hello, .open = true),
    SAAS_GET("/robots.txt", hello, .open = true),
};

static void put(const char *path, const char *bytes)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    FILE *f = fopen(whole, "w");
    if (!f || fputs(bytes, f) < 0 || fclose(f)) {
        perror(whole);
        exit(1);
    }
}

static void folder(const char *path)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    if (mkdir(whole, 0755)) {
        perror(whole);
        exit(1);
    }
}

static void link_to(const char *target, const char *path)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    if (symlink(target, whole)) {
        perror(whole);
        exit(1);
    }
}

#define PAGE "<!doctype html><title>page</title>"

static void lay_out(void)
{
    strcpy(root, "/tmp/saas-files-XXXXXX");
    if (!mkdtemp(root))
        exit(1);
    snprintf(web, sizeof web, "%s/web", root);
    put("secret.txt", "SECRET");
    folder("web");
    folder("web/assets");
    folder("web/docs");
    folder("web/.git");
    folder("webs");
    put("webs/secret.txt", "SECRET");
    put("web/index.html", PAGE);
    put("web/.env", "SECRET");
    put("web/.git/config", "SECRET");
    put("web/app.js", "export {}");
    put("web/empty.css", "");
    put("web/a b.txt", "spaced");
    put("web/robots.txt", "of the folder");
    put("web/docs/index.html", PAGE "docs");
    put("web/assets/app-3f2a91bc.js", "hashed");
    put("web/assets/app.js", "not hashed");
    put("web/assets/primary-12345678.css", "digits only");
    link_to("../secret.txt", "web/link.txt");
    link_to("..", "web/up");
    link_to("/etc", "web/etc");
    link_to("index.html", "web/own-link.html");
    char fifo[128];
    snprintf(fifo, sizeof fifo, "%s/pipe", web);
    if (mkfifo(fifo, 0644))
        exit(1);
}

static void to_nowhere(const char *line, size_t len, void *user)
{
    (void)line, (void)len, (void)user;
}

static const char *const env[] = {"APP_ENV=development", "RATE_LIMITS=on",
                                  "JWT_ACCESS_SECRET=access token key of these tests, worthless",
                                  "JWT_REFRESH_SECRET=refresh token key of these tests, worthless", NULL};

static const saas_fixed_header api_headers[] = {SAAS_SECURE_HEADERS};
static const saas_group api = SAAS_GROUP(SAAS_HEADERS(api_headers));

static void start(void)
{
    static saas_error e;
    static saas_files files[2];
    const saas_h2o_options how = {.size = sizeof how, .address = "127.0.0.1"};
    lay_out();
    files[0] = (saas_files){.prefix = "/", .folder = web, .fallback = "index.html", .immutable = "assets/"};
    files[1] = (saas_files){.prefix = "/only", .folder = web, .policy = ""};
    if (saas_log_new(&quiet, -1, SAAS_LOG_UNSET, to_nowhere, NULL) ||
        saas_app_new(&app,
                     SAAS_APP(.name = "files", SAAS_ROUTES(routes), SAAS_FILES(files), .env = env, .log = quiet,
                              .no_database = true, .group = &api),
                     &e) ||
        saas_h2o_serve(&server, app, &how, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    port = saas_h2o_port(server);
}

static reply get(const char *target, const char *more)
{
    char request[8192];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", target, more);
    return client_ask(port, request);
}

static bool has(const reply *r, const char *line)
{
    char whole[256];
    snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    return strcasestr(r->bytes, whole) != NULL;
}

static void files_have_their_types(void)
{
    static const char *const asked[][3] = {
        {"/", "text/html; charset=utf-8", PAGE},
        {"/index.html", "text/html; charset=utf-8", PAGE},
        {"/docs/", "text/html; charset=utf-8", PAGE "docs"},
        {"/app.js", "text/javascript; charset=utf-8", "export {}"},
        {"/app.js?v=1&v=2", "text/javascript; charset=utf-8", "export {}"},
        {"/empty.css", "text/css; charset=utf-8", ""},
        {"/a%20b.txt", "text/plain; charset=utf-8", "spaced"},
        {"/only/app.js", "text/javascript; charset=utf-8", "export {}"},
        {"/only/", "text/html; charset=utf-8", PAGE},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char type[128];
        const reply r = get(asked[i][0], "");
        snprintf(type, sizeof type, "content-type: %s", asked[i][1]);
        CHECK_INT(reply_status(&r), 200);
        CHECK(has(&r, type) && has(&r, "x-content-type-options: nosniff"));
        CHECK_STR(reply_body(&r), asked[i][2]);
    }
}

static void routes_win(void)
{
    reply r = get("/v1/hello", "");
    CHECK_STR(reply_body(&r), "{\"success\":true,\"data\":null}");
    r = get("/robots.txt", "");
    CHECK_STR(reply_body(&r), "{\"success\":true,\"data\":null}");
}

/* Raw targets, none of which is a file of the folder: 404 by name, 400 where the target itself is refused. */
static const char *const outside[] = {
    "/../secret.txt",
    "/..",
    "/.",
    "/./app.js",
    "/docs/../app.js",
    "/docs/../../secret.txt",
    "/../webs/secret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2E/secret.txt",
    "/.%2e/secret.txt",
    "/%2e./secret.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/docs/..%2f..%2fsecret.txt",
    "/docs%2findex.html",
    "/%2fetc%2fpasswd",
    "//etc/passwd",
    "/etc/passwd",
    "/etc/hostname",
    "///app.js",
    "//app.js",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%5c..%5csecret.txt",
    "/%252e%252e/secret.txt",
    "/..%252fsecret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/..;/secret.txt",
    "/app.js%00",
    "/app.js%00.html",
    "/%00/../secret.txt",
    "/app.js%",
    "/app.js%2",
    "/app.js%zz",
    "/app.js/",
    "/app.js/../../secret.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/link.txt",
    "/own-link.html",
    "/up/secret.txt",
    "/up/web/app.js",
    "/pipe",
    "/APP.JS",
    "/app.js.",
    "/app.js%20",
    "/only/../app.js",
    "/only/%2e%2e/%2e%2e/secret.txt",
    "/only..%2fsecret.txt",
    "/assets",
    "/assets/",
    "/docs",
    "/*",
    "/only/*",
    "/file:///etc/passwd",
    "http://a/app.js",
    "file:///etc/passwd",
};

static void no_path_leaves_the_folder(void)
{
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        const reply r = get(outside[i], "");
        const int status = reply_status(&r);
        if ((status != 404 && status != 400) || strstr(r.bytes, "SECRET") || strstr(r.bytes, "root:"))
            CHECK_STR(outside[i], r.bytes);
    }
    char longest[6000];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = 0;
    const reply r = get(longest, "");
    CHECK_INT(reply_status(&r), 404);
}

#define ACCEPT "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"

static void a_client_that_routes_itself_gets_its_page(void)
{
    reply r = get("/projects/7", ACCEPT);
    CHECK_INT(reply_status(&r), 200);
    CHECK_STR(reply_body(&r), PAGE);
    r = get("/projects/7", "Accept: application/json\r\n");
    CHECK_INT(reply_status(&r), 404);
    CHECK(has(&r, "content-type: application/json"));
    r = get("/projects/7", "");
    CHECK_INT(reply_status(&r), 404);
    r = get("/missing.js", ACCEPT);
    CHECK_INT(reply_status(&r), 404);
    r = get("/only/projects", ACCEPT);
    CHECK_INT(reply_status(&r), 404);
    r = client_ask(port, "POST /projects/7 HTTP/1.1\r\nHost: a\r\n" ACCEPT "Content-Length: 0\r\n\r\n");
    CHECK_INT(reply_status(&r), 404);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        r = get(outside[i], ACCEPT);
        if (strstr(r.bytes, "SECRET") || strstr(r.bytes, "root:"))
            CHECK_STR(outside[i], r.bytes);
    }
}

static void browsers_keep_what_holds(void)
{
    char known[128], tag[40];
    reply r = get("/app.js", "");
    CHECK(has(&r, "cache-control: no-cache"));
    const char *at = strstr(r.bytes, "\r\netag: ");
    REQUIRE(at);
    snprintf(tag, sizeof tag, "%.34s", at + 8);
    snprintf(known, sizeof known, "If-None-Match: \"x\", %s\r\n", tag);
    r = get("/app.js", known);
    CHECK_INT(reply_status(&r), 304);
    CHECK_STR(reply_body(&r), "");
    CHECK(strstr(r.bytes, tag) && !strcasestr(r.bytes, "content-length"));
    r = get("/docs/", known);
    CHECK_INT(reply_status(&r), 200);
    r = get("/assets/app-3f2a91bc.js", "");
    CHECK(has(&r, "cache-control: public, max-age=31536000, immutable"));
    r = get("/only/assets/app-3f2a91bc.js", "");
    CHECK(has(&r, "cache-control: no-cache"));
    r = get("/assets/app.js", "");
    CHECK(has(&r, "cache-control: no-cache"));
    r = get("/assets/primary-12345678.css", "");
    CHECK(has(&r, "cache-control: no-cache"));
}

static void pages_have_a_policy(void)
{
    reply r = get("/", "");
    CHECK(has(&r,
              "content-security-policy: default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
              "frame-ancestors 'none'"));
    CHECK(has(&r, "x-frame-options: DENY"));
    r = get("/only/", "");
    CHECK(has(&r, "content-security-policy: default-src 'none'; frame-ancestors 'none'"));
}

static void head_and_other_methods(void)
{
    reply r = client_ask(port, "HEAD /app.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK_INT(reply_status(&r), 200);
    CHECK(has(&r, "Content-Length: 9"));
    CHECK_STR(reply_body(&r), "");
    r = client_ask(port, "POST /app.js HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK_INT(reply_status(&r), 405);
    CHECK(has(&r, "allow: GET, HEAD, OPTIONS"));
    r = client_ask(port, "OPTIONS /app.js HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(reply_status(&r), 204);
    r = client_ask(
        port, "OPTIONS /app.js HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\nAccess-Control-Request-Method: GET\r\n\r\n");
    CHECK_INT(reply_status(&r), 204);
}

/* More than open routes allow at once. */
static void they_count_under_no_limit(void)
{
    for (int i = 0; i < 700; i++) {
        const reply r = get("/app.js", "");
        if (reply_status(&r) != 200) {
            CHECK_INT(reply_status(&r), 200);
            break;
        }
    }
}

static void a_folder_that_is_wrong_is_a_startup_error(void)
{
    static saas_error e;
    saas_app *none = NULL;
    char missing[128];
    snprintf(missing, sizeof missing, "%s/missing", root);
    const saas_files wrong[] = {
        {.prefix = "/", .folder = missing},
        {.prefix = "/", .folder = web, .fallback = "nothing.html"},
        {.prefix = "/", .folder = web, .bytes_max = 20},
        {.prefix = "x", .folder = web},
        {.prefix = "/x?", .folder = web},
        {.prefix = "/", .folder = web, .policy = "a\nb"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const saas_err err = saas_app_new(&none,
                                          SAAS_APP(.name = "wrong", .files = &wrong[i], .file_count = 1,
                                                   .file_size = sizeof *wrong, .env = env, .no_database = true),
                                          &e);
        CHECK(err == SAAS_ERR_CONFIG || err == SAAS_ERR_BUG);
        CHECK(*e.text);
    }
}

/* A line without a folder waits for WEB_ROOT, and does without. */
static void the_folder_may_be_a_setting(void)
{
    static saas_error e;
    static const saas_files line[] = {{.prefix = "/"}};
    char setting[128];
    snprintf(setting, sizeof setting, "WEB_ROOT=%s", web);
    const char *const with[] = {env[0], env[1], env[2], env[3], setting, NULL};
    for (int there = 0; there < 2; there++) {
        saas_app *a;
        REQUIRE(saas_app_new(&a,
                             SAAS_APP(.name = "set", SAAS_FILES(line), .env = there ? with : env, .no_database = true),
                             &e) == SAAS_OK);
        bool found = false;
        for (size_t i = 0; saas_app_route(a, i); i++)
            found = found || !strcmp(saas_app_route(a, i)->path, "/*");
        CHECK_INT(found, there);
        saas_app_free(a);
    }
}

static void ends(void)
{
    char command[128];
    saas_h2o_stop(server);
    saas_app_free(app);
    saas_log_free(quiet);
    snprintf(command, sizeof command, "rm -r %s", root);
    CHECK_INT(system(command), 0);
}

static const check_test tests[] = {
    TEST(start),
    TEST(files_have_their_types),
    TEST(routes_win),
    TEST(no_path_leaves_the_folder),
    TEST(a_client_that_routes_itself_gets_its_page),
    TEST(browsers_keep_what_holds),
    TEST(pages_have_a_policy),
    TEST(head_and_other_methods),
    TEST(they_count_under_no_limit),
    TEST(a_folder_that_is_wrong_is_a_startup_error),
    TEST(the_folder_may_be_a_setting),
    TEST(ends),
};
CHECK_MAIN(tests)
