/* Processes that follow each other on sockets that are passed to them, as systemd does it, or serve them side by side:
 * no request is lost, and none is done twice. HT5, JB3. */
#include "client.h"
#include <netinet/tcp.h>
#include <pthread.h>
#include <saas/h2o.h>
#include <saas/test.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- the program ---- */

static saas_err who(saas_ctx *c)
{
    return saas_reply_raw(c, 200, saas_format(c, "%d", (int)getpid()));
}

static saas_err unhurried(saas_ctx *c)
{
    SAAS_TRY(saas_sleep(c, 100));
    return who(c);
}

/* Keeps its loop from turning, as no handler should. */
static saas_err hang(saas_ctx *c)
{
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 500000000}, NULL);
    return saas_reply_null(c, 200);
}

/* A row, and then time to be killed in. */
static saas_err slowly(saas_ctx *c)
{
    SAAS_TRY(saas_exec(c, NULL, "insert into deeds (what) values ($1)", SAAS_ARGS(saas_param(c, "what"))));
    SAAS_TRY(saas_sleep(c, 200));
    return saas_reply_null(c, 201);
}

static saas_err count_deeds(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_query_one(c, &rows, "select count(*) from deeds where what = $1", SAAS_ARGS(saas_param(c, "what"))));
    return saas_reply_raw(c, 200, saas_rows_text(rows, 0, "count"));
}

static const saas_migration steps[] = {
    {1, "deeds",
     "create table deeds (id uuid primary key default gen_random_uuid(),"
     " org_id uuid not null default saas_current_org() references organizations, what text not null);"
     "select saas_enable_tenant('deeds')"}};
static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};
static const saas_route routes[] = {
    SAAS_POST("/deeds/:what", slowly), SAAS_GET("/deeds/:what", count_deeds), SAAS_GET("/who", who, .open = true),
    SAAS_GET("/unhurried", unhurried, .open = true), SAAS_GET("/hang", hang, .open = true)};
static const saas_app_options options = {
    .size = sizeof options, .name = "prog", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts), SAAS_MIGRATIONS(steps)};

/* ---- its supervisor ---- */

static char dsn[600], port_setting[32];
static uint16_t port;
static int notices; /* where programs tell of themselves */
static char notices_at[108];

typedef struct child {
    pid_t pid;
    int out;
} child;

static void become(int fd, const char *workers, const char *watchdog)
{
    static char pid[32], notify[128];
    snprintf(pid, sizeof pid, "LISTEN_PID=%d", (int)getpid());
    snprintf(notify, sizeof notify, "NOTIFY_SOCKET=%s", notices_at);
    const char *const env[] = {"TEST_AS_PROGRAM=1",
                               "JWT_ACCESS_SECRET=access token key of these tests, worthless",
                               "JWT_REFRESH_SECRET=refresh token key of these tests, worthless",
                               dsn,
                               port_setting,
                               workers,
                               "RATE_LIMITS=off",
                               "APP_ENV=staging",
                               "LOG_LEVEL=error",
                               pid,
                               notify,
                               fd >= 0 ? "LISTEN_FDS=1" : "LISTEN_FDS=",
                               watchdog,
                               NULL};
    if (fd >= 0 && fd != 3)
        dup2(fd, 3);
    else if (fd == 3)
        fcntl(3, F_SETFD, 0);
    execve("/proc/self/exe", (char *[]){(char *)"prog", (char *)"serve", NULL}, (char **)env);
    _exit(99);
}

static child start(int fd, const char *workers, const char *watchdog)
{
    child c;
    int fds[2];
    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    c.out = fds[0];
    c.pid = fork();
    if (!c.pid) {
        dup2(fds[1], 2);
        become(fd, workers, watchdog);
    }
    close(fds[1]);
    return c;
}

