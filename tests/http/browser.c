/* What browsers ask for: OPTIONS and preflights, answers that pages of other origins may read, ETags. */
#include "http/cors.h"
#include "http/etag.h"
#include "http/site.h"

static int handled;
static const char *body = "\"one\"", *cache_control, *own_tag;

static saas_err say(saas_ctx *c)
{
    handled++;
    if (cache_control)
        SAAS_TRY(saas_reply_header(c, "Cache-Control", cache_control));
    if (own_tag)
        SAAS_TRY(saas_reply_header(c, "ETag", own_tag));
    return saas_reply_raw(c, 200, saas_text_z(body));
}

static saas_err crash(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_INTERNAL;
}

static saas_err created(saas_ctx *c)
{
    return saas_reply_null(c, 201);
}

static saas_err own_options(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static const char *const listed[] = {"https://app.example.org", "http://localhost:5173", NULL};
static const char *const anyone[] = {"*", NULL};
static const saas_cors with_cookies = SAAS_CORS(.origins = listed, .credentials = true, .headers = "X-Client",
                                                .expose = "X-Total, Link", .max_age_s = 60);
static const saas_cors for_anyone = SAAS_CORS(.origins = anyone);
static const saas_cors for_nobody = SAAS_CORS(.none = true);
static const saas_group cookies = SAAS_GROUP(.cors = &with_cookies);
static const saas_group public_ = SAAS_GROUP(.cors = &for_anyone, .etag = SAAS_ON);
static const saas_group internal_ = SAAS_GROUP(.cors = &for_nobody);

static const saas_route routes[] = {
    SAAS_GET("/site", say, .open = true),
    SAAS_GET("/cookies", say, .open = true, .group = &cookies),
    SAAS_POST("/cookies", crash, .open = true),
    SAAS_GET("/public", say, .open = true, .group = &public_),
    SAAS_GET("/internal", say, .open = true, .group = &internal_),
    SAAS_GET("/mine", say, .etag = SAAS_ON),
    SAAS_GET("/created", created, .etag = SAAS_ON, .open = true),
    SAAS_GET("/untagged", say, .open = true, .group = &public_, .etag = SAAS_OFF),
    SAAS_ROUTE("OPTIONS", "/own", own_options, .open = true),
    SAAS_GET("/limited", say, .open = true, .limit_per_minute = 1),
};

static int ask_as(const char *method, const char *target, const char *origin)
{
    last.header = "origin";
    last.value = origin;
    return ask(method, target, NULL);
}

static int preflight(const char *target, const char *origin, const char *method)
{
    const saas_header asked = {SAAS_LIT("access-control-request-method"), saas_text_z(method)};
    last.more = &asked;
    last.more_count = 1;
    return ask_as("OPTIONS", target, origin);
}

static bool admitted(const char *origin)
{
    char line[200];
    snprintf(line, sizeof line, "access-control-allow-origin: %s", origin);
    return has_header(line);
}

static bool told_nothing(void)
{
    return !strstr(last.headers, "access-control");
}

static void starts(void)
{
    const char *why;
    static char space[4096];
    static saas_arena a;
    saas_arena_init(&a, space, sizeof space, sizeof space);
    site_up(routes, sizeof routes / sizeof *routes, NULL);
    MUST(saas_origins_read(&app.site.origins, &why, &a, SAAS_LIT("https://one.example, https://two.example:8443")));
}

static void options_tells_what_is_allowed(void)
{
    CHECK_INT(ask("OPTIONS", "/cookies", NULL), 204);
    CHECK(has_header("allow: GET, HEAD, POST, OPTIONS") && told_nothing());
    CHECK_STR(last.body, "");
    CHECK(!strstr(last.headers, "content-type:"));
    CHECK_INT(ask("OPTIONS", "/mine", NULL), 204);
    CHECK_INT(ask("OPTIONS", "/nowhere", NULL), 404);
    CHECK_INT(ask("OPTIONS", "/own", NULL), 200);
    CHECK_STR(last.body, "{\"success\":true,\"data\":null}");
    CHECK_INT(ask("GET", "/own", NULL), 405);
    CHECK(has_header("allow: OPTIONS"));
}

static void a_slash_at_the_end_makes_another_path(void)
{
    CHECK_INT(ask("GET", "/site/", NULL), 404);
    CHECK_INT(ask("GET", "//site", NULL), 404);
    CHECK_INT(ask("OPTIONS", "/site/", NULL), 404);
    CHECK_INT(ask("GET", "/site?", NULL), 200);
}

static void preflights_are_answered_for_origins_of_the_list(void)
{
    CHECK_INT(preflight("/mine", "https://one.example", "GET"), 204);
    CHECK(admitted("https://one.example"));
    CHECK(has_header("access-control-allow-methods: GET, HEAD, OPTIONS"));
    CHECK(has_header("access-control-allow-headers: Authorization, Content-Type, Idempotency-Key, If-None-Match, "
                     "X-Request-Id, traceparent"));
    CHECK(has_header("access-control-max-age: 600"));
    CHECK(has_header("vary: Origin, Access-Control-Request-Method"));
    CHECK(!strstr(last.headers, "credentials"));
    CHECK_INT(preflight("/site", "https://two.example:8443", "GET"), 204);
    CHECK(admitted("https://two.example:8443"));
}

/* Nothing that is not in the list to the byte, "null" included. */
static void nobody_else_is_told_anything(void)
{
    static const char *const others[] = {
        "https://evil.example",
        "https://one.example.evil",
        "https://one.example:443",
        "http://one.example",
        "https://ONE.example",
        "https://one.example/",
        "null",
        "*",
        "https://evilone.example",
        "https://sub.one.example",
        "https://one.exampl",
        "https://one.example ",
        "https://two.example",
        "https://one.example, https://two.example:8443",
        "one.example",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK_INT(preflight("/site", others[i], "GET"), 204);
        CHECK(told_nothing() && has_header("vary: Origin, Access-Control-Request-Method"));
        CHECK_INT(ask_as("GET", "/site", others[i]), 200);
        CHECK(told_nothing() && has_header("vary: Origin"));
        CHECK_INT(ask_as("GET", "/cookies", others[i]), 200);
        CHECK(told_nothing());
    }
    CHECK_INT(ask("GET", "/site", NULL), 200);
    CHECK(told_nothing() && has_header("vary: Origin"));
}

static void answers_and_errors_can_be_read(void)
{
    CHECK_INT(ask_as("GET", "/site", "https://one.example"), 200);
    CHECK(admitted("https://one.example"));
    CHECK(has_header("access-control-expose-headers: ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, "
                     "Retry-After, WWW-Authenticate, X-Request-Id"));
    CHECK_INT(ask_as("GET", "/mine", "https://one.example"), 401);
    CHECK(admitted("https://one.example") && has_header("vary: Origin"));
    CHECK_INT(ask_as("POST", "/cookies", "https://one.example"), 500);
    CHECK(admitted("https://one.example"));
    CHECK_INT(ask_as("GET", "/nowhere", "https://one.example"), 404);
    CHECK(admitted("https://one.example"));
    CHECK_INT(ask_as("PUT", "/site", "https://one.example"), 405);
    CHECK(admitted("https://one.example"));
    last.refused = SAAS_ERR_PAYLOAD_TOO_LARGE;
    CHECK_INT(ask_as("GET", "/site", "https://one.example"), 413);
    CHECK(admitted("https://one.example"));
    MUST(saas_limiter_new(&app.site.limiter, 1024));
    CHECK_INT(ask_as("GET", "/limited", "https://one.example"), 200);
    CHECK_INT(ask_as("GET", "/limited", "https://one.example"), 429);
    CHECK(admitted("https://one.example") && strstr(last.headers, "retry-after: "));
    saas_limiter_free(app.site.limiter);
    app.site.limiter = NULL;
}

static void a_group_has_its_own_list(void)
{
    CHECK_INT(preflight("/cookies", "https://app.example.org", "GET"), 204);
    CHECK(admitted("https://app.example.org") && has_header("access-control-allow-credentials: true"));
    CHECK(has_header("access-control-max-age: 60"));
    CHECK(strstr(last.headers, "traceparent, X-Client\n"));
    CHECK_INT(preflight("/cookies", "https://app.example.org", "HEAD"), 204);
    CHECK(admitted("https://app.example.org"));
    CHECK_INT(preflight("/cookies", "https://app.example.org", "POST"), 204); /* stands in no group */
    CHECK(told_nothing());
    CHECK_INT(preflight("/cookies", "https://one.example", "GET"), 204);
    CHECK(told_nothing());
    CHECK_INT(ask_as("GET", "/cookies", "http://localhost:5173"), 200);
    CHECK(admitted("http://localhost:5173") && has_header("access-control-allow-credentials: true"));
    CHECK(strstr(last.headers, "X-Request-Id, X-Total, Link\n"));
}

static void anyone_means_no_credentials(void)
{
    CHECK_INT(preflight("/public", "https://whoever.example", "GET"), 204);
    CHECK(admitted("*") && !strstr(last.headers, "credentials"));
    CHECK_INT(ask_as("GET", "/public", "https://whoever.example"), 200);
    CHECK(admitted("*") && !strstr(last.headers, "vary: "));
    CHECK_INT(ask_as("GET", "/internal", "https://one.example"), 200);
    CHECK(told_nothing());
    CHECK_INT(preflight("/internal", "https://one.example", "GET"), 204);
    CHECK(told_nothing());
}

static void wrong_lists_are_refused(void)
{
    static const char *const bad[] = {
        "example.org",   "https://",    "https://a/",       "https://a/b", "https://A",   "http://a:80",
        "https://a:443", "https://a:x", "https://a:",       "https://a:0", "https://u@a", "https://a?b",
        "*, https://a",  "null",        "https://[::1",     "https://[]",  "HTTPS://a",   "://a",
        "https:/a",      "1://a",       "https://a:123456", "https://a*"};
    static const char *const good[] = {"",
                                       "*",
                                       "https://a",
                                       "http://localhost:3000 https://b",
                                       "http://127.0.0.1:8080",
                                       "http://[::1]:3000",
                                       "capacitor://localhost",
                                       "https://a:80",
                                       "http://a:443",
                                       ",https://a,,",
                                       "https://xn--a.de"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        saas_arena *a = saas_arena_new(0);
        const char *why = NULL;
        saas_origins o;
        if (saas_origins_read(&o, &why, a, saas_text_z(bad[i])) != SAAS_ERR_VALIDATION || !why)
            CHECK_STR(bad[i], "refused");
        saas_arena_free(a);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        saas_arena *a = saas_arena_new(0);
        const char *why = NULL;
        saas_origins o;
        if (saas_origins_read(&o, &why, a, saas_text_z(good[i])))
            CHECK_STR(good[i], why);
        saas_arena_free(a);
    }
    static const saas_cors wrong[] = {SAAS_CORS(.origins = anyone, .credentials = true), SAAS_CORS(.headers = "a b,,"),
                                      SAAS_CORS(.expose = ""), SAAS_CORS(.expose = "X\r\n")};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        saas_arena *a = saas_arena_new(0);
        const saas_cors_rule *rule;
        const char *why = NULL;
        CHECK_INT(saas_cors_read(&rule, &why, a, &wrong[i]), SAAS_ERR_BUG);
        CHECK(why);
        saas_arena_free(a);
    }
}

