#include "app/migrate.h"
#include "app/lint.h"
#include "base/error.h"
#include <stdio.h>

/* The lock is the transaction's, as a pooler may hand every transaction another connection. Others may be migrating for
 * a while; a table that stays locked by the running service must fail soon instead of stopping it. */
static const char begin[] = "begin;"
                            "set local lock_timeout = '120s';"
                            "set local statement_timeout = '0';"
                            "select pg_catalog.pg_advisory_xact_lock(7245316180237164881);"
                            "set local lock_timeout = '5s';"
                            "set local statement_timeout = '15min';"
                            "set local search_path = public";

/* Under forced policies the owner sees no rows, and a backfill would pass over all of them without a word: with
 * row_security off it fails. That would also fail functions as they are created, so their bodies are checked after. */
static const char before[] = "set local row_security = off; set local check_function_bodies = off";
static const char after[] = "set local row_security = on; set local check_function_bodies = on;"
                            "do $$ declare f record; begin"
                            " for f in select p.oid, l.lanvalidator::regproc as check from pg_catalog.pg_proc p"
                            "  join pg_catalog.pg_language l on l.oid = p.prolang"
                            "  where p.xmin = pg_catalog.pg_current_xact_id()::xid and l.lanvalidator <> 0 loop"
                            "  execute format('select %s(%s)', f.check, f.oid);"
                            " end loop; end $$";

static const char ledger[] = "create table if not exists public.saas_migrations ("
                             "  module text not null,"
                             "  number bigint not null,"
                             "  name text not null,"
                             "  checksum text not null,"
                             "  applied_at timestamptz not null default now(),"
                             "  primary key (module, number));"
                             "revoke all on public.saas_migrations from public, saas_app;"
                             "grant select on public.saas_migrations to saas_app";

static const char is_applied[] = "select from public.saas_migrations where module = $1 and number = $2::bigint";
static const char remember[] = "insert into public.saas_migrations (module, number, name, checksum)"
                               " values ($1, $2::bigint, $3, $4)";

static saas_err finish(PGconn *conn, saas_err err, const char *what, saas_error *e)
{
    if (!err)
        return saas_pg_run(NULL, conn, what, "commit", NULL, 0, e);
    if (PQtransactionStatus(conn) != PQTRANS_IDLE)
        PQclear(PQexec(conn, "rollback"));
    return err;
}

static const char session[] = "set client_min_messages = error; set standard_conforming_strings = on";

static saas_err make_ledger(PGconn *conn, saas_error *e)
{
    SAAS_TRY(saas_pg_run(NULL, conn, "MIGRATE_DATABASE_URL", session, NULL, 0, e));
    saas_err err = saas_pg_run(NULL, conn, "migrating", begin, NULL, 0, e);
    if (!err)
        err = saas_pg_run(NULL, conn, "public.saas_migrations", ledger, NULL, 0, e);
    return finish(conn, err, "public.saas_migrations", e);
}

/* Somebody else may have applied it while we waited for the lock. */
static saas_err apply_locked(PGconn *conn, const char *what, const char *const values[4], const char *sql,
                             saas_error *e)
{
    PGresult *found;
    SAAS_TRY(saas_pg_run(&found, conn, what, is_applied, values, 2, e));
    bool applied = PQntuples(found) > 0;
    PQclear(found);
    if (applied)
        return SAAS_OK;
    SAAS_TRY(saas_pg_run(NULL, conn, what, before, NULL, 0, e));
    SAAS_TRY(saas_pg_run(NULL, conn, what, sql, NULL, 0, e));
    if (PQtransactionStatus(conn) != PQTRANS_INTRANS)
        return saas_error_add(e, SAAS_ERR_SQL, "%s: must not end its transaction", what);
    SAAS_TRY(saas_pg_run(NULL, conn, what, after, NULL, 0, e));
    SAAS_TRY(saas_lint(conn, what, e));
    return saas_pg_run(NULL, conn, what, remember, values, 4, e);
}

