#include "app/statements.h"
#include "base/error.h"
#include "db/columns.h"
#include "db/encode.h"
#include "schema/write.h"

enum { SQL_SHOWN = 160 };

static saas_err complain(saas_error *e, const saas_statement *s, const char *what)
{
    return saas_error_add(e, SAAS_ERR_BUG, "statement \"%.*s\": %s", SQL_SHOWN, s->sql, what);
}

static saas_err check_parameters(const saas_statement *s, const PGresult *shape, saas_error *e)
{
    char text[160];
    const size_t count = (size_t)PQnparams(shape);
    saas_err err = SAAS_OK;
    if (count != s->kind_count) {
        snprintf(text, sizeof text, "has %zu parameters, not %zu", count, s->kind_count);
        return complain(e, s, text);
    }
    for (size_t i = 0; i < count; i++) {
        const char *wanted = saas_db_kind_misfit(s->kinds[i], PQparamtype(shape, (int)i));
        snprintf(text, sizeof text, "$%zu is %s, which its kind of argument does not fit", i + 1, wanted ? wanted : "");
        if (wanted)
            err = complain(e, s, text);
    }
    return err;
}

static saas_err check_columns(const saas_statement *s, const PGresult *shape, saas_error *e)
{
    char text[160];
    saas_db_misfit bad;
    if (!s->rows || saas_db_columns_fit(&bad, s->rows, shape, true))
        return SAAS_OK;
    if (bad.type)
        snprintf(text, sizeof text, "column %s is %s, as which field %s of %s does not read",
                 saas_field_column(bad.field), bad.type, bad.field->name, s->rows->name);
    else
        snprintf(text, sizeof text, "lacks the column %s of field %s of %s", saas_field_column(bad.field),
                 bad.field->name, s->rows->name);
    return complain(e, s, text);
}

static saas_err check(PGconn *conn, const saas_statement *s, saas_error *e)
{
    PGresult *r = PQprepare(conn, "", s->sql, 0, NULL);
    if (PQresultStatus(r) == PGRES_COMMAND_OK) {
        PQclear(r);
        r = PQdescribePrepared(conn, "");
    }
    saas_err err = SAAS_OK;
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        const char *why = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
        err = complain(e, s, why ? why : PQerrorMessage(conn));
    } else {
        saas_err columns = check_columns(s, r, e);
        err = check_parameters(s, r, e);
        err = err ? err : columns;
    }
    PQclear(r);
    saas_pg_recover(conn);
    return PQstatus(conn) == CONNECTION_OK ? err : SAAS_ERR_UNAVAILABLE;
}

saas_err saas_statements_check(PGconn *conn, const saas_statements *statements, saas_error *e)
{
    saas_err found = SAAS_OK;
    for (size_t i = 0; i < statements->count && found != SAAS_ERR_UNAVAILABLE; i++) {
        const char *at = (const char *)statements->list + i * statements->size;
        saas_err err = check(conn, (const saas_statement *)(const void *)at, e);
        found = err ? err : found;
    }
    return found;
}
