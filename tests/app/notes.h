/* tests/app/notes.h: a small tenant-safe app on a database of its own, and two organizations. */
#ifndef TESTS_APP_NOTES_H
#define TESTS_APP_NOTES_H

#include "cluster.h"

#define NOTE(F, T)                                                                                                     \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, uuid, org_id, .read_only = true)                                                                              \
    F(T, text(1, 120), title, .required = true)
SAAS_STRUCT(note, NOTE);

static const saas_migration steps[] = {
    {1, "notes",
     "create table notes (id uuid primary key default gen_random_uuid(),"
     " org_id uuid not null default saas_current_org() references organizations on delete cascade,"
     " title text not null, constraint notes_title_key unique (org_id, title));"
     "select saas_enable_tenant('notes')"}};

static const char organizations[] = "insert into organizations (id, name, slug) values"
                                    " ('0a000000-0000-7000-8000-000000000000', 'A', 'org-a'),"
                                    " ('0b000000-0000-7000-8000-000000000000', 'B', 'org-b')";

static inline saas_principal member_of(int org, saas_role role)
{
    return (saas_principal){.user_id = {{(uint8_t)(org + 1)}},
                            .org_id = {{(uint8_t)(0x0a + org), 0, 0, 0, 0, 0, 0x70, 0, 0x80}},
                            .session_id = {{3}},
                            .role = role};
}

static saas_test_client *t;
static saas_test_db db;
static saas_error e;

/* A database of these migrations with both organizations, and a client on it. */
static inline bool serve(const saas_app_options *options)
{
    e.text[0] = 0;
    if (saas_test_db_new(&db, cluster, options, &e) || *sql_on(db.super_dsn, organizations) ||
        saas_test_client_new(&t, options, &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    return true;
}

static inline void serve_no_more(void)
{
    saas_test_client_free(t);
    saas_test_db_drop(cluster, &db);
}

static inline const char *json(const saas_test_response *r, const char *path)
{
    const char *value = saas_test_json(t, r->body, path).ptr;
    return value ? value : "(none)";
}

#endif