/* dry: the transaction around it is somebody else's. */
static saas_err apply(PGconn *conn, const saas_module *m, const saas_migration *step, bool dry, saas_log *log,
                      saas_error *e)
{
    char what[160], number[16], checksum[SAAS_CHECKSUM_CHARS + 1];
    snprintf(what, sizeof what, "migration %s/%u (%s)", m->name, step->number, step->name);
    snprintf(number, sizeof number, "%u", step->number);
    saas_migration_checksum(checksum, step);
    saas_err err = dry ? SAAS_OK : saas_pg_run(NULL, conn, what, begin, NULL, 0, e);
    if (!err)
        err = apply_locked(conn, what, (const char *const[]){m->name, number, step->name, checksum}, step->sql, e);
    SAAS_TRY(dry ? err : finish(conn, err, what, e));
    SAAS_LOG(log, SAAS_LOG_INFO, dry ? "would be migrated" : "migrated", {"module", SAAS_ARG(m->name)},
             {"number", SAAS_ARG(step->number)}, {"name", SAAS_ARG(step->name)});
    return SAAS_OK;
}

static saas_err verify(PGresult **out, PGconn *conn, const saas_module *modules, size_t count, saas_error *e)
{
    PGresult *rows;
    saas_err err = SAAS_OK;
    SAAS_TRY(saas_ledger_read(&rows, conn, e));
    for (size_t i = 0; i < count; i++) {
        saas_err drift = saas_ledger_verify(rows, &modules[i], e);
        err = err ? err : drift;
    }
    if (err)
        PQclear(rows);
    else
        *out = rows;
    return err;
}

static saas_err apply_missing(PGconn *conn, const PGresult *rows, const saas_module *m, bool dry, saas_log *log,
                              saas_error *e)
{
    for (size_t i = 0; i < m->count; i++) {
        const saas_migration *step = saas_module_step(m, i);
        if (!saas_ledger_has(rows, m, step))
            SAAS_TRY(apply(conn, m, step, dry, log, e));
    }
    return SAAS_OK;
}

static saas_err migrate(PGconn *conn, const saas_module *modules, size_t count, saas_log *log, saas_error *e)
{
    PGresult *rows;
    saas_err err = SAAS_OK;
    SAAS_TRY(make_ledger(conn, e));
    SAAS_TRY(verify(&rows, conn, modules, count, e));
    for (size_t i = 0; i < count && !err; i++)
        err = apply_missing(conn, rows, &modules[i], false, log, e);
    PQclear(rows);
    SAAS_TRY(err);
    /* Once more: a step that somebody else applied meanwhile may have had another text. */
    SAAS_TRY(verify(&rows, conn, modules, count, e));
    PQclear(rows);
    return SAAS_OK;
}

static saas_err rehearse(PGconn *conn, const saas_module *modules, size_t count, saas_log *log, saas_error *e)
{
    PGresult *rows;
    SAAS_TRY(saas_pg_run(NULL, conn, "migrating", begin, NULL, 0, e));
    SAAS_TRY(saas_pg_run(NULL, conn, "public.saas_migrations", ledger, NULL, 0, e));
    SAAS_TRY(verify(&rows, conn, modules, count, e));
    saas_err err = SAAS_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = apply_missing(conn, rows, &modules[i], true, log, e);
    PQclear(rows);
    return err;
}

/* What was not committed goes with the connection. */
static saas_err on_connection(const char *dsn,
                              saas_err (*fn)(PGconn *, const saas_module *, size_t, saas_log *, saas_error *),
                              const saas_module *modules, size_t count, saas_log *log, saas_error *e)
{
    PGconn *conn = saas_pg_open("MIGRATE_DATABASE_URL", dsn, "migrate", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    saas_err err = fn(conn, modules, count, log, e);
    PQfinish(conn);
    return err;
}

saas_err saas_migrate(const char *dsn, const saas_module *modules, size_t count, saas_log *log, saas_error *e)
{
    return on_connection(dsn, migrate, modules, count, log, e);
}

saas_err saas_migrate_dry(const char *dsn, const saas_module *modules, size_t count, saas_log *log, saas_error *e)
{
    return on_connection(dsn, rehearse, modules, count, log, e);
}
