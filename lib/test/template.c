/* A database per set of migrations, migrated once and cloned for each test. */
#include "test/env.h"
#include "test/pg.h"
#include "library_sql.h"
#include <stdio.h>
#include <string.h>

/* FNV-1a: the key is no secret, and only our own texts meet. */
static uint64_t hash(uint64_t h, const char *text)
{
    do
        h = (h ^ (uint8_t)*text) * 0x100000001b3;
    while (*text++);
    return h;
}

static uint64_t hash_steps(uint64_t h, const saas_migration *steps, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const saas_migration *m = (const saas_migration *)(const void *)((const char *)steps + i * size);
        h = hash(hash((h ^ m->number) * 0x100000001b3, m->name ? m->name : ""), m->sql ? m->sql : "");
    }
    return h;
}

static uint64_t key_of(const saas_app_options *o)
{
    uint64_t h =
        hash_steps(0xcbf29ce484222325, saas_library_migrations,
                   sizeof saas_library_migrations / sizeof *saas_library_migrations, sizeof *saas_library_migrations);
    return hash_steps(h, o->migrations, o->migration_count, o->migration_size);
}

static saas_err migrate(const saas_app_options *o, const saas_test_db *db, saas_error *e)
{
    saas_app *app = NULL;
    saas_app_options mine = *o;
    saas_arena *a = saas_arena_new(0);
    mine.env = a ? saas_test_env(a, o->env, db) : NULL;
    saas_err err = mine.env ? saas_app_new(&app, &mine, e) : saas_test_fail(e, SAAS_ERR_NO_MEMORY, "no memory");
    if (!err)
        err = saas_app_migrate(app, e);
    saas_app_free(app);
    saas_arena_free(a);
    return err;
}

static bool is_made(PGconn *conn, const char *name)
{
    PGresult *r = PQexecParams(conn, "select from pg_database where datname = $1 and datistemplate", 1, NULL, &name,
                               NULL, NULL, 0);
    bool made = PQntuples(r) == 1;
    PQclear(r);
    return made;
}

static saas_err make(PGconn *conn, const saas_test_pg *pg, const saas_app_options *o, const char *name, saas_error *e)
{
    char sql[160];
    saas_test_db db;
    saas_test_db_describe(&db, pg, name);
    snprintf(sql, sizeof sql, "drop database if exists %s with (force)", name);
    SAAS_TRY(saas_test_do(conn, sql, e));
    SAAS_TRY(saas_test_db_create(conn, name, "template0", e));
    SAAS_TRY(migrate(o, &db, e));
    snprintf(sql, sizeof sql, "alter database %s with allow_connections false is_template true", name);
    return saas_test_do(conn, sql, e);
}

saas_err saas_test_template(char name[64], const saas_test_pg *pg, PGconn *conn, const saas_app_options *options,
                            saas_error *e)
{
    char sql[64];
    const saas_app_options o = saas_test_options(options);
    const uint64_t key = key_of(&o);
    snprintf(name, 64, "template_%016llx", (unsigned long long)key);
    if (is_made(conn, name))
        return SAAS_OK;
    snprintf(sql, sizeof sql, "select pg_advisory_lock(%lld)", (long long)(key >> 1));
    SAAS_TRY(saas_test_do(conn, sql, e));
    return is_made(conn, name) ? SAAS_OK : make(conn, pg, &o, name, e);
}
