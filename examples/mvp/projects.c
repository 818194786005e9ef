/* Projects: /v1/projects. */
#include "mvp.h"

#define PROJECT(F, T)                                         \
    F(T, uuid,          id,          .read_only = true)       \
    F(T, uuid,          org_id,      .read_only = true)       \
    F(T, text(1, 120),  name,        .required = true)        \
    F(T, text(0, 2000), description, .nullable = true)        \
    F(T, time,          created_at,  .read_only = true)       \
    F(T, time,          updated_at,  .read_only = true)
SAAS_STRUCT(project, PROJECT);

#define SORT(W, T)                  \
    W(T, newest,  "-createdAt")     \
    W(T, oldest,  "createdAt")      \
    W(T, by_name, "name")           \
    W(T, by_name_down, "-name")
SAAS_ENUM(sort, SORT);

#define PROJECT_LIST(F, T)                         \
    SAAS_PAGE_FIELDS(F, T)                         \
    F(T, text(0, 120), q)                          \
    F(T, word(sort),   sort, .def = "-createdAt")
SAAS_STRUCT(project_list, PROJECT_LIST);

#define COLUMNS "id, org_id, name, description, created_at, updated_at"

static const char *const orders[] = {
    [sort_newest] = "created_at desc, id desc",
    [sort_oldest] = "created_at, id",
    [sort_by_name] = "name, id",
    [sort_by_name_down] = "name desc, id desc",
};

static saas_err list_projects(saas_ctx *c)
{
    const struct project_list *in = saas_url_query(c, project_list);
    return saas_reply_page(c, &project_schema,
                           "select " COLUMNS " from projects"
                           " where $1::text is null or position(lower($1) in lower(name)) > 0"
                           " or position(lower($1) in lower(description)) > 0",
                           SAAS_ARGS(SAAS_IF(in, q)), .order = orders[in->sort]);
}

static saas_err create_project(saas_ctx *c)
{
    const struct project *in = saas_body(c, project);
    saas_uuid id;
    SAAS_TRY(saas_uuid_v7(&id));
    return saas_reply_one(c, 201, &project_schema,
                          "insert into projects (id, name, description) values ($1, $2, $3) returning " COLUMNS,
                          SAAS_ARGS(id, in->name, SAAS_IF(in, description)));
}

static saas_err get_project(saas_ctx *c)
{
    return saas_reply_one(c, 200, &project_schema, "select " COLUMNS " from projects where id = $1",
                          SAAS_ARGS(saas_param_id(c, "id")));
}

static saas_err change_project(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "projects", saas_body(c, project), &project_schema, "id = $1",
                         SAAS_ARGS(saas_param_id(c, "id"))));
    return saas_reply_row(c, 200, row, &project_schema);
}

static saas_err delete_project(saas_ctx *c)
{
    SAAS_TRY(saas_exec_one(c, "delete from projects where id = $1", SAAS_ARGS(saas_param_id(c, "id"))));
    return saas_reply_null(c, 200);
}

#define UNKNOWN .not_found = {"PROJECT_NOT_FOUND", "Project does not exist"}

static const saas_route routes[] = {
    SAAS_GET("", list_projects, .query = &project_list_schema),
    SAAS_POST("", create_project, .body = &project_schema, .permission = "projects.write"),
    SAAS_GET("/:id", get_project, UNKNOWN),
    SAAS_PATCH("/:id", change_project, .body = &project_schema, .partial = true,
               .permission = "projects.write", UNKNOWN),
    SAAS_DELETE("/:id", delete_project, .permission = "projects.remove", UNKNOWN),
};

saas_route_list mvp_project_routes(void)
{
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
