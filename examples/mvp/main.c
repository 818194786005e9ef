/* A small SaaS: organizations, people, projects. */
#include "migrations.h"
#include "mvp.h"
#include <saas/h2o.h>

static const saas_mount mounts[] = {
    {"/v1/auth", saas_auth_routes},       {"/v1/me", saas_account_routes},
    {"/v1/users", mvp_user_routes},       {"/v1/invitations", saas_invitation_routes},
    {"/v1/audit", saas_audit_routes},     {"/v1/organization", mvp_organization_routes},
    {"/v1/projects", mvp_project_routes},
};

/* Calls an organization may make, by its plan. */
static const saas_plan_limit numbers[] = {{"free", 6000}, {"team", 60000}, {NULL, 6000}};
static const saas_limit_class calls = SAAS_LIMIT_CLASS(.name = "calls", .by = SAAS_BY_ORG, SAAS_PLANS(numbers));

/* Answers are data, never pages. Pages of other origins may read them if CORS_ORIGINS names them. */
static const saas_fixed_header headers[] = {SAAS_SECURE_HEADERS};
static const saas_group api = SAAS_GROUP(SAAS_HEADERS(headers), SAAS_LIMITS(&calls));

/* A page to try it with: WEB_ROOT=examples/mvp/web. */
static const saas_files web[] = {{.prefix = "/", .fallback = "index.html", .immutable = "assets/"}};

static const saas_permission permissions[] = {
    {"projects.write", SAAS_MEMBER},
    {"projects.remove", SAAS_MEMBER},
};

int main(int argc, char **argv)
{
    return saas_h2o_main(SAAS_APP(.name = "mvp", SAAS_MOUNTS(mounts), SAAS_MIGRATIONS(mvp_migrations),
                                  SAAS_PERMISSIONS(permissions), .config = &settings_schema, .group = &api,
                                  SAAS_FILES(web)),
                         argc, argv);
}
