#include "schema/cell_plain.h"
#include <string.h>

/* Eight characters at once: there are fifty of them in a row with an id and a time. A byte's top bit in a result tells
 * that it is not what it should be. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define TOP        EACH(0x80)

static uint64_t word(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* Of bytes below 0x80: more than what it takes to reach 0x80 is too much. */
static uint64_t above(uint64_t x, uint64_t room)
{
    return (x & ~TOP) + room;
}

static uint64_t not_hex(uint64_t x)
{
    const uint64_t digit = x ^ EACH('0'), letter = x ^ EACH('a' - 1);
    const uint64_t no_digit = above(digit, EACH(0x80 - 10));
    const uint64_t no_letter = above(letter, EACH(0x80 - 7)) | ~above(letter, EACH(0x7f));
    return ((no_digit & no_letter) | x) & TOP;
}

/* Both as they stand in memory: '0' in `like` is any digit, and any other character itself. */
static uint64_t not_like(const char *p, const char *like)
{
    const uint64_t pattern = word(like), x = word(p) ^ pattern;
    const uint64_t zero = ~above(pattern ^ EACH('0'), EACH(0x7f)) & TOP;
    const uint64_t is_digit = (zero >> 7) * 0x7f;
    return (above(x, (EACH(0x80 - 10) & is_digit) | (EACH(0x7f) & ~is_digit)) | x) & TOP;
}

static bool all_digits(const char *p, size_t n)
{
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= (unsigned char)(p[i] - '0') > 9;
    return !bad;
}

/* Of so few digits that it is in range. */
static bool integer(saas_json *j, saas_text cell, size_t digits)
{
    const size_t sign = cell.len && *cell.ptr == '-', n = cell.len - sign;
    if (!n || n > digits || cell.ptr[sign] == '0')
        return false;
    if (!all_digits(cell.ptr + sign, n))
        return false;
    saas_json_raw(j, cell);
    return true;
}

static bool uuid(saas_json *j, saas_text cell)
{
    char quoted[SAAS_UUID_CHARS + 2];
    const char *p = cell.ptr;
    char middle[16];
    if (cell.len != SAAS_UUID_CHARS || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return false;
    memcpy(middle, p + 9, 4);
    memcpy(middle + 4, p + 14, 4);
    memcpy(middle + 8, p + 19, 4);
    memcpy(middle + 12, p + 24, 4);
    if (not_hex(word(p)) | not_hex(word(middle)) | not_hex(word(middle + 8)) | not_hex(word(p + 28)))
        return false;
    quoted[0] = quoted[sizeof quoted - 1] = '"';
    memcpy(quoted + 1, p, SAAS_UUID_CHARS);
    saas_json_raw(j, (saas_text){quoted, sizeof quoted});
    return true;
}

/* "2026-11-24 23:26:25.1234+00", as sessions of ours print a timestamptz: its fraction is filled up. */
static bool time_of_day(saas_json *j, saas_text cell)
{
    enum { SECONDS = 19, OFFSET = 3, FRACTION = 7 };
    char quoted[] = "\"yyyy-mm-ddThh:mm:ss.000000Z\"";
    const char *p = cell.ptr;
    const size_t fraction = cell.len - SECONDS - OFFSET;
    if (cell.len < SECONDS + OFFSET || fraction > FRACTION || fraction == 1 ||
        memcmp(p + cell.len - OFFSET, "+00", OFFSET) != 0)
        return false;
    if (not_like(p, "0000-00-") | not_like(p + 8, "00 00:00") | not_like(p + 11, "00:00:00"))
        return false;
    if (fraction && (p[SECONDS] != '.' || !all_digits(p + SECONDS + 1, fraction - 1)))
        return false;
    memcpy(quoted + 1, p, SECONDS + fraction);
    quoted[1 + 10] = 'T';
    saas_json_raw(j, (saas_text){quoted, sizeof quoted - 1});
    return true;
}

bool saas_write_plain_cell(saas_json *j, saas_type type, saas_text cell)
{
    switch (type) {
    case SAAS_T_I32:
        return integer(j, cell, 9);
    case SAAS_T_I64:
        return integer(j, cell, 18);
    case SAAS_T_UUID:
        return uuid(j, cell);
    case SAAS_T_TIME:
        return time_of_day(j, cell);
    default:
        return false;
    }
}
