#include "app/lint.h"
#include "base/error.h"

/* USING stands in where WITH CHECK is missing, until someone narrows one and forgets the other: it has to be written.
 */
static const char tables[] =
    "with t as (select c.oid, c.relrowsecurity, c.relforcerowsecurity, a.attnum,"
    "  pg_catalog.format('%I.%I', n.nspname, c.relname) as name"
    " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    " join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped"
    " where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'"
    "  and n.nspname not in ('pg_catalog', 'information_schema'))"
    " select name, why from ("
    " select name, 1, 'row-level security is not enabled and forced' from t"
    "  where not (relrowsecurity and relforcerowsecurity)"
    " union all select name, 2, 'no policy has WITH CHECK' from t where not exists (select from pg_catalog.pg_policy p"
    "  where p.polrelid = t.oid and p.polwithcheck is not null)"
    " union all select name, 3, pg_catalog.format('policy %I lacks WITH CHECK', p.polname)"
    "  from t join pg_catalog.pg_policy p on p.polrelid = t.oid"
    "  where p.polpermissive and p.polcmd in ('*', 'w') and p.polwithcheck is null"
    " union all select name, 4, 'no index is led by org_id' from t where not exists (select from pg_catalog.pg_index i"
    "  where i.indrelid = t.oid and i.indkey[0] = t.attnum and i.indpred is null and i.indisvalid)"
    " ) found (name, rank, why) order by name, rank, why";

saas_err saas_lint(PGconn *conn, const char *what, saas_error *e)
{
    PGresult *rows;
    saas_err err = SAAS_OK;
    SAAS_TRY(saas_pg_run(&rows, conn, what, tables, NULL, 0, e));
    for (int i = 0; i < PQntuples(rows); i++)
        err = saas_error_add(e, SAAS_ERR_TENANT, "%s: %s: %s", what, PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
    PQclear(rows);
    return err;
}
