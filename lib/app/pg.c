#include "app/pg.h"
#include "base/error.h"
#include <sodium.h>
#include <string.h>

static void ignore_notice(void *user, const char *message)
{
    (void)user;
    (void)message;
}

static int length_without_newline(const char *text)
{
    size_t len = strlen(text);
    while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    return (int)len;
}

static saas_err fail(const PGconn *conn, const char *what, const char *message, saas_error *e)
{
    saas_err err = PQstatus(conn) == CONNECTION_OK ? SAAS_ERR_SQL : SAAS_ERR_UNAVAILABLE;
    return saas_error_add(e, err, "%s: %.*s", what, length_without_newline(message), message);
}

PGconn *saas_pg_open(const char *setting, const char *dsn, const char *purpose, saas_error *e)
{
    char name[64] = "saas ";
    strncat(name, purpose, sizeof name - sizeof "saas ");
    /* What stands before dbname is a default that the connection string overrides; what stands behind it is not. */
    const char *const names[] = {"connect_timeout", "dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {"10", dsn, name, "UTF8", NULL};
    PGconn *conn = PQconnectdbParams(names, values, 1);
    if (!conn) {
        saas_error_add(e, SAAS_ERR_NO_MEMORY, "%s: no memory", setting);
        return NULL;
    }
    PQsetNoticeProcessor(conn, ignore_notice, NULL);
    if (PQstatus(conn) != CONNECTION_OK)
        fail(conn, setting, PQerrorMessage(conn), e);
    else
        return conn;
    PQfinish(conn);
    return NULL;
}

saas_err saas_pg_run(PGresult **out, PGconn *conn, const char *what, const char *sql, const char *const *values,
                     int count, saas_error *e)
{
    PGresult *r = count ? PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 0) : PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(r);
    saas_err err = SAAS_OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        err = fail(conn, what, r ? PQresultErrorMessage(r) : PQerrorMessage(conn), e);
    if (err || !out)
        PQclear(r);
    else
        *out = r;
    return err;
}

void saas_pg_recover(PGconn *conn)
{
    if (PQtransactionStatus(conn) == PQTRANS_INERROR)
        PQclear(PQexec(conn, "rollback to savepoint saas"));
}

/* ---- connection strings ---- */

/* Host names, addresses, socket folders. What is left of "user:p@ss/word@host" taken apart at the wrong place is none.
 */
static const char host_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:/,%";

static const char *part_fault(const PQconninfoOption *o)
{
    if (!o->val)
        return NULL;
    bool host = !strcmp(o->keyword, "host") || !strcmp(o->keyword, "hostaddr");
    if (host && o->val[0] != '@' && o->val[strspn(o->val, host_chars)])
        return "the host is none; write '@', ':' and '/' in a password as %40, %3A and %2F";
    if (!strcmp(o->keyword, "port") && o->val[strspn(o->val, "0123456789,")])
        return "the port is no number; write '@', ':' and '/' in a password as %40, %3A and %2F";
    return NULL;
}

const char *saas_pg_dsn_fault(const char *dsn)
{
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    if (!options)
        return "not a libpq connection string";
    const char *fault = NULL;
    for (const PQconninfoOption *o = options; o->keyword && !fault; o++)
        fault = part_fault(o);
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (o->val)
            sodium_memzero(o->val, strlen(o->val));
    PQconninfoFree(options);
    return fault;
}

bool saas_pg_dsn_has(const char *dsn, const char *keyword)
{
    bool has = false;
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        has = has || (!strcmp(o->keyword, keyword) && o->val && *o->val);
    PQconninfoFree(options);
    return has;
}
