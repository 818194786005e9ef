#include "app/ledger.h"
#include <stdlib.h>
#include <string.h>

static const char exists[] = "select pg_catalog.to_regclass('public.saas_migrations') is not null";

typedef struct report {
    saas_migration_each *each;
    void *user;
} report;

static void tell(const report *r, const char *module, const saas_migration *step, saas_migration_state state)
{
    r->each(&(const saas_migration_status){module, step->number, step->name, state}, r->user);
}

static void tell_steps(const report *r, const PGresult *ledger, const saas_module *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const saas_migration *step = saas_module_step(m, i);
        saas_module alone = {m->name, step, 1, m->size};
        bool applied = ledger && saas_ledger_has(ledger, m, step);
        bool same = !applied || !saas_ledger_verify(ledger, &alone, NULL);
        tell(r, m->name, step,
             !applied ? SAAS_MIGRATION_PENDING
             : same   ? SAAS_MIGRATION_APPLIED
                      : SAAS_MIGRATION_CHANGED);
    }
}

static bool is_known(const saas_migration *step, const char *module, const saas_module *modules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < modules[i].count && !strcmp(modules[i].name, module); k++)
            if (saas_module_step(&modules[i], k)->number == step->number)
                return true;
    return false;
}

/* Of a newer program, or of another one on the same database. */
static void tell_unknown(const report *r, const PGresult *ledger, const saas_module *modules, size_t count)
{
    for (int i = 0; ledger && i < PQntuples(ledger); i++) {
        const char *module = PQgetvalue(ledger, i, 0);
        saas_migration step = {(uint32_t)strtoul(PQgetvalue(ledger, i, 1), NULL, 10), PQgetvalue(ledger, i, 2), ""};
        if (!is_known(&step, module, modules, count))
            tell(r, module, &step, SAAS_MIGRATION_UNKNOWN);
    }
}

static saas_err read_ledger(PGresult **out, PGconn *conn, saas_error *e)
{
    PGresult *found;
    SAAS_TRY(saas_pg_run(&found, conn, "public.saas_migrations", exists, NULL, 0, e));
    bool there = !strcmp(PQgetvalue(found, 0, 0), "t");
    PQclear(found);
    return there ? saas_ledger_read(out, conn, e) : SAAS_OK;
}

saas_err saas_migrations_tell(const char *setting, const char *dsn, const saas_module *modules, size_t count,
                              saas_migration_each *each, void *user, saas_error *e)
{
    const report r = {each, user};
    PGresult *ledger = NULL;
    PGconn *conn = saas_pg_open(setting, dsn, "status", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    saas_err err = read_ledger(&ledger, conn, e);
    for (size_t i = 0; i < count && !err; i++)
        tell_steps(&r, ledger, &modules[i]);
    if (!err)
        tell_unknown(&r, ledger, modules, count);
    PQclear(ledger);
    PQfinish(conn);
    return err;
}
