#include "db/errors.h"
#include <stdio.h>
#include <string.h>

/* Longest match wins: classes of two characters after the states they hold. */
static const struct {
    const char *state;
    saas_err err;
} states[] = {
    {"23505", SAAS_ERR_UNIQUE},        {"23P01", SAAS_ERR_UNIQUE},        {"23503", SAAS_ERR_FOREIGN_KEY},
    {"23514", SAAS_ERR_CHECK},         {"23502", SAAS_ERR_CHECK},         {"42501", SAAS_ERR_TENANT},
    {"25006", SAAS_ERR_READ_ONLY},     {"40001", SAAS_ERR_SERIALIZATION}, {"40P01", SAAS_ERR_SERIALIZATION},
    {"55P03", SAAS_ERR_SERIALIZATION}, {"57014", SAAS_ERR_DEADLINE},      {"08", SAAS_ERR_UNAVAILABLE},
    {"53", SAAS_ERR_UNAVAILABLE},      {"57P", SAAS_ERR_UNAVAILABLE},
};

saas_err saas_db_err(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (!strncmp(sqlstate, states[i].state, strlen(states[i].state)))
            return states[i].err;
    return SAAS_ERR_SQL;
}

static void take(char *out, size_t size, const PGresult *r, int field)
{
    const char *text = PQresultErrorField(r, field);
    snprintf(out, size, "%s", text ? text : "");
}

saas_err saas_db_error_take(saas_db_error *out, const PGresult *r, size_t statement)
{
    take(out->sqlstate, sizeof out->sqlstate, r, PG_DIAG_SQLSTATE);
    take(out->constraint, sizeof out->constraint, r, PG_DIAG_CONSTRAINT_NAME);
    take(out->message, sizeof out->message, r, PG_DIAG_MESSAGE_PRIMARY);
    out->statement = statement;
    return *out->sqlstate ? saas_db_err(out->sqlstate) : SAAS_ERR_UNAVAILABLE;
}
