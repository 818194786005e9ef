/* How often something may happen: never more than the rule over any time, never less, for as many keys as come. */
#include "limit/limit.h"
#include "check.h"
#include "fiber/sanitize.h"
#include <pthread.h>
#include <unistd.h>

enum { SECOND = 1000000, KEYS = 1000000 };

static saas_limiter *l;
static const saas_limit_rule sixty = {.per_minute = 60, .burst = 10};

static void starts(void)
{
    saas_limiter *none = NULL;
    CHECK_INT(saas_limiter_new(&none, 1000), SAAS_ERR_BUG);
    CHECK_INT(saas_limiter_new(&none, 64), SAAS_ERR_BUG);
    CHECK(!none);
    REQUIRE(saas_limiter_new(&l, 0) == SAAS_OK);
}

static saas_limit_key named(const char *name)
{
    return saas_limit_key_of(l, SAAS_LIT("test"), saas_text_z(name));
}

static saas_limit_key numbered(uint64_t n)
{
    return saas_limit_key_of(l, SAAS_LIT("number"), (saas_text){(const char *)&n, sizeof n});
}

static saas_limit_verdict take(saas_limit_key key, saas_limit_rule rule, uint32_t cost, uint64_t now_us)
{
    saas_limit_verdict v = {0};
    CHECK_INT(saas_limit_take(&v, l, key, rule, cost, now_us), SAAS_OK);
    return v;
}

static unsigned burst(saas_limit_key key, saas_limit_rule rule, uint64_t now_us)
{
    unsigned n = 0;
    while (take(key, rule, 1, now_us).allowed)
        n++;
    return n;
}

static void a_burst_and_then_the_rate(void)
{
    const saas_limit_key key = named("burst");
    uint64_t now = 5 * SECOND;
    for (unsigned i = 0; i < 10; i++) {
        const saas_limit_verdict v = take(key, sixty, 1, now);
        CHECK(v.allowed && v.remaining == 9 - i && v.retry_after_us == 0);
        CHECK_INT(v.reset_us, (i + 1) * SECOND);
    }
    const saas_limit_verdict v = take(key, sixty, 1, now);
    CHECK(!v.allowed && v.remaining == 0);
    CHECK_INT(v.retry_after_us, SECOND);
    CHECK(!take(key, sixty, 1, now + SECOND - 1).allowed);
    CHECK(take(key, sixty, 1, now + SECOND).allowed);
    CHECK_INT(burst(key, sixty, now + 4 * SECOND), 3);
    CHECK_INT(burst(key, sixty, now + 1000 * SECOND), 10);
}

/* What is refused costs nothing: who goes on asking is let in as soon as who waited. */
static void refusals_cost_nothing(void)
{
    const saas_limit_key key = named("refused");
    CHECK_INT(burst(key, sixty, SECOND), 10);
    for (unsigned i = 0; i < 10000; i++)
        CHECK(!take(key, sixty, 1, SECOND).allowed);
    CHECK(take(key, sixty, 1, 2 * SECOND).allowed);
}

/* Any rate, at odd times, over windows laid anywhere: the sum stays within one of what the rule says. */
static void exact_over_any_window(void)
{
    static const saas_limit_rule rules[] = {{7, 3}, {60, 2}, {61, 10}, {1000, 50}, {59999, 20}, {1, 2}};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        const saas_limit_key key = numbered(1000 + r);
        const uint64_t start = 77 * SECOND + 13, steps = 100000, step = 12347;
        uint64_t got = 0;
        for (uint64_t i = 0; i < steps; i++)
            while (take(key, rules[r], 1, start + i * step).allowed)
                got++;
        const uint64_t passed = (steps - 1) * step, right = rules[r].burst + passed * rules[r].per_minute / 60000000;
        CHECK(got <= right && got + 1 >= right);
    }
}

static void window_edges_double_nothing(void)
{
    const saas_limit_rule rule = {.per_minute = 60, .burst = 60};
    const saas_limit_key key = named("edge");
    CHECK_INT(burst(key, rule, 60 * SECOND - 1), 60);
    CHECK_INT(burst(key, rule, 60 * SECOND), 0);
    CHECK_INT(burst(key, rule, 61 * SECOND), 1);
}

