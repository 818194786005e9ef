/* What an idle connection and a waiting unit take, by malloc's own count: libpq's buffers and its copy of the session's
 * parameters, the lane, the prepared statements' names; a unit's operation, without the unit itself, which is the
 * caller's. What Postgres takes for a connection is its own, and some megabytes. */
#include "db/rig.h"
#include <malloc.h>

enum { MANY = 33, FEW = 1, UNITS = 1000 };

static long in_use(void)
{
    const struct mallinfo2 m = mallinfo2();
    return (long)(m.uordblks + m.hblkhd);
}

/* Each lane has run statements. */
static long with_lanes(uint32_t lanes)
{
    static run r[8 * MANY];
    long before = in_use();
    CHECK(open_pool((saas_db_options){.lanes_shared = lanes, .lanes_slow = 1, .lanes_exclusive = 1, .depth_max = 1}));
    turn_for(500);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 4 * lanes; i++) {
            r[i] = one("select id, title from notes where id = $1", SAAS_ARGS(i));
            CHECK_INT(start(&r[i]), SAAS_OK);
        }
        for (uint32_t i = 0; i < 4 * lanes; i++) {
            CHECK_INT(finish(&r[i]), SAAS_OK);
            run_clear(&r[i]);
        }
    }
    long used = in_use() - before;
    close_pool();
    return used;
}

static void idle_connections(void)
{
    (void)with_lanes(FEW);
    long few = with_lanes(FEW), many = with_lanes(MANY);
    printf("an idle connection: %ld bytes\n", (many - few) / (MANY - FEW));
    CHECK((many - few) / (MANY - FEW) < 64 << 10);
}

static void queued_units(void)
{
    static run r[UNITS + 1];
    REQUIRE(open_pool((saas_db_options){.lanes_shared = 1, .lanes_slow = 1, .lanes_exclusive = 1}));
    for (int warm = 0; warm < 2; warm++) {
        r[0] = one("select pg_sleep(0.3)", SAAS_NO_ARGS);
        r[0].unit.slow = true;
        CHECK_INT(start(&r[0]), SAAS_OK);
        long before = in_use();
        for (unsigned i = 1; i <= UNITS; i++) {
            r[i] = one("select id, title from notes where id = $1", SAAS_ARGS(i));
            r[i].unit.org = org(i % 50);
            r[i].unit.has_org = r[i].unit.slow = true;
            r[i].unit.deadline_us = in_ms(20000);
            CHECK_INT(start(&r[i]), SAAS_OK);
        }
        if (warm)
            printf("a waiting unit: %ld bytes\n", (in_use() - before) / UNITS);
        CHECK((in_use() - before) / UNITS < 2048);
        for (unsigned i = 0; i <= UNITS; i++) {
            CHECK_INT(finish(&r[i]), SAAS_OK);
            run_clear(&r[i]);
        }
    }
    close_pool();
}

static const check_test tests[] = {TEST(idle_connections), TEST(queued_units)};
RIG_MAIN(tests)
