/* Wrong passwords and tokens are counted: who guesses is sent away, and keeps nobody else from signing in. */
#include "http.h"
#include <stdatomic.h>

static const saas_mount mounts[] = {
    {"/v1/auth", saas_auth_routes}, {"/v1/me", saas_account_routes}, {"/v1/audit", saas_audit_routes}};

static atomic_uint new_logins;
static char reset_token[64]; /* read when the outbox is empty */

static saas_err swallow(const saas_mail *m, void *user)
{
    (void)user;
    if (!strcmp(m->kind, "new_login"))
        atomic_fetch_add(&new_logins, 1);
    if (!strcmp(m->kind, "reset"))
        snprintf(reset_token, sizeof reset_token, "%s", m->token);
    return SAAS_OK;
}

#define METRICS "metrics token of a test, of no worth 1"
static const char *const env[] = {"RATE_LIMITS=on", "METRICS_TOKEN=" METRICS, NULL};

static const saas_app_options *host(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts), .env = env, .mailer = swallow);
    return &o;
}

/* A client of its own for each test: what one has counted is not the next one's. */
static bool fresh(void)
{
    saas_error e = {0};
    if (!start())
        return false;
    saas_test_client_free(t);
    t = NULL;
    return !saas_test_client_new(&t, host(), &db, &e);
}

typedef struct place {
    const char *remote, *agent;
} place;

static const place home = {"192.0.2.1", "Home/1.0"};
static char answer[2048];

static int post_from(place p, const char *target, const char *bearer, const char *body)
{
    const saas_header agent = {SAAS_LIT("user-agent"), saas_text_z(p.agent)};
    saas_err e = SAAS_TEST_SEND(&r, t, .method = "POST", .target = target, .bearer = bearer, .body = body,
                                .headers = &agent, .header_count = 1, .remote = p.remote);
    snprintf(answer, sizeof answer, "%.*s", (int)r.body.len, r.body.ptr ? r.body.ptr : "");
    return e ? -(int)e : r.status;
}

static int log_in_from(place p, const char *email, const char *password)
{
    char body[512];
    snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    return post_from(p, "/v1/auth/login", NULL, body);
}

static bool sign_up_from(place p, const char *org, const char *email)
{
    char body[512];
    snprintf(body, sizeof body, "{\"orgName\":\"%s\",\"email\":\"%s\",\"password\":\"" PASSWORD "\"}", org, email);
    return post_from(p, "/v1/auth/signup", NULL, body) == 201;
}

/* Wrong passwords until it is no 401: how many were. */
static int guess(place p, const char *email, int most)
{
    int n = 0;
    while (n < most && log_in_from(p, email, "not this one") == 401)
        n++;
    return n;
}

static long retry_after(void)
{
    const saas_text after = saas_test_header(&r, "retry-after");
    return after.ptr ? strtol(after.ptr, NULL, 10) : -1;
}

/* ---- tests ---- */

/* PW8: and nobody learns who is there. */
static void after_wrong_ones_nothing_is_looked_at(void)
{
    char known[2048];
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    const place thief = {"198.51.100.7", "Thief/1.0"}, other = {"198.51.100.8", "Thief/1.0"};
    CHECK_INT(guess(thief, "ann@example.com", 50), 10);
    CHECK_INT(r.status, 429);
    CHECK_STR(at("error.code"), "RATE_LIMITED");
    CHECK(retry_after() > 290 && retry_after() <= 300);
    strcpy(known, answer);
    const size_t headers = r.header_count;
    CHECK_INT(guess(other, "nobody@example.com", 50), 10);
    CHECK_INT(r.status, 429);
    CHECK_STR(answer, known);
    CHECK_INT(r.header_count, headers);
    CHECK(retry_after() > 290 && retry_after() <= 300);
    CHECK_INT(log_in_from(thief, "ANN@example.com", PASSWORD), 429); /* the right one, unseen; by any case */
    CHECK_INT(log_in_from((place){"203.0.113.5", "New/1.0"}, "ann@example.com", PASSWORD), 429); /* from anywhere new */
}

static void guesses_of_others_lock_nobody_out(void)
{
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    CHECK_INT(guess((place){"198.51.100.7", "Thief/1.0"}, "ann@example.com", 50), 10);
    CHECK_INT(log_in_from(home, "ann@example.com", "not this one"), 429); /* a wrong one: as everybody's */
    for (int i = 0; i < 15; i++)
        CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 200); /* right ones count nowhere */
    CHECK_INT(log_in_from((place){home.remote, "Home/1.1"}, "ann@example.com", PASSWORD), 200); /* an updated browser */
    CHECK_INT(log_in_from((place){"192.0.2.2", home.agent}, "ann@example.com", PASSWORD), 429);
}