/* A machine that slept, a clock that ran ahead: the burst is there again, once. */
static void leaps_forgive_one_burst(void)
{
    static const uint64_t leaps[] = {3600, 86400, 400 * 86400, UINT64_C(3650) * 86400};
    const saas_limit_key key = named("leap");
    uint64_t now = 7 * SECOND;
    CHECK_INT(burst(key, sixty, now), 10);
    for (size_t i = 0; i < sizeof leaps / sizeof *leaps; i++) {
        now += leaps[i] * SECOND;
        CHECK_INT(burst(key, sixty, now), 10);
        CHECK_INT(burst(key, sixty, now + SECOND - 1), 0);
    }
}

/* Loops read the clock one after another and take the lock in any order. */
static void a_time_from_before_gains_nothing(void)
{
    const saas_limit_key key = named("before");
    CHECK_INT(burst(key, sixty, 100 * SECOND), 10);
    CHECK_INT(burst(key, sixty, 99 * SECOND), 0);
    CHECK_INT(burst(key, sixty, 1), 0);
    CHECK_INT(burst(key, sixty, 101 * SECOND), 1);
}

static void costs_and_looks(void)
{
    const saas_limit_key key = named("cost");
    saas_limit_verdict v = take(key, sixty, 0, SECOND);
    CHECK(v.allowed && v.remaining == 10);
    CHECK(take(key, sixty, 7, SECOND).allowed);
    v = take(key, sixty, 4, SECOND);
    CHECK(!v.allowed && v.remaining == 3);
    CHECK_INT(v.retry_after_us, SECOND);
    CHECK(take(key, sixty, 3, SECOND).allowed);
    CHECK(!take(key, sixty, 0, SECOND).allowed);
    CHECK_INT(saas_limit_take(&v, l, key, sixty, 11, SECOND), SAAS_ERR_BUG);
    CHECK_INT(saas_limit_take(&v, l, key, (saas_limit_rule){0, 1}, 1, SECOND), SAAS_ERR_BUG);
    CHECK_INT(saas_limit_take(&v, l, key, (saas_limit_rule){1, 0}, 1, SECOND), SAAS_ERR_BUG);
}

static void what_succeeded_is_given_back(void)
{
    const saas_limit_key key = named("back");
    for (unsigned i = 0; i < 100; i++) {
        CHECK(take(key, sixty, 1, SECOND).allowed);
        CHECK_INT(saas_limit_give_back(l, key, sixty, 1), SAAS_OK);
    }
    CHECK_INT(burst(key, sixty, SECOND), 10);
    CHECK_INT(saas_limit_give_back(l, key, sixty, 4), SAAS_OK);
    CHECK_INT(burst(key, sixty, SECOND), 4);
    CHECK_INT(saas_limit_give_back(l, named("never seen"), sixty, 1), SAAS_OK);
}

static bool same(saas_limit_key a, saas_limit_key b)
{
    return a.place == b.place && a.tag == b.tag;
}

static saas_limit_key at(const char *address)
{
    return saas_limit_key_address(l, SAAS_LIT("address"), saas_text_z(address));
}

