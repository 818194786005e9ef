/* Which passwords are too common: the most frequent ones of published leaks (common.txt), and what anyone tries next:
 * one of them with a few characters around it or in place of letters, repetitions, runs along alphabet and keyboard. */
#include "auth/common_list.h"
#include "auth/keys.h"
#include <sodium.h>
#include <string.h>

enum { FOLDED_MAX = 512, WORD_MIN = 4, AFFIX_MAX = 5, UNIT_MIN = 8, DISTINCT_MIN = 4, RUN_MIN = 4 };

static const char *const rows[] = {"abcdefghijklmnopqrstuvwxyz",
                                   "01234567890",
                                   "qwertyuiop",
                                   "qwertzuiop",
                                   "azertyuiop",
                                   "asdfghjkl",
                                   "zxcvbnm",
                                   "1q2w3e4r5t6y7u8i9o0p",
                                   "1a2s3d4f5g6h7j8k9l",
                                   "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
                                   "qazwsxedcrfvtgbyhnujmikolp"};

static int compare(const char *line, saas_text word)
{
    int order = strncmp(line, word.ptr, word.len);
    return order ? order : line[word.len] == '\n' ? 0 : 1;
}

/* Binary search over the lines of the list. */
static bool listed(saas_text word)
{
    const char *lo = common_list, *hi = common_list + sizeof common_list - 1;
    if (word.len < WORD_MIN || memchr(word.ptr, '\n', word.len))
        return false;
    while (lo < hi) {
        const char *line = lo + (hi - lo) / 2;
        while (line > lo && line[-1] != '\n')
            line--;
        int order = compare(line, word);
        if (!order)
            return true;
        if (order > 0)
            hi = line;
        else
            lo = strchr(line, '\n') + 1;
    }
    return false;
}

static bool letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || ch & 0x80;
}

static size_t distinct(saas_text s)
{
    bool seen[256] = {false};
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += !seen[(unsigned char)s.ptr[i]];
        seen[(unsigned char)s.ptr[i]] = true;
    }
    return count;
}

static bool neighbours(char a, char b)
{
    if (a == b)
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (const char *at = rows[i]; *at; at++)
            if (*at == a && (at[1] == b || (at > rows[i] && at[-1] == b)))
                return true;
    return false;
}

/* Pieces along a row make up the whole, four characters and more each on average. */
static bool is_run(saas_text s)
{
    size_t pieces = 1;
    for (size_t i = 1; i < s.len; i++)
        pieces += !neighbours(s.ptr[i - 1], s.ptr[i]);
    return s.len / pieces >= RUN_MIN;
}

static bool is_simple(saas_text s)
{
    return distinct(s) < DISTINCT_MIN || is_run(s);
}

/* The shortest unit whose repetition is the whole; s.len when there is none. */
static size_t period(saas_text s)
{
    for (size_t p = 1; p <= s.len / 2; p++)
        if (!memcmp(s.ptr, s.ptr + p, s.len - p))
            return p;
    return s.len;
}

static void unmask(char *to, saas_text from)
{
    static const char masked[] = "01345789@$!|", plain[] = "oieastbgasil";
    for (size_t i = 0; i < from.len; i++) {
        const char *at = strchr(masked, from.ptr[i]);
        to[i] = at && *at ? plain[at - masked] : from.ptr[i];
    }
}

/* A listed word with a few characters, or simple ones, before and behind it. */
static bool is_dressed(saas_text s, char *scratch)
{
    size_t from = 0, to = s.len;
    while (from < to && !letter(s.ptr[from]))
        from++;
    while (to > from && !letter(s.ptr[to - 1]))
        to--;
    saas_text before = {s.ptr, from}, word = {s.ptr + from, to - from}, behind = {s.ptr + to, s.len - to};
    bool few = before.len + behind.len <= AFFIX_MAX ||
               ((!before.len || is_simple(before)) && (!behind.len || is_simple(behind)));
    if (!few)
        return false;
    unmask(scratch, word);
    return listed(word) || listed((saas_text){scratch, word.len});
}

static bool is_common(saas_text s, char *scratch)
{
    saas_text unit = {s.ptr, period(s)};
    unmask(scratch, s);
    return listed(s) || listed((saas_text){scratch, s.len}) || is_simple(s) || is_dressed(s, scratch) ||
           (unit.len < s.len && (unit.len < UNIT_MIN || is_simple(unit) || is_dressed(unit, scratch)));
}

bool saas_password_common(saas_text password)
{
    char folded[FOLDED_MAX], scratch[FOLDED_MAX];
    if (password.len > FOLDED_MAX)
        return false;
    for (size_t i = 0; i < password.len; i++) {
        char ch = password.ptr[i];
        folded[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch | 32) : ch;
    }
    bool common = is_common((saas_text){folded, password.len}, scratch);
    sodium_memzero(folded, sizeof folded);
    sodium_memzero(scratch, sizeof scratch);
    return common;
}
