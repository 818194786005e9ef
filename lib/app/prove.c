#include "app/prove.h"
#include "app/live.h"
#include "base/buf.h"
#include "base/error.h"
#include <stdio.h>

/* One transaction: a pooler may give the next one another connection. A failure goes back to the savepoint. */
static const char session[] =
    "begin read only; set local search_path = pg_catalog; set local standard_conforming_strings = on;"
    "set local statement_timeout = '60s'; set local lock_timeout = '10s'; savepoint saas";

static saas_err run_check(PGconn *conn, const saas_check *check, const char *const params[], saas_error *e)
{
    PGresult *rows;
    saas_err err =
        saas_pg_run(&rows, conn, check->name, check->sql, &params[check->param], check->param != SAAS_CHECK_PLAIN, e);
    /* A check that can't be made has not passed. */
    saas_pg_recover(conn);
    if (err)
        return err == SAAS_ERR_SQL ? SAAS_ERR_TENANT : err;
    int count = PQntuples(rows);
    for (int i = 0; i < count; i++)
        err = saas_error_add(e, SAAS_ERR_TENANT, "%s: %s", PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
    PQclear(rows);
    return err;
}

/* Steps that are missing are one line: they are all mended at once. */
static saas_err check_module(bool *behind, const PGresult *ledger, const saas_module *m, saas_error *e)
{
    saas_err err = saas_ledger_verify(ledger, m, e) ? SAAS_ERR_TENANT : SAAS_OK;
    const saas_migration *first = NULL;
    size_t missing = 0;
    for (size_t i = 0; i < m->count; i++) {
        const saas_migration *step = saas_module_step(m, i);
        if (saas_ledger_has(ledger, m, step))
            continue;
        first = first ? first : step;
        missing++;
    }
    if (!first)
        return err;
    *behind |= !err;
    return saas_error_add(e, SAAS_ERR_TENANT, "migration %s/%u (%s): not applied%s: run migrate first", m->name,
                          first->number, first->name, missing > 1 ? ", nor are others" : "");
}

static saas_err check_ledger(bool *behind, PGconn *conn, const saas_proof *proof, saas_error *e)
{
    PGresult *ledger;
    saas_err found = SAAS_OK;
    SAAS_TRY(saas_ledger_read(&ledger, conn, e));
    for (size_t i = 0; i < proof->module_count; i++) {
        saas_err err = check_module(behind, ledger, &proof->modules[i], e);
        found = err ? err : found;
    }
    PQclear(ledger);
    return found;
}

/* A schema behind the program's: what else the checks would find is not there yet, or not its last word. */
static saas_err check_migrations(bool *behind, PGconn *conn, const saas_proof *proof, saas_error *e)
{
    bool exists = false;
    *behind = false;
    saas_err err = saas_ledger_exists(&exists, conn, e);
    if (!err && !exists) {
        *behind = true;
        return saas_error_add(e, SAAS_ERR_TENANT, "no migration is applied: run migrate first");
    }
    if (!err)
        err = check_ledger(behind, conn, proof, e);
    saas_pg_recover(conn);
    return err == SAAS_ERR_SQL ? SAAS_ERR_TENANT : err;
}

saas_err saas_prove_begin(PGconn *conn, saas_error *e)
{
    return saas_pg_run(NULL, conn, "proving", session, NULL, 0, e);
}

saas_err saas_prove_role(PGconn *conn, saas_check_role role, const char *const params[], saas_error *e)
{
    size_t count;
    const saas_check *checks = saas_checks(&count);
    saas_err found = SAAS_OK;
    for (size_t i = 0; i < count && (!found || found == SAAS_ERR_TENANT); i++) {
        saas_err err = checks[i].role & role ? run_check(conn, &checks[i], params, e) : SAAS_OK;
        found = err ? err : found;
    }
    return found;
}

static saas_err check_all(PGconn *conn, const saas_proof *proof, const char *const params[], saas_error *e)
{
    saas_err found = saas_prove_role(conn, SAAS_CHECK_SERVING, params, e);
    /* What the catalogues find would only be found once more. */
    return found || proof->catalogue_only ? found : saas_probe(conn, params[SAAS_CHECK_SHARED], e);
}

/* With the search path that the program has. */
static saas_err check_statements(PGconn *conn, const saas_proof *proof, saas_error *e)
{
    SAAS_TRY(saas_pg_run(NULL, conn, "proving", "set local search_path = default; savepoint saas", NULL, 0, e));
    return saas_statements_check(conn, &proof->statements, e);
}

/* One name a line. */
static saas_text join(saas_arena *a, const char *const *names)
{
    saas_buf b;
    saas_buf_init(&b, a, 0);
    for (size_t i = 0; names && names[i]; i++) {
        if (i)
            saas_buf_lit(&b, "\n");
        saas_buf_z(&b, names[i]);
    }
    return saas_buf_done(&b);
}

/* Every finding, of whatever kind, as long as the connection holds. */
static saas_err check_serving(bool *behind, PGconn *conn, const saas_proof *proof, const char *shared, saas_error *e)
{
    char needed[16];
    snprintf(needed, sizeof needed, "%u", proof->connections);
    const char *const params[] = {
        [SAAS_CHECK_PLAIN] = NULL, [SAAS_CHECK_SHARED] = shared, [SAAS_CHECK_CONNECTIONS] = needed};
    SAAS_TRY(saas_prove_begin(conn, e));
    saas_err found = check_migrations(behind, conn, proof, e);
    if (*behind || (found && found != SAAS_ERR_TENANT))
        return found;
    saas_err err = check_all(conn, proof, params, e);
    found = err ? err : found;
    if (!found || found == SAAS_ERR_TENANT) {
        err = check_statements(conn, proof, e);
        found = found ? found : err;
    }
    if (found || proof->catalogue_only)
        return found;
    PQclear(PQexec(conn, "rollback"));
    return saas_live_probe(conn, shared, SAAS_LIVE_MS, proof->log, e);
}

static saas_err prove(const saas_proof *proof, saas_arena *a, saas_error *e)
{
    bool behind = false;
    saas_text shared = join(a, proof->shared_tables);
    if (!shared.ptr)
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "proving: no memory");
    PGconn *conn = saas_pg_open("DATABASE_URL", proof->dsn, "prove", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    saas_err err = check_serving(&behind, conn, proof, shared.ptr, e);
    PQfinish(conn);
    if (proof->system_dsn && !behind && (!err || err == SAAS_ERR_TENANT || err == SAAS_ERR_BUG)) {
        saas_err system = saas_prove_system(proof, shared.ptr, e);
        err = system ? system : err;
    }
    return err;
}

saas_err saas_prove(const saas_proof *proof, saas_error *e)
{
    saas_arena *a = saas_arena_new(0);
    if (!a)
        return saas_error_add(e, SAAS_ERR_NO_MEMORY, "proving: no memory");
    saas_err err = prove(proof, a, e);
    saas_arena_free(a);
    return err;
}