static bool told(const char *what)
{
    char text[256];
    for (;;) {
        struct pollfd p = {.fd = notices, .events = POLLIN};
        if (poll(&p, 1, 20000) != 1)
            return false;
        ssize_t n = recv(notices, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = 0;
        if (!strcmp(text, what))
            return true;
    }
}

static child ready(int fd)
{
    child c = start(fd, "WORKERS=2", NULL);
    CHECK(told("READY=1"));
    return c;
}

static int ended(child *c)
{
    int status;
    waitpid(c->pid, &status, 0);
    close(c->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void retire(child *c)
{
    kill(c->pid, SIGTERM);
    CHECK(told("STOPPING=1"));
    CHECK_INT(ended(c), 0);
}

static int listener(bool shared)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    CHECK_INT(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    CHECK_INT(listen(fd, 1024), 0);
    return fd;
}

/* ---- its clients ---- */

/* A server that stops closes connections on which nothing was asked for half a second; a client that asks later than
 * that, as this machine may be slow, has to ask again and has lost nothing. */
enum { CLIENTS = 10, PROMPT_MS = 300, PIDS = 32 };

static atomic_bool over;
static atomic_uint answered, lost, refused;
static atomic_int pids[PIDS]; /* who has answered */

typedef struct client {
    pthread_t thread;
    bool keeps; /* its connection, while the server does */
    const char *path;
} client;

static void note(int pid)
{
    for (int i = 0; i < PIDS; i++) {
        int none = 0;
        if (pids[i] == pid || atomic_compare_exchange_strong(&pids[i], &none, pid) || none == pid)
            return;
    }
}

/* Whether the connection stays. */
static bool ask(int fd, const char *path, bool late)
{
    char bytes[2048] = "";
    size_t len = 0;
    ssize_t n = 1;
    snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    client_send_z(fd, bytes);
    bytes[0] = 0;
    while (!strstr(bytes, "\"data\":") && (n = read(fd, bytes + len, sizeof bytes - len - 1)) > 0)
        bytes[len += (size_t)n] = 0;
    const char *data = strstr(bytes, "\"data\":");
    bool good = data && !strncmp(bytes, "HTTP/1.1 200", 12);
    if (good)
        note(atoi(data + 7));
    else if (!late && lost++ < 5)
        fprintf(stderr, "lost: %s, errno %d: %s\n", path, n < 0 ? errno : 0, bytes);
    answered += good;
    return good && strstr(bytes, "keep-alive");
}

static void *work(void *arg)
{
    const client *c = arg;
    while (!over) {
        int fd = client_open(port);
        if (fd < 0) {
            refused++;
            usleep(1000);
            continue;
        }
        uint64_t asked = now_ms(), now = asked;
        while (ask(fd, c->path, now - asked > PROMPT_MS) && c->keeps && !over) {
            asked = now;
            now = now_ms();
        }
        close(fd);
    }
    return NULL;
}

static client clients[CLIENTS];

static void begin(void)
{
    answered = lost = refused = 0;
    over = false;
    for (int i = 0; i < PIDS; i++)
        pids[i] = 0;
    for (int i = 0; i < CLIENTS; i++) {
        clients[i].keeps = i % 2;
        clients[i].path = i < 8 ? "/who" : "/unhurried";
        CHECK_INT(pthread_create(&clients[i].thread, NULL, work, &clients[i]), 0);
    }
}

/* Until so many more were answered. */
static void go_on(unsigned more)
{
    for (unsigned until = answered + more, i = 0; answered < until && i < 3000; i++)
        usleep(10000);
}

static void finish(void)
{
    over = true;
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
    printf("     %u answered, %u lost, %u refused\n", answered, lost, refused);
    CHECK_INT(lost, 0);
}

static int processes(void)
{
    int count = 0;
    while (count < PIDS && pids[count])
        count++;
    return count;
}

/* ---- the cases ---- */

static void the_next_takes_over_from_the_last(void)
{
    enum { ROUNDS = 6 };
    int fd = listener(false);
    child last = ready(fd);
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        go_on(300);
        child next = ready(fd);
        retire(&last);
        last = next;
    }
    go_on(300);
    finish();
    CHECK_INT(refused, 0);
    CHECK_INT(processes(), ROUNDS + 1);
    retire(&last);
    close(fd);
}

/* Whoever comes while there is none waits for the next. */
static void a_gap_between_two_costs_time_only(void)
{
    enum { ROUNDS = 3 };
    int fd = listener(false);
    child now = ready(fd);
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        go_on(300);
        retire(&now);
        now = ready(fd);
    }
    go_on(300);
    finish();
    CHECK_INT(refused, 0);
    CHECK_INT(processes(), ROUNDS + 1);
    retire(&now);
    close(fd);
}

static void two_serve_one_port_side_by_side(void)
{
    int fds[2] = {listener(true), listener(true)};
    child both[2] = {ready(fds[0]), ready(fds[1])};
    begin();
    for (int i = 0; i < 4; i++) {
        go_on(300);
        retire(&both[i % 2]);
        both[i % 2] = ready(fds[i % 2]);
    }
    go_on(300);
    finish();
    CHECK_INT(refused, 0);
    CHECK_INT(processes(), 6);
    for (int i = 0; i < 2; i++) {
        retire(&both[i]);
        close(fds[i]);
    }
}

static void one_that_is_killed_leaves_the_other_its_socket(void)
{
    int fd = listener(false);
    child killed = ready(fd), other = ready(fd);
    kill(killed.pid, SIGKILL);
    CHECK_INT(ended(&killed), -1);
    begin();
    go_on(500);
    finish();
    CHECK_INT(refused, 0);
    CHECK_INT(processes(), 1);
    CHECK_INT(pids[0], other.pid);
    retire(&other);
    close(fd);
}

/* ---- the same request again and again ---- */

enum { EQUAL = 20 };

static char token[2000];

static void sign_up(void)
{
    static const char body[] =
        "{\"orgName\":\"Acme\",\"email\":\"ada@example.com\",\"password\":\"correct horse battery\"}";
    char request[512];
    snprintf(
        request, sizeof request,
        "POST /v1/auth/signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        sizeof body - 1, body);
    reply r = client_ask(port, request);
    const char *at = strstr(r.bytes, "\"accessToken\":\"");
    REQUIRE(at && sscanf(at + 15, "%1999[^\"]", token) == 1);
}

static void ask_for(int fd, const char *method, const char *what)
{
    char request[3000];
    snprintf(request, sizeof request,
             "%s /deeds/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nContent-Length: "
             "0\r\n\r\n",
             method, what, token, what);
    client_send_z(fd, request);
}

static reply asked(const char *method, const char *what)
{
    int fd = client_open(port);
    ask_for(fd, method, what);
    reply r = client_read(fd, false, 10000);
    close(fd);
    return r;
}

static void is_done_once(const char *what)
{
    for (int i = 0; i < 500; i++) {
        reply r = asked("POST", what);
        if (reply_status(&r) == 201)
            break;
        CHECK(reply_status(&r) == 409 && strstr(r.bytes, "IDEMPOTENCY_IN_PROGRESS"));
        usleep(10000); /* the database may not have noticed yet that its client is dead */
    }
    reply r = asked("GET", what);
    CHECK(strstr(r.bytes, "\"data\":1}"));
}

static void begin_all(int fds[EQUAL], const char *what)
{
    for (int i = 0; i < EQUAL; i++) {
        fds[i] = client_open(port);
        ask_for(fds[i], "POST", what);
    }
}

static void equal_requests_to_two_have_one_effect(void)
{
    int fd = listener(false), fds[EQUAL];
    child both[2] = {ready(fd), ready(fd)};
    sign_up();
    begin_all(fds, "parallel");
    for (int i = 0; i < EQUAL; i++) {
        reply r = client_read(fds[i], false, 10000);
        CHECK(reply_status(&r) == 201 || (reply_status(&r) == 409 && strstr(r.bytes, "IDEMPOTENCY_IN_PROGRESS")));
        close(fds[i]);
    }
    is_done_once("parallel");
    /* whichever has it, whenever it dies */
    for (int round = 0; round < 6; round++) {
        char what[32];
        snprintf(what, sizeof what, "killed-%d", round);
        begin_all(fds, what);
        usleep((useconds_t)(40000 * round));
        kill(both[round % 2].pid, SIGKILL);
        CHECK_INT(ended(&both[round % 2]), -1);
        is_done_once(what);
        for (int i = 0; i < EQUAL; i++)
            close(fds[i]);
        both[round % 2] = ready(fd);
    }
    retire(&both[0]);
    retire(&both[1]);
    close(fd);
}

/* ---- the rest ---- */

/* Handshakes that ended when the last accept found none: without the bar a socket of our own would reset them. */
static void stopping_on_a_port_of_its_own_loses_nothing(void)
{
    for (int i = 0; i < 5; i++) {
        child c = ready(-1);
        begin();
        go_on(500);
        kill(c.pid, SIGTERM);
        CHECK(told("STOPPING=1"));
        CHECK_INT(ended(&c), 0); /* from here on nobody finds it, but who did is answered */
        finish();
        CHECK(answered >= 500);
    }
}

static void sockets_for_others_are_not_taken(void)
{
    char text[1000];
    int none = open("/dev/null", O_RDWR | O_CLOEXEC), unbound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int wrong[] = {none, unbound};
    for (size_t i = 0; i < 2; i++) {
        child c = start(wrong[i], "WORKERS=2", NULL);
        ssize_t n = read(c.out, text, sizeof text - 1);
        text[n > 0 ? n : 0] = 0;
        CHECK_INT(ended(&c), 1);
        CHECK(strstr(text, "descriptor 3, which was passed in"));
        close(wrong[i]);
    }
}

/* A loop that hangs keeps it silent. */
static void it_tells_that_it_lives_while_every_loop_turns(void)
{
    child c = start(-1, "WORKERS=1", "WATCHDOG_USEC=200000");
    CHECK(told("READY=1"));
    for (int i = 0; i < 3; i++)
        CHECK(told("WATCHDOG=1"));
    int fd = client_open(port);
    client_send_z(fd, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    uint64_t longest = 0, last = now_ms(), begun = last;
    while (now_ms() - begun < 2500 && told("WATCHDOG=1")) {
        uint64_t now = now_ms();
        longest = now - last > longest ? now - last : longest;
        last = now;
    }
    CHECK(longest >= 1000);
    reply r = client_read(fd, false, 5000);
    CHECK_INT(reply_status(&r), 200);
    close(fd);
    CHECK(told("WATCHDOG=1"));
    retire(&c);
}

static const check_test tests[] = {
    TEST(the_next_takes_over_from_the_last),     TEST(a_gap_between_two_costs_time_only),
    TEST(two_serve_one_port_side_by_side),       TEST(one_that_is_killed_leaves_the_other_its_socket),
    TEST(equal_requests_to_two_have_one_effect), TEST(stopping_on_a_port_of_its_own_loses_nothing),
    TEST(sockets_for_others_are_not_taken),      TEST(it_tells_that_it_lives_while_every_loop_turns),
};

static void listen_to_programs(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int len = snprintf(notices_at, sizeof notices_at, "@saas-test-%d", (int)getpid());
    memcpy(at.sun_path, notices_at, (size_t)len);
    at.sun_path[0] = 0;
    notices = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(notices, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)))
        abort();
}

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
    static saas_test_pg *cluster;
    static saas_test_db db;
    if (getenv("TEST_AS_PROGRAM"))
        return saas_h2o_main(&options, argc, argv);
    if (saas_test_pg_start(&cluster, &e) || saas_test_db_new(&db, cluster, &options, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return strstr(e.text, "not installed") ? 77 : 1;
    }
    port = free_port();
    listen_to_programs();
    snprintf(port_setting, sizeof port_setting, "PORT=%u", port);
    snprintf(dsn, sizeof dsn, "DATABASE_URL=%s", db.app_dsn);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_pg_stop(cluster);
    return failed;
}
