/* base/hex.h: the value of a hex digit in either case. */
#ifndef SAAS_BASE_HEX_H
#define SAAS_BASE_HEX_H

/* -1 for anything else. Without branches: nothing can guess the digits of an id. */
static inline int saas_hex_digit(char ch)
{
    unsigned digit = (unsigned)(unsigned char)ch - '0', letter = ((unsigned)(unsigned char)ch | 0x20) - 'a';
    return (digit <= 9) * ((int)digit + 1) + (letter <= 5) * ((int)letter + 11) - 1;
}

#endif
