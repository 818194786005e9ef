/* tests/json/suite.h: the files of JSONTestSuite (nst/JSONTestSuite), looked up under $SAAS_CONFORMANCE. */
#ifndef TESTS_JSON_SUITE_H
#define TESTS_JSON_SUITE_H

#include "check.h"
#include <dirent.h>

typedef struct suite_file {
    char name[256];
    char *bytes; /* len of them and one writable byte behind */
    size_t len;
} suite_file;

/* What is left to the parser (i_) and taken; the other 24 are refused: they are no UTF-8, start with a byte order
 * mark, name half a surrogate pair or are nested too deep. Numbers of any size are JSON. */
static const char *const suite_taken[] = {"i_number_double_huge_neg_exp.json", "i_number_huge_exp.json",
                                          "i_number_neg_int_huge_exp.json",    "i_number_pos_double_huge_exp.json",
                                          "i_number_real_neg_overflow.json",   "i_number_real_pos_overflow.json",
                                          "i_number_real_underflow.json",      "i_number_too_big_neg_int.json",
                                          "i_number_too_big_pos_int.json",     "i_number_very_big_negative_int.json"};

static inline bool suite_wanted(const char *name)
{
    for (size_t i = 0; i < sizeof suite_taken / sizeof *suite_taken; i++)
        if (!strcmp(name, suite_taken[i]))
            return true;
    return name[0] == 'y';
}

static inline bool suite_load(suite_file *f, const char *dir, const char *name)
{
    char path[5000];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(f->name, sizeof f->name, "%s", name);
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    fseek(in, 0, SEEK_END);
    f->len = (size_t)ftell(in);
    rewind(in);
    f->bytes = malloc(f->len + 1);
    bool done = f->bytes && fread(f->bytes, 1, f->len, in) == f->len;
    fclose(in);
    return done;
}

/* Calls fn with each file whose name starts with `prefix`; returns how many there were. */
static inline int suite_each(const char *prefix, void (*fn)(suite_file *f))
{
    char dir[4000];
    int count = 0;
    snprintf(dir, sizeof dir, "%s/JSONTestSuite/test_parsing", getenv("SAAS_CONFORMANCE"));
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        suite_file f = {.bytes = NULL};
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        if (suite_load(&f, dir, entry->d_name)) {
            fn(&f);
            count++;
        }
        free(f.bytes);
    }
    if (d)
        closedir(d);
    return count;
}

static inline bool suite_is_here(void)
{
    char path[5000];
    const char *dir = getenv("SAAS_CONFORMANCE");
    snprintf(path, sizeof path, "%s/JSONTestSuite/test_parsing", dir ? dir : "");
    DIR *d = opendir(path);
    if (d)
        closedir(d);
    else
        printf("skipped: no JSONTestSuite under SAAS_CONFORMANCE\n");
    return d != NULL;
}

#endif
