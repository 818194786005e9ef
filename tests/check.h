/* tests/check.h: a test program is a table of functions and CHECK()s. Exit 0: all passed; 1: some failed; 77: skipped. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One for all the files of a program. */
__attribute__((weak)) int check_failed;

#define CHECK(cond)                                                                                                    \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);                                         \
            check_failed++;                                                                                            \
        }                                                                                                              \
    } while (0)
/* The rest of the test makes no sense without it. */
#define REQUIRE(cond)                                                                                                  \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);                                         \
            check_failed++;                                                                                            \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
#define CHECK_INT(got, want)                                                                                           \
    do {                                                                                                               \
        long long got_ = (long long)(got), want_ = (long long)(want);                                                  \
        if (got_ != want_) {                                                                                           \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_);                   \
            check_failed++;                                                                                            \
        }                                                                                                              \
    } while (0)
#define CHECK_STR(got, want)                                                                                           \
    do {                                                                                                               \
        const char *got_ = (got), *want_ = (want);                                                                     \
        if (!got_ || !want_ || strcmp(got_, want_) != 0) {                                                                       \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_ ? got_ : "(null)",     \
                    want_ ? want_ : "(null)");                                                                         \
            check_failed++;                                                                                            \
        }                                                                                                              \
    } while (0)

typedef struct check_test {
    const char *name;
    void (*fn)(void);
} check_test;

#define TEST(fn) {#fn, fn}

/* Runs all, or those whose name contains an argument. */
static inline int check_run(const check_test *tests, size_t count, int argc, char **argv)
{
    int failed = 0, run = 0;
    for (size_t i = 0; i < count; i++) {
        bool wanted = argc < 2;
        for (int a = 1; a < argc; a++)
            wanted |= strstr(tests[i].name, argv[a]) != NULL;
        if (!wanted)
            continue;
        int before = check_failed;
        tests[i].fn();
        run++;
        failed += check_failed != before;
        printf("%s %s\n", check_failed == before ? "ok  " : "FAIL", tests[i].name);
        fflush(stdout);
    }
    printf("%d of %d failed\n", failed, run);
    return failed || !run;
}

#define CHECK_MAIN(tests)                                                                                              \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return check_run(tests, sizeof(tests) / sizeof *(tests), argc, argv);                                          \
    }

#endif
