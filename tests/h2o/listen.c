/* Listening sockets at their end. HT5. */
#include "h2o/listen.h"
#include "client.h"

static int begun(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = connect(fd, (struct sockaddr *)&at, sizeof at);
    CHECK(!rc || errno == EINPROGRESS);
    return fd;
}

static bool connected(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;
    return poll(&p, 1, timeout_ms) == 1 && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) && !error;
}

/* Who came before is accepted and heard; who comes afterwards finds the other listener when it tries again. */
static void behind_the_bar_nobody_is_let_down(void)
{
    enum { COUNT = 16 };
    saas_error e;
    uint16_t port = 0;
    int fds[2], before[COUNT], after[COUNT], accepted = 0, connected_at_once = 0;
    REQUIRE(saas_h2o_listen(fds, 2, "127.0.0.1", &port, &e) == SAAS_OK);
    for (int i = 0; i < COUNT; i++) {
        before[i] = begun(port);
        CHECK(connected(before[i], 5000));
    }
    saas_h2o_listen_bar(fds[0]);
    for (int i = 0; i < COUNT; i++) {
        after[i] = begun(port);
        connected_at_once += connected(after[i], 50);
    }
    CHECK(connected_at_once < COUNT);
    for (int fd; (fd = accept(fds[0], NULL, NULL)) >= 0; accepted++)
        CHECK_INT(close(fd), 0);
    CHECK(accepted > 0);
    close(fds[0]);
    for (int i = 0; i < COUNT; i++)
        CHECK(connected(after[i], 20000));
    for (int i = 0; i < COUNT; i++) {
        struct pollfd p = {.fd = before[i], .events = POLLIN};
        char byte;
        bool over = poll(&p, 1, 0) == 1;
        CHECK(!over || read(before[i], &byte, 1) == 0); /* closed, not reset */
        close(before[i]);
        close(after[i]);
    }
    close(fds[1]);
}

static void what_was_passed_in_is_looked_at(void)
{
    saas_error e;
    uint16_t port = 0, same = 0;
    int own, copies[2], other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(saas_h2o_listen(&own, 1, "::1", &port, &e) == SAAS_OK);
    CHECK_INT(saas_h2o_listen_inherit(copies, &own, 1, &same, &e), SAAS_OK);
    CHECK_INT(same, port);
    close(own);
    own = copies[0];
    CHECK(fcntl(own, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(own, F_GETFD) & FD_CLOEXEC);
    const int passed[] = {own, other};
    CHECK_INT(saas_h2o_listen_inherit(copies, passed, 2, &same, &e), SAAS_ERR_UNAVAILABLE);
    CHECK(strstr(e.text, "does not listen"));
    CHECK_INT(fcntl(copies[0], F_GETFD), -1);
    close(own);
    close(other);
}

static const check_test tests[] = {TEST(behind_the_bar_nobody_is_let_down), TEST(what_was_passed_in_is_looked_at)};
CHECK_MAIN(tests)
