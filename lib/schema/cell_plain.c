#include "schema/cell_plain.h"
#include <string.h>

/* Without a branch for each character: there are fifty of them in a row with an id and a time. */
static unsigned not_digits(const char *p, size_t n)
{
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= (unsigned char)(p[i] - '0') > 9;
    return bad;
}

static unsigned not_hex(const char *p, size_t n)
{
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= ((unsigned char)(p[i] - '0') > 9) & ((unsigned char)(p[i] - 'a') > 5);
    return bad;
}

/* Of so few digits that it is in range. */
static bool integer(saas_json *j, saas_text cell, size_t digits)
{
    const size_t sign = cell.len && *cell.ptr == '-', n = cell.len - sign;
    if (!n || n > digits || cell.ptr[sign] == '0')
        return false;
    if (not_digits(cell.ptr + sign, n))
        return false;
    saas_json_raw(j, cell);
    return true;
}

static bool uuid(saas_json *j, saas_text cell)
{
    char quoted[SAAS_UUID_CHARS + 2];
    const char *p = cell.ptr;
    if (cell.len != SAAS_UUID_CHARS || p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-' ||
        (not_hex(p, 8) | not_hex(p + 9, 4) | not_hex(p + 14, 4) | not_hex(p + 19, 4) | not_hex(p + 24, 12)))
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
    if (cell.len < SECONDS + OFFSET || fraction > FRACTION || fraction == 1 || p[4] != '-' || p[7] != '-' ||
        p[10] != ' ' || p[13] != ':' || p[16] != ':' || memcmp(p + cell.len - OFFSET, "+00", OFFSET) != 0)
        return false;
    if ((not_digits(p, 4) | not_digits(p + 5, 2) | not_digits(p + 8, 2) | not_digits(p + 11, 2) |
         not_digits(p + 14, 2) | not_digits(p + 17, 2)) ||
        (fraction && (p[SECONDS] != '.' || not_digits(p + SECONDS + 1, fraction - 1))))
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
