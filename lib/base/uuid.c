#include "base/clock.h"
#include "base/hex.h"
#include "base/uuid.h"
#include <string.h>

static bool dash_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

saas_err saas_uuid_parse(saas_uuid *out, saas_text text)
{
    saas_uuid id;
    size_t n = 0;
    if (text.len != SAAS_UUID_CHARS)
        return SAAS_ERR_VALIDATION;
    for (size_t i = 0; i < SAAS_UUID_CHARS; i++) {
        if (dash_at(i)) {
            if (text.ptr[i] != '-')
                return SAAS_ERR_VALIDATION;
            continue;
        }
        int high = saas_hex_digit(text.ptr[i]), low = saas_hex_digit(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return SAAS_ERR_VALIDATION;
        id.b[n++] = (uint8_t)(high << 4 | low);
        i++;
    }
    *out = id;
    return SAAS_OK;
}

void saas_uuid_format(char out[SAAS_UUID_CHARS + 1], saas_uuid id)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (dash_at(at))
            out[at++] = '-';
        out[at++] = digits[id.b[i] >> 4];
        out[at++] = digits[id.b[i] & 15];
    }
    out[at] = 0;
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
