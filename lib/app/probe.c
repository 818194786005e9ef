#include "app/prove.h"
#include "base/error.h"
#include <stdio.h>

static const char *const organizations[] = {"", "018f3a5e-0000-7000-8000-0000000000ff"};

/* An error is a finding too: what can't be read can't be shown to be closed. */
static saas_err look(PGconn *conn, const char *name, const char *org, saas_error *e)
{
    char sql[512];
    PGresult *rows;
    snprintf(sql, sizeof sql,
             "select set_config('app.current_org_id', '%s', true);"
             "select from %s limit 1",
             org, name);
    saas_err err = saas_pg_run(&rows, conn, name, sql, NULL, 0, e);
    if (!err) {
        if (PQntuples(rows))
            err = saas_error_add(e, SAAS_ERR_TENANT, "%s: shows rows to %s", name,
                                 *org ? "an organization that does not exist" : "no organization");
        PQclear(rows);
    }
    saas_pg_recover(conn);
    return err == SAAS_ERR_SQL ? SAAS_ERR_TENANT : err;
}

saas_err saas_probe(PGconn *conn, const char *shared, saas_error *e)
{
    PGresult *names;
    saas_err found = SAAS_OK;
    const char *const params[] = {shared};
    SAAS_TRY(saas_pg_run(&names, conn, "probing", saas_probe_sql(), params, 1, e));
    for (int i = 0; i < PQntuples(names) && found != SAAS_ERR_UNAVAILABLE; i++) {
        const char *name = PQgetvalue(names, i, 0);
        saas_err err = look(conn, name, organizations[0], e);
        if (!err)
            err = look(conn, name, organizations[1], e);
        found = err ? err : found;
    }
    PQclear(names);
    return found;
}