/* ---- ETags ---- */

static char tag[64];

static void keep_tag(void)
{
    const char *at = strstr(last.headers, "etag: ");
    snprintf(tag, sizeof tag, "%.*s", at ? SAAS_ETAG_CHARS : 0, at ? at + 6 : "");
}

static int ask_unless(const char *target, const char *known)
{
    last.header = "if-none-match";
    last.value = known;
    return ask("GET", target, NULL);
}

static void what_has_not_changed_is_not_sent_again(void)
{
    CHECK_INT(ask("GET", "/public", NULL), 200);
    keep_tag();
    CHECK(strlen(tag) == SAAS_ETAG_CHARS && has_header("cache-control: no-cache"));
    handled = 0;
    CHECK_INT(ask_unless("/public", tag), 304);
    CHECK_INT(handled, 1);
    CHECK_STR(last.body, "");
    char line[80];
    snprintf(line, sizeof line, "etag: %s", tag);
    CHECK(has_header(line) && has_header("cache-control: no-cache") && !strstr(last.headers, "content-type:"));
    body = "\"two\"";
    CHECK_INT(ask_unless("/public", tag), 200);
    CHECK(!has_header(line));
    CHECK_STR(last.body, "{\"success\":true,\"data\":\"two\"}");
    body = "\"one\"";
}

