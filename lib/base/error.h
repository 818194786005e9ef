/* base/error.h: reports of several lines in a saas_error. */
#ifndef SAAS_BASE_ERROR_H
#define SAAS_BASE_ERROR_H

#include <saas/err.h>

/* Empties e (NULL is allowed): a caller's storage may hold anything. */
void saas_error_clear(saas_error *e);
/* Appends a line to e->text (NULL is allowed), sets e->err if it is the first one, and returns err. What no longer fits
 * ends in a line "…". */
saas_err saas_error_add(saas_error *e, saas_err err, const char *format, ...) SAAS_PRINTF(3, 4);

#endif
