/* A host's own permissions: by role, granted beyond it, asked for in a handler; and what was denied is written down. */
#include "http.h"

static saas_err fine(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static saas_err refund(saas_ctx *c)
{
    SAAS_TRY(saas_may(c, "invoices.refund"));
    return saas_reply_null(c, 200);
}

static saas_err ask_nonsense(saas_ctx *c)
{
    SAAS_TRY(saas_may(c, "no.such"));
    return saas_reply_null(c, 200);
}

static saas_err open_house(saas_ctx *c)
{
    const saas_err e = saas_may(c, "projects.archive");
    return e == SAAS_ERR_UNAUTHENTICATED ? saas_reply_null(c, 200) : e;
}

/* To members whose address says so in the database. */
static saas_err grant_to_auditors(saas_ctx *c, const char *name)
{
    saas_rows *row;
    if (strcmp(name, "reports.read") != 0)
        return SAAS_ERR_BUG;
    SAAS_TRY(saas_query_opt(c, &row, "select 1 from users where id = $1 and email like 'auditor@%'",
                            SAAS_ARGS(saas_me(c)->user_id)));
    return row ? SAAS_OK : SAAS_ERR_FORBIDDEN;
}

static const saas_permission permissions[] = {{"projects.archive", SAAS_MEMBER},
                                              {"invoices.refund", SAAS_ADMIN},
                                              {"reports.read", SAAS_ADMIN, grant_to_auditors}};
static const saas_route routes[] = {
    SAAS_POST("/archive", fine, .permission = "projects.archive"),
    SAAS_GET("/reports", fine, .permission = "reports.read"),
    SAAS_POST("/refund", refund, .role = SAAS_VIEWER),
    SAAS_GET("/nonsense", ask_nonsense),
    SAAS_GET("/open", open_house, .open = true),
};
static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}, {"/v1/audit", saas_audit_routes}};

static const saas_app_options *host(void)
{
    static saas_app_options o;
    static const char *const env[] = {"RATE_LIMITS=on", NULL};
    o = *SAAS_APP(.name = "auth", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), SAAS_PERMISSIONS(permissions), .env = env);
    return &o;
}

static saas_principal member;
static char admin[1024];

static bool begin(void)
{
    if (!start() || sign_up("Acme", "ann@example.com") != 201)
        return false;
    snprintf(admin, sizeof admin, "%s", at("data.accessToken"));
    return !saas_uuid_parse(&member.user_id, saas_text_z(at("data.user.id"))) &&
           !saas_uuid_parse(&member.org_id, saas_text_z(at("data.user.orgId"))) && !saas_uuid_v7(&member.session_id);
}

static int as(saas_role role, const char *method, const char *target)
{
    member.role = role;
    return SAAS_TEST_SEND(&r, t, .method = method, .target = target, .as = &member) ? -1 : r.status;
}

static void roles_have_permissions(void)
{
    REQUIRE(begin());
    CHECK_INT(as(SAAS_VIEWER, "POST", "/archive"), 403);
    CHECK_STR(at("error.code"), "FORBIDDEN");
    CHECK_INT(as(SAAS_MEMBER, "POST", "/archive"), 200);
    CHECK_INT(as(SAAS_ADMIN, "POST", "/archive"), 200);
    CHECK_INT(as(SAAS_MEMBER, "POST", "/refund"), 403);
    CHECK_INT(as(SAAS_ADMIN, "POST", "/refund"), 200);
    CHECK_INT(as(SAAS_ADMIN, "GET", "/nonsense"), 500);
    CHECK_INT(call("GET", "/open", NULL, "%s", ""), 200);
    CHECK_INT(call("POST", "/archive", NULL, "%s", ""), 401);
}

static void a_permission_is_granted_beyond_the_role(void)
{
    REQUIRE(begin());
    CHECK_INT(as(SAAS_ADMIN, "GET", "/reports"), 200);
    CHECK_INT(as(SAAS_VIEWER, "GET", "/reports"), 403);
    sql("update users set email = 'auditor@example.com'");
    CHECK_INT(as(SAAS_VIEWER, "GET", "/reports"), 200);
    member.org_id.b[15] ^= 1; /* of another organization */
    CHECK_INT(as(SAAS_VIEWER, "GET", "/reports"), 403);
}

/* 16.3.2: bounded, also of a GET. */
static void what_is_denied_is_written_down(void)
{
    REQUIRE(begin());
    for (int i = 0; i < 10; i++) {
        CHECK_INT(as(SAAS_VIEWER, "GET", "/v1/audit"), 403);
        CHECK_INT(as(SAAS_VIEWER, "POST", "/archive"), 403);
    }
    CHECK_STR(sql("select count(*) || ' ' || count(distinct request_id) from audit where event = 'access.denied'"),
              "10 10");
    CHECK_INT(call("GET", "/v1/audit?perPage=1", admin, "%s", ""), 200);
    CHECK_STR(at("data[0].event"), "access.denied");
    CHECK_STR(at("data[0].details.route"), "/archive");
    CHECK_STR(at("data[0].details.method"), "POST");
    CHECK(strlen(at("data[0].requestId")) == SAAS_UUID_CHARS);
    CHECK(strstr(saas_test_client_logged(t), "\"auth.access\""));
}

static void start_up_names_what_is_wrong(void)
{
    static const saas_permission wrong[] = {{"Has Blank", SAAS_MEMBER},
                                            {"twice", SAAS_MEMBER},
                                            {"twice", SAAS_ADMIN},
                                            {"no.role", SAAS_ROLE_DEFAULT},
                                            {"", 1}};
    static const saas_route asking[] = {
        SAAS_GET("/a", fine, .permission = "unknown"),
        SAAS_GET("/b", fine, .permission = "twice", .role = SAAS_ADMIN),
        SAAS_GET("/c", fine, .permission = "twice", .open = true),
    };
    static const char *const said[] = {
        "permission 0:", "permission twice: is there twice", "permission no.role: its role",
        "permission 4:", "GET /b: asks for a permission",    "GET /c: asks for a permission"};
    saas_test_client *none;
    saas_error e = {0};
    CHECK_INT(
        saas_test_client_new(
            &none, SAAS_APP(.name = "x", SAAS_ROUTES(asking), SAAS_PERMISSIONS(wrong), .no_database = true), NULL, &e),
        SAAS_ERR_BUG);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(e.text, said[i]))
            CHECK_STR(said[i], e.text);
    memset(&e, 0, sizeof e);
    CHECK_INT(saas_test_client_new(
                  &none, SAAS_APP(.name = "x", .routes = {asking, 1, sizeof *asking}, .no_database = true), NULL, &e),
              SAAS_ERR_BUG);
    CHECK(strstr(e.text, "GET /a: its permission unknown is none of the app's"));
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(roles_have_permissions), TEST(a_permission_is_granted_beyond_the_role),
                                       TEST(what_is_denied_is_written_down), TEST(start_up_names_what_is_wrong)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