static void head_has_the_same_tag(void)
{
    char line[80];
    CHECK_INT(ask("HEAD", "/public", NULL), 200);
    snprintf(line, sizeof line, "etag: %s", tag);
    CHECK(has_header(line));
    last.header = "if-none-match";
    last.value = tag;
    CHECK_INT(ask("HEAD", "/public", NULL), 304);
}

static void who_is_signed_in_keeps_it_to_himself(void)
{
    CHECK_INT(ask_unless("/mine", "*"), 401);
    sign_in_as(SAAS_VIEWER);
    CHECK_INT(ask("GET", "/mine", NULL), 200);
    CHECK(has_header("cache-control: private, no-cache"));
    keep_tag();
    CHECK_INT(ask_unless("/mine", tag), 304);
    CHECK(has_header("cache-control: private, no-cache"));
    bearer_value[0] = 0;
    CHECK_INT(ask_unless("/mine", tag), 401);
    CHECK(has_header("cache-control: no-store"));
}

static void not_where_it_was_not_asked_for(void)
{
    CHECK_INT(ask_unless("/untagged", "*"), 200);
    CHECK(!strstr(last.headers, "etag:"));
    CHECK_INT(ask_unless("/site", "*"), 200);
    CHECK_INT(ask_unless("/created", "*"), 201);
    CHECK(!strstr(last.headers, "etag:"));
    cache_control = "private, NO-STORE";
    CHECK_INT(ask_unless("/public", "*"), 200);
    CHECK(!strstr(last.headers, "etag:"));
    cache_control = "max-age=60";
    CHECK_INT(ask_unless("/public", "*"), 304);
    CHECK(has_header("Cache-Control: max-age=60"));
    cache_control = NULL;
    own_tag = "W/\"7\"";
    CHECK_INT(ask_unless("/public", "\"7\""), 304);
    own_tag = "\"7\"";
    CHECK_INT(ask_unless("/public", "\"6\", W/\"7\""), 304);
    CHECK(has_header("ETag: \"7\""));
    own_tag = NULL;
}

