/* The set of revocations a loop keeps: what it stops, for how long, and what it does when it is full. */
#include "auth/revocations.h"
#include "check.h"

static saas_uuid nth(uint32_t n)
{
    saas_uuid id = {{0}};
    memcpy(id.b + 4, &n, sizeof n);
    return id;
}

static saas_principal who(uint32_t user, uint32_t org, uint32_t session, uint32_t generation)
{
    return (saas_principal){
        .user_id = nth(user), .org_id = nth(org), .session_id = nth(session), .generation = generation};
}

static bool stops(const saas_revocations *set, saas_principal p)
{
    return saas_revocations_stop(set, &p);
}

static saas_err add(saas_revocations *set, saas_revoked_kind kind, uint32_t subject, uint32_t below, uint64_t ends_s)
{
    return saas_revocations_add(set, &(saas_revocation){nth(subject), below, kind}, ends_s);
}

static void each_kind_stops_its_own(void)
{
    saas_revocations *set;
    REQUIRE(!saas_revocations_new(&set, 64));
    CHECK(!stops(set, who(1, 2, 3, 0)));
    CHECK(!add(set, SAAS_REVOKED_SESSION, 3, SAAS_GENERATION_ANY, 100));
    CHECK(stops(set, who(1, 2, 3, 0)) && stops(set, who(1, 2, 3, 9)));
    CHECK(!stops(set, who(3, 2, 1, 0)) && !stops(set, who(1, 3, 2, 0))); /* 3 as a user, as an organization */
    CHECK(!add(set, SAAS_REVOKED_ORG, 4, SAAS_GENERATION_ANY, 100));
    CHECK(stops(set, who(1, 4, 9, 5)) && !stops(set, who(4, 1, 9, 5)));
    CHECK(!add(set, SAAS_REVOKED_USER, 5, SAAS_GENERATION_ANY, 100));
    CHECK(stops(set, who(5, 1, 9, INT32_MAX)) && !stops(set, who(1, 5, 9, 5)));
    saas_revocations_free(set);
}

/* TK8: what is made after a change is good, whichever second it is made in. */
static void generations_are_compared(void)
{
    saas_revocations *set;
    REQUIRE(!saas_revocations_new(&set, 64));
    CHECK(!add(set, SAAS_REVOKED_USER, 1, 2, 100));
    CHECK(stops(set, who(1, 8, 9, 0)) && stops(set, who(1, 8, 9, 1)));
    CHECK(!stops(set, who(1, 8, 9, 2)) && !stops(set, who(1, 8, 9, 3)));
    CHECK(!add(set, SAAS_REVOKED_USER, 1, 1, 50)); /* heard late: nothing is taken back */
    CHECK(stops(set, who(1, 8, 9, 1)));
    CHECK_INT(saas_revocations_count(set), 1);
    saas_revocations_sweep(set, 99);
    CHECK(stops(set, who(1, 8, 9, 1)));
    saas_revocations_free(set);
}

static void it_holds_many_and_forgets_in_time(void)
{
    enum { MANY = 4096 };
    saas_revocations *set;
    REQUIRE(!saas_revocations_new(&set, MANY));
    for (uint32_t i = 0; i < MANY; i++)
        REQUIRE(!add(set, SAAS_REVOKED_SESSION, i, SAAS_GENERATION_ANY, 100 + i % 2));
    CHECK_INT(saas_revocations_count(set), MANY);
    CHECK_INT(add(set, SAAS_REVOKED_SESSION, MANY, SAAS_GENERATION_ANY, 200), SAAS_ERR_BUSY);
    CHECK(!add(set, SAAS_REVOKED_SESSION, 7, SAAS_GENERATION_ANY, 300)); /* is there already */
    for (uint32_t i = 0; i < MANY; i++)
        REQUIRE(stops(set, who(MANY + 1, MANY + 2, i, 0)));
    saas_revocations_sweep(set, 100);
    CHECK_INT(saas_revocations_count(set), MANY / 2);
    for (uint32_t i = 0; i < MANY; i++)
        REQUIRE(stops(set, who(MANY + 1, MANY + 2, i, 0)) == (i % 2 == 1));
    saas_revocations_sweep(set, 101);
    CHECK_INT(saas_revocations_count(set), 1);
    CHECK(stops(set, who(MANY + 1, MANY + 2, 7, 0)));
    CHECK(!add(set, SAAS_REVOKED_SESSION, MANY, SAAS_GENERATION_ANY, 200));
    saas_revocations_free(set);
}

#define ID "018f3a5e-0000-7000-8000-00000000000c"

static saas_err parse(saas_revocation *r, const char *said)
{
    return saas_revocation_parse(r, saas_text_z(said));
}

static void notifications_are_read(void)
{
    static const char *const wrong[] = {"",
                                        "s",
                                        "s ",
                                        "s " ID " ",
                                        "s " ID " 1",
                                        "o " ID " 1",
                                        "u " ID " ",
                                        "u " ID " -1",
                                        "u " ID " 1 ",
                                        "u " ID " 2147483648",
                                        "u " ID " 99999999999",
                                        "u " ID "x1",
                                        "x " ID,
                                        "s" ID,
                                        "s  " ID,
                                        "s 018f3a5e-0000-7000-8000-00000000000",
                                        "s {18f3a5e-0000-7000-8000-00000000000}"};
    saas_revocation r;
    CHECK(!parse(&r, "s " ID) && r.kind == SAAS_REVOKED_SESSION && r.below == SAAS_GENERATION_ANY);
    CHECK_INT(r.subject.b[15], 12);
    CHECK(!parse(&r, "o " ID) && r.kind == SAAS_REVOKED_ORG);
    CHECK(!parse(&r, "u " ID) && r.kind == SAAS_REVOKED_USER && r.below == SAAS_GENERATION_ANY);
    CHECK(!parse(&r, "u " ID " 2147483647") && r.below == INT32_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const saas_err e = parse(&r, wrong[i]);
        if (!e)
            fprintf(stderr, "%s\n", wrong[i]);
        CHECK_INT(e, SAAS_ERR_VALIDATION);
    }
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(each_kind_stops_its_own), TEST(generations_are_compared),
                                       TEST(it_holds_many_and_forgets_in_time), TEST(notifications_are_read)};
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
