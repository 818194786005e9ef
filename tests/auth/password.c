/* Passwords: the stored form, older hashes, equal cost, common ones. */
#include "auth/keys.h"
#include "check.h"
#include <time.h>

/* Of this thread, so that a busy machine does not show. */
static uint64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool verify(const char *hash, saas_text password, bool *rehash)
{
    bool ok = !hash;
    saas_password_verify(&ok, rehash, hash, password, SAAS_PASSWORD_COST);
    return ok;
}

/* PW1, PW3 */
static void argon2id_byte_for_byte(void)
{
    char hash[SAAS_PASSWORD_HASH_CHARS], again[SAAS_PASSWORD_HASH_CHARS], twin[73];
    bool rehash = true;
    memset(twin, 'a', sizeof twin);
    REQUIRE(!saas_argon2_hash(hash, (saas_text){twin, 73}, SAAS_PASSWORD_COST));
    CHECK(!strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31));
    CHECK(verify(hash, (saas_text){twin, 73}, &rehash));
    CHECK(!rehash);
    CHECK(!verify(hash, (saas_text){twin, 72}, &rehash));
    REQUIRE(!saas_argon2_hash(again, (saas_text){twin, 73}, SAAS_PASSWORD_COST));
    CHECK(strcmp(hash, again) != 0);
    REQUIRE(!saas_argon2_hash(hash, SAAS_LIT(" p\xc3\xa4ssw\xf0\x9f\x98\x80rd "), SAAS_PASSWORD_COST));
    CHECK(verify(hash, SAAS_LIT(" p\xc3\xa4ssw\xf0\x9f\x98\x80rd "), &rehash));
    CHECK(!verify(hash, SAAS_LIT("p\xc3\xa4ssw\xf0\x9f\x98\x80rd"), &rehash));
    CHECK(!verify(hash, SAAS_LIT(" P\xc3\xa4ssw\xf0\x9f\x98\x80rd "), &rehash));
    CHECK(!verify(hash, SAAS_LIT(""), &rehash));
}

