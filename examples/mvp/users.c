/* Members of the organization: /v1/users. */
#include "mvp.h"

#define NEW_USER(F, T)                                                  \
    F(T, email,                email,    .required = true)              \
    F(T, text(12, 128),        password, .required = true, .secret = true) \
    F(T, word(saas_user_role), role,     .def = "member")
SAAS_STRUCT(new_user, NEW_USER);

#define USER_ROLE(F, T) F(T, word(saas_user_role), role, .required = true)
SAAS_STRUCT(user_role, USER_ROLE);

SAAS_STRUCT(user_list, SAAS_PAGE_FIELDS);

static saas_err list_users(saas_ctx *c)
{
    return saas_reply_page(c, &user_schema, "select " USER_COLUMNS " from users", SAAS_NO_ARGS,
                           .order = "created_at desc, id desc");
}

static saas_err get_user(saas_ctx *c)
{
    return saas_reply_one(c, 200, &user_schema, "select " USER_COLUMNS " from users where id = $1",
                          SAAS_ARGS(saas_param_id(c, "id")));
}

static saas_err create_user(saas_ctx *c)
{
    const struct new_user *in = saas_body(c, new_user);
    saas_rows *row;
    saas_err e = saas_user_create(c, &row, in->email, in->password, (saas_role)in->role);
    if (e == SAAS_ERR_CONFLICT)
        return saas_fail(c, 400, "USER_CREATE_FAILED", "The user could not be created");
    SAAS_TRY(e);
    return saas_reply_row(c, 201, row, &user_schema);
}

static saas_err change_user(saas_ctx *c)
{
    saas_uuid id;
    saas_rows *row;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_user_set_role(c, &row, id, (saas_role)saas_body(c, user_role)->role));
    return saas_reply_row(c, 200, row, &user_schema);
}

static saas_err remove_user(saas_ctx *c)
{
    saas_uuid id;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_user_remove(c, id));
    return saas_reply_null(c, 200);
}

#define UNKNOWN .not_found = {"USER_NOT_FOUND", "User does not exist"}

static const saas_route routes[] = {
    SAAS_GET("", list_users, .query = &user_list_schema),
    SAAS_POST("", create_user, .body = &new_user_schema, .role = SAAS_ADMIN),
    SAAS_GET("/:id", get_user, UNKNOWN),
    SAAS_PATCH("/:id", change_user, .body = &user_role_schema, .role = SAAS_ADMIN, UNKNOWN),
    SAAS_DELETE("/:id", remove_user, .role = SAAS_ADMIN, UNKNOWN),
};

saas_route_list mvp_user_routes(void)
{
    return (saas_route_list){routes, sizeof routes / sizeof *routes, sizeof *routes};
}
