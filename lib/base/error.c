#include "base/error.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char more[] = "\n…";

void saas_error_clear(saas_error *e)
{
    if (!e)
        return;
    e->err = SAAS_OK;
    e->text[0] = 0;
}

saas_err saas_error_add(saas_error *e, saas_err err, const char *format, ...)
{
    if (!e)
        return err;
    if (e->err == SAAS_OK)
        e->err = err;
    size_t len = strlen(e->text), room = sizeof e->text - len;
    if (len && room > 1) {
        e->text[len++] = '\n';
        room--;
    }
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text + len, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        memcpy(e->text + sizeof e->text - sizeof more, more, sizeof more);
    return err;
}
