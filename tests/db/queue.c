/* How many may wait: as many as there is room for, until they wait too long; then as many as will not. */
#include "db/queue.h"
#include "check.h"

enum { N = 400 };

static saas_db_queue q;
static saas_db_queued items[N];
static uint64_t now;
static size_t next;

static saas_uuid org(uint8_t n)
{
    return (saas_uuid){{[0] = n, [15] = n}};
}

static bool join_as(uint8_t n)
{
    if (q.count >= saas_db_queue_room(&q, now))
        return false;
    saas_list_init(&items[next].link);
    CHECK_INT(saas_db_queue_add(&q, &items[next++], org(n)), SAAS_OK);
    saas_db_queue_joined(&q, now);
    return true;
}

static bool serve(void)
{
    saas_db_queued *item = saas_db_queue_take(&q);
    if (item)
        saas_db_queue_served(&q, now);
    return item;
}

static void begin(uint64_t wait_us)
{
    while (serve())
        ;
    saas_db_queue_init(&q, &(saas_db_queue_limits){.max = 200, .least = 2, .wait_us = wait_us, .patience_us = 50000});
    next = 0;
    now = 1000000;
}

/* A unit a millisecond, and each millisecond so many come. How many were refused. */
static unsigned run(unsigned ms, unsigned coming)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < ms; i++) {
        now += 1000;
        serve();
        for (unsigned k = 0; k < coming; k++)
            refused += !join_as(1);
        if (next > N - coming - 1)
            break;
    }
    return refused;
}

static void a_burst_is_worked_off(void)
{
    begin(100000);
    for (int i = 0; i < 150; i++)
        CHECK(join_as(1));
    CHECK_INT(run(149, 0), 0);
    CHECK_INT(q.count, 1);
    run(2, 0);
    CHECK(join_as(1));
}

static void without_a_time_only_the_number_counts(void)
{
    begin(0);
    for (int i = 0; i < 200; i++)
        CHECK(join_as(1));
    now += 60000000;
    CHECK(!join_as(1));
    CHECK(serve());
    CHECK(join_as(1));
}

/* Twice what can be done: it fills, is found to wait too long, and holds as many as take the time. */
static void as_many_as_the_time_has_room_for(void)
{
    begin(50000);
    run(190, 2);
    const uint32_t room = saas_db_queue_room(&q, now);
    CHECK(room >= 40 && room <= 60);
    CHECK(!join_as(2));
    while (q.count > room)
        CHECK(saas_db_queue_shed(&q));
    now += 1000;
    serve();
    CHECK(join_as(2));
    while (q.count > 10) {
        now += 1000;
        serve();
    }
    CHECK_INT(saas_db_queue_room(&q, now), 200); /* it is over */
}

/* Nothing leaves at all: that is seen too. */
static void what_is_stuck_takes_no_more(void)
{
    begin(50000);
    for (int i = 0; i < 20; i++)
        CHECK(join_as(1));
    now += 60000;
    CHECK(join_as(1));
    now += 60000;
    CHECK(!join_as(1));
    CHECK_INT(saas_db_queue_room(&q, now), 2);
    while (serve())
        ;
    CHECK(join_as(1) && join_as(1));
}

/* Who has most waiting gives way. */
static void the_busiest_goes_first(void)
{
    begin(50000);
    for (int i = 0; i < 5; i++)
        CHECK(join_as(1));
    CHECK(join_as(2) && join_as(2) && join_as(3));
    CHECK(saas_db_queue_shed(&q) == &items[4]);
    CHECK(!saas_db_queue_yield(&q, org(1)));
    CHECK(saas_db_queue_yield(&q, org(3)) == &items[3]);
    CHECK(saas_db_queue_yield(&q, org(9)) == &items[2]);
}

static const check_test tests[] = {TEST(a_burst_is_worked_off), TEST(without_a_time_only_the_number_counts),
                                   TEST(as_many_as_the_time_has_room_for), TEST(what_is_stuck_takes_no_more),
                                   TEST(the_busiest_goes_first)};

int main(int argc, char **argv)
{
    saas_db_queue_init(&q, &(saas_db_queue_limits){.max = 1});
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    begin(0);
    return failed + check_failed != 0;
}
