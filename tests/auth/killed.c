/* RF7: a server that is killed while it refreshes, between commit and answer too, locks nobody out: within the grace
 * the same token gets the same successor. Each request is made in a process of its own. */
#include "../app/cluster.h"
#include <saas/auth.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVES, BEFORE_ANSWER, KILLS = 5, RANDOM_KILLS = 20 };

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
static saas_test_db db;

static const saas_app_options *options(saas_log *log)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "killed", SAAS_MOUNTS(mounts), .log = log, .lanes_shared = 1, .lanes_slow = 1,
                  .lanes_exclusive = 1);
    return &o;
}

/* The event is logged when the database has decided and committed, and the answer is not made yet. */
static void on_line(const char *line, size_t len, void *fatal)
{
    (void)len;
    if (fatal && strstr(line, "auth.refresh"))
        kill(getpid(), SIGKILL);
}

/* Writes the refresh token of the answer. */
static _Noreturn void child(int to, const char *target, const char *body, bool fatal)
{
    saas_test_client *t;
    saas_test_response r;
    saas_log *log;
    saas_error e = {0};
    if (saas_log_new(&log, -1, SAAS_LOG_INFO, on_line, fatal ? &db : NULL) ||
        saas_test_client_new(&t, options(log), &db, &e) || write(to, "s", 1) != 1)
        _exit(1);
    if (SAAS_TEST_SEND(&r, t, .method = "POST", .target = target, .body = body) || r.status / 100 != 2)
        _exit(2);
    saas_text token = saas_test_json(t, r.body, "data.refreshToken");
    _exit(write(to, token.ptr, token.len) == (ssize_t)token.len ? 0 : 3);
}

/* The refresh token that came back; "" for none. */
static const char *post(const char *target, const char *body, bool fatal, unsigned after_us)
{
    static char tokens[4][256];
    static unsigned next;
    char *token = tokens[next++ % 4], byte;
    int ends[2], status;
    size_t len = 0;
    *token = 0;
    if (pipe(ends))
        return token;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(ends[1], target, body, fatal);
    }
    close(ends[1]);
    CHECK_INT(read(ends[0], &byte, 1), 1);
    if (after_us) {
        usleep(after_us);
        kill(pid, SIGKILL);
    }
    for (ssize_t n; (n = read(ends[0], token + len, sizeof tokens[0] - 1 - len)) > 0;)
        len += (size_t)n;
    token[len] = 0;
    waitpid(pid, &status, 0);
    close(ends[0]);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return token;
}

static const char *refresh(const char *token, bool fatal, unsigned after_us)
{
    char body[512];
    snprintf(body, sizeof body, "{\"refreshToken\":\"%s\"}", token);
    return post("/v1/auth/refresh", body, fatal, after_us);
}

static char token[256];

static void starts(void)
{
    saas_error e = {0};
    REQUIRE(!saas_test_db_new(&db, cluster, options(NULL), &e));
    strcpy(token,
           post("/v1/auth/signup",
                "{\"orgName\":\"Acme\",\"email\":\"ann@example.com\",\"password\":\"quartz fjord lamp 9\"}", LIVES, 0));
    CHECK_INT(strlen(token), 116);
}

static void killed_behind_the_commit(void)
{
    for (int i = 0; i < KILLS; i++) {
        CHECK_STR(refresh(token, BEFORE_ANSWER, 0), "");
        CHECK_STR(sql_on(db.super_dsn, "select rotated_at = last_used_at and revoked_at is null from sessions"), "t");
        const char *successor = refresh(token, LIVES, 0);
        CHECK_INT(strlen(successor), 116);
        CHECK_STR(refresh(token, LIVES, 0), successor);
        strcpy(token, successor);
    }
}

static void killed_anywhen(void)
{
    int answered = 0;
    srand(11);
    for (int i = 0; i < RANDOM_KILLS; i++) {
        const char *first = refresh(token, LIVES, 1 + (unsigned)rand() % 12000), *again = refresh(token, LIVES, 0);
        CHECK_INT(strlen(again), 116);
        answered += *first != 0;
        CHECK(!*first || !strcmp(first, again));
        strcpy(token, again);
    }
    printf("     %d of %d answered\n", answered, RANDOM_KILLS);
    CHECK_STR(sql_on(db.super_dsn, "select count(*) from audit where event = 'session.reused'"), "0");
    saas_test_db_drop(cluster, &db);
}

static const check_test tests[] = {TEST(starts), TEST(killed_behind_the_commit), TEST(killed_anywhen)};
CLUSTER_MAIN(tests)