/* PW2: bcrypt's from the test vectors of crypt_blowfish, Argon2id at a lower cost. */
static void older_hashes_verify_and_are_upgraded(void)
{
    static const char *const bcrypt[] = {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                                         "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                                         "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"};
    char twin[128];
    static const char cheap[] =
        "$argon2id$v=19$m=8192,t=1,p=1$nTe1wzVNpEsRml0xK0FzMA$14TJZF8PZrW+3VREaR0raiOlaHb2coHnuVTSygtdcQw";
    bool rehash = false;
    CHECK(verify(cheap, SAAS_LIT("older password"), &rehash));
    CHECK(rehash);
    for (size_t i = 0; i < 3; i++) {
        rehash = false;
        CHECK(verify(bcrypt[i], SAAS_LIT("U*U"), &rehash));
        CHECK(rehash);
        CHECK(!verify(bcrypt[i], SAAS_LIT("U*V"), &rehash));
    }
    /* bcrypt's own: the first 72 bytes. Until the next login of such an account only. */
    memset(twin, 'x', sizeof twin);
    memcpy(twin, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 72);
    static const char long_one[] = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    CHECK(verify(long_one, (saas_text){twin, 72}, &rehash));
    CHECK(verify(long_one, (saas_text){twin, 128}, &rehash));
    CHECK(!verify(long_one, (saas_text){twin, 71}, &rehash));
}

static void what_is_no_hash_matches_nothing(void)
{
    static const char *const hashes[] = {
        "",
        "*",
        "x",
        "$2b$",
        "$2b$05$",
        "$1$abc$def",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", /* hours of work */
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=4000000,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2id$",
        "U*U"};
    bool rehash;
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        uint64_t start = cpu_us();
        CHECK(!verify(hashes[i], SAAS_LIT("U*U"), &rehash));
        CHECK(cpu_us() - start < 2000000);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t median(const char *hash)
{
    uint64_t took[9];
    bool rehash;
    for (size_t i = 0; i < 9; i++) {
        uint64_t start = cpu_us();
        CHECK(!verify(hash, SAAS_LIT("not this one"), &rehash));
        took[i] = cpu_us() - start;
    }
    qsort(took, 9, sizeof *took, by_value);
    return took[4];
}

/* PW8: an unknown account costs one verification, the same work as a known one's. The bound is wide as the machine is
 * shared; what it must find is the 10 ms that would be missing. */
static void nobody_costs_as_much_as_somebody(void)
{
    char hash[SAAS_PASSWORD_HASH_CHARS];
    bool rehash = true;
    REQUIRE(!saas_argon2_hash(hash, SAAS_LIT("correct horse battery"), SAAS_PASSWORD_COST));
    CHECK(!verify(NULL, SAAS_LIT("correct horse battery"), &rehash));
    CHECK(!rehash);
    uint64_t known = median(hash), unknown = median(NULL);
    CHECK(unknown > known / 2 && unknown < known * 2);
}

/* PW1, PW2: OWASP's choices and what is above one of them; another cost makes older hashes outdated. */
static void the_cost_is_a_setting(void)
{
    static const saas_password_cost enough[] = {{19456, 2}, {47104, 1}, {7168, 5}, {65536, 3}, {262144, 16}};
    static const saas_password_cost wrong[] = {{19455, 2}, {47103, 1}, {7167, 16}, {9215, 4}, {262145, 2}, {65536, 17}};
    char hash[SAAS_PASSWORD_HASH_CHARS];
    bool ok, rehash;
    for (size_t i = 0; i < sizeof enough / sizeof *enough; i++)
        CHECK(saas_password_cost_suffices(enough[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!saas_password_cost_suffices(wrong[i]));
    REQUIRE(!saas_argon2_hash(hash, SAAS_LIT("correct horse battery"), enough[2]));
    CHECK(!strncmp(hash, "$argon2id$v=19$m=7168,t=5,p=1$", 30));
    saas_password_verify(&ok, &rehash, hash, SAAS_LIT("correct horse battery"), enough[2]);
    CHECK(ok && !rehash);
    saas_password_verify(&ok, &rehash, hash, SAAS_LIT("correct horse battery"), SAAS_PASSWORD_COST);
    CHECK(ok && rehash);
}

/* PW4 */
static void common_ones_are_known(void)
{
    static const char *const common[] = {"password",         "123456",
                                         "qwerty",           "dragon",
                                         "iloveyou",         "letmein",
                                         "PASSWORD",         "PassWord1234",
                                         "password2024!",    "p@ssw0rd1234",
                                         "123456789012",     "1234567890123456",
                                         "987654321098",     "abcdefghijkl",
                                         "qwertyuiop12",     "qwertyuiop[]",
                                         "1q2w3e4r5t6y",     "1qaz2wsx3edc",
                                         "qazwsxedcrfv",     "asdfghjkl123",
                                         "zxcvbnm12345",     "aaaaaaaaaaaa",
                                         "aaaabbbbcccc",     "abcabcabcabc",
                                         "passwordpassword", "Password1Password1",
                                         "121212121212",     "qwerty123456",
                                         "iloveyou1234",     "!!football!!",
                                         "1234football",     "justinbieber",
                                         "thecakeisalie",    "mortalkombat",
                                         "needforspeed",     "sonnenschein",
                                         "111222333444555",  "            ",
                                         "princess12345678", "michaeljackson",
                                         "Welcome12345",     "b@seb@ll2020"};
    static const char *const fine[] = {"correct horse battery",
                                       "tr0ub4dor&3xyzzy",
                                       "Kx9-mmPq2vTz",
                                       "wie geht es dir heute",
                                       "fjord-lamp-quartz-9",
                                       "dragon83920175",
                                       "6f1ed002ab5595859014ebf0951522d9",
                                       "\xf0\x9f\x98\x80\xf0\x9f\x8d\x95\xf0\x9f\x9a\x80 launch!",
                                       "nM4!qL7#zT2$",
                                       "\npassword\nqwerty\n",
                                       "eleven plus one"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (!saas_password_common(saas_text_z(common[i])))
            fprintf(stderr, "not common: %s\n", common[i]);
        CHECK(saas_password_common(saas_text_z(common[i])));
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        if (saas_password_common(saas_text_z(fine[i])))
            fprintf(stderr, "common: %s\n", fine[i]);
        CHECK(!saas_password_common(saas_text_z(fine[i])));
    }
    char longest[513];
    memset(longest, 'a', sizeof longest);
    CHECK(saas_password_common((saas_text){longest, 512}));
    CHECK(!saas_password_common((saas_text){longest, 513}));
}

/* Each line of the list is found, the first and the last too. */
static void the_list_is_sorted(void)
{
    char line[128];
    size_t count = 0;
    FILE *f = fopen(COMMON_LIST, "r");
    REQUIRE(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        CHECK(saas_password_common(saas_text_z(line)));
        count++;
    }
    fclose(f);
    CHECK(count > 6000);
}

static const check_test tests[] = {TEST(argon2id_byte_for_byte),
                                   TEST(older_hashes_verify_and_are_upgraded),
                                   TEST(what_is_no_hash_matches_nothing),
                                   TEST(nobody_costs_as_much_as_somebody),
                                   TEST(the_cost_is_a_setting),
                                   TEST(common_ones_are_known),
                                   TEST(the_list_is_sorted)};
CHECK_MAIN(tests)
