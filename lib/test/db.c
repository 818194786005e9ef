#include "test/pg.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void saas_test_db_describe(saas_test_db *db, const saas_test_pg *pg, const char *name)
{
    snprintf(db->name, sizeof db->name, "%s", name);
    snprintf(db->app_dsn, sizeof db->app_dsn, "host=%s dbname=%s user=saas_app", pg->folder, name);
    snprintf(db->owner_dsn, sizeof db->owner_dsn, "host=%s dbname=%s user=saas_owner", pg->folder, name);
    snprintf(db->system_dsn, sizeof db->system_dsn, "host=%s dbname=%s user=saas_system", pg->folder, name);
    snprintf(db->super_dsn, sizeof db->super_dsn, "host=%s dbname=%s user=postgres", pg->folder, name);
}

/* Without fsync copying files is several times quicker than logging pages. */
saas_err saas_test_db_create(PGconn *conn, const char *name, const char *from, saas_error *e)
{
    char sql[256];
    snprintf(sql, sizeof sql, "create database %s owner saas_owner template %s strategy file_copy", name, from);
    return saas_test_do(conn, sql, e);
}

static saas_err clone(PGconn *conn, const char *name, const saas_test_pg *pg, const saas_app_options *options,
                      saas_error *e)
{
    char from[64] = "template0";
    if (options)
        SAAS_TRY(saas_test_template(from, pg, conn, options, e));
    return saas_test_db_create(conn, name, from, e);
}

saas_err saas_test_db_new(saas_test_db *out, saas_test_pg *pg, const saas_app_options *options, saas_error *e)
{
    saas_test_db db;
    char name[64];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof name, "t%ld_%u_%lx%05lx", (long)getpid(), ++pg->databases, now.tv_sec, now.tv_nsec >> 10);
    saas_test_db_describe(&db, pg, name);
    PGconn *conn = saas_test_connect(pg, "postgres", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    saas_err err = clone(conn, name, pg, options, e);
    PQfinish(conn);
    if (!err)
        *out = db;
    return err;
}

void saas_test_db_drop(saas_test_pg *pg, const saas_test_db *db)
{
    char sql[128];
    PGconn *conn = saas_test_connect(pg, "postgres", NULL);
    if (!conn)
        return;
    snprintf(sql, sizeof sql, "drop database if exists %s with (force)", db->name);
    PQclear(PQexec(conn, sql));
    PQfinish(conn);
}
