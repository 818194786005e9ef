#include "base/percent.h"
#include "base/hex.h"

saas_err saas_percent_decode(char *out, size_t *len, saas_text in, bool plus)
{
    char *to = out;
    for (size_t i = 0; i < in.len; i++) {
        char ch = in.ptr[i];
        if (ch == '%') {
            int high = in.len - i > 2 ? saas_hex_digit(in.ptr[i + 1]) : -1,
                low = high < 0 ? -1 : saas_hex_digit(in.ptr[i + 2]);
            if (low < 0)
                return SAAS_ERR_BAD_REQUEST;
            ch = (char)(high << 4 | low);
            i += 2;
        } else if (ch == '+' && plus) {
            ch = ' ';
        }
        *to++ = ch;
    }
    *to = 0;
    *len = (size_t)(to - out);
    return SAAS_OK;
}
