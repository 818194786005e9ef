#include "app/prove.h"
#include <stdio.h>

saas_err saas_prove_system(const saas_proof *proof, const char *shared, saas_error *e)
{
    char needed[16];
    PGconn *conn = saas_pg_open("SYSTEM_DATABASE_URL", proof->system_dsn, "prove", e);
    if (!conn)
        return SAAS_ERR_UNAVAILABLE;
    snprintf(needed, sizeof needed, "%u", proof->system_connections);
    const char *const params[] = {
        [SAAS_CHECK_PLAIN] = NULL, [SAAS_CHECK_SHARED] = shared, [SAAS_CHECK_CONNECTIONS] = needed};
    saas_err err = saas_prove_begin(conn, e);
    if (!err)
        err = saas_prove_role(conn, SAAS_CHECK_SYSTEM, params, e);
    PQfinish(conn);
    return err;
}