static void addresses_count_by_who_holds_them(void)
{
    CHECK(same(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff:1:2:3")));
    CHECK(!same(at("2001:db8:1:2::1"), at("2001:db8:1:3::1")));
    CHECK(same(at("192.0.2.7"), at("::ffff:192.0.2.7")));
    CHECK(!same(at("192.0.2.7"), at("192.0.2.8")));
    CHECK(!same(at("::ffff:192.0.2.7"), at("::ffff:192.0.2.8")));
    CHECK(same(at("nonsense"), at("nonsense")) && !same(at("nonsense"), at("")));
    CHECK(!same(at("192.0.2.7"), saas_limit_key_address(l, SAAS_LIT("other"), SAAS_LIT("192.0.2.7"))));
    CHECK(!same(saas_limit_key_of(l, SAAS_LIT("ab"), SAAS_LIT("c")),
                saas_limit_key_of(l, SAAS_LIT("a"), SAAS_LIT("bc"))));
    saas_limiter *other;
    REQUIRE(saas_limiter_new(&other, 1024) == SAAS_OK);
    CHECK(!same(at("192.0.2.7"), saas_limit_key_address(other, SAAS_LIT("address"), SAAS_LIT("192.0.2.7"))));
    saas_limiter_free(other);
}

static long resident_kib(void)
{
    long pages = 0, total;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void a_million_keys_are_exact_within_64_mib(void)
{
    const saas_limit_rule slow = {.per_minute = 1, .burst = 2};
    const long before = resident_kib();
    unsigned first = 0, second = 0, third = 0;
    for (uint64_t i = 0; i < KEYS; i++)
        first += take(numbered(i << 20), slow, 1, SECOND).allowed;
    for (uint64_t i = 0; i < KEYS; i++)
        second += take(numbered(i << 20), slow, 1, SECOND).allowed;
    for (uint64_t i = 0; i < KEYS; i++)
        third += take(numbered(i << 20), slow, 1, SECOND).allowed;
    CHECK_INT(first, KEYS);
    CHECK_INT(second, KEYS);
    CHECK_INT(third, 0);
    CHECK(SAAS_TSAN || resident_kib() - before <= 64 * 1024);
    printf("     %ld KiB\n", resident_kib() - before);
}

/* A table that is full many times over: whoever was driven out has one unit now and then, not its burst again. */
static void a_flood_of_keys_forgives_nobody(void)
{
    saas_limiter *small, *kept = l;
    REQUIRE(saas_limiter_new(&small, 1024) == SAAS_OK);
    l = small;
    const saas_limit_rule rule = {.per_minute = 1, .burst = 100};
    const saas_limit_key attacker = named("attacker");
    CHECK_INT(burst(attacker, rule, SECOND), 100);
    unsigned more = 0, strangers = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        strangers += take(numbered(i), rule, 100, SECOND).allowed;
        if (i % 20 == 0)
            more += burst(attacker, rule, SECOND);
    }
    CHECK(strangers >= 900 && strangers <= 1100);
    CHECK(more <= 1000);
    l = kept;
    saas_limiter_free(small);
}

typedef struct racer {
    pthread_t thread;
    unsigned allowed;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    saas_limit_verdict v;
    for (unsigned i = 0; i < 20000; i++) {
        const saas_limit_key key = numbered(UINT64_MAX - i % 4);
        if (saas_limit_take(&v, l, key, (saas_limit_rule){1, 1000}, 1, SECOND) == SAAS_OK)
            r->allowed += v.allowed;
    }
    return NULL;
}

static void threads_share_one_count(void)
{
    racer racers[4] = {0};
    unsigned allowed = 0;
    for (size_t i = 0; i < 4; i++)
        REQUIRE(pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(racers[i].thread, NULL);
        allowed += racers[i].allowed;
    }
    CHECK_INT(allowed, 4000);
}

static saas_err away(void *self, saas_limit_verdict *out, saas_limit_key key, saas_limit_rule rule, uint32_t cost,
                     uint64_t now_us)
{
    (void)out, (void)key, (void)rule, (void)cost, (void)now_us;
    ++*(unsigned *)self;
    return SAAS_ERR_UNAVAILABLE;
}

static void count_end(void *self)
{
    *(unsigned *)self += 100;
}

static void another_store_takes_its_place(void)
{
    static const saas_limit_store store = {.take = away, .free = count_end};
    unsigned calls = 0;
    saas_limiter *elsewhere;
    saas_limit_verdict v;
    REQUIRE(saas_limiter_over(&elsewhere, &store, &calls) == SAAS_OK);
    CHECK_INT(saas_limit_take(&v, elsewhere, named("x"), sixty, 1, SECOND), SAAS_ERR_UNAVAILABLE);
    saas_limiter_free(elsewhere);
    CHECK_INT(calls, 101);
}

static void ends(void)
{
    saas_limiter_free(l);
    saas_limiter_free(NULL);
}

static const check_test tests[] = {
    TEST(starts),
    TEST(a_burst_and_then_the_rate),
    TEST(refusals_cost_nothing),
    TEST(exact_over_any_window),
    TEST(window_edges_double_nothing),
    TEST(leaps_forgive_one_burst),
    TEST(a_time_from_before_gains_nothing),
    TEST(costs_and_looks),
    TEST(what_succeeded_is_given_back),
    TEST(addresses_count_by_who_holds_them),
    TEST(a_million_keys_are_exact_within_64_mib),
    TEST(a_flood_of_keys_forgives_nobody),
    TEST(threads_share_one_count),
    TEST(another_store_takes_its_place),
    TEST(ends),
};
CHECK_MAIN(tests)
