#include "base/clock.h"
#include "base/hex.h"
#include "base/uuid.h"
#include <string.h>

/* Where the two digits of each byte stand. */
static const uint8_t places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

saas_err saas_uuid_parse(saas_uuid *out, saas_text text)
{
    saas_uuid id;
    int wrong = 0;
    if (text.len != SAAS_UUID_CHARS)
        return SAAS_ERR_VALIDATION;
    for (size_t i = 0; i < 16; i++) {
        int high = saas_hex_digit(text.ptr[places[i]]), low = saas_hex_digit(text.ptr[places[i] + 1]);
        wrong |= high | low;
        id.b[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    if (wrong < 0 || text.ptr[8] != '-' || text.ptr[13] != '-' || text.ptr[18] != '-' || text.ptr[23] != '-')
        return SAAS_ERR_VALIDATION;
    *out = id;
    return SAAS_OK;
}

void saas_uuid_format(char out[SAAS_UUID_CHARS + 1], saas_uuid id)
{
    static const char digits[] = "0123456789abcdef";
    memcpy(out, pattern, sizeof pattern);
    for (size_t i = 0; i < 16; i++) {
        out[places[i]] = digits[id.b[i] >> 4];
        out[places[i] + 1] = digits[id.b[i] & 15];
    }
}

bool saas_uuid_equal(saas_uuid a, saas_uuid b)
{
    return !memcmp(a.b, b.b, sizeof a.b);
}

bool saas_uuid_is_nil(saas_uuid id)
{
    return saas_uuid_equal(id, (saas_uuid){{0}});
}

saas_uuid saas_uuid_v7_of(int64_t wall_us, const uint8_t random[SAAS_UUID_RANDOM])
{
    saas_uuid id;
    uint64_t ms = (uint64_t)wall_us / 1000;
    for (size_t i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(id.b + 6, random, SAAS_UUID_RANDOM);
    id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    return id;
}

saas_err saas_uuid_v7(saas_uuid *out)
{
    uint8_t random[SAAS_UUID_RANDOM];
    SAAS_TRY(saas_random(random, sizeof random));
    *out = saas_uuid_v7_of(saas_clock_wall_us(), random);
    return SAAS_OK;
}
