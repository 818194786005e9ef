/* Slow and idle clients, many of them: they cost nothing, keep nobody out, and go. HT2. */
#include "client.h"
#include "fake.h"
#include <dirent.h>
#include <saas/h2o.h>
#include <sys/resource.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD      "GET /ok HTTP/1.1\r\nHost: a\r\nX: "
#define BODY      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nabc"

static saas_app app;
static saas_h2o_server *server;
static uint16_t port;

static void start(saas_h2o_options options)
{
    saas_error e = {0};
    memset(&app, 0, sizeof app);
    app.body_max = 1000;
    options.size = sizeof options;
    options.address = "127.0.0.1";
    options.grace_ms = 400;
    if (saas_h2o_serve(&server, &app, &options, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    port = saas_h2o_port(server);
}

static void stop(void)
{
    saas_h2o_stop(server);
    CHECK_INT(app.released, app.begun);
}

static int opened(const char *bytes)
{
    int fd = client_open(port), small = 65536;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_send_z(fd, bytes);
    return fd;
}

/* Nothing comes, not even the end. */
static bool quiet(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

static bool over_in(int fd, int timeout_ms)
{
    reply r = client_read(fd, true, timeout_ms);
    return r.ended && !r.len;
}

static int ask(const char *request)
{
    reply r = client_ask(port, request);
    return reply_status(&r);
}

static uint64_t cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static unsigned descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* ---- many ---- */

static const char *const kinds[] = {HEAD, BODY, "", GET("/ok"), GET("/big/16000000")};
enum { KINDS = sizeof kinds / sizeof *kinds, MANY = 200 };

static void many_cost_nothing_and_go(void)
{
    int fds[MANY];
    start((saas_h2o_options){.read_ms = 1500, .write_ms = 250, .threads = 2});
    const unsigned before = descriptors();
    for (int i = 0; i < MANY; i++)
        fds[i] = opened(kinds[i % KINDS]);
    for (int i = 0; i < 1000 && app.replied < MANY * 2 / KINDS; i++)
        usleep(10000);
    uint64_t cpu = cpu_ms(), begun = now_ms();
    usleep(500000);
    uint64_t used = cpu_ms() - cpu, passed = now_ms() - begun;
    printf("     %d slow clients: %u ms of processor in %u\n", MANY, (unsigned)used, (unsigned)passed);
    CHECK(used < passed / 2); /* a loop that spins uses all of it */
    CHECK_INT(ask(GET("/ok")), 200);
    for (int i = 0; i < MANY; i++) {
        CHECK(client_read(fds[i], true, 20000).ended);
        close(fds[i]);
    }
    for (int i = 0; i < 500 && descriptors() != before; i++)
        usleep(10000);
    CHECK_INT(descriptors(), before);
    stop();
}

/* ---- at the limit ---- */

static void the_longest_idle_or_slowest_makes_room(void)
{
    enum { HELD = 4 };
    static const char *const held[HELD] = {HEAD, GET("/ok"), BODY, ""};
    int fds[HELD];
    start((saas_h2o_options){.connections_max = HELD, .read_ms = 30000});
    for (int i = 0; i < HELD; i++) {
        fds[i] = opened(held[i]);
        usleep(20000);
    }
    reply r = client_read(fds[1], false, 5000);
    CHECK_INT(reply_status(&r), 200);
    for (int gone = 0; gone < HELD; gone++) {
        int newcomer = client_open(port);
        client_send_z(newcomer, GET("/ok"));
        r = client_read(newcomer, false, 5000);
        CHECK_INT(reply_status(&r), 200);
        CHECK(over_in(fds[gone], 5000));
        for (int i = gone + 1; i < HELD; i++)
            CHECK(quiet(fds[i]));
        close(newcomer);
        /* its place is taken before the next comes */
        close(fds[gone]);
        usleep(50000);
        fds[gone] = opened(HEAD);
        usleep(50000);
    }
    for (int i = 0; i < HELD; i++)
        close(fds[i]);
    stop();
}

static void handlers_are_waited_for(void)
{
    start((saas_h2o_options){.connections_max = 2});
    int fds[2] = {opened(GET("/wait/900")), opened(GET("/wait/900"))};
    while (app.handled < 2)
        usleep(1000);
    int newcomer = opened(GET("/ok"));
    usleep(400000);
    CHECK(quiet(newcomer));
    for (int i = 0; i < 2; i++) {
        reply r = client_read(fds[i], false, 5000);
        CHECK_INT(reply_status(&r), 200);
    }
    reply r = client_read(newcomer, false, 5000);
    CHECK_INT(reply_status(&r), 200);
    for (int i = 0; i < 2; i++)
        close(fds[i]);
    close(newcomer);
    stop();
}

static void the_slowest_reader_makes_room(void)
{
    start((saas_h2o_options){.connections_max = 2, .write_ms = 60000});
    int slowest = opened(GET("/big/16000000"));
    while (app.replied < 1)
        usleep(1000);
    usleep(100000);
    int slow = opened(GET("/big/16000000"));
    while (app.replied < 2)
        usleep(1000);
    int newcomer = opened(GET("/ok"));
    reply r = client_read(newcomer, false, 20000);
    CHECK_INT(reply_status(&r), 200);
    r = client_read(slowest, true, 5000);
    CHECK(r.len < 16000000);
    r = client_read(slow, true, 5000);
    CHECK(r.len > 16000000);
    close(newcomer);
    close(slowest);
    close(slow);
    stop();
}

/* ---- no descriptor left ---- */

static void a_full_descriptor_table_does_not_spin(void)
{
    enum { COUNT = 30, ROOM = 6 };
    struct rlimit limit, low;
    int fds[COUNT];
    start((saas_h2o_options){.connections_max = 10000, .read_ms = 60000});
    int kept = client_open(port);
    client_send_z(kept, GET("/ok"));
    reply r = client_read(kept, false, 5000);
    for (int i = 0; i < COUNT; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    low = limit;
    low.rlim_cur = (rlim_t)fds[COUNT - 1] + 1 + ROOM;
    setrlimit(RLIMIT_NOFILE, &low);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < COUNT; i++) {
        CHECK_INT(connect(fds[i], (struct sockaddr *)&at, sizeof at), 0);
        client_send_z(fds[i], GET("/ok"));
    }
    usleep(200000);
    uint64_t cpu = cpu_ms(), begun = now_ms();
    usleep(500000);
    CHECK(cpu_ms() - cpu < (now_ms() - begun) / 2);
    CHECK_INT(app.handled, 1 + ROOM);
    client_send_z(kept, GET("/ok"));
    r = client_read(kept, false, 5000);
    CHECK_INT(reply_status(&r), 200);
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < COUNT; i++) {
        r = client_read(fds[i], false, 5000);
        CHECK_INT(reply_status(&r), 200);
        close(fds[i]);
    }
    close(kept);
    stop();
}

static const check_test tests[] = {
    TEST(many_cost_nothing_and_go),      TEST(the_longest_idle_or_slowest_makes_room), TEST(handlers_are_waited_for),
    TEST(the_slowest_reader_makes_room), TEST(a_full_descriptor_table_does_not_spin),
};
CHECK_MAIN(tests)
