/* base/hex.h: the value of a hex digit in either case. */
#ifndef SAAS_BASE_HEX_H
#define SAAS_BASE_HEX_H

/* -1 for anything else. */
static inline int saas_hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    if (ch >= 'a' && ch <= 'f')
        return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F')
        return ch - 'A' + 10;
    return -1;
}

#endif