/* From the network of the account, too, guessing ends; and whoever has a device of their own there signs in. */
static void neighbours_guess_in_vain(void)
{
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    int seen = 0;
    for (int i = 0; i < 40; i++) {
        char agent[16];
        snprintf(agent, sizeof agent, "Agent/%d", i);
        seen += log_in_from((place){home.remote, agent}, "ann@example.com", "not this one") == 401;
    }
    CHECK_INT(seen, 10); /* a new name buys no new count */
    CHECK_INT(log_in_from((place){home.remote, "Agent/99"}, "ann@example.com", PASSWORD), 429);
    CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 200);
    CHECK_INT(guess(home, "ann@example.com", 50), 0); /* the account's count is full */
    for (int i = 0; i < 9; i++)
        CHECK_INT(log_in_from(home, "ann@example.com", "not this one"), 429);
    CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 429); /* ten wrong ones of its own */
}

/* The count of a device lets in, it keeps nobody out: where a stranger may guess, so may its owner. */
static void a_known_device_is_no_worse_than_a_stranger(void)
{
    const place stranger = {"203.0.113.5", "New/1.0"};
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    CHECK_INT(guess(home, "ann@example.com", 50), 10);
    CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 429); /* the account's and the device's are full */
    CHECK_STR(sql("update accounts set email = 'anna@example.com' returning email"), "anna@example.com");
    CHECK_INT(log_in_from(home, "anna@example.com", PASSWORD), 200); /* the account's has room again */
    CHECK_INT(log_in_from(home, "anna@example.com", "not this one"), 401);
    CHECK_INT(guess(stranger, "anna@example.com", 50), 9);
    CHECK_INT(log_in_from(home, "anna@example.com", PASSWORD), 429);
}

/* IPv6 by its /64, IPv4 also when it is mapped. */
static void addresses_count_as_networks(void)
{
    char email[64];
    int seen = 0;
    REQUIRE(fresh());
    for (int i = 0; i < 130; i++) {
        char remote[64];
        snprintf(remote, sizeof remote, "2001:db8:1:2:%x::%x", i, i);
        snprintf(email, sizeof email, "nobody%d@example.com", i);
        seen += log_in_from((place){remote, "Spray/1.0"}, email, "not this one") == 401;
    }
    CHECK(seen >= 100 && seen < 110);
    CHECK_INT(log_in_from((place){"2001:db8:1:3::1", "Spray/1.0"}, "nobody@example.com", "not this one"), 401);
    CHECK(sign_up_from((place){"2001:db8:1:2::1", "Six/1.0"}, "Acme", "ann@example.com"));
    CHECK_INT(log_in_from((place){"2001:db8:1:2:ffff::9", "Six/1.0"}, "ann@example.com", PASSWORD), 200);
    CHECK_STR(sql("select network from devices"), "2001:db8:1:2::/64");
    CHECK(sign_up_from((place){"::ffff:192.0.2.9", "Four/1.0"}, "Bobs", "bob@example.com"));
    CHECK_STR(sql("select network from devices where agent = 'Four/1.0'"), "192.0.2.9");
}

static void count_answer(const saas_test_response *response, void *user)
{
    ((unsigned *)user)[response->status]++;
}

/* Guesses at once count before they are looked at. */
static void parallel_guesses_gain_nothing(void)
{
    static unsigned answered[600];
    REQUIRE(fresh());
    for (int i = 0; i < 40; i++)
        CHECK(!saas_test_begin(t,
                               &(saas_test_request){.size = sizeof(saas_test_request),
                                                    .method = "POST",
                                                    .target = "/v1/auth/login",
                                                    .body = "{\"email\":\"x@example.com\",\"password\":\"not this\"}"},
                               count_answer, answered));
    CHECK(!saas_test_wait(t, 20000));
    CHECK_INT(answered[401], 10);
    CHECK_INT(answered[429], 30);
}

/* Whoever is signed in guesses at the password no more often, and the other sessions are not kept from theirs. */
static void the_current_password_is_no_oracle(void)
{
    char one[1024], two[1024];
    static const char change[] = "{\"currentPassword\":\"not this one\",\"newPassword\":\"violet comet harbour 3\"}";
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    strcpy(one, at("data.accessToken"));
    CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 200);
    strcpy(two, at("data.accessToken"));
    int n = 0;
    while (n < 30 && post_from(home, "/v1/me/password", one, change) == 400)
        n++;
    CHECK_INT(n, 10);
    CHECK_INT(r.status, 429);
    CHECK_INT(post_from(home, "/v1/me/password", one,
                        "{\"currentPassword\":\"" PASSWORD "\",\"newPassword\":\"violet comet harbour 3\"}"),
              429);
    CHECK_INT(post_from(home, "/v1/me/password", two,
                        "{\"currentPassword\":\"" PASSWORD "\",\"newPassword\":\"violet comet harbour 3\"}"),
              200);
    CHECK_STR(sql("select count(*) || ' ' || count(distinct request_id) from audit where event = 'password.failed'"),
              "10 10");
    CHECK_STR(sql("select count(*) from audit where event = 'password.throttled'"), "1");
}

