/* tests/db/isolation.h: units of many organizations interleaved, with errors, timeouts and cancelled ones among them.
 */
#ifndef TESTS_DB_ISOLATION_H
#define TESTS_DB_ISOLATION_H

#include "rig.h"

enum { UNITS = 10000, ORGS = 50, AT_ONCE = 64 };

typedef struct slot {
    run r;
    saas_value args[2];
    bool busy;
    unsigned n;
} slot;

static slot slots[AT_ONCE];
static unsigned started, finished, errors, cancelled, foreign, read_rows;

/* Every unit that reads says whose rows it got. */
static void look(const slot *s)
{
    for (size_t i = 0; i < s->r.unit.count; i++) {
        const PGresult *rows = s->r.statements[i].result;
        if (!rows || strcmp(PQfname(rows, 0), "org_id") != 0)
            continue;
        for (int row = 0; row < PQntuples(rows); row++, read_rows++) {
            saas_uuid id;
            if (saas_uuid_parse(&id, saas_text_z(PQgetvalue(rows, row, 0))) || !saas_uuid_equal(id, org(s->n)))
                foreign++;
        }
    }
}

static void on_slot(saas_db_unit *unit, saas_err e)
{
    slot *s = unit->user;
    s->busy = false;
    finished++;
    errors += e != SAAS_OK;
    look(s);
    run_clear(&s->r);
}

static void choose(slot *s, unsigned i)
{
    static const char *const sql[] = {
        "select org_id from notes",
        "insert into notes (title) values ('n') returning org_id",
        "insert into notes (title) values ('bad') returning org_id",
        "insert into notes (title, org_id) values ('theft', $1) returning org_id",
        "update notes set title = 'u' where org_id = $1 returning org_id",
        "select org_id from notes where org_id = $1",
        "select 1 / 0 from notes",
        "select org_id from notes order by random() limit 3",
    };
    unsigned pick = (i * 2654435761U >> 16) % 8;
    s->args[0] = saas_v_uuid(org((i + 1) % ORGS)); /* another's */
    bool with_arg = strstr(sql[pick], "$1") != NULL;
    s->r.statements[0] = (saas_db_statement){sql[pick], {s->args, with_arg, sizeof(saas_value)}, NULL, NULL};
    s->r.statements[1] = (saas_db_statement){"select org_id from notes limit 5", SAAS_NO_ARGS, NULL, NULL};
    s->r.unit = (saas_db_unit){.org = org(i % ORGS),
                               .has_org = true,
                               .read_only = pick == 0 && i % 2,
                               .deadline_us = in_ms(i % 97 ? 5000 : 1),
                               .statements = s->r.statements,
                               .count = i % 3 ? 2 : 1,
                               .done = on_slot,
                               .user = s};
    s->n = i % ORGS;
}

static void fill(void)
{
    for (size_t i = 0; i < AT_ONCE && started < UNITS; i++) {
        slot *s = &slots[i];
        if (s->busy)
            continue;
        choose(s, started++);
        s->busy = saas_db_submit(db, &s->r.unit) == SAAS_OK;
        finished += !s->busy;
        if (s->busy && started % 41 == 0) {
            saas_db_cancel(&s->r.unit);
            s->busy = false;
            finished++;
            cancelled++;
        }
    }
}

static bool all_done(void *user)
{
    (void)user;
    fill();
    return finished == UNITS;
}

/* On a pool of its own. Not one foreign row. */
static inline void run_isolated(saas_db_options o)
{
    REQUIRE(open_pool(o));
    CHECK(turn_until(all_done, NULL, 60000));
    CHECK_INT(finished, UNITS);
    CHECK_INT(foreign, 0);
    CHECK(errors > UNITS / 10 && cancelled > UNITS / 100 && read_rows > UNITS);
    CHECK_INT(count_of("select count(*) from notes where title in ('theft', 'bad')"), 0);
    printf("%u units, %u errors, %u cancelled, %u rows read, %u foreign\n", finished, errors, cancelled, read_rows,
           foreign);
    close_pool();
}

#endif
