/* The cost of a request's line: assembled only, and written to /dev/null. */
#include "base/clock.h"
#include <fcntl.h>
#include <saas/log.h>
#include <stdio.h>

enum { ROUNDS = 300 * 1000 };

static void drop(const char *line, size_t len, void *user)
{
    (void)line;
    *(size_t *)user += len;
}

static double line_ns(saas_log *log)
{
    saas_uuid id = {{1, 2, 3, 4, 5, 6, 7, 8}};
    uint64_t start = saas_clock_mono_us();
    for (int i = 0; i < ROUNDS; i++)
        SAAS_LOG(log, SAAS_LOG_INFO, "request", {"request_id", SAAS_ARG("0192f0a8c5d17b3e9a5e6f7081920a1b")},
                 {"method", SAAS_ARG("GET")}, {"path", SAAS_ARG("/v1/projects/0192f0a8-c5d1-7b3e-9a5e-6f7081920a1b")},
                 {"status", SAAS_ARG(200)}, {"us", SAAS_ARG(i)}, {"org", SAAS_ARG(id)}, {"user", SAAS_ARG(id)});
    return (double)(saas_clock_mono_us() - start) * 1000 / ROUNDS;
}

int main(void)
{
    saas_log *sunk, *written;
    size_t bytes = 0;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || saas_log_new(&sunk, -1, SAAS_LOG_INFO, drop, &bytes) ||
        saas_log_new(&written, fd, SAAS_LOG_INFO, NULL, NULL))
        return 1;
    double assembled = line_ns(sunk);
    printf("log: %.0f ns a line of %zu bytes, %.0f ns written\n", assembled, bytes / ROUNDS, line_ns(written));
    saas_log_free(sunk);
    saas_log_free(written);
    return 0;
}
