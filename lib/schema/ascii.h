/* schema/ascii.h: ASCII characters, whatever the locale says. */
#ifndef SAAS_SCHEMA_ASCII_H
#define SAAS_SCHEMA_ASCII_H

#include <stdbool.h>
#include <string.h>

static inline bool saas_is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static inline bool saas_is_alpha(char ch)
{
    return (ch | ' ') >= 'a' && (ch | ' ') <= 'z';
}

static inline bool saas_is_alnum(char ch)
{
    return saas_is_digit(ch) || saas_is_alpha(ch);
}

static inline bool saas_is_in(char ch, const char *set)
{
    return ch && strchr(set, ch);
}

#endif
