/* Notes of an organization: a complete service, whose tenants can't see each other whatever a handler forgets. */
#include <saas.h>
#include <saas/h2o.h>

#define NOTE(F, T)                                \
    F(T, uuid,          id,    .read_only = true) \
    F(T, text(1, 120),  title, .required = true)  \
    F(T, text(0, 4000), body,  .nullable = true)
SAAS_STRUCT(note, NOTE);
SAAS_STRUCT(note_list, SAAS_PAGE_FIELDS);

static const saas_migration migrations[] = {
    {1, "notes", "create table notes (org_id uuid not null default saas_current_org() references organizations,"
                 " id uuid default gen_random_uuid(), title text not null, body text, primary key (org_id, id));"
                 "select saas_enable_tenant('notes');"}};

static saas_err list_notes(saas_ctx *c)
{
    return saas_reply_page(c, &note_schema, "select * from notes", SAAS_NO_ARGS, .order = "id");
}

static saas_err create_note(saas_ctx *c)
{
    const struct note *in = saas_body(c, note);
    return saas_reply_one(c, 201, &note_schema, "insert into notes (title, body) values ($1, $2) returning *",
                          SAAS_ARGS(in->title, SAAS_IF(in, body)));
}

static saas_err get_note(saas_ctx *c)
{
    return saas_reply_one(c, 200, &note_schema, "select * from notes where id = $1", SAAS_ARGS(saas_param_id(c, "id")));
}

static saas_err change_note(saas_ctx *c)
{
    saas_rows *row;
    SAAS_TRY(saas_update(c, &row, "notes", saas_body(c, note), &note_schema, "id=$1", SAAS_ARGS(saas_param_id(c, "id"))));
    return saas_reply_row(c, 200, row, &note_schema);
}

static saas_err delete_note(saas_ctx *c)
{
    SAAS_TRY(saas_exec_one(c, "delete from notes where id = $1", SAAS_ARGS(saas_param_id(c, "id"))));
    return saas_reply_null(c, 200);
}

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
static const saas_route routes[] = {
    SAAS_GET("/v1/notes", list_notes, .query = &note_list_schema),
    SAAS_POST("/v1/notes", create_note, .body = &note_schema),
    SAAS_GET("/v1/notes/:id", get_note),
    SAAS_PATCH("/v1/notes/:id", change_note, .body = &note_schema, .partial = true),
    SAAS_DELETE("/v1/notes/:id", delete_note),
};

int main(int argc, char **argv)
{
    return saas_h2o_main(
        SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), SAAS_MIGRATIONS(migrations)), argc, argv);
}
