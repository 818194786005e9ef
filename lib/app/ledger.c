#include "app/ledger.h"
#include "base/error.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { MODULE, NUMBER, NAME, CHECKSUM };

const saas_migration *saas_module_step(const saas_module *m, size_t i)
{
    return (const saas_migration *)(const void *)((const char *)m->steps + i * m->size);
}

saas_err saas_module_check(const saas_module *m, saas_error *e)
{
    saas_err err = SAAS_OK;
    uint32_t last = 0;
    for (size_t i = 0; i < m->count; i++) {
        const saas_migration *step = saas_module_step(m, i);
        if (!step->name || !*step->name || !step->sql)
            err = saas_error_add(e, SAAS_ERR_BUG, "migration %u: name and sql must be given", step->number);
        if (step->number <= last)
            err = saas_error_add(e, SAAS_ERR_BUG, "migration %u: numbers start at 1 and rise", step->number);
        last = step->number;
    }
    return err;
}

void saas_migration_checksum(char out[SAAS_CHECKSUM_CHARS + 1], const saas_migration *step)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)step->sql, strlen(step->sql));
    sodium_bin2hex(out, SAAS_CHECKSUM_CHARS + 1, hash, sizeof hash);
}

saas_err saas_ledger_exists(bool *out, PGconn *conn, saas_error *e)
{
    PGresult *row;
    SAAS_TRY(saas_pg_run(&row, conn, "public.saas_migrations",
                         "select pg_catalog.to_regclass('public.saas_migrations') is not null", NULL, 0, e));
    *out = *PQgetvalue(row, 0, 0) == 't';
    PQclear(row);
    return SAAS_OK;
}

saas_err saas_ledger_read(PGresult **out, PGconn *conn, saas_error *e)
{
    return saas_pg_run(out, conn, "public.saas_migrations",
                       "select module, number, name, checksum from public.saas_migrations", NULL, 0, e);
}

static bool row_is(const PGresult *ledger, int row, const saas_module *m)
{
    return !strcmp(PQgetvalue(ledger, row, MODULE), m->name);
}

static uint32_t row_number(const PGresult *ledger, int row)
{
    return (uint32_t)strtoul(PQgetvalue(ledger, row, NUMBER), NULL, 10);
}

static int find(const PGresult *ledger, const saas_module *m, const saas_migration *step)
{
    for (int i = 0; i < PQntuples(ledger); i++)
        if (row_is(ledger, i, m) && row_number(ledger, i) == step->number)
            return i;
    return -1;
}

static uint32_t last_applied(const PGresult *ledger, const saas_module *m)
{
    uint32_t last = 0;
    for (int i = 0; i < PQntuples(ledger); i++)
        if (row_is(ledger, i, m) && row_number(ledger, i) > last)
            last = row_number(ledger, i);
    return last;
}

bool saas_ledger_has(const PGresult *ledger, const saas_module *m, const saas_migration *step)
{
    return find(ledger, m, step) >= 0;
}

saas_err saas_ledger_verify(const PGresult *ledger, const saas_module *m, saas_error *e)
{
    saas_err err = SAAS_OK;
    uint32_t last = last_applied(ledger, m);
    for (size_t i = 0; i < m->count; i++) {
        const saas_migration *step = saas_module_step(m, i);
        char checksum[SAAS_CHECKSUM_CHARS + 1];
        int row = find(ledger, m, step);
        saas_migration_checksum(checksum, step);
        if (row < 0 && step->number < last)
            err =
                saas_error_add(e, SAAS_ERR_CONFLICT, "migration %s/%u (%s): comes before %u, which is applied already",
                               m->name, step->number, step->name, last);
        if (row >= 0 && strcmp(PQgetvalue(ledger, row, CHECKSUM), checksum) != 0)
            err = saas_error_add(e, SAAS_ERR_CONFLICT, "migration %s/%u (%s): applied with another text, as %s",
                                 m->name, step->number, step->name, PQgetvalue(ledger, row, NAME));
    }
    return err;
}
