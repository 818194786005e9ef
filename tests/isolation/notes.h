/* tests/isolation/notes.h: an app of one tenant table, organizations to use it, and a look behind the curtain. */
#ifndef TESTS_ISOLATION_NOTES_H
#define TESTS_ISOLATION_NOTES_H

#include <libpq-fe.h>
#include <saas.h>
#include <saas/test.h>
#include <stdio.h>
#include <stdlib.h>

static const saas_migration notes_migrations[] = {
    {1, "notes",
     "create table notes (org_id uuid not null default saas_current_org() references organizations on delete cascade,"
     " id uuid not null default gen_random_uuid(), mark text not null, primary key (org_id, id),"
     " constraint notes_mark unique (org_id, mark));"
     "select saas_enable_tenant('notes');"},
};

/* Runs a statement as superuser; its first value as number, -1 on failure. */
static inline long long notes_super(const saas_test_db *db, const char *sql)
{
    PGconn *conn = PQconnectdb(db->super_dsn);
    PGresult *r = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(r);
    long long value = -1;
    if (status == PGRES_TUPLES_OK && PQntuples(r))
        value = atoll(PQgetvalue(r, 0, 0));
    else if (status == PGRES_COMMAND_OK)
        value = 0;
    else
        fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(conn));
    PQclear(r);
    PQfinish(conn);
    return value;
}

/* An organization with a user of the role, as the token will say. */
static inline saas_err notes_member(saas_principal *out, const saas_test_db *db, saas_role role)
{
    char id[SAAS_UUID_CHARS + 1], sql[256];
    *out = (saas_principal){.role = role};
    SAAS_TRY(saas_uuid_v7(&out->org_id));
    SAAS_TRY(saas_uuid_v7(&out->user_id));
    SAAS_TRY(saas_uuid_v7(&out->session_id));
    saas_uuid_format(id, out->org_id);
    snprintf(sql, sizeof sql, "insert into organizations (id, name, slug) values ('%s', 'Org', 'o-%s')", id, id);
    return notes_super(db, sql) < 0 ? SAAS_ERR_SQL : SAAS_OK;
}

#endif
