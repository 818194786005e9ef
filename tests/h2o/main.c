/* saas_h2o_main as a program: verbs, exit codes, what goes to stderr, signals. HT5, VA10, TN1. */
#include "client.h"
#include <fcntl.h>
#include <saas/h2o.h>
#include <saas/test.h>
#include <signal.h>
#include <sys/wait.h>

static saas_err unhurried(saas_ctx *c)
{
    SAAS_TRY(saas_sleep(c, 500));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {SAAS_GET("/unhurried", unhurried, .open = true),
                                    SAAS_DELETE("/things/:id", unhurried, .role = SAAS_ADMIN)};
static const saas_app_options options = {.size = sizeof options, .name = "prog", SAAS_ROUTES(routes)};

static saas_test_pg *cluster;
static saas_test_db db;

enum { ENV_MAX = 10 };

typedef struct child {
    pid_t pid;
    int out; /* stdout and stderr */
    char text[65536];
    int code; /* -1: ended by a signal */
} child;

/* This very program, as the app. */
static void run_with(child *c, const char *verb, const char *argument, const char *const env[ENV_MAX])
{
    int fds[2];
    const char *all[ENV_MAX + 1] = {"TEST_AS_PROGRAM=1"};
    for (size_t i = 0; i < ENV_MAX && env[i]; i++)
        all[i + 1] = env[i];
    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    c->out = fds[0];
    c->pid = fork();
    if (!c->pid) {
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        execve("/proc/self/exe", (char *[]){(char *)"prog", (char *)verb, (char *)argument, NULL}, (char **)all);
        _exit(99);
    }
    close(fds[1]);
}

static void run(child *c, const char *verb, const char *const env[ENV_MAX])
{
    run_with(c, verb, NULL, env);
}

static void wait_for(child *c)
{
    size_t len = 0;
    ssize_t n;
    int status;
    while (len + 1 < sizeof c->text && (n = read(c->out, c->text + len, sizeof c->text - len - 1)) > 0)
        len += (size_t)n;
    c->text[len] = 0;
    close(c->out);
    waitpid(c->pid, &status, 0);
    c->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static child *ran(const char *verb, const char *const env[ENV_MAX])
{
    static child c;
    run(&c, verb, env);
    wait_for(&c);
    return &c;
}

#define ACCESS  "JWT_ACCESS_SECRET=access token key of these tests, worthless"
#define REFRESH "JWT_REFRESH_SECRET=refresh token key of these tests, worthless"

static const char *const none[ENV_MAX] = {NULL};

static void help_and_wrong_usage(void)
{
    const child *c = ran("help", none);
    CHECK_INT(c->code, 0);
    CHECK(strstr(c->text, "usage: prog") && strstr(c->text, "migrate"));
    c = ran("dance", none);
    CHECK_INT(c->code, 2);
    CHECK(strstr(c->text, "usage: prog"));
}

static void every_problem_of_the_configuration_is_told_and_no_secret(void)
{
    static const char *const wrong[ENV_MAX] = {"PORT=99999", "WORKERS=x", "JWT_ACCESS_SECRET=canary-short",
                                               "DATABASE_URL=postgres://u:canary@h/d", NULL};
    static const char *const verbs[] = {"serve", "check", "migrate"};
    for (size_t i = 0; i < 3; i++) {
        const child *c = ran(verbs[i], wrong);
        CHECK_INT(c->code, 2);
        CHECK(strstr(c->text, "PORT:") && strstr(c->text, "WORKERS:") && strstr(c->text, "JWT_ACCESS_SECRET:") &&
              strstr(c->text, "JWT_REFRESH_SECRET:"));
        CHECK(!strstr(c->text, "canary"));
    }
}

/* A line of the listing, however wide its columns are. */
static bool says(const char *text, const char *name, const char *source, const char *value)
{
    char line[256], n[64], s[16], v[64];
    for (const char *at = text; at && sscanf(at, "%255[^\n]", line) == 1; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (sscanf(line, "%63s %15s %63s", n, s, v) == 3 && !strcmp(n, name) && !strcmp(s, source) && !strcmp(v, value))
            return true;
    return false;
}

/* Also when much is missing: what there is, and then what is wrong. */
static void settings_are_printed(void)
{
    static const char *const wrong[ENV_MAX] = {"PORT=99999", "JWT_ACCESS_SECRET=canary-short", "WORKERS=3", NULL};
    static const char *const env[ENV_MAX] = {ACCESS, REFRESH, "DATABASE_URL=host=/nowhere", NULL};
    static const char *const names[] = {"config", "--print-config"};
    for (size_t i = 0; i < 2; i++) {
        const child *c = ran(names[i], wrong);
        CHECK_INT(c->code, 2);
        CHECK(says(c->text, "WORKERS", "env", "3") && strstr(c->text, "\nPORT: too big: at most 65535\n"));
        CHECK(!strstr(c->text, "canary"));
        c = ran(names[i], env);
        CHECK_INT(c->code, 0);
        CHECK(says(c->text, "JWT_ACCESS_SECRET", "env", "(secret)") && !strstr(c->text, "worthless"));
    }
}

static void routes_are_listed_with_who_may_call_them(void)
{
    const child *c = ran("routes", none);
    CHECK_INT(c->code, 0);
    CHECK(strstr(c->text, "GET     /unhurried") && strstr(c->text, "anyone"));
    CHECK(strstr(c->text, "DELETE  /things/:id") && strstr(c->text, "admin"));
}

/* ---- with a database ---- */

static char dsn[600], super_dsn[600], port_setting[32];
static uint16_t port;
static const char *const good[ENV_MAX] = {
    ACCESS, REFRESH, dsn, port_setting, "WORKERS=2", "RATE_LIMITS=off", "APP_ENV=staging", NULL};

static void an_unproven_role_is_not_served(void)
{
    static const char *const super[ENV_MAX] = {ACCESS, REFRESH, super_dsn, port_setting, NULL};
    static const char *const away[ENV_MAX] = {ACCESS, REFRESH, "DATABASE_URL=host=/nowhere", port_setting, NULL};
    const child *c = ran("serve", super);
    CHECK_INT(c->code, 1);
    CHECK(strstr(c->text, "superuser"));
    CHECK(!strstr(c->text, "listening"));
    CHECK_INT(ran("check", super)->code, 1);
    CHECK_INT(ran("serve", away)->code, 1);
    c = ran("check", good);
    CHECK_INT(c->code, 0);
    CHECK(strstr(c->text, "proven"));
}

static void migrations_are_told_and_rehearsed(void)
{
    static child c;
    run_with(&c, "migrate", "--status", good);
    wait_for(&c);
    CHECK_INT(c.code, 0);
    CHECK(strstr(c.text, "applied  saas/1 tenancy\n") && !strstr(c.text, "pending"));
    run_with(&c, "migrate", "--dry-run", good); /* only the owner can */
    wait_for(&c);
    CHECK_INT(c.code, 2);
    CHECK(strstr(c.text, "MIGRATE_DATABASE_URL: required"));
    run_with(&c, "migrate", "--all", good);
    wait_for(&c);
    CHECK_INT(c.code, 2);
    CHECK(strstr(c.text, "usage: prog"));
}

static bool listens(void)
{
    for (int i = 0; i < 500; i++) {
        int fd = client_open(port);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        usleep(10000);
    }
    return false;
}

static void a_signal_ends_it_when_its_requests_are_done(void)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        static child c;
        run(&c, "serve", good);
        REQUIRE(listens());
        int fd = client_open(port);
        client_send_z(fd, "GET /unhurried HTTP/1.1\r\nHost: a\r\n\r\n");
        usleep(100000);
        uint64_t begin = now_ms();
        kill(c.pid, signals[i]);
        reply r = client_read(fd, true, 5000);
        CHECK_INT(reply_status(&r), 200);
        close(fd);
        wait_for(&c);
        CHECK_INT(c.code, 0);
        CHECK(now_ms() - begin < 6000);
        CHECK(strstr(c.text, "\"listening\"") && strstr(c.text, "\"stopped\""));
    }
}

static void a_taken_port_is_said(void)
{
    static child first;
    run(&first, "serve", good);
    REQUIRE(listens());
    const child *c = ran("serve", good);
    CHECK_INT(c->code, 1);
    CHECK(strstr(c->text, "in use"));
    kill(first.pid, SIGTERM);
    wait_for(&first);
    CHECK_INT(first.code, 0);
}

static const check_test tests[] = {
    TEST(help_and_wrong_usage),           TEST(every_problem_of_the_configuration_is_told_and_no_secret),
    TEST(settings_are_printed),           TEST(routes_are_listed_with_who_may_call_them),
    TEST(an_unproven_role_is_not_served), TEST(migrations_are_told_and_rehearsed), TEST(a_signal_ends_it_when_its_requests_are_done),
    TEST(a_taken_port_is_said),
};

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, len) || getsockname(fd, (struct sockaddr *)&at, &len))
        abort();
    close(fd);
    return ntohs(at.sin_port);
}

int main(int argc, char **argv)
{
    static saas_error e;
    if (getenv("TEST_AS_PROGRAM"))
        return saas_h2o_main(&options, argc, argv);
    if (saas_test_pg_start(&cluster, &e) || saas_test_db_new(&db, cluster, &options, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    port = free_port();
    snprintf(port_setting, sizeof port_setting, "PORT=%u", port);
    snprintf(dsn, sizeof dsn, "DATABASE_URL=%s", db.app_dsn);
    snprintf(super_dsn, sizeof super_dsn, "DATABASE_URL=%s", db.super_dsn);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_pg_stop(cluster);
    return failed;
}