static void tokens_are_not_guessed(void)
{
    static const char body[] = "{\"token\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}";
    static const char reset[] =
        "{\"token\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"password\":\"" PASSWORD "\"}";
    REQUIRE(fresh());
    int n = 0;
    while (n < 200 && post_from(home, "/v1/auth/email/verify", NULL, body) == 400)
        n++;
    CHECK(n >= 60 && n < 70);
    CHECK_INT(r.status, 429);
    CHECK_INT(post_from(home, "/v1/auth/password/reset", NULL, reset), 429);
    CHECK_INT(post_from(home, "/v1/auth/invitations/accept", NULL, reset), 429);
    CHECK_INT(post_from((place){"192.0.2.77", "Else/1.0"}, "/v1/auth/password/reset", NULL, reset), 400);
}

static void sign_up_finds_few_addresses(void)
{
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    int n = 0;
    for (; n < 200; n++) {
        sign_up_from(home, "Probe", "ann@example.com");
        if (r.status != 409)
            break;
    }
    CHECK(n >= 60 && n < 70);
    CHECK_INT(r.status, 429);
}

/* In the trail: for operators, and for the organization; bounded; and counted. */
static void it_is_written_down(void)
{
    char token[1024];
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    strcpy(token, at("data.accessToken"));
    const place thief = {"198.51.100.7", "Thief/1.0"};
    guess(thief, "ann@example.com", 50);
    for (int i = 0; i < 20; i++)
        CHECK_INT(log_in_from(thief, i % 2 ? "ann@example.com" : "Ann@Example.com", "not this one"), 429);
    CHECK_STR(sql("select count(*) from audit where event = 'login.failed' and org_id is not null and actor is null and"
                  " details ->> 'ip' = '198.51.100.7' and request_id is not null"),
              "10");
    CHECK_STR(sql("select count(*) from audit where event = 'login.throttled'"), "1");
    CHECK_INT(guess(thief, "nobody@example.com", 50), 10);
    CHECK_STR(sql("select count(*) from audit where event = 'login.failed' and org_id is null"), "10");
    CHECK_STR(sql("select count(*) from audit where details::text ~ 'nobody@'"), "0");
    CHECK(strstr(saas_test_client_logged(t), "\"outcome\":\"throttled\""));
    CHECK_INT(SAAS_TEST_SEND(&r, t, .target = "/metrics", .bearer = METRICS), SAAS_OK);
    CHECK(strstr(r.body.ptr, "\nsaas_guesses_wrong_total 20\n"));
    CHECK(strstr(r.body.ptr, "\nsaas_guesses_refused_total 22\n"));
}

/* The mails about new devices once all have gone out. */
static unsigned told(void)
{
    for (int i = 0; i < 500 && strcmp(sql("select count(*) from outbox"), "0") != 0; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    return atomic_load(&new_logins);
}

static void new_devices_are_told_of(void)
{
    REQUIRE(fresh());
    atomic_store(&new_logins, 0);
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    CHECK_INT(log_in_from(home, "ann@example.com", PASSWORD), 200);
    CHECK_INT(told(), 0);
    CHECK_INT(log_in_from((place){"192.0.2.2", home.agent}, "ann@example.com", PASSWORD), 200);
    CHECK_INT(told(), 1);
    CHECK_INT(log_in_from((place){"192.0.2.2", home.agent}, "ann@example.com", PASSWORD), 200);
    CHECK_INT(told(), 1);
    CHECK_INT(log_in_from((place){"192.0.2.2", "Other/1.0"}, "ann@example.com", PASSWORD), 200);
    CHECK_INT(told(), 2);
    CHECK_STR(sql("select count(*) from audit where event = 'session.created' and request_id is not null"), "5");
}

/* Whoever has the mailbox gets in while others guess: a new password makes a place known. */
static void a_reset_makes_a_place_known(void)
{
    const place new = {"203.0.113.5", "New/1.0"};
    char body[256];
    REQUIRE(fresh());
    CHECK(sign_up_from(home, "Acme", "ann@example.com"));
    guess((place){"198.51.100.7", "Thief/1.0"}, "ann@example.com", 50);
    CHECK_INT(log_in_from(new, "ann@example.com", PASSWORD), 429);
    CHECK_INT(post_from(new, "/v1/auth/password/forgot", NULL, "{\"email\":\"ann@example.com\"}"), 200);
    told();
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"password\":\"violet comet harbour 3\"}", reset_token);
    CHECK_INT(post_from(new, "/v1/auth/password/reset", NULL, body), 200);
    CHECK_INT(log_in_from(new, "ann@example.com", "violet comet harbour 3"), 200);
    CHECK_INT(log_in_from(home, "ann@example.com", "violet comet harbour 3"), 429); /* all else is forgotten */
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(after_wrong_ones_nothing_is_looked_at),
                                       TEST(guesses_of_others_lock_nobody_out),
                                       TEST(neighbours_guess_in_vain),
                                       TEST(a_known_device_is_no_worse_than_a_stranger),
                                       TEST(addresses_count_as_networks),
                                       TEST(parallel_guesses_gain_nothing),
                                       TEST(the_current_password_is_no_oracle),
                                       TEST(tokens_are_not_guessed),
                                       TEST(sign_up_finds_few_addresses),
                                       TEST(it_is_written_down),
                                       TEST(new_devices_are_told_of),
                                       TEST(a_reset_makes_a_place_known)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