static void lists_of_tags(void)
{
    static const struct {
        const char *field;
        bool known;
    } cases[] = {
        {"\"x\"", true},
        {"W/\"x\"", true},
        {"\"a\", \"x\"", true},
        {"\"a\",\"x\",\"b\"", true},
        {" , ,\"x\" ", true},
        {"\"a\" , W/\"x\"", true},
        {"*", true},
        {" * ", true},
        {"", false},
        {"x", false},
        {"\"x", false},
        {"x\"", false},
        {"w/\"x\"", false},
        {"\"X\"", false},
        {"\"xx\"", false},
        {"\"\"", false},
        {"*, \"a\"", false},
        {"\"a\" \"x\"", false},
        {"\"a\"x, \"x\"", false},
        {"W/ \"x\"", false},
        {"\"a b\", \"x\"", false},
        {"**", false},
        {"'x'", false},
        {", *", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (saas_etag_listed(saas_text_z(cases[i].field), SAAS_LIT("\"x\"")) != cases[i].known)
            CHECK_STR(cases[i].field, cases[i].known ? "known" : "unknown");
}

static void ends(void)
{
    site_down();
}

static const check_test tests[] = {
    TEST(starts),
    TEST(options_tells_what_is_allowed),
    TEST(a_slash_at_the_end_makes_another_path),
    TEST(preflights_are_answered_for_origins_of_the_list),
    TEST(nobody_else_is_told_anything),
    TEST(answers_and_errors_can_be_read),
    TEST(a_group_has_its_own_list),
    TEST(anyone_means_no_credentials),
    TEST(wrong_lists_are_refused),
    TEST(what_has_not_changed_is_not_sent_again),
    TEST(head_has_the_same_tag),
    TEST(who_is_signed_in_keeps_it_to_himself),
    TEST(not_where_it_was_not_asked_for),
    TEST(lists_of_tags),
    TEST(ends),
};
CHECK_MAIN(tests)
