#include "base/clock.h"
#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t))
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

uint64_t saas_clock_mono_us(void)
{
    return (uint64_t)read_us(CLOCK_MONOTONIC);
}

uint64_t saas_clock_coarse_us(void)
{
    return (uint64_t)read_us(CLOCK_MONOTONIC_COARSE);
}

int64_t saas_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

saas_err saas_random(void *out, size_t len)
{
    char *at = out;
    while (len) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SAAS_ERR_UNAVAILABLE;
        at += n;
        len -= (size_t)n;
    }
    return SAAS_OK;
}
