/* VA1, VA8: bodies of 1 MiB made to cost much are refused in little time. The clock only backs it up: what holds is
 * that their size is counted in the same pass, and nothing is kept of what is too much. */
#include "fiber/sanitize.h"
#include "json/token.h"
#include "shapes.h"
#include <time.h>

/* Sanitizers slow it down many times over. */
enum { BODY = 1 << 20, LIMIT_MS = SAAS_ASAN || SAAS_TSAN ? 1000 : 50, ROUNDS = 5 };

static char body[BODY + 64];

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The least of a few rounds: whatever else runs only adds. */
static double refuse(size_t len, saas_err want)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        saas_err err;
        double start = cpu_ms();
        CHECK(!read_all_n(body, len, &err));
        double took = cpu_ms() - start;
        best = took < best ? took : best;
        CHECK_INT(err, want);
    }
    CHECK(best < LIMIT_MS);
    printf("     %.1f ms\n", best);
    return best;
}

static void many_keys(void)
{
    size_t len = (size_t)sprintf(body, "{\"k0\":1");
    for (int i = 1; i < 96000 && len < BODY; i++)
        len += (size_t)sprintf(body + len, ",\"k%d\":1", i);
    body[len++] = '}';
    refuse(len, SAAS_ERR_VALIDATION);
    CHECK_STR(issue_lines(), "|11|20000|too many values: at most 20000");
}

static void great_depth(void)
{
    memset(body, '[', 100000);
    memset(body + 100000, ']', 100000);
    refuse(200000, SAAS_ERR_MALFORMED_JSON);
    CHECK_INT(issues.count, 0);
}

static void long_number(void)
{
    size_t len = (size_t)sprintf(body, "{\"qty\":");
    memset(body + len, '7', BODY - len - 1);
    body[BODY - 1] = '}';
    refuse(BODY, SAAS_ERR_VALIDATION);
    CHECK_STR(issue_lines(), "qty|7|1000|too big: at most 1000\ntitle|2|0|required");
}

/* A fraction that decides in its last digit, if at all. */
static void long_fraction(void)
{
    double start = cpu_ms();
    size_t len = (size_t)sprintf(body, "0.5");
    memset(body + len, '0', BODY - len - 2);
    body[BODY - 2] = '1';
    body[BODY - 1] = 0;
    saas_json_in in = {.at = body, .end = body + BODY - 1};
    saas_json_number n;
    double x = 0;
    CHECK(saas_json_number_token(&in, &n) && saas_json_real(&x, n.text));
    CHECK(x == 0.5);
    CHECK(cpu_ms() - start < LIMIT_MS);
}

static void long_string(void)
{
    size_t len = (size_t)sprintf(body, "{\"nope\":\"");
    memset(body + len, '\\', BODY - len - 3);
    if ((BODY - len - 3) % 2)
        body[BODY - 4] = 'n';
    memcpy(body + BODY - 3, "\"}", 2);
    refuse(BODY - 1, SAAS_ERR_VALIDATION);
}

static void many_issues(void)
{
    size_t len = (size_t)sprintf(body, "{\"items\":[0");
    while (len < BODY - 8)
        len += (size_t)sprintf(body + len, ",0");
    len += (size_t)sprintf(body + len, "]}");
    refuse(len, SAAS_ERR_VALIDATION);
    CHECK_INT(issues.count, 1);
}

static const check_test tests[] = {TEST(many_keys),     TEST(great_depth), TEST(long_number),
                                   TEST(long_fraction), TEST(long_string), TEST(many_issues)};
SHAPES_MAIN(tests)
